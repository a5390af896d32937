import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { openQueue } from "../../src/queue/index.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MODULES = join(ROOT, "node_modules");
const QUEUE = join(ROOT, "src", "queue");

/**
 * An embedded storage in which nothing has been stored yet, as the app leaves it after its first start: its files are
 * copied, for to make them anew takes seconds of work. It goes away with the scope that holds it.
 */
export async function emptyStorage(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "nines-storage-"));
  await cp(await template(), join(path, "queue"), { recursive: true });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The files that a first start leaves, made once for what makes them: the database, pg-boss, and the queues of nines. */
async function template(): Promise<string> {
  const own = (await readdir(QUEUE)).filter((name) => name.endsWith(".ts")).map((name) => join(QUEUE, name));
  const makers = ["@electric-sql/pglite", "pg-boss"].map((name) => join(MODULES, name, "package.json"));
  const hash = createHash("sha256");
  for (const file of [...makers, ...own.sort()]) hash.update(await readFile(file));
  const made = join(MODULES, ".cache", `nines-storage-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(join(made, "PG_VERSION"))) await make(made);
  return made;
}

/** Elsewhere first, and then moved whole: another process may be doing the same. */
async function make(made: string): Promise<void> {
  await mkdir(dirname(made), { recursive: true });
  const draft = await mkdtemp(`${made}-draft-`);
  const store = { kind: "embedded", folder: draft } as const;
  const queue = await openQueue({ store, concurrency: 1, log: pino({ level: "silent" }) });
  await queue.stop(0);
  await rename(join(draft, "queue"), made).catch((error: unknown) => {
    if (!isThere(error)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
}

const isThere = (error: unknown) =>
  ["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "");
