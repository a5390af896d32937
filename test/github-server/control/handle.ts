import type { Changes } from "../git/write.ts";
import { userId, type Host } from "../host.ts";
import type {
  CheckRun,
  Comment,
  Permission,
  PullRequest,
  RepositoryState,
  Review,
  ReviewComment,
  Rule,
} from "../state.ts";
import { createMergeGroup, destroyMergeGroup } from "./merge-queue.ts";
import * as people from "./people.ts";
import * as pulls from "./pulls.ts";
import { emitPush, pushCommit } from "./repository.ts";

export interface CommitOptions {
  author?: string;
  /** Where a new branch starts; the default branch if not said. */
  from?: string;
}

/** A repository as a test or a demo drives it. What changes something also sends GitHub's events for it. */
export interface Repository {
  readonly fullName: string;
  readonly id: number;
  /** The bare repository on disk. */
  readonly directory: string;

  commit(branch: string, changes: Changes, message?: string, options?: CommitOptions): Promise<string>;
  /** The tip of a branch, or the commit of any ref. */
  sha(ref?: string): Promise<string>;
  /** Copies two commits of a local repository: `base` becomes the tip of the default branch, `head` of `branch`. */
  importBare(
    path: string,
    base: string,
    head: string,
    branch?: string,
  ): Promise<{ base: string; head: string; branch: string }>;

  openPullRequest(wanted: pulls.NewPullRequest): Promise<number>;
  pullRequest(number: number): Readonly<PullRequest>;
  push(number: number, changes: Changes, message?: string): Promise<string>;
  forcePush(number: number, sha: string): Promise<void>;
  closePullRequest(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
  changeBase(number: number, branch: string): Promise<void>;
  editPullRequest(number: number, to: { title?: string; body?: string }): Promise<void>;
  markReady(number: number): Promise<void>;
  convertToDraft(number: number): Promise<void>;
  mergeGroup(number: number, after?: pulls.MergeGroup): Promise<pulls.MergeGroup>;
  destroyMergeGroup(group: pulls.MergeGroup, reason?: "merged" | "invalidated" | "dequeued"): Promise<void>;

  comment(number: number, user: string, body: string): number;
  replyToReviewComment(id: number, user: string, body: string): number;
  resolveThread(firstCommentId: number, user: string): void;
  rerequestCheckRun(id: number, user?: string): void;
  rerequestSuite(sha: string, user?: string): void;
  requestAction(checkRunId: number, identifier: string, user?: string): void;

  setPermission(user: string, permission: Permission): void;
  /** An active ruleset of one branch, with rules as the REST API writes them. */
  addRuleset(name: string, branch: string, rules: readonly Rule[]): void;
  /** Another app reports a check on a commit; GitHub Actions, if none is named. */
  reportCheck(sha: string, name: string, app?: number): void;
  /** Classic protection that requires these contexts. */
  protect(branch: string, contexts: readonly string[]): void;
  addEnvironment(name: string, rules?: { reviewers?: number; waitMinutes?: number }): void;
  /** Hides the repository from the app, as an installation that was narrowed. */
  setInstalled(installed: boolean): void;
  /** Every call now answers with this status. */
  remove(status?: 404 | 410 | 451): void;
  /** The commit is unknown from now on, as after a force-push and a clean-up. */
  removeCommit(sha: string): void;

  /** In the order of their creation; of every commit if none is given. */
  checkRuns(sha?: string): CheckRun[];
  reviews(number: number): Review[];
  reviewComments(number: number): ReviewComment[];
  issueComments(number: number): Comment[];
}

async function importBare(
  host: Host,
  state: RepositoryState,
  path: string,
  revisions: { base: string; head: string; branch: string },
) {
  const before = await state.git.commitOf(`refs/heads/${state.defaultBranch}`);
  const base = await state.git.fetch(path, revisions.base, `refs/heads/${state.defaultBranch}`);
  const head = await state.git.fetch(path, revisions.head, `refs/heads/${revisions.branch}`);
  await emitPush(host, state, { branch: state.defaultBranch, before, after: base });
  return { base, head, branch: revisions.branch };
}

type Driving = Pick<
  Repository,
  | "openPullRequest"
  | "push"
  | "forcePush"
  | "closePullRequest"
  | "reopen"
  | "changeBase"
  | "editPullRequest"
  | "markReady"
  | "convertToDraft"
  | "mergeGroup"
  | "destroyMergeGroup"
>;

function pullControls(host: Host, state: RepositoryState): Driving {
  return {
    openPullRequest: (wanted) => pulls.openPullRequest(host, state, wanted),
    push: (number, changes, message = "Update") => pulls.pushTo(host, state, number, { changes, message }),
    forcePush: (number, sha) => pulls.resetTo(host, state, number, sha),
    closePullRequest: (number) => pulls.setOpen(host, state, number, false),
    reopen: (number) => pulls.setOpen(host, state, number, true),
    changeBase: (number, branch) => pulls.changeBase(host, state, number, branch),
    editPullRequest: (number, to) => pulls.edit(host, state, number, to),
    markReady: (number) => pulls.setDraft(host, state, number, false),
    convertToDraft: (number) => pulls.setDraft(host, state, number, true),
    mergeGroup: (number, after) => createMergeGroup(host, state, number, after),
    destroyMergeGroup: (group, reason = "merged") => destroyMergeGroup(host, state, group, reason),
  };
}

type Peopled = Pick<
  Repository,
  | "comment"
  | "replyToReviewComment"
  | "resolveThread"
  | "rerequestCheckRun"
  | "rerequestSuite"
  | "requestAction"
>;

function peopleControls(host: Host, state: RepositoryState): Peopled {
  return {
    comment: (number, user, body) => people.comment(host, state, number, { user, body }),
    replyToReviewComment: (id, user, body) => people.replyTo(host, state, id, { user, body }),
    resolveThread: (id, user) => people.resolveThread(state, id, user),
    rerequestCheckRun: (id, user = "octocat") => people.rerequestRun(host, state, id, user),
    rerequestSuite: (sha, user = "octocat") => people.rerequestSuite(host, state, sha, user),
    requestAction: (id, identifier, user = "octocat") =>
      people.requestAction(host, state, id, { identifier, user }),
  };
}

type Views = Pick<Repository, "pullRequest" | "checkRuns" | "reviews" | "reviewComments" | "issueComments">;

/** Copies, so that what a test kept does not change under it. */
function views(state: RepositoryState): Views {
  const of = <T extends { number: number }>(all: readonly T[], number: number): T[] =>
    structuredClone(all.filter((one) => one.number === number));
  return {
    pullRequest: (number) => {
      const pull = state.pulls.get(number);
      if (!pull) throw new Error(`${state.fullName} has no pull request ${number}`);
      return structuredClone(pull);
    },
    checkRuns: (sha) =>
      structuredClone(state.checkRuns.filter((run) => sha === undefined || run.head_sha === sha)),
    reviews: (number) => of(state.reviews, number),
    reviewComments: (number) => of(state.reviewComments, number),
    issueComments: (number) => of(state.issueComments, number),
  };
}

export function handleOf(host: Host, state: RepositoryState): Repository {
  return {
    fullName: state.fullName,
    id: state.id,
    directory: state.git.directory,
    commit: (branch, changes, message = "Change", { author = "octocat", from } = {}) =>
      pushCommit(host, state, { branch, changes, message, author, from }),
    sha: async (ref = state.defaultBranch) => {
      const oid = (await state.git.commitOf(`refs/heads/${ref}`)) ?? (await state.git.commitOf(ref));
      if (oid === null) throw new Error(`${state.fullName} has no ${ref}`);
      return oid;
    },
    importBare: (path, base, head, branch = "imported") =>
      importBare(host, state, path, { base, head, branch }),
    ...pullControls(host, state),
    ...peopleControls(host, state),
    ...views(state),
    setPermission: (user, permission) => {
      userId(host, user);
      state.permissions.set(user.toLowerCase(), permission);
    },
    reportCheck: (sha, name, app = 15_368) => void state.otherRuns.push({ sha, app, name }),
    addRuleset: (name, branch, rules) => void state.rulesets.push({ id: host.nextId(), name, branch, rules }),
    protect: (branch, contexts) => void state.protection.set(branch, contexts),
    addEnvironment: (name, { reviewers = 0, waitMinutes = 0 } = {}) =>
      void state.environments.push({ id: host.nextId(), name, reviewers, waitMinutes }),
    setInstalled: (installed) => void (state.installed = installed),
    remove: (status = 404) => void (state.removed = status),
    removeCommit: (sha) => void state.removedCommits.add(sha),
  };
}
