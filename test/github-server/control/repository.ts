import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Changes } from "../git/write.ts";
import { initialise, openGit } from "../git/git.ts";
import { installationOf, timestamp, userId, type Host } from "../host.ts";
import { ensureSuite } from "../model/checks.ts";
import type { RepositoryState } from "../state.ts";
import { user } from "../shapes/users.ts";
import { emit } from "../webhooks/events.ts";

export interface NewRepository {
  private?: boolean;
  defaultBranch?: string;
  /** Whether the app may see it; true if not said. */
  installed?: boolean;
}

export async function createState(
  host: Host,
  root: string,
  fullName: string,
  options: NewRepository,
): Promise<RepositoryState> {
  const [owner = "", name = ""] = fullName.split("/");
  const defaultBranch = options.defaultBranch ?? "main";
  const directory = join(root, `${owner}--${name}.git`);
  await mkdir(directory, { recursive: true });
  await initialise(directory, defaultBranch);
  installationOf(host, owner);
  return {
    id: host.nextId(),
    owner,
    name,
    fullName: `${owner}/${name}`,
    private: options.private ?? false,
    defaultBranch,
    installed: options.installed ?? true,
    removed: null,
    removedCommits: new Set(),
    git: openGit(directory),
    createdAt: timestamp(host),
    lastNumber: 0,
    pulls: new Map(),
    suites: new Map(),
    checkRuns: [],
    otherRuns: [],
    issueComments: [],
    reviews: [],
    reviewComments: [],
    permissions: new Map(),
    rulesets: [],
    protection: new Map(),
    environments: [],
  };
}

export interface BranchCommit {
  branch: string;
  changes: Changes;
  message: string;
  author: string;
  /** Where a new branch starts; the default branch if not said. */
  from?: string | undefined;
}

async function parentOf(
  state: RepositoryState,
  branch: string,
  from: string | undefined,
): Promise<string | null> {
  const tip = await state.git.commitOf(`refs/heads/${branch}`);
  return tip ?? (await state.git.commitOf(from ?? `refs/heads/${state.defaultBranch}`));
}

export async function commitTo(
  host: Host,
  state: RepositoryState,
  ref: string,
  commit: BranchCommit,
): Promise<string> {
  const parent = await parentOf(state, commit.branch, commit.from);
  userId(host, commit.author);
  const { changes, message, author } = commit;
  return state.git.commit({ ref, parent, changes, message, author, at: Math.floor(host.now() / 1000) });
}

export interface Move {
  branch: string;
  /** null: the branch is new. */
  before: string | null;
  after: string;
}

/** Sends `push` for a branch of the repository. */
export async function emitPush(
  host: Host,
  state: RepositoryState,
  { branch, before, after }: Move,
): Promise<void> {
  const parent = before ?? (await state.git.readCommit(after))?.parents[0];
  const files = parent === undefined ? [] : await state.git.diff(parent, after);
  const of = (status: string): string[] =>
    files.filter((one) => one.status === status).map(({ path }) => path);
  const commit = (await state.git.readCommit(after))!;
  const by = { name: commit.author.name, email: commit.author.email, username: commit.author.name };
  const head = {
    id: after,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.author.date,
    url: `${host.url}/${state.fullName}/commit/${after}`,
    author: by,
    committer: by,
    added: of("added"),
    removed: of("removed"),
    modified: [...of("modified"), ...of("renamed")],
  };
  const content = {
    ref: `refs/heads/${branch}`,
    before: before ?? "0".repeat(40),
    after,
    created: before === null,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `${host.url}/${state.fullName}/compare/${before ?? ""}...${after}`,
    commits: [head],
    head_commit: head,
    pusher: by,
    sender: user(host, commit.author.name),
  };
  emit(host, state, { event: "push", action: null, sender: commit.author.name, content });
}

/** A commit by a person on a branch: git, the suite and the event. */
export async function pushCommit(host: Host, state: RepositoryState, commit: BranchCommit): Promise<string> {
  const before = await state.git.commitOf(`refs/heads/${commit.branch}`);
  const after = await commitTo(host, state, `refs/heads/${commit.branch}`, commit);
  ensureSuite(host, state, after);
  await emitPush(host, state, { branch: commit.branch, before, after });
  return after;
}
