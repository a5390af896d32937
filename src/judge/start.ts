import { extname } from "node:path";
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Policy, Report, Tree } from "../engine/types.ts";
import { CannotReview } from "../github/errors.ts";
import { pack, type News, type Order } from "./messages.ts";

/** What one review may take. */
export interface Bounds {
  /** Of time on the clock, from when a thread takes it up. */
  readonly seconds: number;
  /** Of the JavaScript heap, in MB; programs that render have limits of their own. */
  readonly memoryMB: number;
}

export interface Task {
  readonly base: Tree;
  readonly head: Tree;
  readonly policy: Policy;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** One thread, for one review at a time. */
export interface Thread {
  /**
   * @throws CannotReview beyond a bound, the signal's reason when it aborts: the thread is over then. What the judgement
   * itself throws leaves the thread as it was.
   */
  review(task: Task): Promise<Report>;
  /** Whether it can take another review. */
  readonly alive: () => boolean;
  /** Ends it at once, and the processes that it started. */
  stop(): Promise<void>;
}

/** Unbuilt this file ends in `.ts`, built in `.js`, and so does the thread's. */
const ENTRY = new URL(`./thread${extname(import.meta.filename)}`, import.meta.url);

/** The thread needs no credentials, so it gets none. */
const environment = () => ({ PATH: process.env["PATH"] ?? "" });

export function startThread(bounds: Bounds): Thread {
  const worker = new Worker(ENTRY, {
    name: "judge",
    env: environment(),
    resourceLimits: { maxOldGenerationSizeMb: bounds.memoryMB },
  });
  const processes = new Set<number>();
  let alive = true;
  worker.on("message", (news: News) => {
    if (news.kind === "started") processes.add(news.pid);
    if (news.kind === "ended") processes.delete(news.pid);
  });
  // Without a listener it would end this process. Whoever waits for a report is told by a listener of its own.
  worker.on("error", () => (alive = false));
  worker.on("exit", () => {
    alive = false;
    killAll(processes);
  });
  const stop = async () => {
    alive = false;
    if (processes.size > 0) {
      killAll(processes);
      await wait(REAP_MS);
    }
    await worker.terminate();
  };
  return {
    alive: () => alive,
    stop,
    review: (task) =>
      alive ? reviewIn(worker, task, { bounds, stop }) : Promise.reject(new Error(THREAD_ENDED)),
  };
}

/** A thread that does not hang takes note of the end of its processes; those of one that hangs stay as zombies. */
const REAP_MS = 100;

/** A process that nobody took note of keeps its id, so it still means that process. */
function killAll(processes: ReadonlySet<number>): void {
  for (const pid of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

const THREAD_ENDED = "The thread that judges has ended.";

/** The judgement threw: the thread is as good as before. */
class Failed extends Error {}

async function reviewIn(
  worker: Worker,
  task: Task,
  { bounds, stop }: { bounds: Bounds; stop: () => Promise<void> },
): Promise<Report> {
  task.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  promise.catch(() => undefined);
  const onNews = (news: News) => {
    if (news.kind === "report") resolve(news.report);
    if (news.kind === "failed") reject(failure(news));
  };
  const onError = (error: Error & { code?: string }) =>
    reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooLarge(bounds) : error);
  const onExit = () => reject(new Error(THREAD_ENDED));
  const onAbort = () => reject(task.signal.reason as Error);
  const limit = setTimeout(() => reject(tooSlow(bounds)), bounds.seconds * 1_000);
  worker.on("message", onNews).on("error", onError).on("exit", onExit);
  task.signal.addEventListener("abort", onAbort);
  try {
    await send(worker, task);
    return await promise;
  } catch (error) {
    if (!(error instanceof Failed)) await stop();
    throw error;
  } finally {
    clearTimeout(limit);
    task.signal.removeEventListener("abort", onAbort);
    worker.off("message", onNews).off("error", onError).off("exit", onExit);
  }
}

/** In portions, with other work let in between them: copying all of it at once would keep webhooks waiting. */
async function send(worker: Worker, { base, head, policy, scratch }: Task): Promise<void> {
  const order = (one: Order) => worker.postMessage(one);
  const { portions, ...trees } = pack(base, head);
  for (const blobs of portions) {
    order({ kind: "blobs", blobs });
    await breathe();
  }
  order({ kind: "review", ...trees, policy, scratch });
}

function failure({ message, stack }: Extract<News, { kind: "failed" }>): Failed {
  const error = new Failed(message);
  error.stack = stack;
  return error;
}

const tooSlow = ({ seconds }: Bounds) =>
  new CannotReview(`Judging it took over ${seconds} seconds and was stopped. Split the change.`);

const tooLarge = ({ memoryMB }: Bounds) =>
  new CannotReview(
    `Judging it needs more than ${memoryMB.toLocaleString("en")} MB of memory and was stopped. Split the change.`,
  );
