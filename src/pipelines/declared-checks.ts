import type { BranchRules, DeclaredTest, Stage, StageCell } from "../engine/types.ts";
import { reports } from "./declared.ts";
import { comesFrom } from "./external-gate.ts";
import type { Pipeline } from "./model.ts";
import type { Scenario } from "./scenarios.ts";

/** Checks that the policy names and no file reports, and the rules that may require them. */
export interface CheckGround {
  readonly tests: readonly DeclaredTest[];
  readonly rules: BranchRules | string | undefined;
}

/** Of the tests that the policy names, the checks that none of these pipelines reports. */
export function checksElsewhere(
  all: readonly DeclaredTest[],
  pipelines: readonly Pipeline[],
  rules: CheckGround["rules"],
): CheckGround {
  const isHere = (test: DeclaredTest): boolean =>
    pipelines.some((pipeline) => pipeline.jobs.some((job) => reports(pipeline, job, test)));
  return { rules, tests: all.filter((test) => test.check !== undefined && !isHere(test)) };
}

/** How a stage stands before a deploy by such checks; undefined where none of them is its test. */
export function checkCell(
  stage: Stage,
  starts: readonly Scenario[],
  { tests, rules }: CheckGround,
): StageCell | undefined {
  const own = tests.filter((test) => test.stage === stage);
  const cells = own.map(({ check = "" }) => cellOf(check, starts, rules));
  const best = cells.find(({ verdict }) => verdict === "required-external") ?? cells[0];
  return best && { stage, ...best };
}

function cellOf(
  check: string,
  starts: readonly Scenario[],
  rules: CheckGround["rules"],
): Pick<StageCell, "verdict" | "reason"> {
  const named = `the policy names the check "${check}"`;
  if (typeof rules !== "object") {
    const reason = `${named}; whether a merge waits for it is a rule of the branch, and ${rules ?? "not in the files"}`;
    return { verdict: "unlinked", reason };
  }
  const required = rules.checks.find(({ name }) => name === check);
  if (!required)
    return {
      verdict: "unlinked",
      reason: `${named}; the rules of ${rules.branch} let a merge pass without it`,
    };
  const other = starts.find((scenario) => !comesFrom(rules.branch, scenario));
  if (other)
    return {
      verdict: "unlinked",
      reason: `${named}, which is required by ${required.by}; ${other.label} deploys without a merge into ${rules.branch}`,
    };
  return { verdict: "required-external", reason: `${named}, which is required by ${required.by}` };
}
