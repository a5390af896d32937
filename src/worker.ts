import type { Logger } from "pino";
import type { Probot } from "probot";
import { COULD_NOT_REVIEW } from "./commands/texts.ts";
import { acknowledge, reply } from "./github/comments-api.ts";
import type { Octokit } from "./github/octokit.ts";
import { redact } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Delivery, Handlers, ReviewRequest } from "./queue/index.ts";
import { retryLaterIn } from "./queue/retry-later.ts";

/** What is done with a request. */
export interface Reviews {
  /** Makes the review and publishes it. */
  readonly review: (request: ReviewRequest, log: Logger, signal: AbortSignal) => Promise<void>;
  /** Publishes that no review could be made, and why. */
  readonly unverified: (request: ReviewRequest, log: Logger, reason: string) => Promise<void>;
}

/** What the queue's work needs. */
export interface Work extends Reviews {
  readonly probot: Pick<Probot, "receive">;
  readonly octokit: (installation: number) => Promise<Octokit>;
  readonly metrics: Pick<Metrics, "reviews" | "failures">;
  readonly log: Logger;
}

/** A request during which the process died this often is not tried again: it may be what kills it. */
const MOST_CRASHES = 10;

/** What the queue calls with each delivery and each review. */
export const handlers = (work: Work): Handlers => ({
  delivery: (delivery) => receive(work, delivery),
  review: (request, signal, lastTry) => review(work, request, { signal, lastTry }),
});

async function receive({ probot, metrics }: Work, { id, name, payload }: Delivery): Promise<void> {
  // Probot checks the name against the events that it knows, and the intake let through only ours.
  const event = { id, name, payload: JSON.parse(payload) as unknown } as Parameters<Probot["receive"]>[0];
  try {
    await probot.receive(event);
  } catch (error) {
    if (!retryLaterIn(error)) metrics.failures.inc({ kind: "delivery" });
    throw error;
  }
}

interface Try {
  readonly signal: AbortSignal;
  readonly lastTry: boolean;
}

async function review(work: Work, request: ReviewRequest, { signal, lastTry }: Try): Promise<void> {
  const { delivery, owner, repo, pull, mergeGroup } = request;
  const log = work.log.child({ delivery, repository: `${owner}/${repo}`, pull, group: mergeGroup?.head });
  const time = work.metrics.reviews.startTimer();
  try {
    if ((request.crashes ?? 0) >= MOST_CRASHES) {
      await giveUp(work, request, log, tooManyCrashes());
      return;
    }
    await work.review(request, log, signal);
    log.info({ seconds: time({ outcome: "published" }) }, "reviewed");
    await answer(work, request, log, "done");
  } catch (error) {
    const outcome = outcomeOf(error, signal, lastTry);
    log[LEVELS[outcome]]({ err: error, seconds: time({ outcome }) }, `review ${outcome}`);
    if (outcome === "failed" || outcome === "unverified") work.metrics.failures.inc({ kind: "review" });
    if (outcome !== "unverified") throw error;
    await giveUp(work, request, log, error);
  }
}

const LEVELS = { superseded: "info", postponed: "info", failed: "warn", unverified: "error" } as const;

function outcomeOf(error: unknown, signal: AbortSignal, lastTry: boolean): keyof typeof LEVELS {
  if (signal.aborted) return "superseded";
  if (retryLaterIn(error)) return "postponed";
  return lastTry ? "unverified" : "failed";
}

const tooManyCrashes = () => new Error(`nines stopped ${MOST_CRASHES} times while it reviewed this.`);

/** Tells the author. What throws here is tried again later: a required check must get a verdict. */
async function giveUp(work: Work, request: ReviewRequest, log: Logger, error: unknown): Promise<void> {
  const reason = redact(error instanceof Error ? error.message : String(error)).slice(0, 500);
  work.metrics.failures.inc({ kind: "unverified" });
  await work.unverified(request, log, reason);
  await answer(work, request, log, "failed");
}

/** Answers the comments that asked for the review. A failure here never undoes the review. */
async function answer(
  work: Work,
  request: ReviewRequest,
  log: Logger,
  result: "done" | "failed",
): Promise<void> {
  const { installation, owner, repo, pull, delivery } = request;
  for (const comment of request.comments ?? []) {
    try {
      const octokit = await work.octokit(installation);
      await acknowledge(octokit, { owner, repo, comment, reaction: result === "done" ? "+1" : "confused" });
      if (result === "done" || pull === undefined) continue;
      await reply(octokit, { owner, repo, pull, to: comment, body: COULD_NOT_REVIEW(delivery) });
    } catch (error) {
      work.metrics.failures.inc({ kind: "acknowledge" });
      log.warn({ err: error, comment }, "a comment could not be answered");
    }
  }
}
