import type { ReviewRequest } from "../queue/types.ts";
import { currentState } from "./context.ts";
import { Gone, isMissing, isSuspended } from "./errors.ts";
import type { Services } from "./services.ts";

/**
 * Whether an error means that nobody can review this any more: the repository, the pull request or the installation is
 * gone. One missing object proves little, since a fresh push is not everywhere at once; the pull request is asked for then.
 */
export async function isGone(error: unknown, request: ReviewRequest, services: Services): Promise<boolean> {
  if (error instanceof Gone || isSuspended(error)) return true;
  return isMissing(error) && !(await isThere(request, services));
}

async function isThere(
  { installation, owner, repo, pull }: ReviewRequest,
  services: Services,
): Promise<boolean> {
  if (pull === undefined) return false;
  try {
    const octokit = await services.octokit(installation);
    return (await currentState(octokit, { owner, repo, number: pull })).open;
  } catch (error) {
    if (isMissing(error) || isSuspended(error)) return false;
    throw error;
  }
}
