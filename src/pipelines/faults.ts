import type { Location } from "../engine/types.ts";
import type { DeployPoint } from "./deploys.ts";
import { evaluate, mayBeFalse, mayBeTrue } from "./evaluate.ts";
import type { Possible } from "./evaluate.ts";
import { walk } from "./expressions.ts";
import type { Evidence } from "./evidence.ts";
import type { Answer } from "./gates.ts";
import type { Condition, Job, Step } from "./model.ts";
import { canFail } from "./reraise.ts";
import { shellCondition } from "./shell-skips.ts";
import { allows, scenarioScope } from "./simulate.ts";
import type { Play } from "./simulate.ts";
import { WORDS_OF } from "./words.ts";

/** A step's condition before anything failed. */
export function stepValue(condition: Condition, play: Play): Possible {
  const scope = scenarioScope(play);
  const status: Readonly<Record<string, Possible>> = {
    always: [true],
    success: [true],
    failure: [false],
    cancelled: [false],
  };
  return evaluate(condition.expr, { ...scope, call: (name) => status[name] });
}

/** A later step's condition once a step failed. */
function afterStep(condition: Condition, failed: Step, play: Play): Possible {
  const scope = scenarioScope(play);
  const status: Readonly<Record<string, Possible>> = {
    always: [true],
    success: [false],
    failure: [true],
    cancelled: [false],
  };
  const asks = [...walk(condition.expr)].some((node) => node.kind === "call" && node.name in status);
  if (!asks) return [false];
  return evaluate(condition.expr, {
    ...scope,
    call: (name) => status[name],
    value: (path) => {
      const own = failed.id !== "" && path[0] === "steps" && path[1] === failed.id;
      return own && (path[2] === "outcome" || path[2] === "conclusion") ? ["failure"] : scope.value(path);
    },
  });
}

/** Why a test cannot stop anything, wherever the deploy stands; undefined where it can. */
export function faultOf(
  { cannotFail, at, step, job }: Evidence,
  play: Play,
): { reason: string; at: Location } | undefined {
  if (cannotFail !== undefined) return { reason: `cannot block: ${cannotFail}`, at };
  if (step?.cancelled)
    return { reason: "may fail: it is cancelled before anything waits for it", at: step.at };
  const allowed = WORDS_OF[play.pipeline.provider].allowFailure;
  if (step?.allowFailure && mayBeTrue(allows(step.allowFailure, job, play)) && !rechecked(step, job)) {
    return { reason: `may fail: its step has ${allowed}`, at: step.allowFailure.at };
  }
  if (job.allowFailure && mayBeTrue(allows(job.allowFailure, job, play))) {
    return { reason: `may fail: its job has ${allowed}`, at: job.allowFailure.at };
  }
  return undefined;
}

/** A test in the job that deploys: what lets the step of the deploy run without it; undefined where nothing does. */
export function inJob({ step, job }: Evidence, deployStep: number, base: Play): Answer | undefined {
  const later = job.steps[deployStep];
  if (!step || !later) return { verdict: "required", reason: "runs in the same job" };
  if (step.background && (step.joined ?? Infinity) > deployStep) {
    const reason = "runs in the background, and the deploy does not wait for it";
    return { verdict: "advisory", reason, at: step.at };
  }
  if (later.condition && mayBeTrue(afterStep(later.condition, step, base))) {
    return {
      verdict: "advisory",
      reason: "the deploy step runs although it failed",
      at: later.condition.at,
    };
  }
  if (step.condition && mayBeFalse(stepValue(step.condition, base))) {
    return { verdict: "skippable", reason: "is a step that can be skipped", at: step.condition.at };
  }
  return undefined;
}

/** How a test stands that nothing in its job passes by. */
export const IN_JOB = { verdict: "required", reason: "is an earlier step of the same job" } as const;

/** A test that its script passes by, where the deploy goes on without it; undefined where nothing lets it. */
export function skippedInShell(
  { guards = [] }: Evidence,
  points: readonly DeployPoint[],
  play: Play,
): { verdict: "skippable" | "bypassable"; reason: string; at: Location } | undefined {
  const asked = shellCondition(guards, points);
  if (!asked || !mayBeFalse(stepValue(asked, play))) return undefined;
  const verdict = mayBeFalse(stepValue(asked, { ...play, free: false })) ? "skippable" : "bypassable";
  return { verdict, reason: `runs only if \`${asked.text}\``, at: asked.at };
}

/** Whether a test's script may come to it. */
export function comesToIt({ guards = [] }: Evidence, play: Play): boolean {
  const asked = shellCondition(guards, []);
  return !asked || mayBeTrue(stepValue(asked, play));
}

/** The idiom "let all tests run, then fail": a later step asks for this step's outcome and ends in a failure. */
function rechecked(step: Step, job: Job): boolean {
  if (step.id === "") return false;
  const asked = new RegExp(
    String.raw`steps(\.|\[')${step.id.replaceAll(/[^\w-]/g, ".")}('\])?\.outcome`,
    "i",
  );
  return job.steps.slice(step.index + 1).some((later) => {
    const texts = [later.condition?.text ?? "", later.run ?? "", ...Object.values(later.environment)];
    return canFail(later) && texts.some((text) => asked.test(text));
  });
}
