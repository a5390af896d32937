import type { Db, JobWithMetadata } from "pg-boss";
import type { Logger } from "pino";
import { retryLaterIn } from "./retry-later.ts";
import { ensureQueue, HEARTBEAT_SECONDS, jobById } from "./store.ts";
import type { Store } from "./store.ts";
import type { Handlers, ReviewKey, ReviewRequest } from "./types.ts";
import { startWorkers, Stopped } from "./workers.ts";
import type { Running, Workers } from "./workers.ts";

const QUEUE = "reviews";

export interface Tries {
  /** Tries before the author is told that the review could not be made. */
  readonly told: number;
  /** Tries in all: when GitHub is down, nobody can be told, so the later ones go on until it is back. */
  readonly all: number;
  /** Seconds before the second try; each later pause is twice as long, up to an hour. 0 for no pauses. */
  readonly pause: number;
}

/** 2, 4, 8, 16 seconds apart (with jitter) before the author is told, and some three hours in all. */
const TRIES: Tries = { told: 5, all: 13, pause: 2 };
const LONGEST_PAUSE = 3_600;

/** Of what somebody asked for, and of what nobody did: higher comes first. */
const [ASKED, BEHIND] = [0, -1];

/** How often a running review asks whether another process put a newer request for its pull request into the queue. */
const SUPERSEDED_MS = 2_000;

type Job = JobWithMetadata<ReviewRequest>;

/** The reviews part of the queue. */
export async function reviews(store: Store, { log, tries = TRIES }: { log: Logger; tries?: Tries }) {
  const { boss } = store;
  // One job per state and key, and no job is fetched while another of its key is active.
  await ensureQueue(boss, QUEUE, optionsFor(tries), "stately");
  let workers: Workers<ReviewRequest> | undefined;
  const runningFor = (key: string): Running<ReviewRequest>[] =>
    [...(workers?.running ?? [])].filter(({ job }) => keyOf(job.data) === key);

  return {
    add: async (request: ReviewRequest) => {
      const key = keyOf(request);
      const waiting = await store.transaction(key, (db) => replaceWaiting(store, request, db));
      // A worker may have fetched it before this goes on: the request itself is no older one.
      for (const { job, stop } of runningFor(key))
        if (job.id !== waiting) stop.abort(new Stopped("A newer request took over."));
    },
    addMissing: (request: ReviewRequest) => addMissing(store, request),
    cancel: async (request: ReviewKey) => {
      const key = keyOf(request);
      await store.transaction(key, async (db) => {
        const { created, retry } = await jobsOf(store, key, db);
        for (const job of [created, retry]) if (job) await boss.deleteJob(QUEUE, job.id, { db });
      });
      for (const { stop } of runningFor(key)) stop.abort(new Stopped("The review is not wanted any more."));
    },
    work: async (handler: Handlers["review"], count: number) => {
      workers = await startWorkers<ReviewRequest>(store, QUEUE, count, (job, signal) =>
        run(store, job, (lastTry) => handler(job.data, signal, lastTry), {
          signal,
          told: tries.told,
          stopping: () => workers?.stopping() ?? false,
        }),
      );
      const timer = setInterval(() => {
        abortSuperseded(store, workers?.running ?? new Set()).catch((error: unknown) =>
          log.warn({ err: error }, "could not ask for newer requests"),
        );
      }, SUPERSEDED_MS);
      timer.unref();
    },
    recover: () => goOn(store, log),
    stop: async (ms: number, abortMs: number) =>
      workers?.stop({ ms, abortMs }, (job) => putBack(store, job.data, job)),
  };
}

const optionsFor = (tries: Tries) => ({
  retryLimit: tries.all - 1,
  retryDelay: tries.pause,
  ...(tries.pause > 0 ? { retryBackoff: true, retryDelayMax: LONGEST_PAUSE } : { retryBackoff: false }),
  notify: true,
  heartbeatSeconds: HEARTBEAT_SECONDS,
  expireInSeconds: 900,
  deleteAfterSeconds: 3_600,
});

/** Reviews that ran in a process which ended are begun again, and each counts how often that happened to it. */
async function goOn(store: Store, log: Logger): Promise<void> {
  const active = await activeJobs(store);
  for (const job of active) await putBack(store, { ...job.data, crashes: (job.data.crashes ?? 0) + 1 }, job);
  if (active.length > 0)
    log.info({ reviews: active.length }, "going on with reviews of a process that ended");
}

/** `installation/owner/repo/number`, or `…/group/<commit>`. Names are compared as GitHub does, without case. */
function keyOf({ installation, owner, repo, pull, mergeGroup }: ReviewKey): string {
  return `${installation}/${owner}/${repo}/${pull ?? `group/${mergeGroup?.head ?? ""}`}`.toLowerCase();
}

async function run(
  store: Store,
  job: Job,
  work: (lastTry: boolean) => Promise<void>,
  { signal, told, stopping }: { signal: AbortSignal; told: number; stopping: () => boolean },
): Promise<void> {
  try {
    await work(job.retryCount + 1 >= told);
  } catch (error) {
    const later = retryLaterIn(error);
    if (later) return putBack(store, job.data, job, later.at);
    if (stopping()) return putBack(store, job.data, job);
    // Superseded or cancelled: the waiting request covers it, or nothing has to.
    if (signal.aborted && signal.reason instanceof Stopped) return;
    throw error;
  }
}

interface KeyJobs {
  readonly created?: Job | undefined;
  readonly retry?: Job | undefined;
  readonly active?: Job | undefined;
}

async function jobsOf({ boss }: Store, key: string, db: Db): Promise<KeyJobs> {
  const { rows } = await db.executeSql(
    "SELECT id FROM pgboss.job WHERE name = $1 AND singleton_key = $2 AND state IN ('created', 'retry', 'active')",
    [QUEUE, key],
  );
  const jobs: Job[] = [];
  for (const { id } of rows as { id: string }[]) {
    const job = await jobById<ReviewRequest>(boss, QUEUE, id, db);
    if (job) jobs.push(job);
  }
  const inState = (state: Job["state"]) => jobs.find((job) => job.state === state);
  return { created: inState("created"), retry: inState("retry"), active: inState("active") };
}

async function activeJobs({ boss }: Store): Promise<Job[]> {
  const { rows } = await boss
    .getDb()
    .executeSql("SELECT id FROM pgboss.job WHERE name = $1 AND state = 'active' ORDER BY created_on", [
      QUEUE,
    ]);
  const jobs = rows.map(({ id }: { id: string }) => jobById<ReviewRequest>(boss, QUEUE, id));
  return (await Promise.all(jobs)).filter((job) => job !== undefined);
}

/** Puts a request where the waiting one of its key is. It starts with all its tries. Its job's id is returned. */
async function replaceWaiting(store: Store, request: ReviewRequest, db: Db): Promise<string | null> {
  const { boss } = store;
  const { created, retry, active } = await jobsOf(store, keyOf(request), db);
  const data = [active, retry, created].reduce(
    (newer, job) => (job ? takeOver(newer, job.data) : newer),
    request,
  );
  if (retry) await boss.deleteJob(QUEUE, retry.id, { db });
  // In place where one waits: it keeps its turn, and the date that GitHub named.
  if (created && (await boss.update(QUEUE, data, { id: created.id, priority: ASKED, db })).updated > 0)
    return created.id;
  return boss.send(QUEUE, data, { singletonKey: keyOf(request), db });
}

async function addMissing(store: Store, request: ReviewRequest): Promise<"added" | "known"> {
  const singletonKey = keyOf(request);
  return store.transaction(singletonKey, async (db) => {
    const { created, retry, active } = await jobsOf(store, singletonKey, db);
    if (created ?? retry ?? active) return "known";
    await store.boss.send(QUEUE, request, { singletonKey, priority: BEHIND, db });
    return "added";
  });
}

/** The newer request, with what the older one would have answered. */
function takeOver(newer: ReviewRequest, older: ReviewRequest): ReviewRequest {
  const comments = [...new Set([...(older.comments ?? []), ...(newer.comments ?? [])])];
  const attempt = newer.attempt ?? older.attempt;
  return {
    ...newer,
    ...(attempt === undefined ? {} : { attempt }),
    ...(comments.length === 0 ? {} : { comments }),
  };
}

/** Takes a running job back into the queue, as if it had never been tried. A newer one that waits takes over. */
async function putBack(store: Store, request: ReviewRequest, job: Job, at?: Date): Promise<void> {
  const { boss } = store;
  await store.transaction(keyOf(request), async (db) => {
    const { active, created, retry } = await jobsOf(store, keyOf(request), db);
    if (active?.id !== job.id || active.retryCount !== job.retryCount) return;
    await boss.deleteJob(QUEUE, job.id, { db });
    const waiting = created ?? retry;
    const startAfter = at === undefined ? {} : { startAfter: at };
    if (waiting)
      await boss.update(QUEUE, takeOver(waiting.data, request), { id: waiting.id, ...startAfter, db });
    else await boss.send(QUEUE, request, { singletonKey: keyOf(request), ...startAfter, db });
  });
}

/** Aborts what runs here while a newer request waits: another process may have put it there. */
async function abortSuperseded({ boss }: Store, running: ReadonlySet<Running<ReviewRequest>>): Promise<void> {
  if (running.size === 0) return;
  const keys = [...running].map(({ job }) => keyOf(job.data));
  const { rows } = await boss
    .getDb()
    .executeSql(
      "SELECT id, singleton_key AS key FROM pgboss.job WHERE name = $1 AND state = 'created' AND singleton_key = ANY($2::text[])",
      [QUEUE, keys],
    );
  const newer = new Map(rows.map(({ id, key }: { id: string; key: string }) => [key, id]));
  for (const { job, stop } of running) {
    const waiting = newer.get(keyOf(job.data));
    // What waited when the database answered may run here by now.
    if (waiting !== undefined && waiting !== job.id) stop.abort(new Stopped("A newer request took over."));
  }
}
