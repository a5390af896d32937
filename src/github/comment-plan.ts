import { SEVERITY_ORDER } from "../engine/order.ts";
import type { Finding, Location, Policy, Report } from "../engine/types.ts";
import { commentBody, markerOf } from "../reporters/markdown.ts";
import type { FileChange } from "./compare.ts";
import { hunksOf, isShown, type DiffSide, type Hunk } from "./hunks.ts";
import type { Thread } from "./threads.ts";

/** A comment as the API takes it. */
export interface NewComment {
  readonly path: string;
  readonly body: string;
  readonly line: number;
  readonly side: DiffSide;
  readonly start_line?: number;
  readonly start_side?: DiffSide;
}

/** What becomes of the comments of a pull request. */
export interface CommentPlan {
  readonly remove: readonly string[];
  readonly edit: readonly { readonly comment: string; readonly body: string }[];
  readonly add: readonly NewComment[];
}

/** Pages with more comments time out, and nobody reads them. The rest is in the check run. */
const COMMENTS = 25;
/** A longer range hides what the comment is about: its first line is marked then. */
const LONGEST_RANGE = 12;

const isNew = ({ standing, waiver }: Finding): boolean =>
  (standing === "introduced" || standing === "worsened") && waiver === undefined;

const isWorthIt = ({ severity }: Finding, { comments }: Pick<Policy, "comments">): boolean =>
  comments !== "off" && SEVERITY_ORDER[severity] <= SEVERITY_ORDER[comments];

/** Put above the text that people answered, which stays: they should not seem to have answered nothing. */
const FIXED = "✅ **Fixed: this no longer stands.**\n\n";

/** What to write, change and delete, so that the comments say what the report says. A repeated plan is empty. */
export function planComments(
  report: Pick<Report, "findings">,
  policy: Pick<Policy, "comments">,
  files: readonly FileChange[],
  threads: readonly Thread[],
): CommentPlan {
  const standing = new Map(report.findings.filter(isNew).map((finding) => [finding.fingerprint, finding]));
  const tidied = threads.map((thread) => tidy(thread, standing));
  const known = new Set(threads.map(({ body }) => markerOf(body)));
  const wanted = [...standing.values()].filter(
    (finding) => isWorthIt(finding, policy) && !known.has(finding.fingerprint),
  );
  const shown = diffOf(files);
  return {
    remove: tidied.flatMap(({ remove }) => remove ?? []),
    edit: tidied.flatMap(({ edit }) => edit ?? []),
    add: wanted.flatMap((finding) => place(finding, shown) ?? []).slice(0, COMMENTS),
  };
}

interface Tidied {
  readonly remove?: string;
  readonly edit?: { readonly comment: string; readonly body: string };
}

/** A thread that people wrote in, or closed, is theirs: it is never deleted, and never opened again. */
function tidy({ comment, body, resolved, replies }: Thread, standing: ReadonlyMap<string, Finding>): Tidied {
  const fingerprint = markerOf(body);
  if (fingerprint === undefined || resolved) return {};
  const isMarkedFixed = body.startsWith(FIXED);
  if (standing.has(fingerprint))
    return isMarkedFixed ? { edit: { comment, body: body.slice(FIXED.length) } } : {};
  if (replies === 0) return { remove: comment };
  return isMarkedFixed ? {} : { edit: { comment, body: FIXED + body } };
}

interface Shown {
  /** The name of the file on the head, by which comments on either side name it. */
  readonly path: string;
  readonly hunks: readonly Hunk[];
}
type Diff = Readonly<Record<DiffSide, ReadonlyMap<string, Shown>>>;

function diffOf(files: readonly FileChange[]): Diff {
  const shown = files.flatMap(({ path, previous, patch }) =>
    patch === undefined ? [] : [{ path, before: previous ?? path, hunks: hunksOf(patch) }],
  );
  return {
    RIGHT: new Map(shown.map(({ path, hunks }) => [path, { path, hunks }])),
    LEFT: new Map(shown.map(({ path, before, hunks }) => [before, { path, hunks }])),
  };
}

interface Lines {
  readonly side: DiffSide;
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
}

/**
 * On the suggestion's lines where the diff shows them all, else on the finding's, else where what is gone stood, else
 * nowhere: it stays an annotation.
 */
function place(finding: Finding, diff: Diff): NewComment | undefined {
  const { suggestion } = finding;
  const onSuggestion = suggestion && comment(diff, { side: "RIGHT", ...suggestion }, commentBody(finding));
  if (onSuggestion) return onSuggestion;
  const body = commentBody(withoutSuggestion(finding));
  for (const lines of [finding.at, ...(finding.was ? [finding.was] : [])].map(linesOf)) {
    const placed = comment(diff, lines, body) ?? comment(diff, { ...lines, endLine: lines.line }, body);
    if (placed) return placed;
  }
  return undefined;
}

function comment(diff: Diff, { side, path, line, endLine }: Lines, body: string): NewComment | undefined {
  const file = diff[side].get(path);
  if (!file || !isShown(file.hunks, side, line, endLine)) return undefined;
  const end = { path: file.path, body, line: endLine, side };
  return line < endLine ? { ...end, start_line: line, start_side: side } : end;
}

function linesOf(at: Location): Lines {
  const { side, path, line } = at;
  // A range that ends at the very start of a line does not hold that line.
  const last = Math.max(line, at.endColumn <= 1 ? at.endLine - 1 : at.endLine);
  const endLine = last - line < LONGEST_RANGE ? last : line;
  return { side: side === "head" ? "RIGHT" : "LEFT", path, line, endLine };
}

function withoutSuggestion(finding: Finding): Finding {
  const rest = { ...finding };
  delete (rest as { suggestion?: unknown }).suggestion;
  return rest;
}
