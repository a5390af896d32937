import { ANY, evaluate, mayBeFalse, mayBeTrue } from "./evaluate.ts";
import type { Possible, Scope } from "./evaluate.ts";
import { asksStatus } from "./expressions.ts";
import { matrixValue } from "./interpolate.ts";
import type { Condition, Job, Pipeline } from "./model.ts";
import { raised } from "./reraise.ts";
import type { Scenario } from "./scenarios.ts";

export type Result = "success" | "failure" | "skipped";

/** What is played through. */
export interface Play {
  readonly pipeline: Pipeline;
  readonly scenario: Scenario;
  /** Whether inputs, labels and messages may hold anything, or what they hold by themselves. */
  readonly free: boolean;
  /** The job that fails, or is skipped; none for the course of things. */
  readonly forced?: { readonly key: string; readonly result: "failure" | "skipped" };
  /** The conclusion of the pipeline whose end started this one; success where absent. */
  readonly upstream?: Result;
  /** The pipeline's index, where it was made before. */
  readonly index?: Index;
}

/** The jobs of a pipeline by key, and by the call through which they run. */
export interface Index {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly below: ReadonlyMap<string, readonly Job[]>;
}

/** The index of a pipeline's jobs. */
export const indexOf = ({ jobs }: Pipeline): Index => ({
  jobs: new Map(jobs.map((job) => [job.key, job])),
  below: Map.groupBy(jobs, ({ caller = "" }) => caller),
});

/** What can come of one job. */
export interface Outcome {
  readonly results: readonly Result[];
  /** Whether everything before it, and it, can have (and can have not) succeeded. */
  readonly ok: Possible;
  /** Whether it, or anything before it, can have failed. */
  readonly failed: Possible;
  /** Whether its own condition holds, whatever those of its callers do. */
  readonly own: Possible;
}

export type Outcomes = ReadonlyMap<string, Outcome>;

const YES: Possible = [true];
const NO: Possible = [false];

/**
 * Plays a pipeline through: which results can each job have? Conditions that the files do not settle leave several.
 * The rules are GitHub's:
 * - without a status function, `success() &&` is implied;
 * - in a job's condition, `success()` and `failure()` look at all ancestors, not only at direct needs;
 * - a job that is allowed to fail counts as a success.
 */
export function simulate(play: Play): Outcomes {
  const outcomes = new Map<string, Outcome>();
  const course: Course = {
    play,
    outcomes,
    starts: new Map(),
    own: new Map(),
    index: play.index ?? indexOf(play.pipeline),
  };
  for (const job of play.pipeline.jobs) outcomes.set(job.key, outcomeOf(job, course));
  return outcomes;
}

/** Whether a job can run at all. */
export const canRun = (outcome: Outcome | undefined): boolean =>
  outcome?.results.some((result) => result !== "skipped") ?? false;

interface Course {
  readonly play: Play;
  readonly outcomes: Map<string, Outcome>;
  readonly starts: Map<string, Possible>;
  readonly own: Map<string, Possible>;
  readonly index: Index;
}

function outcomeOf(job: Job, course: Course): Outcome {
  const results = resultsOf(job, course);
  const needs = job.needs.flatMap(({ key }) => course.outcomes.get(key) ?? []);
  const own: Possible = results.map((result) => result === "success");
  const fell: Possible = results.map((result) => result === "failure");
  return {
    results,
    ok: every([own, ...needs.map(({ ok }) => ok)]),
    failed: some([fell, ...needs.map(({ failed }) => failed)]),
    own: course.own.get(job.key) ?? YES,
  };
}

function resultsOf(job: Job, course: Course): readonly Result[] {
  const { forced } = course.play;
  const starts = startsOf(job, course);
  const skipped: readonly Result[] = mayBeFalse(starts) ? ["skipped"] : [];
  if (!mayBeTrue(starts)) return ["skipped"];
  if (forced?.key === job.key && forced.result === "skipped") return ["skipped"];
  // A failing job is one that ran.
  if (forced?.key === job.key) return afterFailure(job, course.play);
  if (job.call) return [...new Set([...calledResults(job, course), ...skipped])];
  // Where all went well there is nothing to hand on.
  const raises = allSucceeded(job, course) ? (["success"] as const) : raised(job, scopeOf(job, course));
  return [
    ...new Set([
      ...(raises.includes("failure") ? afterFailure(job, course.play) : []),
      ...raises.filter((result) => result === "success"),
      ...skipped,
    ]),
  ];
}

function allSucceeded(job: Job, { outcomes }: Course): boolean {
  return job.needs.every(({ key }) => {
    const results = outcomes.get(key)?.results;
    return results?.length === 1 && results[0] === "success";
  });
}

/** Whether a job starts: its condition, and that of every job that calls it. */
function startsOf(job: Job, course: Course): Possible {
  const known = course.starts.get(job.key);
  if (known) return known;
  const caller = job.caller === undefined ? undefined : course.index.jobs.get(job.caller);
  const { forced } = course.play;
  const outer = !caller
    ? YES
    : forced?.key === caller.key && forced.result === "skipped"
      ? NO
      : startsOf(caller, course);
  const own = conditionOf(job, course);
  const starts = every([outer, own]);
  course.own.set(job.key, own);
  course.starts.set(job.key, starts);
  return starts;
}

function conditionOf(job: Job, course: Course): Possible {
  const needed = every(job.needs.map(({ key }) => course.outcomes.get(key)?.ok ?? [ANY]));
  if (!job.condition) return needed;
  const value = evaluate(job.condition.expr, scopeOf(job, course));
  return asksStatus(job.condition.expr) ? value : every([needed, value]);
}

/** The result of a call is that of the jobs below it. What was not read is taken to succeed. */
function calledResults(job: Job, course: Course): Result[] {
  const below = (course.index.below.get(job.key) ?? []).flatMap(({ key }) => course.outcomes.get(key) ?? []);
  const failures = below.map(({ results }): Possible => results.map((result) => result === "failure"));
  const failed = some(failures);
  return [
    ...(mayBeTrue(failed) ? (["failure"] as const) : []),
    ...(mayBeFalse(failed) ? (["success"] as const) : []),
  ];
}

function afterFailure(job: Job, play: Play): Result[] {
  const allowed = allows(job.allowFailure, job, play);
  return [
    ...(mayBeTrue(allowed) ? (["success"] as const) : []),
    ...(mayBeFalse(allowed) ? (["failure"] as const) : []),
  ];
}

/** Whether `continue-on-error` holds. Of a matrix, one leg that may not fail is enough to stop what follows. */
export function allows(
  condition: Condition | undefined,
  job: Job,
  play: Pick<Play, "scenario" | "free" | "pipeline">,
): Possible {
  if (!condition) return NO;
  const legs = job.legs.length > 0 ? job.legs.map((leg) => [leg]) : [[]];
  const answers = legs.map((leg) => {
    const scope = scenarioScope(play);
    const value: Scope["value"] = (path) =>
      path[0] === "matrix" ? matrixValue(leg, path[1] ?? "") : scope.value(path);
    return evaluate(condition.expr, { ...scope, value });
  });
  return answers.some((answer) => !mayBeTrue(answer)) ? NO : every(answers);
}

function scopeOf(job: Job, { play, outcomes }: Course): Scope {
  const outer = scenarioScope(play);
  const needs = new Map(job.needs.map((need) => [need.id.toLowerCase(), outcomes.get(need.key)]));
  const all = [...needs.values()].flatMap((outcome) => outcome ?? []);
  return {
    call: (name) => statusOf(name, all),
    members: (path) => {
      if (path[0] === "needs" && path[2] === "result") return all.map(({ results }) => results);
      return outer.members(path);
    },
    value: (path) => {
      if (path[0] !== "needs") return outer.value(path);
      if (path.length < 2 || path.includes("*") || path.includes("?")) return [ANY];
      const outcome = needs.get(path[1] ?? "");
      // What is not among the needs is empty.
      if (!outcome) return [null];
      return path[2] === "result" ? outcome.results : [ANY];
    },
  };
}

function statusOf(name: string, needs: readonly Outcome[]): Possible | undefined {
  switch (name) {
    case "always":
      return YES;
    case "cancelled":
      return NO;
    case "success":
      return every(needs.map(({ ok }) => ok));
    case "failure":
      return some(needs.map(({ failed }) => failed));
    default:
      return undefined;
  }
}

/** What a scenario says about the contexts that do not depend on other jobs. */
export function scenarioScope(play: Omit<Play, "forced">): Scope {
  const value: Scope["value"] = ([context, ...rest]) => {
    if (context === "inputs") return inputValue(play, rest[0]);
    return context === "github" || context === "run" ? githubValue(play, rest) : [ANY];
  };
  const members: Scope["members"] = (path) => (!play.free && path.includes("labels") ? [] : undefined);
  return { value, members, call: () => undefined };
}

function githubValue(play: Omit<Play, "forced">, rest: readonly string[]): Possible {
  const path = rest.join(".");
  if (path === "event.workflow_run.conclusion" && play.upstream) return [play.upstream];
  if (path.startsWith("event.inputs.")) return inputValue(play, rest[2]);
  if (path === "event.head_commit.message" && !play.free) return [""];
  return play.scenario.values.get(path) ?? [ANY];
}

function inputValue({ free, pipeline }: Omit<Play, "forced">, name = ""): Possible {
  const isFree = free && !pipeline.accepted?.has(name.toLowerCase());
  return isFree ? [ANY] : [pipeline.inputs[name] ?? null];
}

/** Three-valued `and`. */
function every(values: readonly Possible[]): Possible {
  if (values.some((value) => !mayBeTrue(value))) return NO;
  return values.some(mayBeFalse) ? [true, false] : YES;
}

/** Three-valued `or`. */
function some(values: readonly Possible[]): Possible {
  if (values.some((value) => !mayBeFalse(value))) return YES;
  return values.some(mayBeTrue) ? [true, false] : NO;
}
