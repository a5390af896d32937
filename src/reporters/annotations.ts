import { byText } from "../engine/order.ts";
import type { CheckRunName, Finding, Location, Policy, Report, Severity } from "../engine/types.ts";
import { clamp, line } from "./clean.ts";
import { select } from "./select.ts";

/** More than this helps nobody; the summary names the rest. GitHub takes 50 a request. */
export const MAX_ANNOTATIONS = 200;
/** GitHub's limits: 64 KB of message and of raw details, 255 characters of title. A character takes up to 3 bytes. */
const MAX_DETAIL = 20_000;
const MAX_MESSAGE = 4_000;
const MAX_TITLE = 255;

export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  start_column?: number;
  end_column?: number;
  annotation_level: "failure" | "warning" | "notice";
  title: string;
  message: string;
  raw_details?: string;
}

const LEVEL: Readonly<Record<Severity, Annotation["annotation_level"]>> = {
  error: "failure",
  warning: "warning",
  notice: "notice",
};

/** Annotations for what this change introduces or worsens and nobody accepted, worst first, at most `MAX_ANNOTATIONS`. */
export function annotations(report: Report, run: CheckRunName): Annotation[] {
  const heads = report.findings.map(({ at }) => at).filter(({ side }) => side === "head");
  return select(report, run)
    .fresh.slice(0, MAX_ANNOTATIONS)
    .map((finding) => annotation(finding, heads));
}

function annotation(finding: Finding, heads: readonly Location[]): Annotation {
  const { severity, title, subject, at, message, fix, suggestion } = finding;
  const gone = finding.was ?? (at.side === "base" ? at : undefined);
  const removed = gone ? ` This was at ${gone.path}:${gone.line} before the change.` : "";
  return {
    ...placed(at, heads),
    annotation_level: LEVEL[severity],
    title: line(`${title} (${subject.ref})`, MAX_TITLE),
    message: `${line(`${message}${removed}`, MAX_MESSAGE)}\n\nFix: ${line(fix, MAX_MESSAGE)}`,
    ...(suggestion && { raw_details: clamp(suggestion.text, MAX_DETAIL) }),
  };
}

type Place = Pick<Annotation, "path" | "start_line" | "end_line" | "start_column" | "end_column">;

/**
 * GitHub shows an annotation under its last line, so one that spans many lines is pinned to its first. What is gone
 * from head is shown at the nearest place of the same file of which another finding speaks, else at the file's start.
 */
function placed(at: Location, heads: readonly Location[]): Place {
  if (at.side === "base") {
    const [nearest] = heads
      .filter(({ path }) => path === at.path)
      .toSorted(
        (a, b) =>
          Math.abs(a.line - at.line) - Math.abs(b.line - at.line) ||
          a.line - b.line ||
          byText(a.path, b.path),
      );
    const line = nearest?.line ?? 1;
    return { path: at.path, start_line: line, end_line: line };
  }
  const line = { path: at.path, start_line: at.line, end_line: at.line };
  if (at.endLine !== at.line) return line;
  return { ...line, start_column: at.column, end_column: Math.max(at.column, at.endColumn - 1) };
}

/** GitHub's word for a verdict. A required check passes on success and neutral. */
export function conclusion(
  report: Report,
  run: CheckRunName,
  policy: Policy,
): "success" | "neutral" | "failure" | "action_required" {
  switch (report.verdicts[run]) {
    case "pass":
      return "success";
    case "warn":
      return "neutral";
    case "fail":
      return "failure";
    case "unverified":
      return policy.unverified;
  }
}
