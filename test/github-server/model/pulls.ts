import type { FileDiff } from "../git/diff.ts";
import { follow, hunkAt, parseHunks } from "../git/hunks.ts";
import { HttpError, notFound } from "../http/errors.ts";
import type { Anchor } from "../shapes/comments.ts";
import type { PullTotals } from "../shapes/pull-request.ts";
import type { PullRequest, RepositoryState, ReviewComment } from "../state.ts";

/** Questions about pull requests that are answered by git. */

export function pullOf(state: RepositoryState, number: number): PullRequest {
  const pull = state.pulls.get(number);
  if (!pull) throw notFound();
  return pull;
}

/** A commit by hash, ref, branch, tag or `owner:branch`; 404 when it is not known or was removed. */
export async function commitOf(state: RepositoryState, ref: string): Promise<string> {
  const oid = await findCommit(state, ref);
  if (oid === null) throw notFound();
  return oid;
}

export async function findCommit(state: RepositoryState, ref: string): Promise<string | null> {
  for (const candidate of candidates(state, ref)) {
    const oid = await state.git.commitOf(candidate);
    if (oid !== null) return state.removedCommits.has(oid) ? null : oid;
  }
  return null;
}

function candidates(state: RepositoryState, ref: string): string[] {
  if (/^[0-9a-f]{7,40}$/.test(ref)) return [ref, `refs/heads/${ref}`];
  if (ref === "HEAD") return ["HEAD"];
  if (ref.startsWith("refs/")) return [ref];
  const owned = /^([^/:]+):(.+)$/.exec(ref);
  if (owned) return forkCandidates(state, owned[1]!, owned[2]!);
  return [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`];
}

function forkCandidates(state: RepositoryState, owner: string, branch: string): string[] {
  if (owner === state.owner) return [`refs/heads/${branch}`];
  return [...state.pulls.values()]
    .filter((pull) => pull.fork === owner && pull.head === branch)
    .map(({ headSha }) => headSha);
}

/** A pull request is compared with where it left its base, not with the tip of the base. */
export async function comparisonBase(state: RepositoryState, pull: PullRequest): Promise<string> {
  const tip = (await state.git.commitOf(`refs/heads/${pull.base}`)) ?? pull.baseSha;
  return (await state.git.mergeBase(tip, pull.headSha)) ?? tip;
}

export async function filesOf(
  state: RepositoryState,
  pull: PullRequest,
  head = pull.headSha,
): Promise<readonly FileDiff[]> {
  if (state.removedCommits.has(head)) throw notFound();
  return state.git.diff(await comparisonBase(state, { ...pull, headSha: head }), head);
}

export async function commitsOf(state: RepositoryState, pull: PullRequest): Promise<readonly string[]> {
  return state.git.between(await comparisonBase(state, pull), pull.headSha);
}

export async function totalsOf(state: RepositoryState, pull: PullRequest): Promise<PullTotals> {
  const [files, commits] = await Promise.all([filesOf(state, pull), commitsOf(state, pull)]);
  return {
    commits: commits.length,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    changed_files: files.length,
  };
}

const OUTDATED = { line: null, startLine: null };

/** Follows a comment's line from the commit it was written on to the head of today. */
export async function anchorOf(state: RepositoryState, comment: ReviewComment): Promise<Anchor> {
  const pull = state.pulls.get(comment.number);
  const here = { line: comment.line, startLine: comment.startLine, commit: comment.commit };
  if (!pull || comment.line === null || comment.commit === pull.headSha) return here;
  const moved = (await state.git.diff(comment.commit, pull.headSha)).find(
    ({ path, previousPath }) => (previousPath ?? path) === comment.path,
  );
  const current = (await filesOf(state, pull)).find(({ path }) => path === (moved?.path ?? comment.path));
  if (!current) return { ...OUTDATED, commit: comment.commit };
  const map = (line: number | null): number | null =>
    line === null || comment.side === "LEFT" ? line : follow(moved?.patch ?? "", line);
  const line = map(comment.line);
  if (line === null || !hunkAt(parseHunks(current.patch), comment.side, line))
    return { ...OUTDATED, commit: comment.commit };
  return { line, startLine: map(comment.startLine), commit: pull.headSha };
}

/** The commit that a write is about. Source: GitHub's answer to a check run on an unknown commit. */
export async function knownCommit(state: RepositoryState, sha: string): Promise<string> {
  const oid = /^[0-9a-f]{40}$/.test(sha) ? await findCommit(state, sha) : null;
  if (oid === null) throw new HttpError(422, { message: `No commit found for SHA: ${sha}` });
  return oid;
}
