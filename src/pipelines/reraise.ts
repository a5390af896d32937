import { evaluate, mayBeFalse, mayBeTrue } from "./evaluate.ts";
import type { Scope } from "./evaluate.ts";
import { asksStatus, fences, walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Job, Step } from "./model.ts";

type Raised = "success" | "failure";

/**
 * What a job that looks at the results of others makes of them: an aggregator with `if: always()` that ends in
 * `exit 1` hands a failure on, one that only prints swallows it.
 */
export function raised(job: Job, scope: Scope): readonly Raised[] {
  let may = false;
  for (const step of job.steps) {
    const answer = stepRaises(step, job, scope);
    if (answer === "yes") return ["failure"];
    may ||= answer === "maybe";
  }
  return may ? ["failure", "success"] : ["success"];
}

type Answer = "yes" | "maybe" | "no";

function stepRaises(step: Step, job: Job, scope: Scope): Answer {
  if (step.allowFailure) return "no";
  if (/^re-actors\/alls-green@/i.test(step.uses ?? ""))
    return anyResult(job, scope, (result) => result !== "success");
  if (!canFail(step)) return "no";
  const { condition } = step;
  const asks = condition ? [...walk(condition.expr)].some(isNeedsResult) : false;
  if (condition && asks) return conditionHolds(condition.expr, scope);
  const expressions = [step.run ?? "", ...Object.values(step.environment), ...Object.values(step.arguments)];
  if (!expressions.some((source) => fences(source).some(({ expr }) => [...walk(expr)].some(isNeedsResult))))
    return "no";
  // A script that asks for success also refuses what was skipped; one that asks for failure lets it pass.
  const strict = /success/.test(expressions.join("\n"));
  return anyResult(job, scope, (result) => result === "failure" || (strict && result === "skipped"));
}

function conditionHolds(expr: Expr, scope: Scope): Answer {
  // A step's own status looks at its job, in which nothing failed so far.
  const inJob: Scope = {
    ...scope,
    call: (name) => (name === "failure" || name === "cancelled" ? [false] : status(name)),
  };
  const values = evaluate(expr, asksStatus(expr) ? inJob : scope);
  if (!mayBeTrue(values)) return "no";
  return mayBeFalse(values) ? "maybe" : "yes";
}

const status = (name: string): readonly boolean[] | undefined =>
  name === "always" || name === "success" ? [true] : undefined;

const isNeedsResult = (node: Expr): boolean =>
  node.kind === "path" && node.path[0] === "needs" && (node.path.length === 1 || node.path[2] === "result");

/** Whether a step can end in a failure of its own making. */
export const canFail = (step: Step): boolean =>
  /(^|[\s;&|{(])(exit\s+[1-9$]|false\s*$|return\s+1)|setFailed|sys\.exit\([1-9]|process\.exit\([1-9]|raise /m.test(
    step.run ?? step.arguments["script"] ?? "",
  );

function anyResult(job: Job, scope: Scope, bad: (result: string) => boolean): Answer {
  const results = job.needs.map(({ id }) => scope.value(["needs", id.toLowerCase(), "result"]));
  const judged = results.map((values) => values.map((value) => typeof value === "string" && bad(value)));
  if (judged.some((values) => values.every(Boolean) && values.length > 0)) return "yes";
  return judged.some((values) => values.some(Boolean)) ? "maybe" : "no";
}
