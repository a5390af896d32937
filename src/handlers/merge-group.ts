import type { Context } from "probot";
import { targetOf } from "./target.ts";
import type { Deps } from "./target.ts";

export const events = ["merge_group.checks_requested"] as const;

/** A merge queue waits for the same check runs on the group's own commit. */
export const handle =
  ({ queue }: Deps) =>
  async ({ id, payload }: Context<(typeof events)[number]>): Promise<void> => {
    const { head_sha: head, base_sha: base, head_ref: ref } = payload.merge_group;
    await queue.addReview({ ...targetOf({ id, payload }), mergeGroup: { head, base, ref } });
  };
