import { timestamp } from "../host.ts";
import { actor } from "../http/authorize.ts";
import { notFound, validationFailed } from "../http/errors.ts";
import { oneOf, optionalList, optionalText, text, type Body } from "../http/fields.ts";
import { listed } from "../http/paging.ts";
import { created, noContent, ok, onRepository, type RepositoryRequest, type Route } from "../http/router.ts";
import { anchorOf, filesOf, knownCommit, pullOf } from "../model/pulls.ts";
import { isOnFile, place, placeOnFile, readBody, type Placement } from "../model/review-limits.ts";
import { review, reviewComment } from "../shapes/comments.ts";
import type { PullRequest, Review, ReviewComment } from "../state.ts";
import { reviewCommentCreated, reviewSubmitted } from "../webhooks/echo.ts";
import { numberOf } from "./pulls.ts";

const EVENTS = ["APPROVE", "REQUEST_CHANGES", "COMMENT"] as const;
const STATES = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

interface Written {
  user: string;
  body: string;
  commit: string;
  reviewId: number | null;
  inReplyTo?: number;
}

function addComment(
  request: RepositoryRequest,
  pull: PullRequest,
  at: Placement,
  written: Written,
): ReviewComment {
  const { host, repository } = request;
  const comment: ReviewComment = {
    id: host.nextId(),
    number: pull.number,
    createdAt: timestamp(host),
    updatedAt: timestamp(host),
    reactions: [],
    minimized: null,
    resolvedBy: null,
    ...at,
    ...written,
    inReplyTo: written.inReplyTo ?? null,
  };
  repository.reviewComments.push(comment);
  return comment;
}

async function shaped({ host, repository }: RepositoryRequest, comment: ReviewComment) {
  return reviewComment(host, repository, comment, await anchorOf(repository, comment));
}

async function commitFor(request: RepositoryRequest, pull: PullRequest): Promise<string> {
  const sha = optionalText(request.body, "commit_id");
  return sha === undefined ? pull.headSha : knownCommit(request.repository, sha);
}

/** Every comment is placed before the first is stored: one that does not fit refuses the whole review. */
async function createReview(request: RepositoryRequest) {
  const { host, repository, body } = request;
  const pull = pullOf(repository, numberOf(request));
  const event = oneOf(body, "event", EVENTS);
  const written = optionalText(body, "body") ?? "";
  const wanted = optionalList(body, "comments");
  if (event && event !== "APPROVE" && written === "" && wanted.length === 0)
    throw validationFailed("PullRequestReview", "body", "Body can't be blank");
  const commit = await commitFor(request, pull);
  const files = wanted.length > 0 ? await filesOf(repository, pull, commit) : [];
  const placed = wanted.map((one) => ({ at: place(files, one), body: commentBody(one) }));
  const made: Review = {
    id: host.nextId(),
    number: pull.number,
    user: actor(request),
    body: readBody("PullRequestReview", written),
    // Without an event nobody but its author sees it.
    state: event ? STATES[event] : "PENDING",
    commit,
    submittedAt: event ? timestamp(host) : null,
  };
  repository.reviews.push(made);
  const comments = placed.map(({ at, body: said }) =>
    addComment(request, pull, at, { user: made.user, body: said, commit, reviewId: made.id }),
  );
  if (event) reviewSubmitted(host, repository, made, comments);
  return ok(review(host, repository, made));
}

const commentBody = (body: Body): string => readBody("PullRequestReviewComment", text(body, "body"));

async function createComment(request: RepositoryRequest) {
  const { host, repository, body } = request;
  const pull = pullOf(repository, numberOf(request));
  const commit = await commitFor(request, pull);
  const files = await filesOf(repository, pull, commit);
  const at = isOnFile(body) ? placeOnFile(files, body) : place(files, body);
  const comment = addComment(request, pull, at, {
    user: actor(request),
    body: commentBody(body),
    commit,
    reviewId: null,
  });
  reviewCommentCreated(host, repository, comment);
  return created(await shaped(request, comment));
}

function commentById({ repository, params }: RepositoryRequest): ReviewComment {
  const comment = repository.reviewComments.find(({ id }) => id === Number(params["comment_id"]));
  if (!comment) throw notFound();
  return comment;
}

/** Replies go to the first comment of a thread. Source: REST docs, "Create a reply for a review comment". */
async function reply(request: RepositoryRequest) {
  const { host, repository, body } = request;
  const pull = pullOf(repository, numberOf(request));
  const first = commentById(request);
  if (first.number !== pull.number || first.inReplyTo !== null) throw notFound();
  const { path, side, line, startLine, startSide, diffHunk, position } = first;
  const at = { path, side, line, startLine, startSide, diffHunk, position };
  const written = {
    user: actor(request),
    body: commentBody(body),
    commit: first.commit,
    reviewId: null,
    inReplyTo: first.id,
  };
  const comment = addComment(request, pull, at, written);
  reviewCommentCreated(host, repository, comment);
  return created(await shaped(request, comment));
}

const isPending = (request: RepositoryRequest, comment: ReviewComment): boolean =>
  request.repository.reviews.some(({ id, state }) => id === comment.reviewId && state === "PENDING");

function listComments(request: RepositoryRequest) {
  const { repository } = request;
  const { number } = pullOf(repository, numberOf(request));
  const all = repository.reviewComments.filter((one) => one.number === number && !isPending(request, one));
  return listed(request, all, (comment) => shaped(request, comment));
}

function listReviews(request: RepositoryRequest) {
  const { host, repository } = request;
  const { number } = pullOf(repository, numberOf(request));
  const mine = actor(request);
  const all = repository.reviews.filter(
    (one) => one.number === number && (one.state !== "PENDING" || one.user === mine),
  );
  return listed(request, all, (one) => review(host, repository, one));
}

async function editComment(request: RepositoryRequest) {
  const comment = commentById(request);
  comment.body = commentBody(request.body);
  comment.updatedAt = timestamp(request.host);
  return ok(await shaped(request, comment));
}

function deleteComment(request: RepositoryRequest) {
  const { repository } = request;
  repository.reviewComments.splice(repository.reviewComments.indexOf(commentById(request)), 1);
  return noContent;
}

export const reviewRoutes: readonly Route[] = [
  onRepository("POST /pulls/{pull_number}/reviews", ["pull_requests:write"], createReview),
  onRepository("GET /pulls/{pull_number}/reviews", ["pull_requests:read"], listReviews),
  onRepository("GET /pulls/{pull_number}/comments", ["pull_requests:read"], listComments),
  onRepository("POST /pulls/{pull_number}/comments", ["pull_requests:write"], createComment),
  onRepository("POST /pulls/{pull_number}/comments/{comment_id}/replies", ["pull_requests:write"], reply),
  onRepository("GET /pulls/comments/{comment_id}", ["pull_requests:read"], async (request) =>
    ok(await shaped(request, commentById(request))),
  ),
  onRepository("PATCH /pulls/comments/{comment_id}", ["pull_requests:write"], editComment),
  onRepository("DELETE /pulls/comments/{comment_id}", ["pull_requests:write"], deleteComment),
];
