import { timestamp } from "../host.ts";
import { actor } from "../http/authorize.ts";
import { notFound, validationFailed } from "../http/errors.ts";
import { text } from "../http/fields.ts";
import { listed } from "../http/paging.ts";
import {
  created,
  noContent,
  ok,
  onRepository,
  type Grant,
  type RepositoryRequest,
  type Route,
} from "../http/router.ts";
import { pullOf } from "../model/pulls.ts";
import { addReaction } from "../model/reactions.ts";
import { readBody } from "../model/review-limits.ts";
import { issueComment, reaction } from "../shapes/comments.ts";
import type { Comment } from "../state.ts";
import { issueCommentCreated } from "../webhooks/echo.ts";
import { numberOf } from "./pulls.ts";

/** Either permission will do for a pull request. Source: REST docs, issue comments. */
const READ: readonly Grant[] = ["issues:read", "pull_requests:read"];
const WRITE: readonly Grant[] = ["issues:write", "pull_requests:write"];

function bodyOf(request: RepositoryRequest): string {
  const body = readBody("IssueComment", text(request.body, "body"));
  if (body.trim() === "") throw validationFailed("IssueComment", "body", "Body cannot be blank");
  return body;
}

function create(request: RepositoryRequest) {
  const { host, repository } = request;
  const { number } = pullOf(repository, numberOf(request, "issue_number"));
  const comment: Comment = {
    id: host.nextId(),
    number,
    user: actor(request),
    body: bodyOf(request),
    createdAt: timestamp(host),
    updatedAt: timestamp(host),
    reactions: [],
    minimized: null,
  };
  repository.issueComments.push(comment);
  issueCommentCreated(host, repository, comment);
  return created(issueComment(host, repository, comment));
}

function list(request: RepositoryRequest) {
  const { host, repository } = request;
  const { number } = pullOf(repository, numberOf(request, "issue_number"));
  const all = repository.issueComments.filter((one) => one.number === number);
  return listed(request, all, (comment) => issueComment(host, repository, comment));
}

function byId({ repository, params }: RepositoryRequest): Comment {
  const comment = repository.issueComments.find(({ id }) => id === Number(params["comment_id"]));
  if (!comment) throw notFound();
  return comment;
}

function edit(request: RepositoryRequest) {
  const comment = byId(request);
  comment.body = bodyOf(request);
  comment.updatedAt = timestamp(request.host);
  return ok(issueComment(request.host, request.repository, comment));
}

function remove(request: RepositoryRequest) {
  const { repository } = request;
  repository.issueComments.splice(repository.issueComments.indexOf(byId(request)), 1);
  return noContent;
}

function react(request: RepositoryRequest) {
  const { host } = request;
  const { made, isNew } = addReaction(host, byId(request), actor(request), text(request.body, "content"));
  const body = reaction(host, made);
  return isNew ? created(body) : ok(body);
}

function listReactions(request: RepositoryRequest) {
  const content = request.query.get("content");
  const all = byId(request).reactions.filter((one) => content === null || one.content === content);
  return listed(request, all, (one) => reaction(request.host, one));
}

function removeReaction(request: RepositoryRequest) {
  const comment = byId(request);
  const at = comment.reactions.findIndex(({ id }) => id === Number(request.params["reaction_id"]));
  if (at < 0) throw notFound();
  comment.reactions.splice(at, 1);
  return noContent;
}

export const issueCommentRoutes: readonly Route[] = [
  onRepository("GET /issues/{issue_number}/comments", READ, list),
  onRepository("POST /issues/{issue_number}/comments", WRITE, create),
  onRepository("GET /issues/comments/{comment_id}", READ, (request) =>
    ok(issueComment(request.host, request.repository, byId(request))),
  ),
  onRepository("PATCH /issues/comments/{comment_id}", WRITE, edit),
  onRepository("DELETE /issues/comments/{comment_id}", WRITE, remove),
  onRepository("GET /issues/comments/{comment_id}/reactions", READ, listReactions),
  onRepository("POST /issues/comments/{comment_id}/reactions", WRITE, react),
  onRepository("DELETE /issues/comments/{comment_id}/reactions/{reaction_id}", WRITE, removeReaction),
];
