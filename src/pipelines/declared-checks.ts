import type { BranchRules, DeclaredTest, Stage, StageCell } from "../engine/types.ts";
import { reports } from "./declared.ts";
import { comesFrom, notRequired } from "./external-gate.ts";
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
  const required = typeof rules === "object" ? rules.checks.find(({ name }) => name === check) : undefined;
  if (typeof rules !== "object" || !required)
    return { verdict: "unlinked", reason: `${named}; ${notRequired(rules)}` };
  const other = starts.find((scenario) => !comesFrom(rules.branch, scenario));
  if (other)
    return {
      verdict: "unlinked",
      reason: `${named}, which is required by ${required.by}; ${other.label} deploys without a merge into ${rules.branch}`,
    };
  return { verdict: "required-external", reason: `${named}, which is required by ${required.by}` };
}
