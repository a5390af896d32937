import type { RanCheck, RequestWords } from "../engine/types.ts";
import type { ReviewRequest } from "../queue/types.ts";
import { Gone } from "./errors.ts";
import type { Subject } from "./external-id.ts";
import { ask, isAbout, type Answer } from "./graphql.ts";
import type { Octokit } from "./octokit.ts";
import { listRuns, ranOn, runsOf, type Run } from "./own-runs.ts";
import { policyFiles, REPOSITORY_POLICY, type PolicyFiles } from "./policy-files.ts";
import {
  CONTEXT,
  GROUP_CONTEXT,
  HEAD,
  type CommitAnswer,
  type ContextAnswer,
  type GroupAnswer,
  type HeadAnswer,
  type PullAnswer,
} from "./queries.ts";
import { allThreads, type PullName, type Thread } from "./threads.ts";

/** What a review has to know before it reads files. */
export interface Context {
  readonly owner: string;
  readonly repo: string;

  readonly subject: Subject;
  /** What the change is compared with: the base branch's tip, or a merge group's base. The merge base is found from it. */
  readonly base: string;
  readonly head: string;
  /** The branch onto which the change is to go. */
  readonly branch: string;
  readonly isPrivate: boolean;
  /** What the pull request says of itself; none for a merge group. */
  readonly words?: RequestWords;
  /** Checks yes, comments no. */
  readonly quiet: boolean;
  readonly policies: PolicyFiles;
  /** Own check runs on the head, newest first. */
  readonly runs: readonly Run[];
  /** Checks that others reported on the head. */
  readonly ran: readonly RanCheck[];
  readonly threads: readonly Thread[];
}

/** @throws an error where the errors of an answer concern anything but the organisation's policy */
function assertRepositoryAnswered({ errors }: Answer<unknown>): void {
  const other = errors.find((error) => !isAbout("organisation")(error));
  if (!other) return;
  if (other.type === "NOT_FOUND") throw new Gone(other.message);
  throw new Error(`GitHub answered in part only: ${other.message}`);
}

export function openPull(pull: PullAnswer | null | undefined, name: PullName): PullAnswer {
  if (!pull)
    throw new Gone(`There is no pull request ${name.number} in ${name.owner}/${name.repo} (any more).`);
  return pull;
}

async function ownRuns(
  octokit: Octokit,
  request: ReviewRequest,
  head: string,
  query: { commit: Partial<CommitAnswer> | undefined; app: number },
) {
  const { commit } = query;
  const known = isCommit(commit) && commit.oid === head ? runsOf(commit) : undefined;
  return known ?? (await listRuns(octokit, request, head, query.app));
}

/**
 * Reads the state of a pull request or merge group, its policies, own check runs and own comments: one request,
 * unless there is more than fits into one.
 * @throws Gone where there is nothing to review any more
 */
export function loadContext(octokit: Octokit, request: ReviewRequest, app: number): Promise<Context> {
  const { owner, repo, pull } = request;
  if (pull !== undefined) return pullContext(octokit, request, { owner, repo, number: pull }, app);
  return groupContext(octokit, request, app);
}

async function pullContext(
  octokit: Octokit,
  request: ReviewRequest,
  name: PullName,
  app: number,
): Promise<Context> {
  const { owner, repo, number } = name;
  const answer = await ask<ContextAnswer>(octokit, CONTEXT, { owner, repo, number, app });
  assertRepositoryAnswered(answer);
  const pull = openPull(answer.data.repository?.pullRequest, name);
  if (pull.state !== "OPEN") throw new Gone(`Pull request ${number} is ${pull.state.toLowerCase()}.`);
  const target = pull.baseRef?.target;
  const commit = pull.commits.nodes[0]?.commit;
  return {
    owner,
    repo,
    subject: number,
    base: target?.oid ?? pull.baseRefOid,
    head: pull.headRefOid,
    branch: pull.baseRefName,
    ...visibility(answer.data),
    words: wordsOf(pull),
    quiet: pull.isDraft,
    policies: policyFiles(answer.data.organisation?.object, target?.file?.object, answer.errors),
    runs: await ownRuns(octokit, request, pull.headRefOid, { app, commit }),
    ran: isCommit(commit) && commit.oid === pull.headRefOid ? ranOn(commit, app) : [],
    threads: await allThreads(octokit, name, pull.reviewThreads),
  };
}

const isCommit = (object: Partial<CommitAnswer> | null | undefined): object is CommitAnswer =>
  typeof object?.oid === "string";

const visibility = ({ repository }: { readonly repository: { readonly isPrivate: boolean } | null }) => ({
  isPrivate: repository?.isPrivate ?? false,
});

/** What a pull request says of itself. */
export const wordsOf = ({ baseRefName, title, commits }: PullAnswer): RequestWords => ({
  branch: baseRefName,
  title,
  message: commits.nodes[0]?.commit.message ?? "",
  commits: commits.totalCount,
});

async function groupContext(octokit: Octokit, request: ReviewRequest, app: number): Promise<Context> {
  const { owner, repo, mergeGroup } = request;
  if (!mergeGroup) throw new Gone("The request names neither a pull request nor a merge group.");
  const { head, base } = mergeGroup;
  const policy = `${base}:${REPOSITORY_POLICY}`;
  const answer = await ask<GroupAnswer>(octokit, GROUP_CONTEXT, { owner, repo, head, policy, app });
  assertRepositoryAnswered(answer);
  const commit = answer.data.repository?.commit ?? null;
  if (!isCommit(commit)) throw new Gone(`Merge group ${head} is not there (any more).`);
  return {
    owner,
    repo,
    subject: { base },
    base,
    head,
    // `refs/heads/gh-readonly-queue/main/pr-12-…`
    ...visibility(answer.data),
    branch: /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-\d+-[^/]*$/.exec(mergeGroup.ref)?.[1] ?? "main",
    quiet: true,
    policies: policyFiles(answer.data.organisation?.object, answer.data.repository?.policy, answer.errors),
    runs: await ownRuns(octokit, request, head, { commit, app }),
    ran: ranOn(commit, app),
    threads: [],
  };
}

export interface Now {
  readonly open: boolean;
  readonly head: string | undefined;
  readonly draft: boolean;
}

/** How the pull request stands at this moment. */
export async function currentState(octokit: Octokit, { owner, repo, number }: PullName): Promise<Now> {
  const answer = await ask<HeadAnswer>(octokit, HEAD, { owner, repo, number });
  const pull = answer.data.repository?.pullRequest;
  return { open: pull?.state === "OPEN", head: pull?.headRefOid, draft: pull?.isDraft ?? false };
}
