import type { Changes } from "../git/write.ts";
import { timestamp, userId, type Host } from "../host.ts";
import { ensureSuite } from "../model/checks.ts";
import type { Json } from "../shapes/examples.ts";
import type { PullRequest, RepositoryState } from "../state.ts";
import { emitPull, type PullEvent } from "../webhooks/events.ts";
import { commitTo, emitPush } from "./repository.ts";

export interface NewPullRequest {
  /** The branch to merge into; the default branch if not said. */
  base?: string;
  /** The branch with the change; made from the base if it is new. */
  head?: string;
  /** A commit to put on the head; without it the head must exist. */
  changes?: Changes;
  title?: string;
  body?: string;
  author?: string;
  /** The head is in the author's fork: its branch is not in this repository. */
  fork?: boolean;
  draft?: boolean;
}

export interface MergeGroup {
  headSha: string;
  headRef: string;
  baseSha: string;
  baseRef: string;
}

function pullOf(state: RepositoryState, number: number): PullRequest {
  const pull = state.pulls.get(number);
  if (!pull) throw new Error(`${state.fullName} has no pull request ${number}`);
  return pull;
}

async function tip(state: RepositoryState, branch: string): Promise<string> {
  const oid = await state.git.commitOf(`refs/heads/${branch}`);
  if (oid === null) throw new Error(`${state.fullName} has no branch ${branch}`);
  return oid;
}

const refOf = ({ fork, head, number }: Pick<PullRequest, "fork" | "head" | "number">): string =>
  fork === null ? `refs/heads/${head}` : `refs/pull/${number}/head`;

interface Pushed {
  changes: Changes | undefined;
  message: string;
}

async function newHead(host: Host, state: RepositoryState, pull: PullRequest, { changes, message }: Pushed) {
  if (!changes) return tip(state, pull.head);
  const from = pull.headSha === "" ? pull.baseSha : pull.headSha;
  // A fork's branch has its own name space: it never continues a branch of ours.
  const branch = pull.fork === null ? pull.head : `${pull.fork}:${pull.head}`;
  return commitTo(host, state, refOf(pull), { branch, changes, message, author: pull.author, from });
}

async function arrived(
  host: Host,
  state: RepositoryState,
  pull: PullRequest,
  before: string | null,
): Promise<void> {
  if (pull.fork === null) {
    await state.git.setRef(`refs/pull/${pull.number}/head`, pull.headSha);
    if (before !== pull.headSha)
      await emitPush(host, state, { branch: pull.head, before, after: pull.headSha });
  }
  ensureSuite(host, state, pull.headSha);
}

export async function openPullRequest(
  host: Host,
  state: RepositoryState,
  wanted: NewPullRequest,
): Promise<number> {
  const number = ++state.lastNumber;
  const author = wanted.author ?? "octocat";
  const base = wanted.base ?? state.defaultBranch;
  const head = wanted.head ?? `change-${number}`;
  userId(host, author);
  const pull: PullRequest = {
    id: host.nextId(),
    number,
    title: wanted.title ?? `Change ${number}`,
    body: wanted.body ?? "",
    author,
    state: "open",
    draft: wanted.draft ?? false,
    base,
    baseSha: await tip(state, base),
    head,
    headSha: "",
    fork: wanted.fork === true ? author : null,
    createdAt: timestamp(host),
    updatedAt: timestamp(host),
    closedAt: null,
    mergeableKnown: false,
  };
  const before = pull.fork === null ? await state.git.commitOf(`refs/heads/${head}`) : null;
  const known = wanted.changes ? before : await tip(state, head);
  pull.headSha = await newHead(host, state, pull, { changes: wanted.changes, message: pull.title });
  if (!wanted.changes && pull.fork !== null) await state.git.setRef(refOf(pull), pull.headSha);
  state.pulls.set(number, pull);
  await arrived(host, state, pull, known);
  await emitPull(host, state, pull, { action: "opened" });
  return number;
}

async function changed(
  host: Host,
  state: RepositoryState,
  pull: PullRequest,
  event: PullEvent,
): Promise<void> {
  pull.updatedAt = timestamp(host);
  await emitPull(host, state, pull, event);
}

export async function pushTo(
  host: Host,
  state: RepositoryState,
  number: number,
  pushed: Pushed,
): Promise<string> {
  const pull = pullOf(state, number);
  const before = pull.headSha;
  pull.headSha = await newHead(host, state, pull, pushed);
  pull.baseSha = await tip(state, pull.base);
  pull.mergeableKnown = false;
  await arrived(host, state, pull, before);
  await changed(host, state, pull, { action: "synchronize", extra: { before, after: pull.headSha } });
  return pull.headSha;
}

/** Moves the head to a commit that exists: a force-push. */
export async function resetTo(
  host: Host,
  state: RepositoryState,
  number: number,
  sha: string,
): Promise<void> {
  const pull = pullOf(state, number);
  const before = pull.headSha;
  pull.headSha = sha;
  pull.mergeableKnown = false;
  await state.git.setRef(refOf(pull), sha);
  await arrived(host, state, pull, before);
  await changed(host, state, pull, { action: "synchronize", extra: { before, after: sha } });
}

export async function setOpen(
  host: Host,
  state: RepositoryState,
  number: number,
  open: boolean,
): Promise<void> {
  const pull = pullOf(state, number);
  pull.state = open ? "open" : "closed";
  pull.closedAt = open ? null : timestamp(host);
  await changed(host, state, pull, { action: open ? "reopened" : "closed" });
}

export async function setDraft(
  host: Host,
  state: RepositoryState,
  number: number,
  draft: boolean,
): Promise<void> {
  const pull = pullOf(state, number);
  pull.draft = draft;
  await changed(host, state, pull, { action: draft ? "converted_to_draft" : "ready_for_review" });
}

export async function changeBase(
  host: Host,
  state: RepositoryState,
  number: number,
  branch: string,
): Promise<void> {
  const pull = pullOf(state, number);
  const changes = { base: { ref: { from: pull.base }, sha: { from: pull.baseSha } } };
  pull.base = branch;
  pull.baseSha = await tip(state, branch);
  pull.mergeableKnown = false;
  await changed(host, state, pull, { action: "edited", extra: { changes } });
}

export async function edit(
  host: Host,
  state: RepositoryState,
  number: number,
  to: { title?: string; body?: string },
) {
  const pull = pullOf(state, number);
  const changes: Json = {};
  for (const key of ["title", "body"] as const) {
    const text = to[key];
    if (text === undefined) continue;
    changes[key] = { from: pull[key] };
    pull[key] = text;
  }
  await changed(host, state, pull, { action: "edited", extra: { changes } });
}
