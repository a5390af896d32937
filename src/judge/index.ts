import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { checks } from "../checks/index.ts";
import type { Judge } from "../github/services.ts";
import { seats } from "./seats.ts";
import { startThread, type Bounds, type Thread } from "./start.ts";

export type { Bounds } from "./start.ts";

/** The judgement in threads: a large or hostile repository can neither hold up webhooks nor end the process. */
export interface ThreadedJudge extends Judge {
  /** Ends all threads at once, whatever they do. */
  close(): Promise<void>;
}

/** Threads for so many reviews at once; one core is left to the thread that answers webhooks. */
export const threadsFor = (concurrency: number): number =>
  Math.max(1, Math.min(concurrency, availableParallelism() - 1));

/** The first thread is started at once, the others when they are needed. One that was stopped is replaced. */
export function createJudge(threads: number, bounds: Bounds): ThreadedJudge {
  const all = new Set<Thread>();
  let idle: Thread[] = [];
  let closed = false;
  const start = (): Thread => {
    const thread = startThread(bounds);
    all.add(thread);
    return thread;
  };
  const put = (thread: Thread) => {
    if (!thread.alive()) all.delete(thread);
    if (!closed) idle.push(thread.alive() ? thread : start());
  };
  const { take, leave } = seats(threads);
  idle.push(start());
  // Not awaited by anybody: a folder that stays is looked for again at the next start.
  void removeLeftOvers();
  return {
    checkIds: checks.map(({ id }) => id),
    review: async (base, head, policy, signal) => {
      await take(signal);
      idle = idle.filter(({ alive }) => alive());
      const thread = idle.pop() ?? start();
      try {
        return await inScratch((scratch) => thread.review({ base, head, policy, scratch, signal }));
      } finally {
        put(thread);
        leave();
      }
    },
    close: async () => {
      closed = true;
      await Promise.all([...all].map((thread) => thread.stop()));
    },
  };
}

const SCRATCH = "nines-review-";

/** Hands over a folder that is gone afterwards, whatever a thread that was stopped left in it. */
async function inScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), SCRATCH));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** No review takes as long, so a folder of this age belongs to a process that was killed. */
const LEFT_OVER_MS = 60 * 60 * 1_000;

async function removeLeftOvers(): Promise<void> {
  try {
    const names = (await readdir(tmpdir())).filter((name) => name.startsWith(SCRATCH));
    for (const folder of names.map((name) => join(tmpdir(), name)))
      if (Date.now() - (await stat(folder)).mtimeMs > LEFT_OVER_MS)
        await rm(folder, { recursive: true, force: true });
  } catch {
    // Somebody else's folder, or somebody else was faster.
  }
}
