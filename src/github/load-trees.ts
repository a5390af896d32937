import type { Blob, Note, Tree } from "../engine/types.ts";
import { judgeable, relevance } from "../sources/relevant.ts";
import { SUBMODULE, type Entry } from "./blob-cache.ts";
import { readBlobs, type Content } from "./blobs.ts";
import { compare, listFiles, type Comparison, type FileChange } from "./compare.ts";
import { CannotReview } from "./errors.ts";
import { listing, walk } from "./listings.ts";
import { deploymentScope } from "./scope.ts";
import { select, selectBoth, type Limits, type Selection } from "./select.ts";
import type { Source } from "./source.ts";

/** The two commits of a change, and what differs between them. */
export interface Change {
  readonly mergeBase: string;
  readonly head: string;
  /** Undefined where there is more than GitHub lists: the trees tell then. */
  readonly files: readonly FileChange[] | undefined;
}

export interface Trees {
  readonly base: Tree;
  readonly head: Tree;
  /** What differs, with patches where GitHub gave them. */
  readonly files: readonly FileChange[];
}

/**
 * What a change does, by its diff against the merge base.
 * @param number of the pull request, whose list of files is longer than a comparison's; none for a merge group
 */
export async function loadChange(
  source: Source,
  refs: { readonly base: string; readonly head: string },
  number: number | undefined,
): Promise<Change> {
  const comparison = await compare(source.octokit, source, refs.base, refs.head);
  const files = await allFiles(source, comparison, number);
  return { mergeBase: comparison.mergeBase, head: refs.head, files };
}

async function allFiles(source: Source, { files, complete }: Comparison, number: number | undefined) {
  if (complete) return files;
  return number === undefined ? undefined : listFiles(source.octokit, source, number);
}

const pathsOf = ({ path, previous }: FileChange): string[] =>
  previous === undefined ? [path] : [path, previous];

/** Whether the change can matter to the judgement. What is not known in full may. */
export const isRelevant = ({ files }: Change): boolean =>
  files?.some((file) => pathsOf(file).some((path) => relevance(path) !== undefined)) ?? true;

/**
 * The relevant files of both commits.
 * @throws CannotReview where the repository or the change is too large
 */
export async function loadTrees(source: Source, change: Change, limits?: Limits): Promise<Trees> {
  const { base, head } = await entriesOf(source, change);
  const files = change.files ?? differences(base, head);
  const changed = files.flatMap(pathsOf).filter((path) => relevance(path) !== undefined);
  const chosen = selectBoth(select(base), select(head), changed, limits);
  const contents = await readBlobs(source, [...chosen.base.files, ...chosen.head.files]);
  const sides = {
    base: treeOf(change.mergeBase, chosen.base, contents),
    head: treeOf(change.head, chosen.head, contents, movedSubmodules(base, head)),
  };
  return { ...judgeable(sides.base, sides.head), files };
}

/** All entries of both commits; of repositories that are not listed at once, those around what changed. */
async function entriesOf(source: Source, change: Change) {
  const { mergeBase, files } = change;
  const [base, head] = await Promise.all([
    listing(source, mergeBase, true),
    listing(source, change.head, true),
  ]);
  if (!base.truncated && !head.truncated) return { base: base.entries, head: head.entries };
  if (!files)
    throw new CannotReview(
      "The change is too large: GitHub lists neither its files nor the repository's. Split it.",
    );
  const scope = deploymentScope(files.flatMap(pathsOf).filter((path) => relevance(path) !== undefined));
  return { base: await walk(source, mergeBase, scope), head: await walk(source, change.head, scope) };
}

/** What differs between two listings; moved files count as removed and added. */
export function differences(base: readonly Entry[], head: readonly Entry[]): FileChange[] {
  const before = new Map(base.map(({ path, sha }) => [path, sha]));
  const after = new Set(head.map(({ path }) => path));
  const changed = head.filter(({ path, sha }) => before.get(path) !== sha);
  const removed = base.filter(({ path }) => !after.has(path));
  return [...changed, ...removed].map(({ path }) => ({ path }));
}

function treeOf(
  commit: string,
  { files, notes }: Selection,
  contents: ReadonlyMap<string, Content>,
  more: readonly Note[] = [],
): Tree {
  const read = new Map<string, Blob>();
  const unread: Note[] = [];
  for (const { path, sha } of files) {
    const content = contents.get(sha);
    if (typeof content === "object") read.set(path, content);
    else unread.push({ path, message: `This file was not read. ${content ?? "GitHub did not send it."}` });
  }
  return { commit, files: read, notes: [...notes, ...unread, ...more] };
}

const MOVED = "This change moves a submodule, whose files are not read. Review that repository's own change.";

function movedSubmodules(base: readonly Entry[], head: readonly Entry[]): Note[] {
  const isSubmodule = ({ mode }: Entry) => mode === SUBMODULE;
  const pinned = new Map(base.filter(isSubmodule).map(({ path, sha }) => [path, sha]));
  return head
    .filter((entry) => isSubmodule(entry) && pinned.get(entry.path) !== entry.sha)
    .map(({ path }) => ({ path, message: MOVED }));
}
