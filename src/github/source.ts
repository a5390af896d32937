import type { BlobCache } from "./blob-cache.ts";
import type { Octokit } from "./octokit.ts";

/** Where files are read from: one repository, through one client, with what is known of it already. */
export interface Source {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  readonly cache: BlobCache;
  /** Who reads: an installation, or a person's token. What one may see is not shown to another. */
  readonly reader: string;
}

/** A key for what never changes, private to the repository and to who reads it. */
export const cacheKey = ({ reader, owner, repo }: Source, ...name: readonly string[]): string =>
  [reader, owner.toLowerCase(), repo.toLowerCase(), ...name].join("/");

/** Runs the work over all items, at most `width` at once; the results keep the items' order. */
export async function pooled<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
