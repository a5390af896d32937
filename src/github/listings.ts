import { FOLDER, type Entry, type Listing } from "./blob-cache.ts";
import { CannotReview } from "./errors.ts";
import type { Scope } from "./scope.ts";
import { cacheKey, type Source } from "./source.ts";

/** The most tree requests for one side of a repository too large to be listed at once. */
const WALKED_FOLDERS = 100;

/**
 * The entries of a tree, by the SHA of a commit or tree.
 * @param recursive with all that is below it; GitHub lists at most 100,000 entries or 7 MB
 */
export async function listing(source: Source, sha: string, recursive: boolean): Promise<Listing> {
  const key = cacheKey(source, recursive ? "all" : "one", sha);
  const known = source.cache.listings.get(key);
  if (known) return known;
  const { tree, truncated } = await treeOf(source, sha, recursive);
  const entries = tree
    .filter(({ mode }) => !recursive || mode !== FOLDER)
    .map(({ path, mode, sha: oid, size }) => ({ path, mode, sha: oid, size: size ?? 0 }));
  const read = { entries, truncated };
  source.cache.listings.set(key, read);
  return read;
}

async function treeOf({ octokit, owner, repo }: Source, sha: string, recursive: boolean) {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/git/trees/{tree_sha}", {
    owner,
    repo,
    tree_sha: sha,
    ...(recursive && { recursive: "1" }),
    request: { parseSuccessResponseBody: false },
  });
  // The type is that of what is read. Octokit's own reading asks of every value whether it is a BigInt: it takes eight times as
  // long, and a list of 7 MB would keep webhooks waiting.
  return (await new Response(data as unknown as ReadableStream).json()) as typeof data;
}

/**
 * The files of a commit that the scope holds, folder by folder: for repositories that are not listed at once.
 * @throws CannotReview where even that takes too many requests
 */
export async function walk(source: Source, commit: string, scope: Scope): Promise<Entry[]> {
  const found: Entry[] = [];
  const waiting = [{ sha: commit, folder: "" }];
  for (let requests = 0; waiting.length > 0; requests++) {
    if (requests >= WALKED_FOLDERS) throw tooManyFolders();
    const { sha, folder } = waiting.shift() ?? { sha: commit, folder: "" };
    const { entries, folders } = await readFolder(source, sha, folder, scope);
    found.push(...entries);
    waiting.push(...folders);
  }
  return found;
}

const tooManyFolders = () =>
  new CannotReview(
    `The repository is too large: what surrounds this change lies in more than ${WALKED_FOLDERS} folders. Split the change, or the repository.`,
  );

/** A folder's files, and the folders below it that are still to be read. */
async function readFolder(source: Source, sha: string, folder: string, scope: Scope) {
  const below = (path: string) => (folder === "" ? path : `${folder}/${path}`);
  const placed = (entry: Entry): Entry => ({ ...entry, path: below(entry.path) });
  if (folder !== "" && scope.whole(folder)) {
    const all = await listing(source, sha, true);
    if (!all.truncated) return { entries: all.entries.map(placed), folders: [] };
  }
  const { entries } = await listing(source, sha, false);
  const [folders, files] = [entries.filter(isFolder), entries.filter((entry) => !isFolder(entry))];
  return {
    entries: files.map(placed),
    folders: folders
      .map((entry) => ({ sha: entry.sha, folder: below(entry.path) }))
      .filter((entry) => scope.enters(entry.folder)),
  };
}

const isFolder = ({ mode }: Entry): boolean => mode === FOLDER;
