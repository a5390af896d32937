import type { Context } from "probot";
import { subjectOf } from "../github/subject.ts";
import { targetOf } from "./target.ts";
import type { Deps } from "./target.ts";

export const events = ["check_run.rerequested", "check_run.requested_action"] as const;

/** "Re-run" of one of our check runs, or its "Re-check" button. GitHub shows both to people with write access only. */
export const handle =
  ({ queue, appId, log }: Deps) =>
  async ({ id, payload }: Context<(typeof events)[number]>): Promise<void> => {
    const { check_run: run } = payload;
    if (run.app?.id !== appId) return;
    if (payload.action === "requested_action" && payload.requested_action?.identifier !== "recheck") return;
    const subject = subjectOf(run, run.check_suite.head_branch ?? null);
    if (subject) await queue.addReview({ ...targetOf({ id, payload }), ...subject, attempt: id });
    else
      log.warn({ delivery: id, checkRun: run.id }, "a check run to repeat does not say what it was made for");
  };
