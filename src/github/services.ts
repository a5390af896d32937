import type { Policy, Report, Tree } from "../engine/types.ts";
import type { BlobCache } from "./blob-cache.ts";
import type { Octokit } from "./octokit.ts";

/** What is written about the work. Pino's loggers fit. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** The judgement, and the ids of the checks that a policy can name. */
export interface Judge {
  /** @throws CannotReview where another try would end alike, the signal's reason when it aborts */
  readonly review: (base: Tree, head: Tree, policy: Policy, signal: AbortSignal) => Promise<Report>;
  readonly checkIds: readonly string[];
}

/** What a review needs from outside. */
export interface Services {
  /** The app's id: its own check runs are found by it. */
  readonly appId: number;
  readonly octokit: (installation: number) => Promise<Octokit>;
  readonly log: Logger;
  readonly cache: BlobCache;
  readonly now: () => Date;
  /** Told of what went wrong without stopping a review, for the metrics. */
  readonly count?: (event: "review-refused" | "comments-lost") => void;
  readonly judge: Judge;
}
