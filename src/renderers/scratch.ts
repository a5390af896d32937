import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

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
