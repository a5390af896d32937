import type { Job, Pipeline } from "./model.ts";

/** The keys of all jobs that end before a job starts: what it and its callers need, and what those call. */
export function ancestorsOf(job: Job, { jobs: all }: Pipeline): ReadonlySet<string> {
  const jobs = new Map(all.map((other) => [other.key, other]));
  const found = new Set<string>();
  const open = [...job.needs.map(({ key }) => key), ...callersNeeds(job, jobs)];
  for (const key of open) {
    if (found.has(key)) continue;
    found.add(key);
    for (const { key: needed } of jobs.get(key)?.needs ?? []) open.push(needed);
    if (jobs.get(key)?.call) open.push(...all.flatMap((below) => (below.caller === key ? [below.key] : [])));
  }
  return found;
}

function callersNeeds(job: Job, jobs: ReadonlyMap<string, Job>): string[] {
  const caller = job.caller === undefined ? undefined : jobs.get(job.caller);
  return caller ? [...caller.needs.map(({ key }) => key), ...callersNeeds(caller, jobs)] : [];
}
