import type { Host } from "../host.ts";
import type { PullRequest, RepositoryState } from "../state.ts";
import type { Json } from "./examples.ts";
import { forkOf, repository } from "./repository.ts";
import { nodeId, user } from "./users.ts";

function links(host: Host, state: RepositoryState, pull: PullRequest) {
  const repos = `${host.url}/repos/${state.fullName}`;
  const url = `${repos}/pulls/${pull.number}`;
  const html = `${host.url}/${state.fullName}/pull/${pull.number}`;
  return {
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${repos}/issues/${pull.number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repos}/pulls/comments{/number}`,
    comments_url: `${repos}/issues/${pull.number}/comments`,
    statuses_url: `${repos}/statuses/${pull.headSha}`,
  };
}

const anchors = (urls: ReturnType<typeof links>) => ({
  self: { href: urls.url },
  html: { href: urls.html_url },
  issue: { href: urls.issue_url },
  comments: { href: urls.comments_url },
  review_comments: { href: urls.review_comments_url },
  review_comment: { href: urls.review_comment_url },
  commits: { href: urls.commits_url },
  statuses: { href: urls.statuses_url },
});

export const headOwner = (state: RepositoryState, pull: PullRequest): string => pull.fork ?? state.owner;

/** Schema `pull-request-simple`. */
export function simplePull(host: Host, state: RepositoryState, pull: PullRequest): Json {
  const urls = links(host, state, pull);
  const owner = headOwner(state, pull);
  return {
    ...urls,
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: user(host, pull.author),
    body: pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: null,
    merge_commit_sha: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: pull.draft,
    head: {
      label: `${owner}:${pull.head}`,
      ref: pull.head,
      sha: pull.headSha,
      user: user(host, owner),
      repo: pull.fork === null ? repository(host, state) : forkOf(host, state, pull.fork),
    },
    base: {
      label: `${state.owner}:${pull.base}`,
      ref: pull.base,
      sha: pull.baseSha,
      user: user(host, state.owner, "Organization"),
      repo: repository(host, state),
    },
    _links: anchors(urls),
    author_association: "CONTRIBUTOR",
    auto_merge: null,
    active_lock_reason: null,
  };
}

export interface PullTotals {
  commits: number;
  additions: number;
  deletions: number;
  changed_files: number;
}

/** Schema `pull-request`. */
export function pullRequest(host: Host, state: RepositoryState, pull: PullRequest, totals: PullTotals): Json {
  return {
    ...simplePull(host, state, pull),
    merged: false,
    mergeable: pull.mergeableKnown ? true : null,
    rebaseable: pull.mergeableKnown ? true : null,
    mergeable_state: pull.mergeableKnown ? "clean" : "unknown",
    merged_by: null,
    comments: state.issueComments.filter(({ number }) => number === pull.number).length,
    review_comments: state.reviewComments.filter(({ number }) => number === pull.number).length,
    maintainer_can_modify: pull.fork !== null,
    ...totals,
  };
}
