import type { ClusterObject } from "./cluster-objects.ts";
import { readContainer, readInlineScript } from "./containers.ts";
import type { Condition, Job, Need, Step } from "./model.ts";
import {
  allOf,
  and,
  condition,
  equal,
  itemsOf,
  listAt,
  literal,
  need,
  newJob,
  newStep,
  numbered,
  oneLineOf,
  resultOf,
  status,
  unlessFailed,
  Names,
  YES,
} from "./reading.ts";
import { whenOf } from "./tekton-conditions.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** The objects of the repository by kind and name. */
export interface Known {
  readonly objects: ReadonlyMap<string, ClusterObject>;
}

interface Frame {
  readonly known: Known;
  /** The parameters of the run. */
  readonly given: ReadonlyMap<string, string>;
  readonly taken: Names;
}

/** The tasks of a pipeline, and those of `finally`, which run when all others have ended, however they did. */
export function readTasks(spec: Node | undefined, known: Known, given: ReadonlyMap<string, string>): Job[] {
  const frame: Frame = { known, given, taken: new Names() };
  const tasks = itemsOf(field(spec, "tasks")).map((task) => ordered(readTask(task, frame), task, given));
  const all: readonly Need[] = tasks.map((job) => need(job.id, job.at));
  const last = itemsOf(field(spec, "finally")).map((task): Job => {
    const job = readTask(task, frame);
    const always = condition(status("always"), "finally", task.at);
    return { ...job, needs: all, ...allOf([always, whenOf(task, given)]) };
  });
  return [...tasks, ...last];
}

function readTask(task: Node, frame: Frame): Job {
  const named = entry(task, "name");
  const at = named?.at ?? task.at;
  const id = frame.taken.unused(text(named?.value) ?? "task");
  const onError = entry(task, "onError");
  return newJob(id, at, {
    ...(onError && text(onError.value) === "continue"
      ? { allowFailure: condition(YES, "onError: continue", onError.at) }
      : {}),
    ...bodyOf(task, frame.known),
  });
}

const RESULT = /\$\(tasks\.([\w-]+)\.results\.[^)]{1,200}\)/g;

/** `runAfter` gives an order only; whoever uses a result needs the task to have given it. */
function ordered(job: Job, task: Node, run: ReadonlyMap<string, string>): Job {
  const after = entry(task, "runAfter");
  const listed = texts(after?.value).map((one) => need(one.text, one.at));
  const used = resultsIn(task);
  const more = used.filter((name) => !listed.some(({ key }) => key === name.toLowerCase()));
  const given = used.map((name) => equal(resultOf(name), literal("success")));
  const data: Condition | undefined =
    given.length > 0 ? condition(and(status("always"), ...given), "", job.at) : undefined;
  return {
    ...job,
    needs: [...listed, ...more.map((name) => need(name, job.at))],
    ...(after ? { needsAt: listAt(after) } : {}),
    ...allOf([unlessFailed(job.at), data, whenOf(task, run)]),
  };
}

function resultsIn(task: Node): string[] {
  const parts = ["params", "when", "matrix"].map((key) => oneLineOf(field(task, key)));
  return [...new Set(parts.flatMap((part) => [...part.matchAll(RESULT)].map((match) => match[1] ?? "")))];
}

/** What a task runs: its own specification, or that of a task of the repository. Others are not read. */
function bodyOf(task: Node, known: Known): Partial<Job> {
  const reference = field(task, "taskRef");
  const kind = text(field(reference, "kind")) ?? "Task";
  const name = text(field(reference, "name")) ?? resolved(reference);
  if (kind === "ApprovalTask") return { approval: true };
  const spec = field(task, "taskSpec") ?? field(known.objects.get(`${kind} ${name}`)?.node, "spec");
  if (spec)
    return {
      name: name === "" ? "" : name,
      steps: numbered(itemsOf(field(spec, "steps")).map((step) => readStep(step, known))),
    };
  const given = itemsOf(field(task, "params")).flatMap((item) => {
    const key = text(field(item, "name"));
    return key === undefined ? [] : [[key, oneLineOf(field(item, "value"))] as const];
  });
  return {
    steps: numbered([
      newStep(task.at, {
        uses: name === "" ? "a task" : name,
        opaque: true,
        arguments: Object.fromEntries(given),
      }),
    ]),
  };
}

/** A resolver finds the task elsewhere, by a parameter that is called `name`. */
function resolved(reference: Node | undefined): string {
  const named = itemsOf(field(reference, "params")).find((item) =>
    /^(name|pathInRepo|url)$/.test(text(field(item, "name")) ?? ""),
  );
  return text(field(named, "value")) ?? "";
}

function readStep(step: Node, known: Known): Step {
  const image = text(field(step, "image")) ?? "";
  const reference = text(field(field(step, "ref"), "name"));
  const action = reference === undefined ? undefined : known.objects.get(`StepAction ${reference}`);
  const source = field(action?.node, "spec") ?? step;
  const script = field(source, "script");
  // Without an interpreter a script starts with `set -e`: https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps
  const ran = script
    ? readInlineScript(script, true)
    : readContainer({ image, command: field(source, "command"), args: field(source, "args") });
  const onError = entry(step, "onError");
  return newStep(step.at, {
    name: text(field(step, "name")) ?? "",
    ...(reference !== undefined && !action
      ? { uses: reference, opaque: true }
      : { uses: `docker://${image}` }),
    ...ran,
    ...(onError && text(onError.value) === "continue"
      ? { allowFailure: condition(YES, "onError: continue", onError.at) }
      : {}),
  });
}
