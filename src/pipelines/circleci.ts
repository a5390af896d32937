import type { Location } from "../engine/types.ts";
import { readFilters, whenOf } from "./circleci-conditions.ts";
import { readSteps } from "./circleci-steps.ts";
import type { Definitions } from "./circleci-steps.ts";
import type { Files } from "./github-actions.ts";
import { readMatrix } from "./github-matrix.ts";
import type { Condition, Job, Leg, Need, Pipeline, Trigger } from "./model.ts";
import {
  and,
  assemble,
  Budget,
  condition,
  equal,
  literal,
  newJob,
  numbered,
  oneLineOf,
  or,
  resultOf,
  status,
  trigger,
} from "./reading.ts";
import { substituted } from "./substitute.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, MapNode, Node, Primitive } from "./yaml.ts";
import { own } from "./own.ts";

/** Calls of commands, with what they call, that one file may hold. */
const STEPS_AT_MOST = 20_000;

/** Reads `.circleci/config.yml`: each of its workflows is a pipeline. Orbs lie elsewhere and are not read. */
export function readCircleCi(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  const workflows = entries(field(root, "workflows")).filter(({ value }) => value.kind === "map");
  if (!root) return [];
  const definitions: Definitions = {
    jobs: field(root, "jobs"),
    commands: field(root, "commands"),
    orbs: field(root, "orbs"),
    budget: new Budget(STEPS_AT_MOST),
  };
  const file: File = { root, path, files, definitions };
  const pipelines = workflows.flatMap((workflow) => readWorkflow(workflow, file));
  const only = entry(definitions.jobs, "build");
  const all = workflows.length === 0 && only ? oldStyle(only, file) : pipelines;
  if (definitions.budget.spent) {
    files.notes.push({
      path,
      message: `Commands of this file that call commands were followed for ${STEPS_AT_MOST} steps only.`,
    });
  }
  return all;
}

interface File {
  readonly root: Node;
  readonly path: string;
  readonly files: Files;
  readonly definitions: Definitions;
}

/** Without workflows, the job `build` runs on every push. */
function oldStyle({ at, value }: Entry, { path, files, definitions }: File): Pipeline[] {
  const steps = numbered(readSteps(field(value, "steps"), { definitions, given: new Map() }));
  const frame = { provider: "circleci" as const, path, id: path, name: "build" };
  const triggers = [trigger("push", at)];
  return assemble({ ...frame, triggers, triggersAt: at }, [newJob("build", at, { steps })], files);
}

function readWorkflow({ key, at, value }: Entry, file: File): Pipeline[] {
  const { root, path, files } = file;
  const jobs: Job[] = [];
  const when = whenOf(value);
  const items = field(value, "jobs");
  for (const item of items?.kind === "sequence" ? items.items : []) {
    const job = readJob(item, file, { taken: new Set(jobs.map((other) => other.key)), when });
    if (job) jobs.push(job);
  }
  const aliases = aliasesOf(jobs);
  const linked = jobs.map((job) => ({ ...job, needs: job.needs.flatMap((need) => resolve(need, aliases)) }));
  const frame = {
    provider: "circleci" as const,
    path,
    id: `${path} ${key}`,
    name: key,
    triggers: triggersOf(value, at),
    triggersAt: at,
    inputs: inputsOf(root),
    opaque: opaqueOf(root),
  };
  return assemble(frame, linked, files);
}

/** A file that only sets another up holds nothing of it. */
const opaqueOf = (root: Node): string[] =>
  text(field(root, "setup")) === "true" ? ["the configuration that the setup workflow continues with"] : [];

function inputsOf(root: Node): Readonly<Record<string, Primitive>> {
  return Object.fromEntries(
    entries(field(root, "parameters")).map(({ key, value }) => {
      const given = field(value, "default");
      return [key.toLowerCase(), given?.kind === "scalar" ? given.value : null];
    }),
  );
}

function triggersOf(workflow: Node, at: Location): Trigger[] {
  const listed = field(workflow, "triggers");
  const items = listed?.kind === "sequence" ? listed.items : [];
  return items.length === 0 ? [trigger("push", at)] : items.map((item) => trigger("schedule", item.at));
}

interface Siblings {
  readonly taken: ReadonlySet<string>;
  readonly when: Condition | undefined;
}

function readJob(item: Node, file: File, { taken, when }: Siblings): Job | undefined {
  const [only] = entries(item);
  const target = text(item) ?? only?.key;
  if (target === undefined) return undefined;
  const at = only?.at ?? item.at;
  const options = only?.value;
  const legs = readMatrix(matrixOf(options));
  const id = unused(withoutMatrix(text(field(options, "name")) ?? target, legs), taken);
  const conditions = [when, readFilters(entry(options, "filters")), requiresCondition(options)];
  const base = newJob(id, at, {
    name: target === id ? "" : target,
    needs: requires(options),
    ...(entry(options, "requires") ? { needsAt: needsAt(options) } : {}),
    legs,
    ...joined(conditions.filter((found) => found !== undefined)),
  });
  if (text(field(options, "type")) === "approval") return { ...base, approval: true };
  return { ...base, ...bodyOf(target, options, { file, legs }) };
}

function needsAt(options: Node | undefined): Location {
  const list = entry(options, "requires");
  const at = list?.at ?? { side: "head", path: "", line: 1, column: 1, endLine: 1, endColumn: 1 };
  return list ? { ...list.value.at, line: at.line, column: at.column } : at;
}

/** `matrix: { parameters: { size: [1, 2] } }` is what GitHub calls `strategy: { matrix: { size: [1, 2] } }`. */
function matrixOf(options: Node | undefined): MapNode | undefined {
  const matrix = entry(field(options, "matrix"), "parameters");
  if (!matrix) return undefined;
  return { kind: "map", at: matrix.at, entries: new Map([["matrix", { ...matrix, key: "matrix" }]]) };
}

const withoutMatrix = (name: string, legs: readonly Leg[]): string =>
  legs.length === 0 ? name : name.replaceAll(/-?<<[^>]*>>/g, "");

/** A job that stands twice in a workflow gets a number, as CircleCI gives it. */
function unused(id: string, taken: ReadonlySet<string>): string {
  let count = 1;
  let name = id;
  while (taken.has(name.toLowerCase())) name = `${id}-${String(++count)}`;
  return name;
}

function joined(conditions: readonly Condition[]): { condition?: Condition } {
  const [first, ...rest] = conditions;
  if (!first) return {};
  if (rest.length === 0) return { condition: first };
  return {
    condition: condition(
      and(...conditions.map(({ expr }) => expr)),
      conditions.map((found) => found.text).join(" and "),
      first.at,
    ),
  };
}

/** `requires` is a list of names, or of names with the results that will do. */
function requires(options: Node | undefined): Need[] {
  const list = field(options, "requires");
  return (list?.kind === "sequence" ? list.items : []).flatMap((item) => {
    const id = text(item) ?? entries(item)[0]?.key;
    return id === undefined ? [] : [{ key: id.toLowerCase(), id, at: item.at }];
  });
}

function requiresCondition(options: Node | undefined): Condition | undefined {
  const list = entry(options, "requires");
  const items = list?.value.kind === "sequence" ? list.value.items : [];
  const maps = items.flatMap((item) => entries(item));
  if (!list || maps.length === 0) return undefined;
  const plain = items
    .flatMap((item) => text(item) ?? [])
    .map((id) => equal(resultOf(id), literal("success")));
  const given = maps.map(({ key, value }) => acceptable(key, value));
  return condition(and(status("always"), ...plain, ...given), oneLineOf(list.value), list.at);
}

function acceptable(id: string, results: Node) {
  const names =
    results.kind === "sequence" ? results.items.flatMap((item) => text(item) ?? []) : [text(results) ?? ""];
  const is = (name: string) => equal(resultOf(id), literal(name));
  return or(
    ...names.flatMap((name) =>
      name === "terminal" ? [is("success"), is("failure")] : [is(own(NAMES, name) ?? name)],
    ),
  );
}

/** CircleCI's words for results. */
const NAMES: Readonly<Record<string, string>> = {
  failed: "failure",
  not_run: "skipped",
  unauthorized: "failure",
  canceled: "cancelled",
};

/** A matrix job's legs are named after their values; here the job stands for all of them. */
function aliasesOf(jobs: readonly Job[]): ReadonlyMap<string, Job> {
  return new Map(jobs.map((job) => [job.key, job]));
}

function resolve(need: Need, jobs: ReadonlyMap<string, Job>): Need[] {
  if (jobs.has(need.key)) return [need];
  const leg = [...jobs.values()].find(({ key, legs }) => legs.length > 0 && need.key.startsWith(key));
  return [leg ? { ...need, key: leg.key, id: leg.id } : need];
}

function bodyOf(
  target: string,
  options: Node | undefined,
  { file, legs }: { readonly file: File; readonly legs: readonly Leg[] },
): Partial<Job> {
  const { definitions } = file;
  const [orb = "", inside] = target.split("/", 2);
  const job = inside === undefined ? field(definitions.jobs, target) : inlineOrb(definitions, orb, inside);
  const given = argumentsOf(job, options, legs);
  if (!job) return { call: { target, arguments: Object.fromEntries(given), opaque: true } };
  const frame = { definitions, given };
  const around = (key: string) => readSteps(field(options, key), frame);
  const steps = [...around("pre-steps"), ...readSteps(field(job, "steps"), frame), ...around("post-steps")];
  return { steps: numbered(steps) };
}

const inlineOrb = ({ orbs }: Definitions, orb: string, name: string): Node | undefined =>
  field(field(field(orbs, orb), "jobs"), name);

/** The parameters of a job: what its entry gives, else the default; of a matrix, all values at once. */
function argumentsOf(
  job: Node | undefined,
  options: Node | undefined,
  legs: readonly Leg[],
): Map<string, string> {
  const given = new Map<string, string>();
  for (const { key, value } of entries(field(job, "parameters"))) {
    const byDefault = text(field(value, "default"));
    if (byDefault !== undefined) given.set(key, byDefault);
  }
  for (const { key, value } of entries(options)) {
    const source = text(value);
    if (source !== undefined && key !== "name" && key !== "type")
      given.set(key, substituted(source, new Map()));
  }
  const keys = new Set(legs.flatMap(({ values }) => Object.keys(values)));
  for (const key of keys) {
    given.set(key, [...new Set(legs.map(({ values }) => String(values[key])))].join(" "));
  }
  return given;
}
