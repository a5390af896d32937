import type { Job } from "./model.ts";

type Ordered =
  | { readonly jobs: readonly Job[]; readonly cycle?: undefined }
  | { readonly jobs?: undefined; readonly cycle: Job };

/** All that must be settled before a job: what it needs; for a called job its caller's start; for a call its jobs. */
function before(job: Job, below: ReadonlyMap<string, readonly Job[]>): string[] {
  return [...job.needs.map(({ key }) => key), ...(below.get(job.key) ?? []).map(({ key }) => key)];
}

/**
 * Sorts jobs so that each stands after all that it needs, and a call after the jobs below it; or names a job that
 * waits for itself. A called job also waits for what its callers need, which its order follows through `needs`.
 */
export function inNeedsOrder(jobs: readonly Job[]): Ordered {
  const below = Map.groupBy(
    jobs.filter(({ caller }) => caller !== undefined),
    ({ caller }) => caller ?? "",
  );
  const all = new Map(jobs.map((job) => [job.key, job]));
  const waits = new Map(jobs.map((job) => [job.key, withCallers(job, all, below)]));
  return kahn(jobs, waits);
}

/** A called job cannot start before everything that its callers need has ended. */
function withCallers(
  job: Job,
  all: ReadonlyMap<string, Job>,
  below: ReadonlyMap<string, readonly Job[]>,
): ReadonlySet<string> {
  const waits = new Set(before(job, below));
  let caller = job.caller === undefined ? undefined : all.get(job.caller);
  while (caller) {
    for (const { key } of caller.needs) waits.add(key);
    caller = caller.caller === undefined ? undefined : all.get(caller.caller);
  }
  return waits;
}

function kahn(jobs: readonly Job[], waits: ReadonlyMap<string, ReadonlySet<string>>): Ordered {
  const open = new Map(jobs.map(({ key }) => [key, waits.get(key)?.size ?? 0]));
  const followers = new Map<string, Job[]>();
  for (const job of jobs) {
    for (const key of waits.get(job.key) ?? []) {
      const list = followers.get(key);
      if (list) list.push(job);
      else followers.set(key, [job]);
    }
  }
  const sorted = jobs.filter(({ key }) => open.get(key) === 0);
  for (const job of sorted) {
    for (const follower of followers.get(job.key) ?? []) {
      const left = (open.get(follower.key) ?? 0) - 1;
      open.set(follower.key, left);
      if (left === 0) sorted.push(follower);
    }
  }
  const cycle = jobs.find(({ key }) => (open.get(key) ?? 0) > 0);
  return cycle ? { cycle } : { jobs: sorted };
}
