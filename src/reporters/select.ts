import type { CheckRunName, Finding, Note, Report, Severity, Standing } from "../engine/types.ts";
import { plain } from "./clean.ts";

export const RUNS: readonly CheckRunName[] = ["zero-downtime", "test-stages"];

/** Symbols stand beside words, never alone. */
export const SYMBOL: Readonly<Record<Severity, string>> = { error: "❌", warning: "⚠️", notice: "ℹ️" };

const SEVERITY: Readonly<Record<Severity, number>> = { error: 0, warning: 1, notice: 2 };
const STANDING: Readonly<Record<Standing, number>> = { introduced: 0, worsened: 0, existing: 1, fixed: 2 };

/** The findings of one check run, by what becomes of them. Each list is sorted, worst first. */
export interface Selection {
  /** Introduced or worsened, and accepted by nobody. */
  readonly fresh: readonly Finding[];
  /** Accepted; the fixed ones left out. */
  readonly waived: readonly Finding[];
  readonly existing: readonly Finding[];
  readonly fixed: readonly Finding[];
}

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
    STANDING[a.standing] - STANDING[b.standing] ||
    SEVERITY[a.severity] - SEVERITY[b.severity] ||
    order(a.at.path, b.at.path) ||
    a.at.line - b.at.line ||
    a.at.column - b.at.column ||
    order(a.check, b.check) ||
    order(a.fingerprint, b.fingerprint)
  );
}

/** By code units: the same on every machine. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Notes about pipelines belong to the test stages, all others to zero downtime: each is shown once. */
export function notesOf(report: Report, run: CheckRunName): Note[] {
  return report.notes.filter((note) => (note.run ?? "zero-downtime") === run);
}

/** `path:line`, cleaned for one line. */
export function placeOf({ path, line }: { readonly path: string; readonly line?: number }): string {
  return plain(line === undefined ? path : `${path}:${line}`);
}
