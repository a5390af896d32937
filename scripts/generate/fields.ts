import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PublishedTypes, type Field, type Node } from "./published-types.ts";

const MODULES = join(import.meta.dirname, "../../node_modules");

/** Kubernetes' own kinds in the versions that are served, as their OpenAPI documents publish them. */
const BUILT_IN = join(MODULES, "kubernetes-models");

/** Custom resources, as the CRDs of their projects publish them. */
const CUSTOM = readdirSync(join(MODULES, "@kubernetes-models"))
  .filter((name) => !["apimachinery", "base", "validate"].includes(name))
  .map((name) => join(MODULES, "@kubernetes-models", name));

/** Nobody serves these any more: cert-manager dropped them in 1.6, and Kubernetes its own betas by 1.32. */
const GONE = /^(certmanager\.k8s\.io|(acme\.)?cert-manager\.io\/v1(alpha|beta)\d)/;
const BETA = /\/v\d+(alpha|beta)\d+\//;

const named = (kinds: ReadonlyMap<string, Node>, isServed: (name: string) => boolean) =>
  [...kinds]
    .filter(([name]) => isServed(name) && !name.endsWith("List"))
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** The fields of every kind that is published, as a module. */
export function fieldsModule(): string {
  const types = new PublishedTypes([BUILT_IN, ...CUSTOM]);
  const builtIn = new Map(
    [...types.kinds(BUILT_IN)].map(([name, node]) => [name, mapped(node, wholeNumbers)]),
  );
  const custom = new Map(CUSTOM.flatMap((folder) => [...types.kinds(folder)]));
  const own = named(builtIn, (name) => !BETA.test(name)).map(([name, node]) => [name, rooted(node)] as const);
  const asCustom = customTypes(builtIn);
  const others = named(custom, (name) => !GONE.test(name)).map(
    ([name, node]) => [name, rooted(mapped(node, asCustom))] as const,
  );
  const table = new TypeTable([...own, ...others].map(([, node]) => node));
  return text(own, others, table);
}

type Kind = readonly [name: string, node: Node];

function text(own: readonly Kind[], others: readonly Kind[], table: TypeTable): string {
  const kinds = (list: readonly Kind[]) =>
    JSON.stringify(Object.fromEntries(list.map(([name, node]) => [name, table.idOf(node)])), null, 2);
  return [
    "// Written by `npm run generate` from the packages kubernetes-models and @kubernetes-models/*. Do not edit.",
    "",
    "/** The line of `TYPES` of each of Kubernetes' own kinds, by `group/version/Kind`. */",
    `export const KINDS: Readonly<Record<string, number>> = ${kinds(own)};`,
    "",
    "/** The same of custom resources, as their projects publish them. */",
    `export const CUSTOM_KINDS: Readonly<Record<string, number>> = ${kinds(others)};`,
    "",
    "/**",
    " * One type a line, as JSON: a map of its fields, or a list of the texts that are allowed. A field is `text`, `number`,",
    " * `integer`, `boolean`, `integer-or-text`, `number-or-text`, `anything`, or another type's line; in front of it `[` is a",
    " * list of such and `{` a map of such. Words have one letter: see `WORDS` in field-shapes.ts.",
    " */",
    "export const TYPES: readonly string[] = [",
    ...table.lines().map((line) => `  ${JSON.stringify(line)},`),
    "];",
    "",
  ].join("\n");
}

const isMap = (field: Field | undefined): field is Extract<Node, { is: "fields" }> =>
  typeof field === "object" && field.is === "fields";

/** What the cluster writes is nobody's manifest. */
function rooted(node: Node): Node {
  return isMap(node) && node.fields["status"] !== undefined
    ? { is: "fields", fields: { ...node.fields, status: "anything" } }
    : node;
}

/** What stands in place of a field; undefined where it stays, and what is in it is looked at. */
type Replace = (field: Field, name: string, parent: Node) => Field | undefined;

/** A type in which some fields are replaced. Types that hold themselves still do. */
function mapped(node: Node, replace: Replace, seen = new Map<Node, Node>()): Node {
  const known = seen.get(node);
  if (known) return known;
  if (node.is === "enum") return node;
  const inside = (field: Field, name: string) =>
    replace(field, name, node) ?? (typeof field === "string" ? field : mapped(field, replace, seen));
  if (node.is !== "fields") {
    const copy: Node = { is: node.is, of: "anything" };
    seen.set(node, copy);
    copy.of = inside(node.of, "");
    return copy;
  }
  const copy: Node = { is: "fields", fields: {} };
  seen.set(node, copy);
  for (const [name, field] of Object.entries(node.fields)) copy.fields[name] = inside(field, name);
  return copy;
}

/** All numbers of Kubernetes' own kinds are whole, but the limits that a CRD's schema sets. */
const wholeNumbers: Replace = (field, _, parent) =>
  field === "number" && !(isMap(parent) && parent.fields["multipleOf"] !== undefined) ? "integer" : undefined;

/**
 * A custom resource gets the metadata and pods of Kubernetes itself: their CRDs copy them from whatever version they
 * were built with, or let any field stand there, which the declarations do not tell. A quantity is published as a number
 * or a text, like a port: a custom resource may hold either.
 */
function customTypes(kinds: ReadonlyMap<string, Node>): Replace {
  const pod = kinds.get("/v1/Pod");
  if (!isMap(pod)) throw new Error("kubernetes-models has no Pod");
  const { metadata, spec } = pod.fields;
  return (field, name) => {
    if (field === "integer-or-text") return "number-or-text";
    if (isMap(field) && /^(pod|active|canary|stable|preview)?metadata$/i.test(name)) return metadata;
    return isMap(field) && POD.every((known) => field.fields[known] !== undefined) ? spec : undefined;
  };
}

const POD = ["containers", "restartPolicy", "terminationGracePeriodSeconds", "volumes"];

const LETTERS: Readonly<Record<string, string>> = {
  text: "s",
  number: "n",
  integer: "i",
  boolean: "b",
  "integer-or-text": "v",
  "number-or-text": "q",
  anything: "*",
};

/** Gives types that say the same one line, however often they are written. */
class TypeTable {
  readonly #classes = new Map<Node, number>();
  readonly #lines: string[] = [];

  constructor(roots: readonly Node[]) {
    const nodes = reachable(roots);
    this.#classes = classesOf(nodes);
    for (const node of nodes) this.#lines[this.idOf(node)] ??= this.#line(node);
  }

  idOf(node: Node): number {
    return this.#classes.get(node) ?? -1;
  }

  lines(): readonly string[] {
    return this.#lines;
  }

  #line(node: Node): string {
    return describe(node, (field) => String(this.#classes.get(field)));
  }
}

/** Types with lines of their own; lists and maps are written where they stand. */
function reachable(roots: readonly Node[]): Node[] {
  const seen = new Set<Node>();
  const visit = (node: Field) => {
    if (typeof node === "string" || seen.has(node)) return;
    if (node.is === "list" || node.is === "map") {
      visit(node.of);
      return;
    }
    seen.add(node);
    if (node.is === "fields") Object.values(node.fields).forEach(visit);
  };
  roots.forEach(visit);
  return [...seen];
}

/** Two types are one if nothing tells them apart, however deep: classes are split until none is split any more. */
function classesOf(nodes: readonly Node[]): Map<Node, number> {
  let classes = new Map<Node, number>(nodes.map((node) => [node, 0]));
  for (let count = 1; ;) {
    const current = classes;
    const ids = new Map<string, number>();
    const next = nodes.map((node) => {
      const text = describe(node, (field) => String(current.get(field)));
      if (!ids.has(text)) ids.set(text, ids.size);
      return [node, ids.get(text) ?? 0] as const;
    });
    classes = new Map(next);
    if (ids.size === count) return classes;
    count = ids.size;
  }
}

function describe(node: Node, idOf: (node: Node) => string): string {
  const word = (field: Field): string => {
    if (typeof field === "string") return LETTERS[field] ?? "*";
    if (field.is === "list" || field.is === "map")
      return `${field.is === "list" ? "[" : "{"}${word(field.of)}`;
    return idOf(field);
  };
  if (node.is === "enum") return JSON.stringify([...node.values].sort());
  if (node.is !== "fields") throw new Error("a list or map has no line of its own");
  const fields = Object.entries(node.fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(fields.map(([name, field]) => [name, word(field)])));
}
