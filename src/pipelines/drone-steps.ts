import { EVENTS, eventsIn, isTrue, targetsOf, whenCondition } from "./drone-conditions.ts";
import type { Condition, Job, Need, Step, Trigger } from "./model.ts";
import {
  condition,
  inOneShell,
  itemsOf,
  listAt,
  need,
  newJob,
  newStep,
  numbered,
  runLineOf,
  trigger,
  Names,
  YES,
} from "./reading.ts";
import { entries, entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";
import { own } from "./own.ts";

/** The steps of one pipeline of Drone, or one workflow of Woodpecker, each a job. */
export function readSteps(pipeline: Node): Job[] {
  const taken = new Names();
  const nodes = stepsOf(pipeline);
  // As soon as one step names what it waits for, all others start at once.
  const graph = nodes.some(({ node }) => entry(node, "depends_on"));
  let before: readonly Need[] = [];
  return nodes.map(({ name, node }) => {
    const id = taken.unused(name);
    const waits = entry(node, "depends_on");
    const needs = graph ? texts(waits?.value).map((one) => need(one.text, one.at)) : before;
    const job = readStep(id, node, needs);
    before = [need(id, node.at)];
    return waits ? { ...job, needsAt: listAt(waits) } : job;
  });
}

/** Steps are a list; the older form is a map by name. */
function stepsOf(pipeline: Node): { readonly name: string; readonly node: Node }[] {
  const steps = field(pipeline, "steps") ?? field(pipeline, "pipeline");
  if (steps?.kind === "map") return entries(steps).map(({ key, value }) => ({ name: key, node: value }));
  return itemsOf(steps).map((node) => ({ name: text(field(node, "name")) ?? "step", node }));
}

function readStep(id: string, node: Node, needs: readonly Need[]): Job {
  const at = entry(node, "name")?.at ?? node.at;
  const when = entry(node, "when");
  const allowed = allowFailure(node);
  const targets = targetsOf(when?.value);
  return newJob(id, at, {
    needs,
    condition: whenCondition(when, node),
    steps: numbered(inOneShell(commands(node))),
    ...(allowed ? { allowFailure: allowed } : {}),
    ...(when && targets.length > 0 ? { environment: { names: targets, at: when.at } } : {}),
  });
}

function allowFailure(node: Node): Condition | undefined {
  const failure = entry(node, "failure");
  if (failure && text(failure.value) === "ignore") return condition(YES, "failure: ignore", failure.at);
  const detach = entry(node, "detach");
  return detach && isTrue(detach.value) ? condition(YES, "detach: true", detach.at) : undefined;
}

/** Commands run in one shell with `-e`; without commands the image is a plugin. */
function commands(node: Node): Step[] {
  const list = field(node, "commands");
  const lines = list?.kind === "sequence" ? itemsOf(list) : list ? [list] : [];
  const image = text(field(node, "image")) ?? "";
  if (lines.length > 0) {
    return lines.flatMap((line) => {
      const source = text(line);
      return source === undefined ? [] : [newStep(line.at, { run: source, runLine: runLineOf(line) })];
    });
  }
  const given = entries(field(node, "settings")).flatMap(({ key, value }) => {
    const argument = text(value);
    return argument === undefined ? [] : [[key, argument] as const];
  });
  return image === ""
    ? []
    : [newStep(node.at, { uses: image.replace(/:([^:/]*)$/, "@$1"), arguments: Object.fromEntries(given) })];
}

/** What starts a pipeline: pushes and pull requests, and by hand or on time what its conditions ask for. */
export function triggersOf(pipeline: Node): Trigger[] {
  const conditions = [
    field(pipeline, "trigger"),
    field(pipeline, "when"),
    ...stepsOf(pipeline).map(({ node }) => field(node, "when")),
  ];
  const asked = eventsIn(conditions).map((event) => own(EVENTS, event) ?? event);
  const extra = ["promote", "rollback", "schedule", "workflow_dispatch", "release"].filter((event) =>
    asked.includes(event),
  );
  const events = ["push", "pull_request", ...extra];
  return [
    ...events.map((event) => trigger(event, pipeline.at)),
    ...(asked.includes("tag") ? [trigger("push", pipeline.at, { tags: ["v1.0.0"] })] : []),
  ];
}
