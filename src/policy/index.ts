import type { Policy } from "../engine/types.ts";
import { merge } from "./merge.ts";
import { readLayers, type PolicyIssue, type PolicySource } from "./read.ts";

export { severityFor } from "./apply.ts";
export { strictestDemands, upcomingDemands, withDemands } from "./demands.ts";
export { defaultPolicy } from "./defaults.ts";
export type { PolicyIssue, PolicySource } from "./read.ts";
export { policySchema } from "./schema.ts";
export { tierOf } from "./tiers.ts";
export { waiverFor } from "./waivers.ts";

export type PolicyResult =
  /** Warnings: waivers that ended or soon end, and what a repository tried to loosen though it is locked. */
  | { readonly ok: true; readonly policy: Policy; readonly warnings: readonly PolicyIssue[] }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/**
 * Reads the organisation's and the repository's policy and makes one of them. No source at all gives the default
 * policy; one invalid source makes the whole result invalid, for half a policy is not what anybody decided.
 * `today` is `YYYY-MM-DD` (UTC); `checkIds` are the checks that can be named.
 */
export function readPolicy(
  sources: readonly PolicySource[],
  today: string,
  checkIds: readonly string[],
): PolicyResult {
  const { layers, issues } = readLayers(sources, checkIds);
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, ...merge(layers, today) };
}
