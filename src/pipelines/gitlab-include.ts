import type { Files } from "./github-actions.ts";
import { Budget, oneLineOf } from "./reading.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { Entry, MapNode, Node, Primitive } from "./yaml.ts";

export interface Configuration {
  readonly root: MapNode;
  readonly opaque: readonly string[];
  /** Variables with which a person may start a pipeline, lower case. */
  readonly variables: Readonly<Record<string, Primitive>>;
}

/** GitLab's own limit of included files: https://docs.gitlab.com/administration/settings/continuous_integration/#maximum-includes */
const INCLUDES_AT_MOST = 150;
/** Keys that `extends` may copy in one file. */
const COPIES_AT_MOST = 50_000;
const EXTENDS_DEEP = 11;

/** A file with what it includes from the same repository; the including file's keys win. */
export function readConfiguration(path: string, files: Files): Configuration | undefined {
  const opaque: string[] = [];
  const seen = new Set<string>();
  const open = (file: string): MapNode | undefined => {
    const root = files.read(file, { merge: true });
    if (root?.kind !== "map") return undefined;
    seen.add(file);
    let merged: MapNode = { ...root, entries: new Map() };
    for (const include of includesOf(field(root, "include"))) {
      const local = include.local?.replace(/^\//, "");
      if (local === undefined || local.includes("*")) opaque.push(include.shown);
      else if (!seen.has(local) && seen.size < INCLUDES_AT_MOST) {
        const inner = open(local);
        if (inner) merged = over(merged, inner);
        else opaque.push(local);
      }
    }
    return over(merged, root);
  };
  const root = open(path);
  return root && { root, opaque, variables: variablesOf(root) };
}

interface Include {
  readonly local?: string;
  readonly shown: string;
}

function includesOf(node: Node | undefined): Include[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item): Include[] => {
    const plain = text(item);
    if (plain !== undefined)
      return [/^https?:/.test(plain) ? { shown: plain } : { local: plain, shown: plain }];
    const local = text(field(item, "local"));
    return [local === undefined ? { shown: oneLineOf(item) } : { local, shown: local }];
  });
}

/** Maps are joined key by key, anything else is replaced: https://docs.gitlab.com/ci/yaml/#extends */
function over(base: MapNode, top: MapNode, budget = new Budget(COPIES_AT_MOST), depth = 0): MapNode {
  const joined = new Map(base.entries);
  for (const item of top.entries.values()) {
    const below = joined.get(item.key)?.value;
    const deep = depth < EXTENDS_DEEP && below?.kind === "map" && item.value.kind === "map" && budget.take();
    joined.set(item.key, deep ? { ...item, value: over(below, item.value, budget, depth + 1) } : item);
  }
  return { kind: "map", entries: joined, at: top.at };
}

function variablesOf(root: Node): Readonly<Record<string, Primitive>> {
  return Object.fromEntries(
    entries(field(root, "variables")).map(({ key, value }) => {
      const given = value.kind === "map" ? field(value, "value") : value;
      return [key.toLowerCase(), given?.kind === "scalar" ? given.value : null];
    }),
  );
}

/** Keys at the top of a file that are no jobs. */
const KEYWORDS =
  /^(default|include|stages|variables|workflow|image|services|before_script|after_script|cache|spec|pages:deploy)$/;

/** The jobs of a configuration, each with what it extends. Hidden ones are not among them. */
export function expandJobs(root: MapNode): Entry[] {
  const budget = new Budget(COPIES_AT_MOST);
  return entries(root).flatMap((item) => {
    if (item.key.startsWith(".") || KEYWORDS.test(item.key) || item.value.kind !== "map") return [];
    return [
      { ...item, value: references(extended(item.value, root, { budget, callers: [item.key] }), root) },
    ];
  });
}

interface Frame {
  readonly budget: Budget;
  readonly callers: readonly string[];
}

function extended(job: MapNode, root: MapNode, { budget, callers }: Frame): MapNode {
  const names = texts(field(job, "extends")).map(({ text: name }) => name);
  let base: MapNode | undefined;
  for (const name of names) {
    const parent = entry(root, name)?.value;
    if (parent?.kind !== "map" || callers.includes(name) || callers.length > EXTENDS_DEEP || !budget.take())
      continue;
    const full = extended(parent, root, { budget, callers: [...callers, name] });
    base = base ? over(base, full, budget) : full;
  }
  return base ? over(base, job, budget) : job;
}

/** Puts in what `!reference [.job, script]` names, one level deep, where a list or a value stands. */
function references(job: MapNode, root: MapNode): MapNode {
  const resolved = new Map(
    [...job.entries].map(([key, item]) => [key, { ...item, value: resolve(item.value, root) }] as const),
  );
  return { ...job, entries: resolved };
}

function resolve(node: Node, root: MapNode): Node {
  const target = referenced(node, root);
  if (target) return target;
  if (node.kind !== "sequence" || !node.items.some((item) => referenced(item, root))) return node;
  const items = node.items.flatMap((item) => {
    const found = referenced(item, root);
    return found?.kind === "sequence" ? found.items : [found ?? item];
  });
  return { ...node, items };
}

function referenced(node: Node, root: MapNode): Node | undefined {
  if (node.kind !== "sequence" || node.tag !== "!reference") return undefined;
  return node.items.reduce<Node | undefined>((at, item) => field(at, text(item) ?? ""), root);
}
