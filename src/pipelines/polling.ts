import type { Step } from "./model.ts";

const WAITERS =
  /^(lewagon\/wait-on-check-action|fountainhead\/action-wait-for-check|poseidon\/wait-for-status-checks)@/i;

/** Whether a step waits for a check run of one of these names, or for all of them. */
export function waitsFor(
  { uses = "", arguments: given, condition, allowFailure }: Step,
  names: readonly string[],
): boolean {
  if (!WAITERS.test(uses) || condition || allowFailure) return false;
  const name = given["check-name"] ?? given["checkName"];
  return name === undefined ? given["check-regexp"] === undefined : names.includes(name);
}
