import { createHash } from "node:crypto";
import type { Db, JobWithMetadata } from "pg-boss";
import { retryLaterIn } from "./retry-later.ts";
import { ensureQueue, HEARTBEAT_SECONDS, jobById } from "./store.ts";
import type { Store } from "./store.ts";
import type { Delivery, Handlers } from "./types.ts";
import { startWorkers } from "./workers.ts";
import type { Workers } from "./workers.ts";

const QUEUE = "deliveries";
/** Ids of worked deliveries, without their payloads. Nobody works on this queue: its jobs only wait to be forgotten. */
const WORKED = "deliveries-worked";
/** Redelivery is possible for 3 days on github.com and 7 on Enterprise Server (docs: redelivering webhooks). */
const REMEMBER_SECONDS = 8 * 24 * 60 * 60;
/** 2, 4, 8 … seconds, at most 5 minutes apart: some 40 minutes in all. */
const RETRIES = { retryLimit: 12, retryDelay: 1, retryBackoff: true, retryDelayMax: 300 };

/** The deliveries part of the queue. */
export async function deliveries(store: Store) {
  const { boss } = store;
  await ensureQueue(boss, QUEUE, {
    ...RETRIES,
    notify: true,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: 300,
    deleteAfterSeconds: REMEMBER_SECONDS,
  });
  await ensureQueue(boss, WORKED, { retentionSeconds: REMEMBER_SECONDS });
  let workers: Workers<Delivery> | undefined;

  return {
    add: (delivery: Delivery) => add(store, delivery),
    work: async (handler: Handlers["delivery"], count: number) => {
      workers = await startWorkers<Delivery>(store, QUEUE, count, (job, signal) =>
        run(store, job, () => handler(job.data, signal), workers?.stopping),
      );
    },
    recover: async () => {
      const { rows } = await boss
        .getDb()
        .executeSql("SELECT id FROM pgboss.job WHERE name = $1 AND state = 'active' ORDER BY created_on", [
          QUEUE,
        ]);
      for (const { id } of rows as { id: string }[]) {
        const job = await jobById<Delivery>(boss, QUEUE, id);
        if (job) await putBack(store, job);
      }
    },
    stop: async (ms: number, abortMs: number) => workers?.stop({ ms, abortMs }, (job) => putBack(store, job)),
  };
}

async function add(store: Store, delivery: Delivery): Promise<"added" | "known"> {
  const { boss } = store;
  const id = jobId(delivery.id);
  const known = async (db: Db) => (await jobById(boss, WORKED, id, db)) !== undefined;
  if (await known(boss.getDb())) return "known";
  if (await boss.send(QUEUE, delivery, { id })) return "added";
  // It waits, runs, or its tries are used up. A redelivery of what failed is worked again.
  return store.transaction(delivery.id, async (db) => {
    const job = await jobById(boss, QUEUE, id, db);
    if (job ? job.state !== "failed" : await known(db)) return "known";
    if (job) await boss.deleteJob(QUEUE, id, { db });
    await boss.send(QUEUE, delivery, { id, db });
    return "added";
  });
}

async function run(
  store: Store,
  job: JobWithMetadata<Delivery>,
  work: () => Promise<void>,
  stopping: (() => boolean) | undefined,
): Promise<void> {
  const { boss } = store;
  try {
    await work();
  } catch (error) {
    const later = retryLaterIn(error);
    if (later) return putBack(store, job, later.at);
    if (stopping?.()) return putBack(store, job);
    throw error;
  }
  await store.transaction(job.data.id, async (db) => {
    await boss.deleteJob(QUEUE, job.id, { db });
    await boss.send(WORKED, {}, { id: job.id, db });
  });
}

/** To be worked at that date, or now, as if it had never been tried. */
async function putBack(store: Store, job: JobWithMetadata<Delivery>, at?: Date): Promise<void> {
  const { boss } = store;
  await store.transaction(job.data.id, async (db) => {
    const now = await jobById(boss, QUEUE, job.id, db);
    if (now?.state !== "active" || now.retryCount !== job.retryCount) return;
    await boss.deleteJob(QUEUE, job.id, { db });
    await boss.send(QUEUE, job.data, { id: job.id, db, ...(at ? { startAfter: at } : {}) });
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A job's id is a UUID, and so is X-GitHub-Delivery; whatever else a sender writes there is hashed into one. */
function jobId(delivery: string): string {
  if (UUID.test(delivery)) return delivery.toLowerCase();
  const hex = createHash("sha256").update(delivery).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
