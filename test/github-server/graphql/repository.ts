import type { Host } from "../host.ts";
import { commitsOf, filesOf } from "../model/pulls.ts";
import { headOwner } from "../shapes/pull-request.ts";
import { nodeId } from "../shapes/users.ts";
import type { PullRequest, RepositoryState } from "../state.ts";
import { author, issueComment, reviewThreads, type Viewer } from "./comments.ts";
import { accepts, connection, type Paging } from "./connection.ts";
import { notResolved } from "./errors.ts";
import { gitObject, gitRef } from "./objects.ts";

const CHANGE = { added: "ADDED", removed: "DELETED", modified: "MODIFIED", renamed: "RENAMED" } as const;

/** A file's path and size, but neither blob nor patch: unlike REST. */
async function files(state: RepositoryState, pull: PullRequest, args: Paging) {
  const all = (await filesOf(state, pull)).map(({ path, status, additions, deletions }) => ({
    path,
    additions,
    deletions,
    changeType: CHANGE[status],
  }));
  return connection("files", all, args);
}

async function commits(host: Host, state: RepositoryState, pull: PullRequest, args: Paging) {
  const all = (await commitsOf(state, pull)).map((oid) => ({ commit: () => gitObject(host, state, oid) }));
  return connection("commits", all, args);
}

function people(host: Host, state: RepositoryState, pull: PullRequest) {
  const owner = headOwner(state, pull);
  const headRepository = {
    id: `R_${owner}`,
    name: state.name,
    nameWithOwner: `${owner}/${state.name}`,
    isFork: pull.fork !== null,
  };
  return {
    author: author(host, pull.author),
    headRepository,
    headRepositoryOwner: { __typename: "User", login: owner },
    isCrossRepository: pull.fork !== null,
  };
}

function pullRequest(host: Host, state: RepositoryState, viewer: Viewer, pull: PullRequest) {
  return {
    __typename: "PullRequest",
    id: nodeId("PR", pull.id),
    databaseId: pull.id,
    fullDatabaseId: String(pull.id),
    number: pull.number,
    state: pull.state.toUpperCase(),
    closed: pull.state === "closed",
    merged: false,
    mergeable: pull.mergeableKnown ? "MERGEABLE" : "UNKNOWN",
    isDraft: pull.draft,
    title: pull.title,
    body: pull.body,
    headRefOid: pull.headSha,
    headRefName: pull.head,
    baseRefOid: pull.baseSha,
    baseRefName: pull.base,
    baseRef: () => gitRef(host, state, `refs/heads/${pull.base}`),
    createdAt: pull.createdAt,
    updatedAt: pull.updatedAt,
    changedFiles: async () => (await filesOf(state, pull)).length,
    ...people(host, state, pull),
    files: (args: Paging) => files(state, pull, args),
    commits: (args: Paging) => commits(host, state, pull, args),
    reviewThreads: (args: Paging) => reviewThreads({ host, state, viewer }, pull, args),
    comments: (args: Paging) => {
      const all = state.issueComments.filter(({ number }) => number === pull.number);
      return connection(
        "comments",
        all.map((one) => issueComment(host, viewer, one)),
        args,
      );
    },
  };
}

interface PullFilter extends Paging {
  states?: readonly string[] | null;
  baseRefName?: string | null;
  headRefName?: string | null;
}

function pullRequests(host: Host, state: RepositoryState, viewer: Viewer, args: PullFilter) {
  const found = [...state.pulls.values()].filter(
    (pull) =>
      (args.states?.includes(pull.state.toUpperCase()) ?? true) &&
      accepts(args.baseRefName, pull.base) &&
      accepts(args.headRefName, pull.head),
  );
  return connection(
    "pullRequests",
    found.map((pull) => pullRequest(host, state, viewer, pull)),
    args,
  );
}

export function repository(host: Host, state: RepositoryState, viewer: Viewer) {
  return {
    __typename: "Repository",
    id: nodeId("R", state.id),
    databaseId: state.id,
    name: state.name,
    nameWithOwner: state.fullName,
    owner: { __typename: "Organization", login: state.owner },
    isPrivate: state.private,
    isArchived: false,
    visibility: state.private ? "PRIVATE" : "PUBLIC",
    defaultBranchRef: () => gitRef(host, state, state.defaultBranch),
    ref: ({ qualifiedName }: { qualifiedName: string }) => gitRef(host, state, qualifiedName),
    object: ({ oid, expression }: { oid?: string | null; expression?: string | null }) =>
      gitObject(host, state, oid ?? expression ?? ""),
    pullRequest: ({ number }: { number: number }) => {
      const pull = state.pulls.get(number);
      if (!pull) throw notResolved(`PullRequest with the number of ${number}`);
      return pullRequest(host, state, viewer, pull);
    },
    pullRequests: (args: PullFilter) => pullRequests(host, state, viewer, args),
  };
}
