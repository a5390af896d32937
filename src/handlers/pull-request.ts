import type { Context } from "probot";
import { targetOf } from "./target.ts";
import type { Deps } from "./target.ts";

export const events = [
  "pull_request.opened",
  "pull_request.synchronize",
  "pull_request.reopened",
  "pull_request.ready_for_review",
  "pull_request.edited",
  "pull_request.closed",
] as const;

/** Reviews what is opened or changed: a new base branch, and a new title, which the merge takes along; a new text changes nothing. */
export const handle =
  ({ queue }: Deps) =>
  async ({ id, payload }: Context<(typeof events)[number]>): Promise<void> => {
    const target = { ...targetOf({ id, payload }), pull: payload.pull_request.number };
    if (payload.action === "closed") return queue.cancelReviews(target);
    if (payload.action === "edited" && !payload.changes.base && !payload.changes.title) return;
    await queue.addReview(target);
  };
