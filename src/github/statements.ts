import type { Policy } from "../engine/types.ts";
import { statement, type Draft } from "./draft.ts";

/** What is said in the check runs without a report. */

export const nothingToCheck = (): Draft[] =>
  statement(
    "success",
    "Nothing to check",
    "This change touches no Kubernetes manifest, no pipeline and no policy.",
  );

/** @param reasons sentences about the policy files, already escaped for Markdown */
export const policyUnreadable = (reasons: readonly string[]): Draft[] =>
  statement(
    "action_required",
    "The policy could not be read",
    [
      "This change was not judged, because the policy in force is not known:",
      ...reasons.map((reason) => `- ${reason}`),
      "",
      "Mend it on the base branch (or in the organisation's `.github` repository), then press **Re-check**.",
    ].join("\n"),
  );

/**
 * @param reason a sentence, already escaped for Markdown
 * @param delivery the request id, by which the operator finds it in the logs
 */
export const notVerified = (
  { unverified }: Pick<Policy, "unverified">,
  reason: string,
  delivery: string,
): Draft[] =>
  statement(
    unverified,
    "Could not verify",
    `This change was not judged, which says nothing about it.\n\n${reason}\n\nPress **Re-check** to try again. Request id: \`${delivery.replace(/[^\w-]/g, "")}\`.`,
  );
