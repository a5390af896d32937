import type { Location, Suggestion } from "../engine/types.ts";
import type { Condition, Job, Pipeline } from "./model.ts";
import { oneLine, WORDS_OF } from "./words.ts";

/** What in the change weakens a gate: the nearest line, in words, with what to type. */
export interface Cause {
  readonly at: Location;
  /** A whole sentence without its end: "Job test now has `continue-on-error`". */
  readonly what: string;
  readonly fix?: string;
  readonly suggestion?: Suggestion;
  /** The job in which it stands, or that runs what it stands in. */
  readonly job: Job;
  /** The file of that job, where the cause stands in another. */
  readonly home?: string;
}

/** What a CI system calls a job. */
export const nounOf = ({ provider }: Pipeline): string => WORDS_OF[provider].job;

export const textOf = (condition: Condition | undefined): string => condition?.text.trim() ?? "";

/** The condition after a change, where it says something else than before. */
export const newly = (before: Condition | undefined, after: Condition | undefined): Condition | undefined =>
  after !== undefined && textOf(before) !== textOf(after) ? after : undefined;

/** So much of a condition is shown before what is new in it. */
const LEAD = 40;

/** A condition in a message; of a long one, the part that is new. */
export function changed(before: Condition | undefined, after: Condition): string {
  const [was, is] = [textOf(before), textOf(after)].map((source) => source.replaceAll(/\s+/g, " "));
  if (was === undefined || is === undefined) return "";
  let same = 0;
  while (same < is.length && is[same] === was[same]) same += 1;
  const whole = oneLine(is);
  const from = is.lastIndexOf(" ", Math.max(0, same - LEAD)) + 1;
  return whole === is || from === 0 ? whole : `…${oneLine(is.slice(from))}`;
}
