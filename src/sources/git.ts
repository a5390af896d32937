import type { Blob, Note, Tree } from "../engine/types.ts";
import { blobs, entries, firstLine, SUBMODULE, SYMLINK } from "./git-objects.ts";
import type { Entry } from "./git-objects.ts";
import { git } from "./git-process.ts";
import { decode, judgeable, MAX_TREE_BYTES, MAX_TREE_FILES, oversized, relevance } from "./relevant.ts";
import { Unreadable } from "./unreadable.ts";

export interface GitRevisions {
  /** What the change is meant for; the review starts at its merge base with the head. Found out where absent. */
  readonly base?: string | undefined;
  /** `HEAD` where absent. */
  readonly head?: string | undefined;
}

/** Branches that a change is usually meant for, best guess first. */
const DEFAULT_BASES = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/**
 * Both sides of a change in a local repository (also bare, a worktree, or shallow), read with plumbing only: no hook,
 * filter, or program that the repository configures is run, and nothing is fetched.
 * @throws Unreadable where there is no repository, no such revision, no merge base, or too much to read.
 */
export async function loadGitChange(
  dir: string,
  revisions: GitRevisions,
): Promise<{ base: Tree; head: Tree }> {
  await assertRepository(dir);
  const head = await commitOf(dir, revisions.head ?? "HEAD");
  const base = await mergeBase(dir, revisions.base ?? (await defaultBase(dir)), head);
  const [before, after] = await Promise.all([entries(dir, base), entries(dir, head)]);
  const sides = [select(before), select(after)] as const;
  const texts = await readTexts(dir, new Set(sides.flatMap(({ files }) => files.map(({ sha }) => sha))));
  const tree = (commit: string, { files, notes }: Selection, more: readonly Note[]): Tree => {
    const read = assemble(files, texts);
    return { commit, files: read.files, notes: [...notes, ...read.notes, ...more] };
  };
  return judgeable(tree(base, sides[0], []), tree(head, sides[1], movedSubmodules(before, after)));
}

/** Blobs by sha; a sentence where one is not text. */
async function readTexts(dir: string, shas: ReadonlySet<string>): Promise<Map<string, Blob | string>> {
  const contents = await blobs(dir, shas);
  const missing = [...shas].find((sha) => !contents.has(sha));
  if (missing !== undefined) {
    throw new Unreadable(`File ${missing.slice(0, 12)} is not in ${dir}: check the clone with git fsck.`);
  }
  return new Map([...contents].map(([sha, bytes]) => [sha, textOf(sha, bytes)]));
}

function textOf(sha: string, bytes: Buffer): Blob | string {
  const read = decode(bytes);
  return typeof read === "string" ? read : { sha, text: read.text };
}

async function assertRepository(dir: string): Promise<void> {
  const { code, stderr } = await git(dir, ["rev-parse", "--git-dir"]);
  if (code === 0) return;
  if (stderr.includes("dubious ownership")) {
    throw new Unreadable(
      `git does not trust ${dir}, because another user owns it: run git config --global --add safe.directory "$(realpath ${dir})".`,
    );
  }
  if (/not a git repository|cannot change to/.test(stderr)) {
    throw new Unreadable(`${dir} is not a git repository: go into one, or name it with --repo DIR.`);
  }
  throw new Unreadable(`git cannot read ${dir}: ${firstLine(stderr)}.`);
}

async function resolveCommit(dir: string, revision: string): Promise<string | undefined> {
  const name = `${revision}^{commit}`;
  const { code, stdout } = await git(dir, ["rev-parse", "--verify", "--quiet", "--end-of-options", name]);
  return code === 0 ? stdout.toString("utf8").trim() : undefined;
}

async function commitOf(dir: string, revision: string): Promise<string> {
  const commit = await resolveCommit(dir, revision);
  if (commit !== undefined) return commit;
  const wayOut = (await isShallow(dir))
    ? "this clone is shallow, get the rest with git fetch --unshallow (in GitHub Actions: fetch-depth: 0)"
    : "see git branch --all for what there is, or git fetch it first";
  throw new Unreadable(`There is no commit ${JSON.stringify(revision)} in ${dir}: ${wayOut}.`);
}

async function isShallow(dir: string): Promise<boolean> {
  const { stdout } = await git(dir, ["rev-parse", "--is-shallow-repository"]);
  return stdout.toString("utf8").trim() === "true";
}

async function defaultBase(dir: string): Promise<string> {
  for (const branch of DEFAULT_BASES) {
    if ((await resolveCommit(dir, branch)) !== undefined) return branch;
  }
  throw new Unreadable(
    `It cannot be told what the change in ${dir} is meant for (none of ${DEFAULT_BASES.join(", ")} is there): name it with --base REV.`,
  );
}

async function mergeBase(dir: string, base: string, head: string): Promise<string> {
  const tip = await commitOf(dir, base);
  const { code, stdout } = await git(dir, ["merge-base", tip, head]);
  if (code === 0) return stdout.toString("utf8").trim();
  const wayOut = (await isShallow(dir))
    ? "this clone is shallow, get the rest with git fetch --unshallow (in GitHub Actions: fetch-depth: 0)"
    : "their histories are not related, name another --base or --head";
  throw new Unreadable(`${base} and ${head.slice(0, 12)} have no merge base: ${wayOut}.`);
}

interface Selection {
  readonly files: readonly Entry[];
  readonly notes: readonly Note[];
}

/** The entries that nines reads, and notes on those that it should and does not. */
function select(all: readonly Entry[]): Selection {
  const relevant = all.filter(({ path, mode }) => mode !== SUBMODULE && relevance(path) !== undefined);
  const notes: Note[] = [];
  const files = relevant.filter(({ path, mode, size }) => {
    const note =
      mode === SYMLINK
        ? {
            path,
            message: "This is a symbolic link and was not followed; its target is judged where it lies.",
          }
        : oversized(path, size);
    if (note) notes.push(note);
    return !note;
  });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > MAX_TREE_FILES || bytes > MAX_TREE_BYTES) {
    throw new Unreadable(
      `The repository has ${files.length} relevant files with ${Math.ceil(bytes / 1e6)} MB; at most ${MAX_TREE_FILES} files with ${MAX_TREE_BYTES / 1e6} MB can be judged at once: split it.`,
    );
  }
  return { files, notes };
}

/** Texts of the files. Equal blobs, on whichever side, share one object. */
function assemble(
  entries: readonly Entry[],
  texts: ReadonlyMap<string, Blob | string>,
): Omit<Tree, "commit"> {
  const files = new Map<string, Blob>();
  const notes: Note[] = [];
  for (const { sha, path } of entries) {
    const blob = texts.get(sha);
    if (typeof blob === "string") notes.push({ path, message: `This file was not read. ${blob}` });
    else if (blob) files.set(path, blob);
  }
  return { files, notes };
}

function movedSubmodules(before: readonly Entry[], after: readonly Entry[]): Note[] {
  const pinned = new Map(before.filter(({ mode }) => mode === SUBMODULE).map(({ path, sha }) => [path, sha]));
  return after
    .filter(({ mode, path, sha }) => mode === SUBMODULE && pinned.get(path) !== sha)
    .map(({ path }) => ({
      path,
      message:
        "This change moves a submodule, whose files are not read. Review that repository's own change.",
    }));
}
