import { LRUCache } from "lru-cache";
import { DIFF_ARGUMENTS, parseDiff, type FileDiff } from "./diff.ts";
import { createObjectReader, type ObjectReader } from "./objects.ts";
import { parseCommit, parseTree, type Commit, type TreeEntry } from "./parse.ts";
import { attempt, run } from "./run.ts";
import { writeCommit, writeMerge, type NewCommit } from "./write.ts";

/** One bare repository on disk. What is named by hashes never changes, so it is computed once. */
export interface Git {
  readonly directory: string;
  readonly objects: ObjectReader;
  commit(commit: NewCommit): Promise<string>;
  merge(base: string, head: string, message: string): Promise<string>;
  setRef(ref: string, oid: string): Promise<void>;
  deleteRef(ref: string): Promise<void>;
  /** Copies the objects of `rev` from a repository on this machine, under `ref`. */
  fetch(path: string, rev: string, ref: string): Promise<string>;
  /** The commit that an expression names (hash, ref), or null. */
  commitOf(expression: string): Promise<string | null>;
  readCommit(oid: string): Promise<Commit | null>;
  mergeBase(a: string, b: string): Promise<string | null>;
  diff(base: string, head: string): Promise<readonly FileDiff[]>;
  tree(oid: string, recursive: boolean): Promise<readonly TreeEntry[]>;
  /** Commits of `head` that `base` has not, oldest first. */
  between(base: string, head: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

type Immutable = string | null | readonly FileDiff[] | readonly TreeEntry[] | readonly string[];

function createCache() {
  const cache = new LRUCache<string, Promise<Immutable>>({ max: 500 });
  return <T extends Immutable>(key: string, compute: () => Promise<T>): Promise<T> => {
    const known = cache.get(key) as Promise<T> | undefined;
    if (known) return known;
    const made = compute();
    cache.set(key, made);
    made.catch(() => cache.delete(key));
    return made;
  };
}

/** A local repository offers only its branch tips unless told otherwise; we want any commit of it. */
const FETCH_OPTIONS = [
  "--quiet",
  "--no-tags",
  "--update-shallow",
  "--upload-pack",
  "git -c safe.directory=* -c uploadpack.allowAnySHA1InWant=true upload-pack",
];

const lines = (output: Buffer): string[] =>
  output
    .toString()
    .split("\n")
    .filter((line) => line !== "");

export async function initialise(directory: string, branch: string): Promise<void> {
  await run(directory, ["init", "--quiet", "--bare", "--template=", "-b", branch, directory]);
}

export function openGit(directory: string): Git {
  const objects = createObjectReader(directory);
  const once = createCache();
  const commitOf = async (expression: string) => (await objects.info(`${expression}^{commit}`))?.oid ?? null;
  return {
    directory,
    objects,
    commitOf,
    commit: (commit) => writeCommit(directory, commit),
    merge: (base, head, message) => writeMerge(directory, base, head, message),
    setRef: async (ref, oid) => {
      await run(directory, ["update-ref", ref, oid]);
    },
    deleteRef: async (ref) => {
      await run(directory, ["update-ref", "-d", ref]);
    },
    fetch: async (path, rev, ref) => {
      const oid = (await run(path, ["rev-parse", `${rev}^{commit}`])).toString().trim();
      await run(directory, ["fetch", ...FETCH_OPTIONS, path, `+${oid}:${ref}`]);
      return oid;
    },
    readCommit: async (oid) => {
      const found = await objects.read(oid);
      return found?.type === "commit" ? parseCommit(oid, found.content.toString()) : null;
    },
    mergeBase: (a, b) =>
      once(`base ${a} ${b}`, async () => {
        const { code, stdout } = await attempt(directory, ["merge-base", a, b]);
        return code === 0 ? stdout.toString().trim() : null;
      }),
    diff: (base, head) =>
      once(`diff ${base} ${head}`, async () =>
        parseDiff(await run(directory, [...DIFF_ARGUMENTS, base, head])),
      ),
    tree: (oid, recursive) =>
      once(`tree ${oid} ${String(recursive)}`, async () =>
        parseTree(
          await run(directory, [
            "ls-tree",
            "-z",
            "-l",
            "--full-tree",
            ...(recursive ? ["-r", "-t"] : []),
            oid,
          ]),
        ),
      ),
    between: (base, head) =>
      once(`log ${base} ${head}`, async () =>
        lines(await run(directory, ["rev-list", "--reverse", "--topo-order", `${base}..${head}`])),
      ),
    close: () => objects.close(),
  };
}
