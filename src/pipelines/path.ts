import { oncePer } from "../engine/once.ts";
import type { PathNode, Stage } from "../engine/types.ts";
import type { Deploy } from "./deploys.ts";
import { isStage } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import type { Standing } from "./gates.ts";
import type { Pipeline } from "./model.ts";

/** More than this is no small picture: jobs that only build are left out first. */
const NODES_AT_MOST = 12;
/** Tests of other pipelines, which hang in the air. */
const ELSEWHERE_AT_MOST = 3;

/** How a test, or a rehearsal on staging, stands before the deploy. */
interface Gate {
  readonly evidence: Evidence;
  readonly worst: Standing;
}

/** The way to a production deploy: what starts it, the jobs before it, and all tests, whether they gate it or not. */
export function pathOf(deploy: Deploy, gates: readonly Gate[], starts: readonly string[]): PathNode[] {
  const own = gates.filter(({ evidence }) => evidence.pipeline === deploy.pipeline);
  const graph = graphOf(deploy.pipeline);
  const gatesOf = Map.groupBy(own, ({ evidence }) => evidence.job.root.toLowerCase());
  const before = ancestors(deploy.root.key, graph);
  const relevant = [...graph]
    .filter(([id, { approval }]) => before.has(id) || gatesOf.has(id) || approval)
    .map(([id]) => nodeOf(id, { deploy, gatesOf, graph }))
    .filter(({ id, kind }) => before.has(id) || kind !== "job");
  const others = elsewhere(gates, deploy);
  const start: PathNode = { id: START, name: starts.slice(0, 2).join(" or "), kind: "start", ...NOTHING };
  const links = others.filter((node) => node.gates).map(({ id }) => id);
  const kept = trimmed(relevant, NODES_AT_MOST - 1 - others.length).map((node) =>
    node.id === deploy.root.key ? { ...node, after: [...node.after, ...links] } : node,
  );
  return [start, ...others, ...kept];
}

const START = "start";
const NOTHING = { stages: [], gates: false, after: [] };

/** The jobs of the entry file, each with those that it waits for; what a job calls is part of it. */
type Graph = ReadonlyMap<string, Place>;
interface Place {
  readonly name: string;
  readonly after: ReadonlySet<string>;
  readonly approval: boolean;
}

/** Many deploys of one pipeline share its graph. */
const graphOf = oncePer(({ jobs }: Pipeline): Graph => {
  const roots = new Map(jobs.map((job) => [job.key, job.root.toLowerCase()]));
  const groups = Map.groupBy(jobs, ({ root }) => root.toLowerCase());
  return new Map(
    [...groups].map(([id, group]) => {
      const needed = group.flatMap(({ needs }) => needs.flatMap(({ key }) => roots.get(key) ?? []));
      const after = new Set(needed.filter((other) => other !== id));
      return [id, { name: group[0]?.root ?? id, after, approval: group.some(({ approval }) => approval) }];
    }),
  );
});

function ancestors(id: string, graph: Graph): ReadonlySet<string> {
  const found = new Set([id]);
  for (const next of found) for (const other of graph.get(next)?.after ?? []) found.add(other);
  return found;
}

interface Context {
  readonly deploy: Deploy;
  /** The gates in each job of the entry file. */
  readonly gatesOf: ReadonlyMap<string, readonly Gate[]>;
  readonly graph: Graph;
}

function nodeOf(id: string, { deploy, gatesOf, graph }: Context): PathNode {
  const { name, after, approval } = graph.get(id) ?? { name: id, after: [], approval: false };
  const here = gatesOf.get(id) ?? [];
  const stages = stagesOf(here);
  const base = { id, name, stages, after: [...after] };
  if (id === deploy.root.key) return { ...base, kind: "deploy", gates: false };
  const rehearsal = here.filter(({ evidence }) => evidence.purpose === "staging");
  if (rehearsal.length > 0) return { ...base, kind: "staging", gates: rehearsal.every(isRequired) };
  if (stages.length > 0) return { ...base, kind: "test", gates: tests(here).every(isRequired) };
  return { ...base, kind: approval ? "approval" : "job", gates: false };
}

const tests = (gates: readonly Gate[]): Gate[] => gates.filter(({ evidence }) => isStage(evidence.purpose));
const isRequired = ({ worst }: Gate): boolean => worst.verdict === "required";

function stagesOf(gates: readonly Gate[]): Stage[] {
  const purposes = new Set(gates.map(({ evidence }) => evidence.purpose));
  return [...purposes].filter(isStage);
}

/** Tests of other pipelines, those that gate first. */
function elsewhere(gates: readonly Gate[], deploy: Deploy): PathNode[] {
  const others = tests(gates).filter(({ evidence }) => evidence.pipeline !== deploy.pipeline);
  const groups = Map.groupBy(others, ({ evidence: { pipeline, job } }) => `${pipeline.path}#${job.root}`);
  const nodes = [...groups].map(([name, group]): PathNode => ({
    id: name,
    name,
    kind: "test",
    stages: stagesOf(group),
    gates: group.every(isRequired),
    after: [],
  }));
  return nodes.sort((a, b) => Number(b.gates) - Number(a.gates)).slice(0, ELSEWHERE_AT_MOST);
}

/** At most so many nodes: jobs that only build go first. Who waited for one that is left out waits for what it waited for. */
function trimmed(nodes: readonly PathNode[], most: number): PathNode[] {
  const first = nodes.filter(({ kind }) => kind !== "job");
  const important = first.toSorted((a, b) => worth(b) - worth(a)).slice(0, most);
  const rest = nodes.length <= most ? nodes.filter(({ kind }) => kind === "job") : [];
  const kept = new Set([...important, ...rest].map(({ id }) => id));
  const all = new Map(nodes.map((node) => [node.id, node]));
  const nearest = (node: PathNode): string[] => {
    const found = new Set<string>();
    const seen = new Set(node.after);
    for (const id of seen) {
      if (kept.has(id)) found.add(id);
      else for (const next of all.get(id)?.after ?? []) seen.add(next);
    }
    return found.size === 0 ? [START] : [...found];
  };
  return inOrder(nodes.filter(({ id }) => kept.has(id)).map((node) => ({ ...node, after: nearest(node) })));
}

const worth = ({ kind, gates }: PathNode): number =>
  kind === "deploy" ? 4 : kind === "staging" ? 3 : kind === "approval" ? 2 : gates ? 1 : 0;

/** Each after all that it follows; what follows itself, in a broken file, comes last. */
function inOrder(nodes: readonly PathNode[]): PathNode[] {
  const placed = new Set<string>([START]);
  const sorted: PathNode[] = [];
  let left = nodes;
  while (left.length > 0) {
    const ready = left.filter(({ after }) => after.every((id) => placed.has(id)));
    const next = ready.length > 0 ? ready : left;
    for (const { id } of next) placed.add(id);
    sorted.push(...next);
    left = left.filter((node) => !next.includes(node));
  }
  return sorted;
}
