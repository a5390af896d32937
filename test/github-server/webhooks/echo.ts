import { botLogin, type Host } from "../host.ts";
import { eventCheckRun } from "../shapes/check-run.ts";
import { issueComment, review, reviewComment } from "../shapes/comments.ts";
import { example, type Json } from "../shapes/examples.ts";
import { simplePull } from "../shapes/pull-request.ts";
import type { CheckRun, Comment, RepositoryState, Review, ReviewComment } from "../state.ts";
import { emit } from "./events.ts";

/** Events that a write through the API causes. Those of the app's own writes are sent when `echo` is on. */

const heard = (host: Host, author: string): boolean => host.settings.echo || author !== botLogin(host);

export function checkRunChanged(host: Host, state: RepositoryState, run: CheckRun, action: string): void {
  if (!host.settings.echo) return;
  const content = { check_run: eventCheckRun(host, state, run) };
  emit(host, state, { event: "check_run", action, sender: botLogin(host), content });
}

/** A pull request seen as an issue: what `issue_comment` carries. */
function issueOf(host: Host, state: RepositoryState, number: number): Json {
  const pull = state.pulls.get(number)!;
  const shape = simplePull(host, state, pull);
  const sample = example("issue_comment", "created")["issue"] as Json;
  return {
    ...sample,
    id: pull.id,
    number,
    title: pull.title,
    state: pull.state,
    body: pull.body,
    draft: pull.draft,
    user: shape["user"],
    url: shape["issue_url"],
    html_url: shape["html_url"],
    comments_url: shape["comments_url"],
    labels: [],
    assignee: null,
    assignees: [],
    pull_request: {
      url: shape["url"],
      html_url: shape["html_url"],
      diff_url: shape["diff_url"],
      patch_url: shape["patch_url"],
    },
  };
}

export function issueCommentCreated(host: Host, state: RepositoryState, comment: Comment): void {
  if (!heard(host, comment.user)) return;
  const content = {
    issue: issueOf(host, state, comment.number),
    comment: issueComment(host, state, comment),
  };
  emit(host, state, { event: "issue_comment", action: "created", sender: comment.user, content });
}

export function reviewCommentCreated(host: Host, state: RepositoryState, comment: ReviewComment): void {
  if (!heard(host, comment.user)) return;
  const anchor = { line: comment.line, startLine: comment.startLine, commit: comment.commit };
  const content = {
    comment: reviewComment(host, state, comment, anchor),
    pull_request: simplePull(host, state, state.pulls.get(comment.number)!),
  };
  emit(host, state, {
    event: "pull_request_review_comment",
    action: "created",
    sender: comment.user,
    content,
  });
}

export function reviewSubmitted(
  host: Host,
  state: RepositoryState,
  made: Review,
  comments: readonly ReviewComment[],
): void {
  if (!heard(host, made.user)) return;
  const content = {
    review: { ...review(host, state, made), state: made.state.toLowerCase() },
    pull_request: simplePull(host, state, state.pulls.get(made.number)!),
  };
  emit(host, state, { event: "pull_request_review", action: "submitted", sender: made.user, content });
  for (const comment of comments) reviewCommentCreated(host, state, comment);
}
