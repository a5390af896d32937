import type { GateVerdict } from "../engine/types.ts";

/** Best first; what a deploy's gate may sink to. */
export const VERDICTS: readonly GateVerdict[] = [
  "required",
  "required-external",
  "skippable",
  "bypassable",
  "not-on-trigger",
  "advisory",
  "post",
  "unlinked",
  "capability",
  "unknown",
  "absent",
];
/** How well a test gates: the lower, the better. */
export const rank = (verdict: GateVerdict): number => VERDICTS.indexOf(verdict);
