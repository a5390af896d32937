import { CUSTOM_KINDS, KINDS, TYPES } from "./kubernetes-fields.ts";

/** What can stand at a place of an object. */
export interface Shape {
  readonly takes:
    | "map"
    | "list"
    | "text"
    | "integer"
    | "number"
    | "boolean"
    | "integer-or-text"
    | "number-or-text"
    | "anything";
  /** The fields of a map that has only these. */
  readonly fields?: ReadonlyMap<string, () => Shape>;
  /** What each item of a list, or each value of a map with any keys, is. */
  readonly each?: () => Shape;
  /** The only values that are allowed. */
  readonly values?: readonly string[];
  /** Fields that must be there. */
  readonly required?: readonly string[];
}

/** A kind's shape, and who says so. */
export interface KindShape {
  readonly shape: Shape;
  /**
   * `kubernetes`: the API server's own kinds. `repository`: a CustomResourceDefinition beside the object. `published`: the
   * CRD that the kind's project published at some time; the one in the cluster may be another version.
   */
  readonly by: "kubernetes" | "repository" | "published";
}

/** What is published of a kind in this very version; undefined for kinds and versions that nobody here knows. */
export function publishedShape(of: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): KindShape | undefined {
  const name = `${of.group}/${of.version}/${of.kind}`;
  const [table, by] = Object.hasOwn(KINDS, name)
    ? ([KINDS, "kubernetes"] as const)
    : ([CUSTOM_KINDS, "published"] as const);
  const line = Object.hasOwn(table, name) ? table[name] : undefined;
  return line === undefined ? undefined : { shape: typeAt(line), by };
}

const ANYTHING: Shape = { takes: "anything" };

const WORDS: Readonly<Record<string, Shape>> = {
  s: { takes: "text" },
  n: { takes: "number" },
  i: { takes: "integer" },
  b: { takes: "boolean" },
  v: { takes: "integer-or-text" },
  q: { takes: "number-or-text" },
  "*": ANYTHING,
};

const known = new Map<number, Shape>();

/** Lines are read when first asked for: a review meets few of them. */
function typeAt(line: number): Shape {
  const read = known.get(line);
  if (read) return read;
  const content = JSON.parse(TYPES[line] ?? "{}") as readonly string[] | Readonly<Record<string, string>>;
  const shape: Shape = isTexts(content)
    ? { takes: "text", values: content }
    : {
        takes: "map",
        fields: new Map(Object.entries(content).map(([name, word]) => [name, () => shapeOf(word)])),
      };
  known.set(line, shape);
  return shape;
}

const isTexts = (content: object): content is readonly string[] => Array.isArray(content);

function shapeOf(word: string): Shape {
  if (word.startsWith("[")) return { takes: "list", each: () => shapeOf(word.slice(1)) };
  if (word.startsWith("{")) return { takes: "map", each: () => shapeOf(word.slice(1)) };
  return WORDS[word] ?? typeAt(Number(word));
}
