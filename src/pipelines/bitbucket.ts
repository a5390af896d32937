import type { Location } from "../engine/types.ts";
import type { Files } from "./github-actions.ts";
import { readScript } from "./bitbucket-steps.ts";
import type { Condition, Environment, Job, Need, Pipeline, Trigger } from "./model.ts";
import {
  allOf,
  assemble,
  condition,
  itemsOf,
  need,
  newJob,
  OPAQUE,
  oneLineOf,
  trigger,
  unlessFailed,
  Names,
  YES,
} from "./reading.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";

/**
 * Reads `bitbucket-pipelines.yml`: each start condition is a pipeline of its own, and each of its steps a job.
 * Source: https://support.atlassian.com/bitbucket-cloud/docs/pipeline-start-conditions/
 */
export function readBitbucket(path: string, files: Files): Pipeline[] {
  const root = files.read(path, { merge: true });
  const pipelines = field(root, "pipelines");
  const branches = entries(field(pipelines, "branches")).map(({ key }) => key);
  return entries(pipelines).flatMap((start): Pipeline[] => {
    if (start.key === "default")
      return one(start, [trigger("push", start.at, { branches: branches.map((name) => `!${name}`) })], {
        path,
        files,
      });
    return entries(start.value).flatMap((named) => one(named, triggersOf(start.key, named), { path, files }));
  });
}

/** Who pushes to a branch with a pipeline of its own does not start the default one. */
function triggersOf(kind: string, { key, at }: Entry): Trigger[] {
  switch (kind) {
    case "branches":
      return [trigger("push", at, { branches: globs(key) })];
    case "tags":
      return [trigger("push", at, { tags: globs(key) })];
    case "pull-requests":
      return [trigger("pull_request", at)];
    default:
      return [trigger("workflow_dispatch", at)];
  }
}

/** `{a,b}` stands for either: https://support.atlassian.com/bitbucket-cloud/docs/use-glob-patterns-on-the-pipelines-yaml-file/ */
function globs(pattern: string): string[] {
  const parts = /^([^{}]*)\{([^{}]{0,200})\}([^{}]*)$/.exec(pattern);
  if (!parts) return [pattern];
  const [, before = "", inner = "", after = ""] = parts;
  return inner.split(",").map((part) => `${before}${part.trim()}${after}`);
}

interface File {
  readonly path: string;
  readonly files: Files;
}

function one({ key, at, value }: Entry, triggers: readonly Trigger[], { path, files }: File): Pipeline[] {
  const walk: Walk = { jobs: [], taken: new Names() };
  sequence(itemsOf(value), walk, { before: [] });
  const imported = text(field(value, "import"));
  const frame = {
    provider: "bitbucket" as const,
    path,
    id: `${path} ${key}`,
    name: key,
    triggers,
    triggersAt: at,
  };
  const opaque = imported === undefined ? [] : [imported];
  return walk.jobs.length === 0 && opaque.length === 0
    ? []
    : assemble({ ...frame, opaque }, walk.jobs, files);
}

interface Walk {
  readonly jobs: Job[];
  readonly taken: Names;
}

interface Place {
  /** What ends before. */
  readonly before: readonly Need[];
  /** The stage around, where there is one. */
  readonly stage?: Node;
  readonly caller?: Job;
}

/** Goes through a list in order; gives back what ends last. */
function sequence(items: readonly Node[], walk: Walk, place: Place): readonly Need[] {
  let { before } = place;
  for (const item of items) {
    const inner = { ...place, before };
    const parallel = field(item, "parallel");
    const stage = field(item, "stage");
    const step = entry(item, "step");
    if (parallel) {
      const legs = parallel.kind === "map" ? itemsOf(field(parallel, "steps")) : itemsOf(parallel);
      const last = legs.flatMap((leg) => sequence([leg], walk, inner));
      if (last.length > 0) before = last;
    } else if (stage) before = readStage(stage, walk, inner);
    else if (step) before = [readStep(step, walk, inner)];
  }
  return before;
}

/** The steps of a stage run, or are left out, together: with a condition it is a job that calls them. */
function readStage(stage: Node, walk: Walk, place: Place): readonly Need[] {
  const asked = changesets(stage);
  const steps = itemsOf(field(stage, "steps"));
  if (!asked) return sequence(steps, walk, { ...place, stage });
  const id = walk.taken.unused(text(field(stage, "name")) ?? "stage");
  const call = { target: id, arguments: {}, opaque: false };
  const caller = newJob(id, stage.at, {
    needs: place.before,
    call,
    ...allOf([unlessFailed(stage.at), asked]),
  });
  walk.jobs.push(caller);
  sequence(steps, walk, { before: [], stage, caller });
  return [need(id, stage.at)];
}

function readStep({ at, value }: Entry, walk: Walk, { before, stage, caller }: Place): Need {
  const id = walk.taken.unused(text(field(value, "name")) ?? "step");
  const environment = environmentOf(value) ?? environmentOf(stage);
  const allowed = allowFailure(value);
  const manual = [value, stage].some((node) => text(field(node, "trigger")) === "manual");
  const place: Location = entry(value, "name")?.at ?? at;
  walk.jobs.push(
    newJob(id, place, {
      needs: before,
      steps: readScript(value),
      ...allOf([unlessFailed(place), changesets(value)]),
      ...(environment ? { environment } : {}),
      ...(allowed ? { allowFailure: allowed } : {}),
      ...(manual ? { approval: true } : {}),
      ...(caller ? { caller: caller.key, root: caller.id } : {}),
    }),
  );
  return need(id, place);
}

function environmentOf(node: Node | undefined): Environment | undefined {
  const item = entry(node, "deployment");
  const name = text(item?.value);
  return item && name !== undefined ? { names: [name], at: item.at } : undefined;
}

/** Source: https://www.atlassian.com/blog/bitbucket/introducing-step-failure-strategies-in-bitbucket-pipelines */
function allowFailure(step: Node): Condition | undefined {
  const item = entry(field(step, "on-fail"), "strategy");
  return item && text(item.value) === "ignore" ? condition(YES, "on-fail: ignore", item.at) : undefined;
}

/** Which files changed is not known. */
function changesets(node: Node | undefined): Condition | undefined {
  const item = entry(node, "condition");
  return item ? condition(OPAQUE, oneLineOf(item.value), item.at) : undefined;
}
