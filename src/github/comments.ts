import type { Policy, Report } from "../engine/types.ts";
import { planComments, type CommentPlan, type NewComment } from "./comment-plan.ts";
import type { FileChange } from "./compare.ts";
import { isAborted, isMissing, isUnknownOutcome, limitedUntil, statusOf } from "./errors.ts";
import type { Octokit } from "./octokit.ts";
import type { Services } from "./services.ts";
import { loadThreads, type PullName, type Thread } from "./threads.ts";

/** Where comments go, and which are there already. */
export interface Conversation {
  readonly octokit: Octokit;
  readonly pull: PullName;
  readonly head: string;
  readonly threads: readonly Thread[];
}

/** What the comments are about. */
export interface Spoken {
  readonly report: Pick<Report, "findings">;
  readonly policy: Pick<Policy, "comments">;
  readonly files: readonly FileChange[];
}

/**
 * Makes the comments say what the report says. The verdict is posted already and does not depend on them: what GitHub
 * refuses or loses is logged, and stands in the annotations.
 * @throws where the work was called off, or at a rate limit
 */
export async function publishComments(
  conversation: Conversation,
  spoken: Spoken,
  { log, count }: Pick<Services, "log" | "count">,
): Promise<void> {
  const { pull, head } = conversation;
  try {
    await bringUpToDate(conversation, spoken);
  } catch (error) {
    if (isAborted(error) || limitedUntil(error, new Date(0))) throw error;
    const isRefused = statusOf(error) === 422;
    count?.(isRefused ? "review-refused" : "comments-lost");
    log.warn(
      { err: error, ...pull, head },
      "The comments could not be written; the findings are in the check runs",
    );
  }
}

async function bringUpToDate(conversation: Conversation, spoken: Spoken): Promise<void> {
  const plan = planOf(spoken, conversation.threads);
  await tidyUp(conversation, plan);
  if (plan.add.length === 0) return;
  try {
    await postReview(conversation, plan.add);
  } catch (error) {
    if (!isUnknownOutcome(error)) throw error;
    await postMissing(conversation, spoken);
  }
}

const planOf = ({ report, policy, files }: Spoken, threads: readonly Thread[]): CommentPlan =>
  planComments(report, policy, files, threads);

async function tidyUp(
  { octokit, pull: { owner, repo } }: Conversation,
  { remove, edit }: CommentPlan,
): Promise<void> {
  for (const comment of remove)
    await unlessMissing(
      octokit.request("DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}", {
        ...{ owner, repo },
        comment_id: Number(comment),
      }),
    );
  for (const { comment, body } of edit)
    await unlessMissing(
      octokit.request("PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}", {
        ...{ owner, repo, body },
        comment_id: Number(comment),
      }),
    );
}

/** Somebody else may have deleted the comment meanwhile. */
async function unlessMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** One review, so that people get one message. All or nothing: GitHub refuses it if one comment is off the diff. */
async function postReview(
  { octokit, pull, head }: Conversation,
  comments: readonly NewComment[],
): Promise<void> {
  await octokit.request("POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", {
    ...{ owner: pull.owner, repo: pull.repo },
    pull_number: pull.number,
    commit_id: head,
    event: "COMMENT",
    comments: [...comments],
    request: { retries: 0 },
  });
}

/** After a lost answer: looks what is there, and writes what is not. */
async function postMissing(conversation: Conversation, spoken: Spoken): Promise<void> {
  const threads = await loadThreads(conversation.octokit, conversation.pull);
  const { add } = planOf(spoken, threads);
  if (add.length > 0) await postReview(conversation, add);
}
