import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { fromPglite, PgBoss } from "pg-boss";
import type { ConstructorOptions, Db, JobWithMetadata, QueueOptions } from "pg-boss";
import { lockFolder } from "./lock.ts";

/** Where the queue lives: a folder of this process, or a Postgres that several processes share. */
export type StoreOptions =
  | { readonly kind: "embedded"; readonly folder: string }
  | { readonly kind: "postgres"; readonly url: string };

export interface Store {
  readonly boss: PgBoss;
  /** Whether jobs that are active when it opens belong to a dead process. */
  readonly alone: boolean;
  /** Runs `work` in a transaction; those of the same key run one after the other, in all processes. */
  transaction<T>(key: string, work: (db: Db) => Promise<T>): Promise<T>;
  /** Cleans up after deleted rows, where nobody else does. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** A worker that stopped sending signs of life loses its job after this time. Its least value in pg-boss is 10. */
export const HEARTBEAT_SECONDS = 15;

const BOSS: ConstructorOptions = {
  useListenNotify: true,
  schedule: false,
  // The monitor hands the jobs of dead processes on; by default it looks once a minute.
  superviseIntervalSeconds: 10,
  monitorIntervalSeconds: 10,
  maintenanceIntervalSeconds: 3_600,
  openTelemetry: { enabled: false },
};

export function openStore(options: StoreOptions): Promise<Store> {
  return options.kind === "embedded"
    ? openEmbedded(options.folder)
    : Promise.resolve(openPostgres(options.url));
}

/**
 * Start parameters of the embedded Postgres. Without `-F`, which turns fsync off: a delivery that was answered with
 * 202 must be on disk. 8 MB of shared buffers instead of 128 MB take 190 MB of memory instead of 330–560 MB.
 */
const START_PARAMS = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  "-c",
  "shared_buffers=8MB",
];

async function openEmbedded(folder: string): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const database = await PGlite.create(join(folder, "queue"), { startParams: START_PARAMS });
    const boss = new PgBoss({ ...BOSS, db: fromPglite(database), backend: "pglite", monitorVacuum: false });
    return {
      boss,
      alone: true,
      // One connection, so that transactions follow each other whatever their key.
      transaction: (_key, work) =>
        database.transaction((transaction) =>
          work({
            executeSql: (text, values) => transaction.query(text, values ?? []),
          }),
        ),
      // The embedded server has no background processes, so no autovacuum.
      tidy: async () => {
        await database.exec("VACUUM");
      },
      close: async () => {
        await database.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function openPostgres(url: string): Store {
  const boss = new PgBoss({ ...BOSS, connectionString: url, application_name: "nines" });
  return {
    boss,
    alone: false,
    transaction: (key, work) => inTransaction(boss, key, work),
    tidy: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function inTransaction<T>(boss: PgBoss, key: string, work: (db: Db) => Promise<T>): Promise<T> {
  const transaction = await boss.getDb().beginTransaction?.();
  if (!transaction) throw new Error("This database connection has no transactions.");
  try {
    await transaction.db.executeSql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `nines/${key}`,
    ]);
    const result = await work(transaction.db);
    await transaction.commit();
    return result;
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
}

/** Creates a queue, or gives one that an earlier version created the options of this one. Its policy stays. */
export async function ensureQueue(
  boss: PgBoss,
  name: string,
  options: QueueOptions & { readonly notify?: boolean },
  policy = "standard",
): Promise<void> {
  await boss.createQueue(name, { ...options, policy });
  await boss.updateQueue(name, options);
}

/** A job with its state, whatever that is. */
export async function jobById<Data>(
  boss: PgBoss,
  queue: string,
  id: string,
  db: Db = boss.getDb(),
): Promise<JobWithMetadata<Data> | undefined> {
  const [job] = await boss.findJobs<Data>(queue, { id, db });
  return job;
}
