import type { JobWithMetadata } from "pg-boss";
import type { Store } from "./store.ts";

/** What a worker says when its job is stopped from outside. The job itself is settled by who stopped it. */
export class Stopped extends Error {
  override name = "AbortError";
}

export interface Running<Data> {
  readonly job: JobWithMetadata<Data>;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export interface Workers<Data> {
  readonly running: ReadonlySet<Running<Data>>;
  readonly stopping: () => boolean;
  /** Waits for running jobs, then aborts them, then gives `putBack` those that do not end. */
  stop(
    grace: { ms: number; abortMs: number },
    putBack: (job: JobWithMetadata<Data>) => Promise<void>,
  ): Promise<void>;
}

/** Seconds between two looks into the queue, for what no notification tells: a retry whose time has come. */
const POLL_SECONDS = 2;

/** Starts `count` workers on a queue; `run` settles its job itself or throws to have it tried again. */
export async function startWorkers<Data extends object>(
  { boss }: Store,
  name: string,
  count: number,
  run: (job: JobWithMetadata<Data>, signal: AbortSignal) => Promise<void>,
): Promise<Workers<Data>> {
  const running = new Set<Running<Data>>();
  let stopping = false;

  const start = async () => {
    const options = {
      includeMetadata: true,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
    } as const;
    const id: string = await boss.work<Data, undefined, typeof options>(name, options, async ([job]) => {
      if (!job) return;
      const stop = new AbortController();
      const done = run(job, AbortSignal.any([job.signal, stop.signal]));
      const entry = { job, stop, done };
      running.add(entry);
      try {
        await done;
      } finally {
        running.delete(entry);
        // The next job may be there already, and its notification over: look again at once.
        boss.notifyWorker(id);
      }
    });
  };
  await Promise.all(Array.from({ length: count }, start));

  return {
    running,
    stopping: () => stopping,
    stop: async ({ ms, abortMs }, putBack) => {
      if (stopping) return;
      stopping = true;
      await boss.offWork(name, { wait: false });
      await settled(running, ms);
      for (const { stop } of running) stop.abort(new Stopped("The process is stopping."));
      await settled(running, abortMs);
      for (const { job } of running) await putBack(job);
    },
  };
}

/** Resolves when all have ended or the time is over. */
async function settled<Data>(running: ReadonlySet<Running<Data>>, ms: number): Promise<void> {
  if (running.size === 0) return;
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  await Promise.race([Promise.allSettled([...running].map(({ done }) => done)), late]);
  clearTimeout(timer);
}
