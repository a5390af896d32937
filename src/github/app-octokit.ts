import { ProbotOctokit } from "probot";
import { clientOptions, politeRequests } from "./octokit.ts";

/**
 * Probot's client without what holds a worker or repeats a write: its throttling sleeps until a limit resets and
 * counts every GraphQL read as a write, and its retries send a POST again after a 502. A function, because Probot puts
 * its own throttling over options that are given as an object.
 */
export const NinesOctokit = ProbotOctokit.plugin(politeRequests).defaults((options: object) => ({
  ...options,
  ...clientOptions,
  throttle: { enabled: false },
  retry: { enabled: false },
}));
