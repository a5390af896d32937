import { byText, SEVERITY_ORDER, STANDING_ORDER } from "../engine/order.ts";
import type { CheckRunName, Finding, Note, Report, Severity } from "../engine/types.ts";
import { plain } from "./clean.ts";

/** Symbols stand beside words, never alone. */
export const SYMBOL: Readonly<Record<Severity, string>> = { error: "❌", warning: "⚠️", notice: "ℹ️" };

/** The findings of one check run, by what becomes of them. Each list is sorted, worst first. */
export interface Selection {
  /** Introduced or worsened, and accepted by nobody. */
  readonly fresh: readonly Finding[];
  /** Accepted; the fixed ones left out. */
  readonly waived: readonly Finding[];
  readonly existing: readonly Finding[];
  readonly fixed: readonly Finding[];
}

/** The findings that belong to one check run. */
export function select(report: Report, run: CheckRunName): Selection {
  const mine = report.findings
    .filter(({ pillar }) => (pillar === "testing") === (run === "test-stages"))
    .toSorted(worstFirst);
  const open = mine.filter(({ waiver }) => !waiver);
  return {
    fresh: open.filter(({ standing }) => standing === "introduced" || standing === "worsened"),
    waived: mine.filter(({ waiver, standing }) => waiver && standing !== "fixed"),
    existing: open.filter(({ standing }) => standing === "existing"),
    fixed: mine.filter(({ standing }) => standing === "fixed"),
  };
}

/** New before old, errors first, then by place; equal only for equal findings, so that output never depends on input order. */
export function worstFirst(a: Finding, b: Finding): number {
  return (
    STANDING_ORDER[a.standing] - STANDING_ORDER[b.standing] ||
    SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
    byText(a.at.path, b.at.path) ||
    a.at.line - b.at.line ||
    a.at.column - b.at.column ||
    byText(a.check, b.check) ||
    byText(a.fingerprint, b.fingerprint)
  );
}

/** Notes about pipelines belong to the test stages, all others to zero downtime: each is shown once. */
export function notesOf(report: Report, run: CheckRunName): Note[] {
  return report.notes.filter((note) => (note.run ?? "zero-downtime") === run);
}

/** `path:line`, cleaned for one line. */
export function placeOf({ path, line }: { readonly path: string; readonly line?: number }): string {
  return plain(line === undefined ? path : `${path}:${line}`);
}

/** Where what a change took away stood, in brackets: the line to look at where the other one was left alone. */
export const stoodAt = ({ was }: Pick<Finding, "was">): string =>
  was ? ` (${placeOf(was)} before the change)` : "";
