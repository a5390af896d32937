import { branchesCondition, buildkiteCondition } from "./buildkite-conditions.ts";
import { readCommands, uploads } from "./buildkite-steps.ts";
import type { Files } from "./github-actions.ts";
import type { Condition, Job, Need, Pipeline } from "./model.ts";
import {
  allOf,
  and,
  assemble,
  condition,
  equal,
  itemsOf,
  listAt,
  literal,
  need,
  newJob,
  not,
  oneLineOf,
  OPAQUE,
  resultOf,
  status,
  trigger,
  unlessFailed,
  Names,
  YES,
} from "./reading.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/** Reads a Buildkite pipeline. Source: https://buildkite.com/docs/pipelines/configure/depends-on */
export function readBuildkite(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  const steps = root?.kind === "sequence" ? root : field(root, "steps");
  if (!root || steps?.kind !== "sequence") return [];
  const walk: Walk = { jobs: [], taken: new Names(), groups: new Map(), before: [], since: [], linked: true };
  for (const item of steps.items) readStep(item, walk, []);
  const jobs = walk.jobs.map((job) => link(job, walk));
  const frame = { provider: "buildkite" as const, path, id: path, name: path, triggersAt: steps.at };
  const opaque = uploads(walk.jobs);
  return jobs.length === 0
    ? []
    : assemble({ ...frame, triggers: [trigger("push", steps.at)], opaque }, jobs, files);
}

interface Walk {
  readonly jobs: Job[];
  readonly taken: Names;
  /** The steps that a key stands for: itself, or the members of a group. */
  readonly groups: Map<string, Need[]>;
  /** What the last `wait` or `block` waited for. */
  before: readonly Need[];
  /** The steps since then. */
  since: Need[];
  /** Whether one of them waits for what is before, so that waiting for it is enough. */
  linked: boolean;
  /** The last `wait` lets a failure pass. */
  passes?: Condition;
}

const KINDS = ["wait", "waiter", "block", "manual", "input", "trigger", "group"] as const;

function readStep(item: Node, walk: Walk, groups: readonly Node[]): void {
  const word = text(item);
  const kind = KINDS.find((name) => word === name || entry(item, name) || text(field(item, "type")) === name);
  if (kind === "wait" || kind === "waiter") wait(item, walk);
  else if (kind === "block" || kind === "manual") block(item, walk, groups);
  else if (kind === "group") readGroup(item, walk, groups);
  else if (kind === "input") add(item, walk, { groups, fields: { approval: true } });
  else if (kind === "trigger") {
    const target = oneLineOf(field(item, "trigger"));
    since(walk, item, add(item, walk, { groups, fields: { call: { target, arguments: {}, opaque: true } } }));
  } else if (item.kind === "map")
    since(walk, item, add(item, walk, { groups, fields: { steps: readCommands(item) } }));
}

function since(walk: Walk, item: Node, own: Need): void {
  walk.since.push(own);
  if (!entry(item, "depends_on")) walk.linked = true;
}

/** All steps so far must have passed before those that follow. */
function wait(item: Node, walk: Walk): void {
  const goesOn = entry(item, "continue_on_failure");
  walk.before = walk.linked && walk.since.length > 0 ? walk.since : [...walk.before, ...walk.since];
  walk.since = [];
  walk.linked = false;
  if (goesOn && text(goesOn.value) === "true")
    walk.passes = condition(status("always"), "continue_on_failure", goesOn.at);
  else delete walk.passes;
}

function block(item: Node, walk: Walk, groups: readonly Node[]): void {
  wait(item, walk);
  walk.before = [add(item, walk, { groups, fields: { approval: true } })];
}

function readGroup(item: Node, walk: Walk, groups: readonly Node[]): void {
  const start = walk.jobs.length;
  // Groups do not nest.
  if (groups.length > 0) return;
  for (const step of itemsOf(field(item, "steps"))) readStep(step, walk, [item]);
  const key = text(field(item, "key"));
  if (key === undefined) return;
  walk.groups.set(
    key.toLowerCase(),
    walk.jobs.slice(start).map((job) => need(job.id, job.at)),
  );
}

interface Added {
  readonly groups: readonly Node[];
  readonly fields: Partial<Job>;
}

function add(item: Node, walk: Walk, { groups, fields }: Added): Need {
  const id = walk.taken.unused(nameOf(item));
  const waits =
    entry(item, "depends_on") ?? groups.map((group) => entry(group, "depends_on")).find((found) => found);
  const own = [item, ...groups];
  const start = waits ? dependencies(waits, item) : (walk.passes ?? unlessFailed(item.at));
  const allowed = softFail(item);
  walk.jobs.push(
    newJob(id, item.at, {
      needs: waits ? wanted(waits.value) : walk.before,
      ...(waits ? { needsAt: listAt(waits) } : {}),
      ...allOf([start, ...own.flatMap((node) => [asked(node), branchesCondition(entry(node, "branches"))])]),
      ...(allowed ? { allowFailure: allowed } : {}),
      ...fields,
    }),
  );
  return need(id, item.at);
}

const asked = (node: Node): Condition | undefined => {
  const item = entry(node, "if");
  return item && condition(buildkiteCondition(text(item.value) ?? ""), oneLineOf(item.value), item.at);
};

function nameOf(item: Node): string {
  const named = ["key", "id", "identifier", "label", "name", "block", "input", "trigger"].map((key) =>
    text(field(item, key)),
  );
  const name = named.find((value) => value !== undefined && value !== "");
  if (name !== undefined) return name;
  const command = oneLineOf(field(item, "command") ?? field(item, "commands"));
  return command === "" ? (text(item) ?? "step") : command.slice(0, 40);
}

const listed = (node: Node): readonly Node[] => (node.kind === "sequence" ? node.items : [node]);
const stepOf = (item: Node): string | undefined => text(item) ?? text(field(item, "step"));

const wanted = (node: Node): Need[] =>
  listed(node).flatMap((item) => {
    const id = stepOf(item);
    return id === undefined ? [] : [need(id, item.at)];
  });

/** A step starts once what it depends on passed; a step that was left out counts as passed. */
function dependencies(waits: Entry, item: Node): Condition {
  const all = entry(item, "allow_dependency_failure");
  if (all && text(all.value) === "true")
    return condition(status("always"), "allow_dependency_failure", all.at);
  const items = listed(waits.value);
  const loose = items.filter((one) => text(field(one, "allow_failure")) === "true");
  if (loose.length === 0) return unlessFailed(item.at);
  const strict = items.filter((one) => !loose.includes(one)).flatMap((one) => stepOf(one) ?? []);
  const passed = strict.map((id) => not(equal(resultOf(id), literal("failure"))));
  return condition(and(status("always"), ...passed), oneLineOf(waits.value), loose[0]?.at ?? waits.at);
}

/** Puts the members of a group in the place of its key. */
function link(job: Job, { groups }: Walk): Job {
  if (!job.needs.some(({ key }) => groups.has(key))) return job;
  return {
    ...job,
    needs: job.needs.flatMap(
      (one) => groups.get(one.key)?.map((other) => ({ ...other, at: one.at })) ?? [one],
    ),
  };
}

/** `soft_fail: true`, or a list of exit codes: https://buildkite.com/docs/pipelines/configure/step-types/command-step */
function softFail(item: Node): Condition | undefined {
  const soft = entry(item, "soft_fail");
  if (!soft || text(soft.value) === "false" || entries(soft.value).length > 0) return undefined;
  const all =
    soft.value.kind === "scalar" ||
    itemsOf(soft.value).some((one) => text(field(one, "exit_status")) === "*");
  return condition(all ? YES : OPAQUE, `soft_fail: ${oneLineOf(soft.value)}`, soft.at);
}
