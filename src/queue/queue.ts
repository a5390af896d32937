import type { Logger } from "pino";
import { deliveries } from "./deliveries.ts";
import { reviews } from "./reviews.ts";
import type { Tries } from "./reviews.ts";
import { openStore } from "./store.ts";
import type { Store, StoreOptions } from "./store.ts";
import type { Handlers, JobCount, Queue } from "./types.ts";

export interface QueueOptions {
  readonly store: StoreOptions;
  /** How many reviews run at once in this process. */
  readonly concurrency: number;
  readonly log: Logger;
  /** Tries of a review; by default five before the author is told, and more until GitHub can be told. */
  readonly tries?: Tries;
}

/** Deliveries are short, and several pull requests should not wait for the slow answer to one. */
const DELIVERY_WORKERS = 3;

/** How long the storage may take to say that it is there. */
const READY_MS = 2_000;

/** How long aborted jobs get to end by themselves before they are put back. */
const ABORT_MS = 1_000;

const TIDY_MS = 60 * 60 * 1_000;

/** Opens the queue and hands on what a dead process left in it. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const store = await openStore(options.store);
  const { boss } = store;
  boss.on("error", (error) => options.log.error({ err: error }, "queue error"));
  boss.on("warning", (warning) => options.log.warn({ warning }, "queue warning"));
  try {
    await boss.start();
    const parts = { deliveries: await deliveries(store), reviews: await reviews(store, options) };
    if (store.alone) {
      await parts.deliveries.recover();
      await parts.reviews.recover();
    }
    return facade(store, parts, options);
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    await store.close();
    throw error;
  }
}

interface Parts {
  readonly deliveries: Awaited<ReturnType<typeof deliveries>>;
  readonly reviews: Awaited<ReturnType<typeof reviews>>;
}

function facade(store: Store, parts: Parts, { concurrency, log }: QueueOptions): Queue {
  const { boss } = store;
  const timer = setInterval(() => {
    store.tidy().catch((error: unknown) => log.warn({ err: error }, "the queue's storage was not tidied"));
  }, TIDY_MS).unref();
  let open = true;
  const drain = async (graceMs: number) => {
    await Promise.all([parts.deliveries.stop(graceMs, ABORT_MS), parts.reviews.stop(graceMs, ABORT_MS)]);
  };

  return {
    addDelivery: parts.deliveries.add,
    addReview: parts.reviews.add,
    addMissing: parts.reviews.addMissing,
    cancelReviews: parts.reviews.cancel,
    work: async (handlers: Handlers) => {
      await parts.deliveries.work(handlers.delivery, DELIVERY_WORKERS);
      await parts.reviews.work(handlers.review, concurrency);
    },
    ready: async () => open && (await answers(store)),
    counts: () => count(store),
    drain,
    stop: async (graceMs) => {
      if (!open) return;
      open = false;
      clearInterval(timer);
      await drain(graceMs);
      await boss.stop({ graceful: false });
      await store.close();
    },
  };
}

async function answers({ boss }: Store): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), READY_MS);
  const asked = boss
    .getDb()
    .executeSql("SELECT 1")
    .then(
      () => true,
      () => false,
    );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

const COUNT = `
  SELECT name AS queue, state, count(*)::int AS count,
         coalesce(extract(epoch FROM now() - min(created_on)), 0)::float AS oldest
  FROM (
    SELECT name, created_on,
           CASE state WHEN 'active' THEN 'running' WHEN 'failed' THEN 'failed' ELSE 'waiting' END AS state
    FROM pgboss.job
    WHERE name IN ('deliveries', 'reviews') AND state IN ('created', 'retry', 'active', 'failed')
  ) jobs
  GROUP BY name, state`;

async function count({ boss }: Store): Promise<readonly JobCount[]> {
  const { rows } = await boss.getDb().executeSql(COUNT);
  return rows as JobCount[];
}
