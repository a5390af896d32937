import type { Deploy } from "./deploys.ts";
import type { Job, Step } from "./model.ts";

const WAITERS =
  /^(lewagon\/wait-on-check-action|fountainhead\/action-wait-for-check|poseidon\/wait-for-status-checks)@/i;

/** The steps before a deploy that ask GitHub for the results of other checks. */
export function waitersBefore(
  { points, pipeline }: Deploy,
  ancestors: (job: Job) => ReadonlySet<string>,
): readonly Step[] {
  const before = new Map(points.map(({ job, step }) => [job.key, step]));
  for (const { job } of points)
    for (const key of ancestors(job)) before.set(key, before.get(key) ?? Infinity);
  return pipeline.jobs.flatMap(({ key, steps }) =>
    steps.slice(0, Math.max(before.get(key) ?? 0, 0)).filter(({ uses = "" }) => WAITERS.test(uses)),
  );
}

/** Whether such a step waits for a check run of one of these names, or for all of them. */
export function waitsFor(
  { arguments: given, condition, allowFailure }: Step,
  names: readonly string[],
): boolean {
  if (condition || allowFailure) return false;
  const name = given["check-name"] ?? given["checkName"];
  return name === undefined ? given["check-regexp"] === undefined : names.includes(name);
}
