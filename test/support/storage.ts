import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");

/**
 * An embedded storage in which nothing has been stored yet, as the app leaves it after its first start: its files are
 * copied, for to make them anew takes three seconds of work. It goes away with the scope that holds it.
 */
export async function emptyStorage(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "nines-storage-"));
  await cp(await template(), join(path, "queue"), { recursive: true });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The files of a database cluster of the PGlite that is installed, made once. */
async function template(): Promise<string> {
  const { version } = JSON.parse(
    await readFile(join(MODULES, "@electric-sql", "pglite", "package.json"), "utf8"),
  ) as { version: string };
  const made = join(MODULES, ".cache", `nines-storage-${version}`);
  if (!existsSync(join(made, "PG_VERSION"))) await make(made);
  return made;
}

/** Elsewhere first, and then moved whole: another process may be doing the same. */
async function make(made: string): Promise<void> {
  await mkdir(dirname(made), { recursive: true });
  const draft = await mkdtemp(`${made}-draft-`);
  const database = await PGlite.create(join(draft, "queue"));
  await database.close();
  await rename(join(draft, "queue"), made).catch((error: unknown) => {
    if (!isThere(error)) throw error;
  });
  await rm(draft, { recursive: true, force: true });
}

const isThere = (error: unknown) =>
  ["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "");
