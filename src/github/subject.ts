import type { ReviewRequest } from "../queue/types.ts";
import { parseExternalId } from "./external-id.ts";

/** The parts of a check run that tell what it was made for. */
export interface CheckRunLike {
  readonly external_id: string | null;
  readonly head_sha: string;
  /** Empty for heads in forks. */
  readonly pull_requests?: readonly ({ readonly number: number } | null)[];
}

/**
 * What a check run was made for: its external id says so; where it does not, the only pull request that GitHub names.
 * Undefined where that is ambiguous: guessing would judge the wrong change.
 * @param branch the head branch that GitHub names: a merge group's own, or null for a fork
 */
export function subjectOf(
  run: CheckRunLike,
  branch: string | null,
): Pick<ReviewRequest, "pull" | "mergeGroup"> | undefined {
  const subject = parseExternalId(run.external_id)?.subject;
  if (typeof subject === "number") return { pull: subject };
  if (subject)
    return { mergeGroup: { head: run.head_sha, base: subject.base, ref: `refs/heads/${branch ?? ""}` } };
  const [only, ...others] = run.pull_requests ?? [];
  return only && others.length === 0 ? { pull: only.number } : undefined;
}
