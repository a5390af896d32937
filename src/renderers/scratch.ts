import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Outcome } from "./process.ts";

/** Names that are too long, a file where a folder is wanted, a path out of the repository: what an outcome says of them. */
export function unwritable(error: unknown): Outcome {
  const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
  const reason = `its files cannot be written side by side${code}: names too long, or a file where a folder is wanted`;
  return { ok: false, missing: false, reason, detail: "" };
}

/**
 * Writes files into a fresh folder, hands it over, and removes it. Only regular files are written, below the folder:
 * a tree has no links, and a path that leaves it is refused.
 */
export async function inScratch<T>(
  files: ReadonlyMap<string, string>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nines-"));
  try {
    for (const [path, text] of files) await write(folder, path, text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(folder: string, path: string, text: string): Promise<void> {
  const target = join(folder, path);
  if (!target.startsWith(`${folder}/`)) throw new Error(`${path} leads out of the repository`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}
