import type { Location } from "../engine/types.ts";
import { parametersOf, Templates } from "./azure-templates.ts";
import { allowFailureOf, conditionsOf, readSteps } from "./azure-steps.ts";
import type { Files } from "./github-actions.ts";
import { readMatrix } from "./github-matrix.ts";
import type { Environment, Job, Leg, Need, Pipeline, Trigger } from "./model.ts";
import { assemble, newJob, numbered, trigger } from "./reading.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { MapNode, Node, Primitive } from "./yaml.ts";

/** Reads an Azure pipeline: stages, jobs and steps, with the templates of the same repository. */
export function readAzure(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  if (root?.kind !== "map") return [];
  const templates = new Templates(files, path);
  const whole = templates.extend(root);
  if (!["stages", "jobs", "steps"].some((key) => field(whole, key))) return [];
  const walk: Walk = { templates, jobs: [] };
  if (field(whole, "stages")) readStages(field(whole, "stages"), walk);
  else readJobs(whole, walk, {});
  if (walk.jobs.length === 0) return [];
  const triggers = triggersOf(root);
  const frame = { provider: "azure" as const, path, id: path, name: text(field(root, "name")) ?? path };
  const rest = { triggers, triggersAt: entry(root, "trigger")?.at ?? root.at, opaque: [...templates.opaque] };
  return assemble({ ...frame, ...rest, inputs: parametersOf(root) }, walk.jobs, files);
}

/** Without `trigger`, every push starts it; `none` starts nothing. */
function triggersOf(root: MapNode): Trigger[] {
  const push = entry(root, "trigger");
  const pull = entry(root, "pr");
  const found: Trigger[] = [];
  if (text(push?.value) !== "none") found.push(trigger("push", push?.at ?? root.at, filtersOf(push?.value)));
  if (text(pull?.value) !== "none") found.push(trigger("pull_request", pull?.at ?? root.at));
  for (const schedule of entries(root).filter(({ key }) => key === "schedules"))
    found.push(trigger("schedule", schedule.at));
  return [...found, trigger("workflow_dispatch", root.at)];
}

function filtersOf(node: Node | undefined): Pick<Trigger, "branches" | "tags" | "paths"> {
  const of = (key: string): string[] => {
    const filter = field(node, key);
    const list = (from: Node | undefined): string[] => texts(from).map((item) => item.text);
    if (filter?.kind !== "map") return list(filter);
    return [...list(field(filter, "include")), ...list(field(filter, "exclude")).map((name) => `!${name}`)];
  };
  const plain = node?.kind === "sequence" ? texts(node).map((item) => item.text) : of("branches");
  const tags = plain.filter((name) => name.startsWith("refs/tags/")).map((name) => name.slice(10));
  const branches = plain.filter((name) => !name.startsWith("refs/tags/"));
  return {
    branches: branches.map((name) => name.replace(/^refs\/heads\//, "")),
    tags: [...tags, ...of("tags")],
    paths: of("paths"),
  };
}

interface Walk {
  readonly templates: Templates;
  readonly jobs: Job[];
}

/** A stage is a call of its jobs: its result is theirs. Without `dependsOn` it waits for the stage before. */
function readStages(node: Node | undefined, walk: Walk): void {
  let before: Job | undefined;
  for (const { node: stage, asked } of walk.templates.items(node, "stages")) {
    const name = entry(stage, "stage");
    const id = text(name?.value);
    if (!name || id === undefined || id === "") continue;
    const job: Job = newJob(id, name.at, {
      name: text(field(stage, "displayName")) ?? "",
      ...needsOf(stage, "", before ? [{ key: before.key, id: before.id, at: before.at }] : []),
      ...conditionsOf(stage, asked),
      call: { target: id, arguments: {}, opaque: false },
    });
    walk.jobs.push(job);
    readJobs(stage, walk, { caller: job });
    before = job;
  }
}

interface Around {
  readonly caller?: Job;
}

function readJobs(node: Node, walk: Walk, { caller }: Around): void {
  const steps = field(node, "steps");
  if (steps && !field(node, "jobs")) {
    const fields = { steps: numbered(readSteps(steps, walk.templates)) };
    walk.jobs.push(newJob("job", steps.at, fields));
    return;
  }
  const prefix = caller ? `${caller.key}/` : "";
  walk.templates.items(field(node, "jobs"), "jobs").forEach(({ node: item, asked }, index) => {
    const job = readJob(item, prefix, { walk, index });
    const conditions = conditionsOf(item, asked);
    walk.jobs.push({ ...job, ...conditions, ...(caller ? { caller: caller.key, root: caller.id } : {}) });
  });
}

function readJob(
  item: Node,
  prefix: string,
  { walk, index }: { readonly walk: Walk; readonly index: number },
): Job {
  const name = entry(item, "job") ?? entry(item, "deployment");
  const template = text(field(item, "template"));
  const id = idOf(text(name?.value) ?? templateName(template), index);
  const base = newJob(id, name?.at ?? item.at, {
    name: text(field(item, "displayName")) ?? "",
    legs: legsOf(item),
    ...strategyOf(item),
    ...needsOf(item, prefix, []),
    ...allowFailureOf(item),
  });
  const keyed = { ...base, key: prefix + id.toLowerCase() };
  if (template !== undefined) {
    return { ...keyed, call: { target: template, arguments: argumentsOf(item), opaque: true } };
  }
  return { ...keyed, ...bodyOf(item, walk) };
}

const idOf = (given: string | undefined, index: number): string =>
  given === undefined || given === "" ? `job${String(index + 1)}` : given;

const templateName = (template: string | undefined): string | undefined =>
  template
    ?.replace(/@.*$/s, "")
    .split("/")
    .at(-1)
    ?.replace(/\.ya?ml$/, "");

function bodyOf(item: Node, walk: Walk): Partial<Job> {
  const environment = environmentOf(item);
  const steps = numbered(stepsOf(item).flatMap((list) => readSteps(list, walk.templates)));
  const approval = steps.some(({ uses }) => /^ManualValidation@/i.test(uses ?? ""));
  return { steps, ...(environment ? { environment } : {}), ...(approval ? { approval } : {}) };
}

function argumentsOf(item: Node): Record<string, string> {
  return Object.fromEntries(
    entries(field(item, "parameters")).flatMap(({ key, value }) => {
      const source = text(value);
      return source === undefined ? [] : [[key, source]];
    }),
  );
}

/** Source of the hooks: https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs */
const HOOKS = ["preDeploy", "deploy", "routeTraffic", "postRouteTraffic"];

function stepsOf(item: Node): Node[] {
  const own = field(item, "steps");
  const strategies = entries(field(item, "strategy")).map(({ value }) => value);
  const hooks = strategies.flatMap((strategy) =>
    HOOKS.flatMap((hook) => field(field(strategy, hook), "steps") ?? []),
  );
  return own ? [own] : hooks;
}

/** `runOnce` replaces all at once. */
function strategyOf(item: Node): { strategy?: string } {
  const found = entries(field(item, "strategy")).find(({ key }) => key === "canary" || key === "rolling");
  return found ? { strategy: found.key } : {};
}

function legsOf(item: Node): readonly Leg[] {
  const matrix = field(field(item, "strategy"), "matrix");
  if (matrix?.kind !== "map") return readMatrix(undefined);
  return entries(matrix).map(({ at, value }): Leg => {
    const values = entries(value).flatMap(({ key, value: given }): [string, Primitive][] =>
      given.kind === "scalar" ? [[key, given.value]] : [],
    );
    return { values: Object.fromEntries(values), at };
  });
}

function environmentOf(item: Node): Environment | undefined {
  const found = entry(item, "environment");
  const name = text(found?.value.kind === "map" ? field(found.value, "name") : found?.value);
  if (!found || name === undefined) return undefined;
  // `production.shop` is the resource `shop` of the environment `production`.
  return { names: [name.split(".")[0] ?? name], at: found.at };
}

function needsOf(
  item: Node,
  prefix: string,
  otherwise: readonly Need[],
): { needs: readonly Need[]; needsAt?: Location } {
  const found = entry(item, "dependsOn");
  if (!found) return { needs: otherwise };
  const needs = texts(found.value)
    .filter(({ text: id }) => id !== "")
    .map(({ text: id, at }): Need => ({ key: prefix + id.toLowerCase(), id, at }));
  return { needs, needsAt: { ...found.value.at, line: found.at.line, column: found.at.column } };
}
