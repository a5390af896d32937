import { timestamp, userId, type Host } from "../host.ts";
import { checkRunById, ensureSuite } from "../model/checks.ts";
import { checkSuite, eventCheckRun } from "../shapes/check-run.ts";
import type { Comment, RepositoryState, ReviewComment } from "../state.ts";
import { issueCommentCreated, reviewCommentCreated } from "../webhooks/echo.ts";
import { emit } from "../webhooks/events.ts";

/** What people do in the browser. */

export interface Said {
  user: string;
  body: string;
}

export function comment(host: Host, state: RepositoryState, number: number, { user, body }: Said): number {
  userId(host, user);
  const made: Comment = {
    id: host.nextId(),
    number,
    user,
    body,
    createdAt: timestamp(host),
    updatedAt: timestamp(host),
    reactions: [],
    minimized: null,
  };
  state.issueComments.push(made);
  issueCommentCreated(host, state, made);
  return made.id;
}

export function replyTo(host: Host, state: RepositoryState, id: number, { user, body }: Said): number {
  const parent = state.reviewComments.find((one) => one.id === id);
  if (!parent) throw new Error(`There is no review comment ${id}`);
  userId(host, user);
  const made: ReviewComment = {
    ...parent,
    id: host.nextId(),
    user,
    body,
    reviewId: null,
    inReplyTo: parent.inReplyTo ?? parent.id,
    createdAt: timestamp(host),
    updatedAt: timestamp(host),
    reactions: [],
    minimized: null,
  };
  state.reviewComments.push(made);
  reviewCommentCreated(host, state, made);
  return made.id;
}

export function resolveThread(state: RepositoryState, id: number, user: string): void {
  const first = state.reviewComments.find((one) => one.id === id && one.inReplyTo === null);
  if (!first) throw new Error(`There is no thread ${id}`);
  first.resolvedBy = user;
}

/** GitHub tells the app and leaves its run as it is: the app answers with a new run. */
export function rerequestRun(host: Host, state: RepositoryState, id: number, user: string): void {
  userId(host, user);
  const content = { check_run: eventCheckRun(host, state, checkRunById(state, id)) };
  emit(host, state, { event: "check_run", action: "rerequested", sender: user, content });
}

export function rerequestSuite(host: Host, state: RepositoryState, sha: string, user: string): void {
  userId(host, user);
  const content = { check_suite: checkSuite(host, state, ensureSuite(host, state, sha)) };
  emit(host, state, { event: "check_suite", action: "rerequested", sender: user, content });
}

export function requestAction(
  host: Host,
  state: RepositoryState,
  id: number,
  press: { identifier: string; user: string },
): void {
  const run = checkRunById(state, id);
  if (!run.actions.some(({ identifier }) => identifier === press.identifier))
    throw new Error(`Check run ${id} has no button ${press.identifier}`);
  userId(host, press.user);
  const content = {
    check_run: eventCheckRun(host, state, run),
    requested_action: { identifier: press.identifier },
  };
  emit(host, state, { event: "check_run", action: "requested_action", sender: press.user, content });
}
