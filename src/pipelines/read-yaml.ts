import { EVENT_ID, parseEvents, YAMLException } from "js-yaml";
import type { Side } from "../engine/types.ts";
import { Builder, hidden, LIMITS, TooMuch, type Dialect, type Origin } from "./yaml-build.ts";
import type { Node } from "./yaml.ts";

/** A file that is not read: the reason, and its line where there is one. */
export interface Unreadable {
  readonly line?: number;
  readonly reason: string;
}

export type ReadYaml =
  { readonly root: Node; readonly problem?: undefined } | { readonly problem: Unreadable };

/** The YAML subset that GitHub reads: one document, YAML 1.2 (`on` is a string), no merge keys. */
const GITHUB: Dialect = { merge: false };

/** Reads a pipeline file within its limits. */
export function readYaml(text: string, path: string, side: Side, dialect: Dialect = GITHUB): ReadYaml {
  if (text.length > LIMITS.bytes) return unreadable(`it is larger than ${LIMITS.bytes} characters`);
  try {
    return compose(text, { path, side, dialect });
  } catch (error) {
    if (error instanceof TooMuch) return unreadable(error.message, error.line);
    if (error instanceof YAMLException) return invalid(error);
    throw error;
  }
}

function compose(text: string, origin: Origin): ReadYaml {
  const source = origin.dialect.placeholders ? hidden(text) : text;
  const events = parseEvents(source, { maxDepth: LIMITS.depth });
  const several = origin.dialect.several ?? false;
  if (!several && events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length > 1)
    return unreadable("it holds several YAML documents");
  const roots = new Builder(source, events, origin).documents();
  const [first] = roots;
  if (!first) return unreadable("it is empty");
  return { root: several ? { kind: "sequence", items: roots, at: first.at } : first };
}

function invalid({ reason, mark }: YAMLException): ReadYaml {
  const line = mark ? mark.line + 1 : undefined;
  if (reason.includes("maxDepth")) return unreadable(`it is nested deeper than ${LIMITS.depth} levels`, line);
  return unreadable(`it is not valid YAML: ${reason}`, line);
}

const unreadable = (reason: string, line?: number): ReadYaml => ({
  problem: line === undefined ? { reason } : { reason, line },
});
