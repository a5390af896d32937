import { botLogin, type Host } from "../host.ts";
import type { Comment, Reaction, RepositoryState, Review, ReviewComment } from "../state.ts";
import { app } from "./app.ts";
import { nodeId, user } from "./users.ts";

const REACTIONS = ["+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket"] as const;

export const isReaction = (content: string): boolean => REACTIONS.some((known) => known === content);

const rollup = (url: string, reactions: readonly Reaction[]) => ({
  url: `${url}/reactions`,
  total_count: reactions.length,
  ...Object.fromEntries(
    REACTIONS.map((content) => [content, reactions.filter((one) => one.content === content).length]),
  ),
});

/** Schema `issue-comment`. */
export function issueComment(host: Host, state: RepositoryState, comment: Comment) {
  const api = `${host.url}/repos/${state.fullName}`;
  const url = `${api}/issues/comments/${comment.id}`;
  return {
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    url,
    html_url: `${host.url}/${state.fullName}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.number}`,
    body: comment.body,
    user: user(host, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: "CONTRIBUTOR",
    performed_via_github_app: comment.user === botLogin(host) ? app(host) : null,
    reactions: rollup(url, comment.reactions),
  };
}

/** Schema `reaction`. */
export const reaction = (host: Host, state: Reaction) => ({
  id: state.id,
  node_id: nodeId("REA", state.id),
  user: user(host, state.user),
  content: state.content,
  created_at: state.createdAt,
});

const pullLinks = (host: Host, state: RepositoryState, number: number, anchor: string) => {
  const html = `${host.url}/${state.fullName}/pull/${number}#${anchor}`;
  const pull = `${host.url}/repos/${state.fullName}/pulls/${number}`;
  return {
    html_url: html,
    pull_request_url: pull,
    _links: { html: { href: html }, pull_request: { href: pull } },
  };
};

/** Schema `pull-request-review`. */
export function review(host: Host, state: RepositoryState, { id, number, ...data }: Review) {
  return {
    id,
    node_id: nodeId("PRR", id),
    user: user(host, data.user),
    body: data.body,
    state: data.state,
    commit_id: data.commit,
    author_association: "CONTRIBUTOR",
    ...(data.submittedAt === null ? {} : { submitted_at: data.submittedAt }),
    ...pullLinks(host, state, number, `pullrequestreview-${id}`),
  };
}

/** Where a comment is now; null once its line is gone from the diff. */
export interface Anchor {
  line: number | null;
  startLine: number | null;
  commit: string;
}

function lines(comment: ReviewComment, anchor: Anchor) {
  const outdated = anchor.line === null;
  return {
    subject_type: comment.line === null ? "file" : "line",
    side: comment.side,
    start_side: comment.startSide,
    line: anchor.line,
    start_line: anchor.startLine,
    original_line: comment.line,
    original_start_line: comment.startLine,
    position: outdated ? null : comment.position,
    original_position: comment.position,
  };
}

/** Schema `pull-request-review-comment`. It has no `performed_via_github_app`. */
export function reviewComment(host: Host, state: RepositoryState, comment: ReviewComment, anchor: Anchor) {
  const url = `${host.url}/repos/${state.fullName}/pulls/comments/${comment.id}`;
  const links = pullLinks(host, state, comment.number, `discussion_r${comment.id}`);
  return {
    id: comment.id,
    node_id: nodeId("PRRC", comment.id),
    url,
    pull_request_review_id: comment.reviewId,
    diff_hunk: comment.diffHunk,
    path: comment.path,
    ...lines(comment, anchor),
    commit_id: anchor.commit,
    original_commit_id: comment.commit,
    user: user(host, comment.user),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: "CONTRIBUTOR",
    reactions: rollup(url, comment.reactions),
    ...links,
    _links: { self: { href: url }, ...links._links },
    ...(comment.inReplyTo === null ? {} : { in_reply_to_id: comment.inReplyTo }),
  };
}
