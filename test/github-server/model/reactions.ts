import { timestamp, type Host } from "../host.ts";
import { invalidRequest } from "../http/errors.ts";
import { isReaction } from "../shapes/comments.ts";
import type { Comment, Reaction } from "../state.ts";

/** Reacting twice in the same way is one reaction. */
export function addReaction(
  host: Host,
  comment: Comment,
  user: string,
  content: string,
): { made: Reaction; isNew: boolean } {
  if (!isReaction(content)) throw invalidRequest(`For 'content', ${content} is not a reaction.`);
  const known = comment.reactions.find((one) => one.user === user && one.content === content);
  if (known) return { made: known, isNew: false };
  const made = { id: host.nextId(), user, content, createdAt: timestamp(host) };
  comment.reactions.push(made);
  return { made, isNew: true };
}
