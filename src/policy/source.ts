import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from "yaml";
import type { FieldPath } from "../engine/types.ts";

/** A larger file is refused: no policy needs it. Bytes. */
const MAX_BYTES = 256 * 1024;
/** How often aliases may multiply before the file is refused (`maxAliasCount` of yaml). */
const MAX_ALIASES = 100;

export interface Position {
  /** 1-based, both. */
  readonly line: number;
  readonly column: number;
}

export interface Complaint extends Position {
  readonly message: string;
}

/** A YAML file as data, with the position of each of its keys and values. */
export interface Parsed {
  readonly value: unknown;
  /** Where a value starts; where its key or its parent starts, if it is absent or empty. */
  at(path: FieldPath): Position;
  /** Where the key of a map starts. */
  atKey(path: FieldPath): Position;
}

const START: Position = { line: 1, column: 1 };

/** Reads one YAML document strictly: anything doubtful is a complaint, and then there is no value. */
export function parseSource(text: string): { parsed?: Parsed; complaints: readonly Complaint[] } {
  if (new TextEncoder().encode(text).length > MAX_BYTES) {
    return {
      complaints: [{ ...START, message: `the file is larger than ${MAX_BYTES / 1024} KB; make it smaller` }],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const complaints = [...syntaxErrors(document, position), ...doubleKeys(document, position)];
  if (complaints.length > 0) return { complaints };
  return toData(document, position);
}

type Locate = (offset: number) => Position;

function toData(document: Document, position: Locate): { parsed?: Parsed; complaints: readonly Complaint[] } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    const offset = (node: Node | undefined) => position(node?.range?.[0] ?? 0);
    const at = (path: FieldPath) => offset(walk(document, path).value);
    const atKey = (path: FieldPath) => offset(walk(document, path).key);
    return { parsed: { value, at, atKey }, complaints: [] };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const message =
      "the aliases of this file cannot be expanded (unknown, or too many); write the values out";
    return { complaints: [{ ...position(firstAlias(document)), message }] };
  }
}

function firstAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function syntaxErrors({ errors, warnings }: Document.Parsed, position: Locate): Complaint[] {
  const deep = errors.filter(({ code }) => code === "RESOURCE_EXHAUSTION").slice(0, 1);
  const told = deep.length > 0 ? deep : [...errors, ...warnings];
  return told.map(({ pos, code, message }) => ({
    ...position(pos[0]),
    message: syntaxMessage(code, message),
  }));
}

function syntaxMessage(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "a policy is one YAML document; remove everything from this `---` on";
  if (code === "TAB_AS_INDENT") return "YAML is indented with spaces; replace the tab";
  if (code === "RESOURCE_EXHAUSTION") return "the file is nested too deeply to be a policy";
  return `this is not valid YAML: ${message}`;
}

/** yaml's own search for double keys takes quadratic time; this one is linear. */
function doubleKeys(document: Document, position: Locate): Complaint[] {
  const complaints: Complaint[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const offset = key.range?.[0] ?? 0;
        const first = seen.get(name);
        seen.set(name, first ?? offset);
        if (first === undefined) continue;
        const message = `the key "${name.slice(0, 60)}" is written twice (first on line ${position(first).line}); keep one`;
        complaints.push({ ...position(offset), message });
      }
    },
  });
  return complaints;
}

/** The node at a path, or its nearest written parent, and the key under which it stands. */
function walk(document: Document, path: FieldPath): { key: Node | undefined; value: Node | undefined } {
  let key: Node | undefined;
  let value: Node | undefined = document.contents ?? undefined;
  for (const step of path) {
    const next = child(resolve(document, value), step);
    if (!next) break;
    key = next.key ?? key;
    value = next.value ?? next.key ?? value;
  }
  return { key: key ?? value, value };
}

function resolve(document: Document, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

function child(node: Node | undefined, step: string | number): { key?: Node; value?: Node } | undefined {
  if (isSeq<Node>(node)) {
    const value = node.items[Number(step)];
    return value && { value };
  }
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { key: pair.key, ...(pair.value && { value: pair.value }) };
}
