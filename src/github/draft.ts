import { RUNS, type CheckRunName, type Policy, type Report } from "../engine/types.ts";
import { annotations, conclusion, type Annotation } from "../reporters/annotations.ts";
import { checkRunOutput } from "../reporters/markdown.ts";

export type Conclusion = "success" | "neutral" | "failure" | "action_required" | "cancelled";

/** All that a check run will show. */
export interface Draft {
  readonly run: CheckRunName;
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  /** Worst first. */
  readonly annotations: readonly Annotation[];
}

/** How a check run is called on GitHub; a branch protection names it so. */
export const runTitle = (run: CheckRunName): string => `nines / ${run}`;

/** More annotations than this nobody reads; the summary names the rest. Four requests. */
const ANNOTATIONS = 200;
/** OpenAPI, "Create a check run": maxLength of `summary` and `text`. */
const SUMMARY = 65_535;

/** What a report says in one of the two check runs. */
export function draftOf(report: Report, run: CheckRunName, policy: Policy): Draft {
  return {
    run,
    conclusion: conclusion(report, run, policy),
    ...checkRunOutput(report, run),
    annotations: annotations(report, run).slice(0, ANNOTATIONS),
  };
}

/** The same without a report: one plain statement in both check runs. */
export const statement = (conclusion: Conclusion, title: string, summary: string): Draft[] =>
  RUNS.map((run) => ({ run, conclusion, title, summary, annotations: [] }));

/** Puts a paragraph above the summary; what does not fit any more is cut off at a line's end, and that is said. */
export function withParagraph(draft: Draft, paragraph: string): Draft {
  const summary = `${paragraph}\n\n${draft.summary}`;
  if (summary.length <= SUMMARY) return { ...draft, summary };
  const cut = "\n\n… (cut off: this is as much as GitHub shows)";
  const end = summary.lastIndexOf("\n", SUMMARY - cut.length);
  return { ...draft, summary: summary.slice(0, end) + cut };
}
