import type { Policy } from "../engine/types.ts";
import type { ReviewRequest } from "../queue/types.ts";
import { prose } from "../reporters/escape.ts";
import { publish } from "./check-runs.ts";
import { loadContext, type Context } from "./context.ts";
import { orLater, statusOf } from "./errors.ts";
import { isGone } from "./gone.ts";
import { readingOf } from "./judge.ts";
import { policyInForce } from "./policy-in-force.ts";
import { worstOnHead } from "./same-head.ts";
import type { Services } from "./services.ts";
import { notVerified } from "./statements.ts";

const REASON = 1000;

/** What the policy says about reviews that could not be made; failure where it cannot be read either. */
export function unverifiedPolicy({ policies }: Context, services: Services): Pick<Policy, "unverified"> {
  const inForce = policyInForce(policies, readingOf(services), false);
  return inForce.known ? inForce.policy : { unverified: "failure" };
}

/**
 * Posts "could not verify" in both check runs of the head, with the request id: when all tries failed.
 * @param reason a sentence for the author; never a stack
 * @throws RetryLater at a rate limit, or what GitHub answered
 */
export async function reportUnverified(
  request: ReviewRequest,
  services: Services,
  reason: string,
): Promise<void> {
  try {
    await orLater(() => post(request, services, reason), services.now);
  } catch (error) {
    if (!isUnknownCommit(error) && !(await isGone(error, request, services))) throw error;
    const { owner, repo, pull, delivery } = request;
    services.log.info({ owner, repo, pull, delivery, err: error }, "Nothing to report on any more");
  }
}

/** No check run can be put on a commit that GitHub does not know. */
const isUnknownCommit = (error: unknown): boolean =>
  statusOf(error) === 422 && /no commit found/i.test((error as Error).message);

async function post(request: ReviewRequest, services: Services, reason: string): Promise<void> {
  const octokit = await services.octokit(request.installation);
  const context = await loadContext(octokit, request, services.appId);
  const board = {
    ...context,
    octokit,
    app: services.appId,
    startedAt: services.now(),
    ...(request.attempt !== undefined && { attempt: request.attempt }),
  };
  const policy = unverifiedPolicy(context, services);
  for (const draft of notVerified(policy, prose(reason, REASON), request.delivery))
    await publish(board, await worstOnHead(board, draft));
}
