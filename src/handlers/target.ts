import type { Logger } from "pino";
import { limitedUntil } from "../github/errors.ts";
import type { Queue, ReviewRequest } from "../queue/index.ts";

/** What handlers work with. */
export interface Deps {
  readonly queue: Pick<Queue, "addReview" | "cancelReviews">;
  /** Events about other apps' check runs are none of ours. */
  readonly appId: number;
  readonly log: Logger;
  readonly now: () => Date;
}

interface Event {
  readonly id: string;
  readonly payload: {
    readonly installation?: { readonly id: number } | undefined;
    readonly repository?: { readonly name: string; readonly owner: { readonly login: string } } | undefined;
  };
}

/** Whom an event is about, as every request needs it. The intake lets nothing through without an installation. */
export function targetOf({
  id,
  payload,
}: Event): Pick<ReviewRequest, "installation" | "owner" | "repo" | "delivery"> {
  const { installation, repository } = payload;
  if (!installation || !repository) throw new Error("The event names no installation or no repository.");
  return {
    installation: installation.id,
    owner: repository.owner.login,
    repo: repository.name,
    delivery: id,
  };
}

/** Does what is nice to have: a reaction to a comment that was deleted, or that GitHub refuses, must not stop the work. */
export async function tryTo(log: Logger, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (limitedUntil(error, new Date(0))) throw error;
    log.warn({ err: error }, "a comment could not be acknowledged");
  }
}
