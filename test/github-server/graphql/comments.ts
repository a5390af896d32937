import { botLogin, isBot, userId, type Host } from "../host.ts";
import { anchorOf } from "../model/pulls.ts";
import { nodeId } from "../shapes/users.ts";
import type { Comment, PullRequest, RepositoryState, ReviewComment } from "../state.ts";
import { connection, type Paging } from "./connection.ts";

export interface Viewer {
  login: string;
}

/** GraphQL gives a bot's login without the `[bot]` that REST adds. */
export const author = (host: Host, login: string) => ({
  __typename: isBot(login) ? "Bot" : "User",
  login: login.replace(/\[bot\]$/, ""),
  id: nodeId("U", userId(host, login)),
  databaseId: userId(host, login),
});

const common = (host: Host, viewer: Viewer, comment: Comment) => ({
  databaseId: comment.id,
  fullDatabaseId: String(comment.id),
  body: comment.body,
  author: author(host, comment.user),
  viewerDidAuthor: comment.user === viewer.login,
  createdAt: comment.createdAt,
  updatedAt: comment.updatedAt,
  isMinimized: comment.minimized !== null,
  minimizedReason: comment.minimized?.toLowerCase() ?? null,
});

export const issueComment = (host: Host, viewer: Viewer, comment: Comment) => ({
  __typename: "IssueComment",
  id: nodeId("IC", comment.id),
  ...common(host, viewer, comment),
});

export const reviewComment = (host: Host, viewer: Viewer, comment: ReviewComment) => ({
  __typename: "PullRequestReviewComment",
  id: nodeId("PRRC", comment.id),
  ...common(host, viewer, comment),
  path: comment.path,
  originalLine: comment.line,
  diffHunk: comment.diffHunk,
  subjectType: comment.line === null ? "FILE" : "LINE",
});

async function thread(host: Host, state: RepositoryState, viewer: Viewer, first: ReviewComment) {
  const anchor = await anchorOf(state, first);
  const comments = [first, ...state.reviewComments.filter(({ inReplyTo }) => inReplyTo === first.id)];
  return {
    __typename: "PullRequestReviewThread",
    id: nodeId("PRRT", first.id),
    isResolved: first.resolvedBy !== null,
    resolvedBy: first.resolvedBy === null ? null : author(host, first.resolvedBy),
    isOutdated: first.line !== null && anchor.line === null,
    isCollapsed: first.resolvedBy !== null,
    path: first.path,
    line: anchor.line,
    startLine: anchor.startLine,
    originalLine: first.line,
    originalStartLine: first.startLine,
    diffSide: first.side,
    startDiffSide: first.startSide,
    subjectType: first.line === null ? "FILE" : "LINE",
    comments: (args: Paging) =>
      connection(
        "comments",
        comments.map((comment) => reviewComment(host, viewer, comment)),
        args,
      ),
  };
}

/** Comments of a pending review are its author's alone; in practice: the app's. */
function isVisible(state: RepositoryState, viewer: Viewer, { reviewId, user }: ReviewComment): boolean {
  const pending = state.reviews.some(({ id, state: status }) => id === reviewId && status === "PENDING");
  return !pending || user === viewer.login;
}

export interface Reading {
  host: Host;
  state: RepositoryState;
  viewer: Viewer;
}

export async function reviewThreads({ host, state, viewer }: Reading, pull: PullRequest, args: Paging) {
  const firsts = state.reviewComments.filter(
    (one) => one.number === pull.number && one.inReplyTo === null && isVisible(state, viewer, one),
  );
  const threads = await Promise.all(firsts.map((first) => thread(host, state, viewer, first)));
  return connection("reviewThreads", threads, args);
}

export const viewerOf = (host: Host, user: string | null): Viewer => ({ login: user ?? botLogin(host) });
