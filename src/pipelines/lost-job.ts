import type { Change } from "./compare.ts";
import type { Evidence } from "./evidence.ts";
import type { Job } from "./model.ts";

/** How sure the evidence of a command is, where it is more than a name. */
export const SEEN = 0.7;

/**
 * Whether the job of a test is gone for good: what is left of its kind is by other tools, and does what it did before.
 * A job that is new, or a test of the kind that is written otherwise, may do its work.
 */
export function isLostJob({ before, after }: Change, { purpose, confidence, tool, job }: Evidence): boolean {
  if (confidence < SEEN || has(after.pipelines, job)) return false;
  const isNew = after.pipelines.some(({ jobs }) => jobs.some((other) => !has(before.pipelines, other)));
  if (isNew) return false;
  const known = new Set(before.evidence.map((item) => `${item.purpose} ${item.text}`));
  const left = after.evidence.filter((item) => item.purpose === purpose);
  return left.every((item) => item.tool !== tool && known.has(`${purpose} ${item.text}`));
}

const has = (pipelines: readonly { readonly jobs: readonly Job[] }[], { key }: Job): boolean =>
  pipelines.some(({ jobs }) => jobs.some((job) => job.key === key));
