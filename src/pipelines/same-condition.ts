import { walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Job } from "./model.ts";
import type { Outcomes } from "./simulate.ts";

/** Whether a job is skipped only where all of these are skipped as well: all that it needs runs, and they ask for the same. */
export function skipsTogether(
  job: Job,
  points: readonly { readonly job: Job }[],
  outcomes: Outcomes,
): boolean {
  const mayFallOut = job.needs.some(({ key }) => outcomes.get(key)?.results.includes("skipped") ?? true);
  return !mayFallOut && points.every((point) => asksTheSame(job, point.job));
}

/** Whether whatever a job's condition asks for is asked for by the other's as well: where the one is skipped, so is the other. */
function asksTheSame(job: Job, other: Job): boolean {
  if (!job.condition || !other.condition || job.caller !== other.caller) return false;
  const asked = new Set(demands(other.condition.expr).filter(isKnown).map(written));
  // Of what was not read, only the same text can be trusted to mean the same.
  const same = job.condition.text !== "" && job.condition.text === other.condition.text;
  return (
    same || demands(job.condition.expr).every((demand) => isStatus(demand) || asked.has(written(demand)))
  );
}

const demands = (expr: Expr): readonly Expr[] => (expr.kind === "and" ? expr.args.flatMap(demands) : [expr]);

const isKnown = (expr: Expr): boolean => ![...walk(expr)].some(({ kind }) => kind === "opaque");

const written = (expr: Expr): string => JSON.stringify(expr);

/** `success()`, `always()` and `!cancelled()` leave no job out of a good run. */
const isStatus = (expr: Expr): boolean =>
  expr.kind === "not"
    ? expr.of.kind === "call" && /^(failure|cancelled)$/.test(expr.of.name)
    : expr.kind === "call" && /^(success|always)$/.test(expr.name);
