import type { ElsewhereFile, Location } from "../engine/types.ts";
import { beside, isMutable, keyOf, targetOf } from "./elsewhere.ts";
import type { Target } from "./elsewhere.ts";
import type { Files } from "./github-actions.ts";
import { readYaml } from "./read-yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** A file of another repository in which jobs or steps are defined. */
export interface Home {
  readonly target: Target;
  readonly commit: string;
}

export interface Opened {
  readonly root: Node;
  readonly home: Home;
  /** Tells it from all other files. */
  readonly key: string;
}

/** Where something is defined, as people read it. */
export const shownHome = ({ target: { owner, repo, path, ref } }: Home): string =>
  `${owner}/${repo}${path === "" ? "" : `/${path}`}@${ref}`;

/** Whether what is defined there can change without a change here. */
export const isLoose = ({ target }: Home): boolean => isMutable(target);

/**
 * What a `uses` names in another repository, if the code host gave it. All of it stands where it is called: a finding
 * can point at no line of another repository. Why it was not given is a note, once.
 */
export function openElsewhere(
  uses: string,
  at: Location,
  { files, home }: { readonly files: Files; readonly home: Home | undefined },
): Opened | undefined {
  const target = targetOf(uses) ?? (home && beside(uses, home.target, home.commit));
  const found = target && files.tree.facts?.elsewhere?.get(keyOf(target));
  if (!target || found === undefined) return undefined;
  const read = readFound(found, files);
  if (read.root)
    return { root: standing(read.root, at), home: { target, commit: read.commit }, key: keyOf(target) };
  const message = `${uses} was not read: ${read.reason}. What it tests and deploys is unknown.`;
  files.notes.push({ path: at.path, line: at.line, message });
  return undefined;
}

type Read =
  { readonly root: Node; readonly commit: string } | { readonly root?: undefined; readonly reason: string };

function readFound(found: ElsewhereFile | string, { side }: Files): Read {
  if (typeof found === "string") return { reason: found };
  const read = readYaml(found.blob.text, found.path, side);
  return read.problem ? read.problem : { root: read.root, commit: found.commit };
}

/** The same node, all of it at one place. */
function standing(node: Node, at: Location): Node {
  if (node.kind === "scalar") return { ...node, at, block: false };
  if (node.kind === "sequence") return { ...node, at, items: node.items.map((item) => standing(item, at)) };
  const entries = [...node.entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, at, value: standing(entry.value, at) },
  ]);
  return { ...node, at, entries: new Map(entries) };
}
