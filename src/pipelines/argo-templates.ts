import { dependsOf, passed, whenOf } from "./argo-conditions.ts";
import { filled, leafOf } from "./argo-leaves.ts";
import type { ClusterObject } from "./cluster-objects.ts";
import { JOBS_AT_MOST } from "./github-jobs.ts";
import type { Condition, Job, Need } from "./model.ts";
import {
  allOf,
  and,
  Budget,
  condition,
  itemsOf,
  listAt,
  need,
  newJob,
  oneLineOf,
  status,
  unlessFailed,
  Names,
  YES,
} from "./reading.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** Templates may call templates, also themselves; so deep, and no deeper, they are followed. */
const DEPTH = 10;

export interface Workflow {
  readonly spec: Node;
  readonly entrypoint: string;
  /** The objects of the repository by kind and name. */
  readonly known: ReadonlyMap<string, ClusterObject>;
}

interface Walk {
  readonly jobs: Job[];
  readonly known: ReadonlyMap<string, ClusterObject>;
  readonly budget: Budget;
}

/** A template, and the specification beside whose templates it stands. */
interface Found {
  readonly template: Node;
  readonly spec: Node;
}

interface Place {
  readonly spec: Node;
  readonly depth: number;
  /** The task that calls the template in which this one stands. */
  readonly caller?: Job;
  readonly given: ReadonlyMap<string, string>;
}

/** The jobs of a workflow: each task that runs something, under those that call templates of tasks. */
export function readWorkflow({ spec, entrypoint, known }: Workflow): Job[] {
  const walk: Walk = { jobs: [], known, budget: new Budget(JOBS_AT_MOST + 1) };
  const start = templateOf(spec, entrypoint);
  if (!start)
    return [newJob(entrypoint, spec.at, { call: { target: entrypoint, arguments: {}, opaque: true } })];
  const place: Place = { spec, depth: 0, given: new Map() };
  if (nested(start)) tasksOf(start, walk, place);
  else walk.jobs.push(newJob(entrypoint, start.at, leafOf(start, place.given)));
  const exit = entry(spec, "onExit");
  const name = text(exit?.value);
  if (exit && name !== undefined) atExit(name, walk, place);
  return walk.jobs;
}

/** What runs when all else has ended, however it did. */
function atExit(name: string, walk: Walk, place: Place): void {
  const top = walk.jobs.filter(({ caller }) => caller === undefined);
  const template = templateOf(place.spec, name);
  if (!template) return;
  const always = condition(status("always"), "onExit", template.at);
  const names = new Names();
  for (const job of top) names.unused(job.id);
  const id = names.unused(name);
  add(
    { id, node: template, found: { template, spec: place.spec } },
    { needs: top.map((job) => need(job.id, job.at, job.key)), condition: always },
    { walk, place },
  );
}

const templateOf = (spec: Node, name: string | undefined): Node | undefined =>
  itemsOf(field(spec, "templates")).find(
    (template) => name !== undefined && text(field(template, "name")) === name,
  );

const nested = (template: Node): boolean =>
  entry(template, "dag") !== undefined || entry(template, "steps") !== undefined;

/** The tasks of a template that runs others: as a graph, or as groups one after another. */
function tasksOf(template: Node, walk: Walk, place: Place): void {
  const dag = field(template, "dag");
  if (dag) readGraph(itemsOf(field(dag, "tasks")), walk, place);
  else readGroups(itemsOf(field(template, "steps")), walk, place);
}

function readGraph(tasks: readonly Node[], walk: Walk, place: Place): void {
  const taken = new Names();
  for (const node of tasks) {
    const id = taken.unused(text(field(node, "name")) ?? "task");
    const { needs, start, at } = dependencies(node, place);
    const fields = { needs, ...(at ? { needsAt: listAt(at) } : {}), ...allOf([start, whenOf(node)]) };
    add({ id, node, found: find(node, walk, place.spec) }, fields, { walk, place });
  }
}

function dependencies(node: Node, place: Place) {
  const depends = entry(node, "depends");
  const listed = entry(node, "dependencies");
  const at = depends ?? listed;
  if (!at) return { needs: [], start: undefined, at };
  const { tasks, expr } = depends
    ? dependsOf(text(depends.value) ?? "")
    : {
        tasks: texts(at.value).map((one) => one.text),
        expr: and(status("always"), ...texts(at.value).map((one) => passed(one.text))),
      };
  const needs = tasks.map((task): Need => need(task, at.at, keyOf(task, place)));
  // By names alone it is the usual order, which says nothing of its own.
  const plain = !depends || !/[.!|]/.test(text(depends.value) ?? "");
  return { needs, start: condition(expr, plain ? "" : `depends: ${oneLineOf(at.value)}`, at.at), at };
}

const keyOf = (id: string, { caller }: Place): string => (caller ? `${caller.key}/${id}` : id).toLowerCase();

function readGroups(groups: readonly Node[], walk: Walk, place: Place): void {
  const taken = new Names();
  let before: readonly Need[] = [];
  for (const group of groups) {
    const needs = before;
    before = (group.kind === "sequence" ? group.items : [group]).map((node) => {
      const id = taken.unused(text(field(node, "name")) ?? "step");
      const fields = { needs, ...allOf([unlessFailed(node.at), whenOf(node)]) };
      add({ id, node, found: find(node, walk, place.spec) }, fields, { walk, place });
      return need(id, node.at, keyOf(id, place));
    });
  }
}

/** The template of a task: written in it, beside it, or in another object of the repository. */
function find(node: Node, { known }: Walk, spec: Node): Found | undefined {
  const inline = field(node, "inline");
  if (inline) return { template: inline, spec };
  const reference = field(node, "templateRef");
  const kind =
    text(field(reference, "clusterScope")) === "true" ? "ClusterWorkflowTemplate" : "WorkflowTemplate";
  const home = reference
    ? field(known.get(`${kind} ${text(field(reference, "name")) ?? ""}`)?.node, "spec")
    : spec;
  const template = home && templateOf(home, text(field(reference ?? node, "template")));
  return home && template ? { template, spec: home } : undefined;
}

interface Task {
  readonly id: string;
  readonly node: Node;
  readonly found: Found | undefined;
}

function add(
  { id, node, found }: Task,
  fields: Partial<Job>,
  { walk, place }: { readonly walk: Walk; readonly place: Place },
): void {
  if (!walk.budget.take()) return;
  const { caller, depth } = place;
  const allowed = continueOn(node);
  const base: Job = {
    ...newJob(id, entry(node, "name")?.at ?? node.at, fields),
    key: keyOf(id, place),
    ...(caller ? { root: caller.root, caller: caller.key } : {}),
    ...(allowed ? { allowFailure: allowed } : {}),
  };
  const given = argumentsOf(node, place.given);
  if (!found || depth >= DEPTH) {
    const target = text(field(node, "template")) ?? oneLineOf(field(node, "templateRef"));
    walk.jobs.push({ ...base, call: { target, arguments: Object.fromEntries(given), opaque: true } });
  } else if (nested(found.template)) {
    const call = { target: text(field(found.template, "name")) ?? id, arguments: {}, opaque: false };
    const outer: Job = { ...base, call };
    walk.jobs.push(outer);
    tasksOf(found.template, walk, { spec: found.spec, depth: depth + 1, caller: outer, given });
  } else walk.jobs.push({ ...base, ...leafOf(found.template, given) });
}

function continueOn(node: Node): Condition | undefined {
  const item = entry(node, "continueOn");
  if (!item || !["failed", "error"].some((key) => text(field(item.value, key)) === "true")) return undefined;
  return condition(YES, `continueOn ${oneLineOf(item.value)}`, item.at);
}

function argumentsOf(node: Node, outer: ReadonlyMap<string, string>): Map<string, string> {
  const items = itemsOf(field(field(node, "arguments"), "parameters"));
  return new Map(
    items.flatMap((item) => {
      const name = text(field(item, "name"));
      const value = text(field(item, "value"));
      return name === undefined || value === undefined ? [] : [[name, filled(value, outer)] as const];
    }),
  );
}
