import type { Host } from "../host.ts";
import { canSee, type Identity } from "../http/auth.ts";
import { demand } from "../http/authorize.ts";
import type { Grant } from "../http/router.ts";
import { addReaction as react } from "../model/reactions.ts";
import { fromNodeId, nodeId } from "../shapes/users.ts";
import type { Comment, RepositoryState, ReviewComment } from "../state.ts";
import { author, issueComment, reviewComment, type Viewer } from "./comments.ts";
import { notResolved } from "./errors.ts";

interface Input<T> {
  input: T & { clientMutationId?: string | null };
}

type Subject = { state: RepositoryState } & (
  { kind: "IC"; comment: Comment } | { kind: "PRRC" | "PRRT"; comment: ReviewComment }
);

function inRepository(state: RepositoryState, kind: string, id: number): Subject | undefined {
  if (kind === "IC") {
    const comment = state.issueComments.find((one) => one.id === id);
    return comment && { state, kind, comment };
  }
  if (kind !== "PRRC" && kind !== "PRRT") return undefined;
  const comment = state.reviewComments.find((one) => one.id === id);
  return comment && { state, kind, comment };
}

function subjectOf(host: Host, identity: Identity, node: string, needs: readonly Grant[]): Subject {
  const { kind, id } = fromNodeId(node);
  for (const state of host.repositories.values()) {
    const found = canSee(identity, state) ? inRepository(state, kind, id) : undefined;
    if (!found) continue;
    demand(identity, state, needs);
    return found;
  }
  throw notResolved(`node with the global id of '${node}'`);
}

const shaped = (host: Host, viewer: Viewer, subject: Subject) =>
  subject.kind === "IC"
    ? issueComment(host, viewer, subject.comment)
    : reviewComment(host, viewer, subject.comment);

/** GraphQL's names of the reactions that REST calls otherwise. */
const REACTIONS: Readonly<Record<string, string>> = { THUMBS_UP: "+1", THUMBS_DOWN: "-1" };

const COMMENT: readonly Grant[] = ["pull_requests:write", "issues:write"];

export function mutations(host: Host, identity: Identity, viewer: Viewer) {
  return {
    minimizeComment: ({ input }: Input<{ subjectId: string; classifier: string }>) => {
      const subject = subjectOf(host, identity, input.subjectId, COMMENT);
      subject.comment.minimized = input.classifier;
      return { clientMutationId: input.clientMutationId, minimizedComment: shaped(host, viewer, subject) };
    },
    unminimizeComment: ({ input }: Input<{ subjectId: string }>) => {
      const subject = subjectOf(host, identity, input.subjectId, COMMENT);
      subject.comment.minimized = null;
      return { clientMutationId: input.clientMutationId, unminimizedComment: shaped(host, viewer, subject) };
    },
    addReaction: ({ input }: Input<{ subjectId: string; content: string }>) => {
      const subject = subjectOf(host, identity, input.subjectId, COMMENT);
      const content = REACTIONS[input.content] ?? input.content.toLowerCase();
      const { made } = react(host, subject.comment, viewer.login, content);
      const reaction = {
        id: nodeId("REA", made.id),
        databaseId: made.id,
        content: input.content,
        user: author(host, made.user),
      };
      return { clientMutationId: input.clientMutationId, reaction, subject: shaped(host, viewer, subject) };
    },
    /** Seen with app tokens (gh-aw#35726): resolving needs contents:write. */
    resolveReviewThread: ({ input }: Input<{ threadId: string }>) => {
      const subject = subjectOf(host, identity, input.threadId, ["contents:write"]);
      if (subject.kind !== "PRRT") throw notResolved("thread");
      subject.comment.resolvedBy = viewer.login;
      return { clientMutationId: input.clientMutationId, thread: { id: input.threadId, isResolved: true } };
    },
  };
}
