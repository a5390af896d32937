import type { BranchRules, RanCheck, RequiredCheck } from "../engine/types.ts";
import { ACTIONS_APP, matchOf, triggersBefore } from "./check-names.ts";
import type { Evidence } from "./evidence.ts";
import { faultOf } from "./faults.ts";
import type { Answer } from "./gates.ts";
import type { Job, Pipeline } from "./model.ts";
import type { Plays } from "./plays.ts";
import type { Scenario } from "./scenarios.ts";
import type { Outcomes, Play } from "./simulate.ts";

/** What the judge knows beside the files of the test: what the branch demands, and how pipelines go. */
export interface Known {
  readonly rules: BranchRules;
  /** What was reported on the head. */
  readonly ran: readonly RanCheck[];
  readonly pipelines: readonly Pipeline[];
  readonly plays: Plays;
}

/**
 * How a test stands before a deploy in another pipeline by the rules of the branch that deploys: nothing comes onto the
 * branch before its required checks have passed. Undefined where the rules say nothing about the test.
 *
 * - A job's `continue-on-error` hides a failure from `needs`, not from its check.
 * - A job that is skipped passes: by its condition, and when a job that it needs fails.
 * Source: https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
 */
export function byRules(evidence: Evidence, deploying: Scenario, known: Known): Answer | undefined {
  const { rules } = known;
  if (!comesFrom(rules.branch, deploying)) return undefined;
  const before = scenariosBefore(evidence.pipeline, known);
  const answers = before.flatMap((scenario) => answersIn(evidence, scenario, known));
  const fault = faultOf(
    { ...evidence, job: withoutAllowance(evidence.job) },
    { pipeline: evidence.pipeline, scenario: deploying, free: false },
  );
  const [answer] = answers.toSorted((a, b) => Number(b.holds) - Number(a.holds));
  if (!answer) return undefined;
  if (fault) return { verdict: "advisory", ...fault };
  if (answer.holds) return { verdict: "required-external", reason: `is ${answer.link}` };
  return {
    verdict: "skippable",
    reason: `is ${answer.link}, but is skipped ${answer.hole}, and what is skipped counts as passed`,
  };
}

/** What is known of a check that no rule is known to require, as a clause. */
export const notRequired = (rules: BranchRules | string | undefined): string =>
  typeof rules === "object"
    ? `the rules of ${rules.branch} let a merge pass without it`
    : `whether a merge waits for it is a rule of the branch, and ${rules ?? "not in the files"}`;

/** Whether a deploy takes what was merged into a branch; a sync is known for this repository's changes only. */
export function comesFrom(branch: string, { event, values }: Scenario): boolean {
  const branches = values.get("branch") ?? [];
  return event === "gitops-sync" || (event === "push" && branches.length === 1 && branches[0] === branch);
}

function withoutAllowance(job: Job): Job {
  const { allowFailure, ...rest } = job;
  return allowFailure ? rest : job;
}

/** Drafts are not merged. What is known more than of the scenario itself asks for a label of its own. */
function scenariosBefore(pipeline: Pipeline, { rules, plays }: Known): Scenario[] {
  const events = new Set(triggersBefore(pipeline, rules.branch).map(({ event }) => event));
  return plays
    .scenarios(pipeline)
    .filter(({ event }) => events.has(event))
    .map((scenario) => ({
      ...scenario,
      label: `${scenario.label} that is no draft`,
      values: new Map([...scenario.values, ["event.pull_request.draft", [false]]]),
    }));
}

/** A required check that speaks for the test, and how it may pass although the test did not. */
interface Link {
  readonly link: string;
  readonly holds: boolean;
  readonly hole: string;
}

function answersIn(evidence: Evidence, scenario: Scenario, known: Known): Link[] {
  const { pipeline } = evidence;
  const whole = known.rules.workflows.find(({ path }) => path === pipeline.path);
  // A workflow that is required as a whole passes only if none of its jobs fails.
  if (whole) return [{ link: `in a workflow required by ${whole.by}`, holds: true, hole: "" }];
  return pipeline.jobs.flatMap((job) => {
    const check = requiredCheck(job, pipeline, known);
    if (!check || !failsWith(job, evidence, scenario, known)) return [];
    const link = `required by ${check.by} as check "${check.name}"`;
    const hole = holeOf(job, evidence, scenario, known);
    return [{ link, holds: hole === undefined, hole: hole ?? "" }];
  });
}

function requiredCheck(job: Job, pipeline: Pipeline, known: Known): RequiredCheck | undefined {
  const { checks } = known.rules;
  const sure = checks.find((check) => matchOf(check, job, pipeline) === "yes");
  return sure ?? checks.find((check) => reported(check, job, pipeline, known));
}

/** A computed name is told by what ran: GitHub Actions reported the check, and no other job here can have. */
function reported(check: RequiredCheck, job: Job, pipeline: Pipeline, { ran, pipelines }: Known): boolean {
  if (!ran.some(({ name, app }) => name === check.name && app === ACTIONS_APP)) return false;
  if (job.call || matchOf(check, job, pipeline) !== "maybe") return false;
  const able = pipelines.flatMap((one) => one.jobs.filter((other) => matchOf(check, other, one) !== "no"));
  return able.length === 1;
}

/** Whether a job's check fails for certain when the test does. */
function failsWith(
  job: Job,
  { job: test, pipeline }: Evidence,
  scenario: Scenario,
  { plays }: Known,
): boolean {
  if (job === test) return true;
  const forced = { key: test.key, result: "failure" } as const;
  const results = plays.play({ pipeline, scenario, free: true, forced }).get(job.key)?.results ?? [];
  return results.length === 1 && results[0] === "failure";
}

/** When the test is skipped and the required job passes all the same, as a clause; undefined where that cannot be. */
function holeOf(
  job: Job,
  { pipeline, job: test }: Evidence,
  scenario: Scenario,
  known: Known,
): string | undefined {
  const { plays } = known;
  const opens = (forced?: Play["forced"]): boolean => {
    const outcomes = plays.play({ pipeline, scenario, free: false, ...(forced ? { forced } : {}) });
    const results = outcomes.get(job.key)?.results ?? [];
    return skips(outcomes, test) && results.some((result) => result !== "failure");
  };
  if (opens()) return "at times";
  const before = pipeline.jobs.filter(({ key }) => plays.ancestors(test, pipeline).has(key));
  const first = before.find(
    (other) =>
      !requiredCheck(other, pipeline, known) && !other.call && opens({ key: other.key, result: "failure" }),
  );
  return first && `when ${first.id} fails`;
}

const skips = (outcomes: Outcomes, { key }: Job): boolean =>
  outcomes.get(key)?.results.includes("skipped") ?? false;
