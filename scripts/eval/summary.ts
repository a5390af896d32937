import type { Check } from "../../src/checks/define.ts";
import type { Finding, Report } from "../../src/engine/types.ts";
import type { Label } from "./case.ts";
import { fitting } from "./categories.ts";
import { NEAR, nearness, type Distance } from "./nearness.ts";
import { noteKinds } from "./notes.ts";
import type { Outcome } from "./outcome.ts";
import type { Times } from "./timed.ts";

/** What came out for one labelled change. */
export interface Row {
  readonly label: Label;
  readonly outcome: Outcome;
  /** Whether a check that fits the category is in the registry. Only hazards can lack one. */
  readonly covered: boolean;
  readonly report: Report;
  readonly times: Times;
  /** The findings that name the hazard, nearest to its lines first. */
  readonly distances: readonly Distance[];
  /** Whether a second review said the same, byte by byte; absent where there was none. */
  readonly repeats?: boolean;
}

export interface Tally {
  readonly hazards: number;
  readonly named: number;
  readonly lost: number;
  readonly unverifiable: number;
  readonly fixes: number;
  readonly neutral: number;
  /** Of fixes and neutral changes. */
  readonly falseAlarms: number;
  /** Named of all hazards that can be verified, 0–1; 1 where there are none. */
  readonly recall: number;
}

export interface Totals extends Tally {
  readonly cases: number;
  /** The hazards of categories for which there is a check. */
  readonly covered: Tally;
}

export function isCovered(
  { label, category, secondary_categories: others }: Label,
  checks: readonly Check[],
): boolean {
  const wanted = fitting([category, ...others]);
  return label !== "hazard" || checks.some(({ id }) => wanted.has(id));
}

export function tally(rows: readonly Row[]): Tally {
  const count = (outcome: Outcome) => rows.filter((row) => row.outcome === outcome).length;
  const labelled = (label: Label["label"]) => rows.filter((row) => row.label.label === label).length;
  const [named, lost] = [count("named"), count("lost")];
  return {
    hazards: labelled("hazard"),
    named,
    lost,
    unverifiable: count("unverifiable"),
    fixes: labelled("fix"),
    neutral: labelled("neutral"),
    falseAlarms: count("false-alarm"),
    recall: named + lost === 0 ? 1 : named / (named + lost),
  };
}

export function totals(rows: readonly Row[]): Totals {
  return { cases: rows.length, ...tally(rows), covered: tally(rows.filter(({ covered }) => covered)) };
}

/** For machines: totals, and one row a case. */
export function asJson(rows: readonly Row[]): string {
  const cases = rows.map(({ label, outcome, covered, report, distances, repeats }) => ({
    id: label.id,
    label: label.label,
    category: label.category,
    outcome,
    covered,
    format: label.format,
    verdicts: report.verdicts,
    findings: report.findings.map(({ check, severity, standing, subject, at }) => ({
      check,
      severity,
      standing,
      subject: subject.ref,
      path: at.path,
      line: at.line,
    })),
    notes: report.notes.length,
    // JSON knows no Infinity: null where none is in a labelled file.
    distances: distances.map(({ lines }) => (Number.isFinite(lines) ? lines : null)),
    ...(repeats !== undefined && { repeats }),
  }));
  const lines = { rendered: nearness(rows.filter(isRendered)), all: nearness(rows) };
  const notes = noteKinds(rows.map(({ report }) => report));
  return JSON.stringify({ totals: totals(rows), lines, notes, cases }, null, 2);
}

/** Its objects come out of Helm or kustomize, so their lines must be looked for. */
const isRendered = ({ label }: Row) => ["helm", "kustomize", "flux"].includes(label.format);

/** For people: recall and false alarms by category and by format, and what was lost. */
export function asText(rows: readonly Row[], verbose: boolean): string {
  const all = totals(rows);
  const { covered } = all;
  return [
    `${all.cases} changes: ${all.hazards} hazards, ${all.fixes} fixes, ${all.neutral} neutral`,
    `hazards   ${all.named} named, ${all.lost} lost, ${all.unverifiable} unverifiable: recall ${percent(all.recall)}`,
    `  covered ${covered.named} named, ${covered.lost} lost, ${covered.unverifiable} unverifiable: recall ${percent(covered.recall)} (where a check for the category exists)`,
    linesText("rendered", rows.filter(isRendered)),
    linesText("all", rows),
    `alarms    ${all.falseAlarms} false of ${all.fixes + all.neutral} fixes and neutral changes`,
    timesText(rows),
    "",
    ...breakdown(
      "category",
      rows,
      ({ label }) => `${label.category}${label.label === "hazard" ? "" : ` (${label.label})`}`,
    ),
    "",
    ...breakdown("format", rows, ({ label }) => label.format),
    "",
    ...listed("Lost", rows, ["lost"]),
    ...listed("False alarms", rows, ["false-alarm"]),
    ...listed("Unverifiable", rows, ["unverifiable"]),
    ...farOff(rows),
    ...notesText(rows),
    ...repeatsText(rows),
    ...(verbose ? listed("Named and quiet", rows, ["named", "quiet"]) : []),
  ].join("\n");
}

/** How much of the reviews that rendered was the rendering programs' own time. */
function timesText(rows: readonly Row[]): string {
  const rendered = rows.filter(({ times }) => times.rendering > 0);
  const sum = (part: keyof Times) => rendered.reduce((total, { times }) => total + times[part], 0);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return `time      ${rendered.length} changes were rendered: helm and kubectl ran for ${seconds(sum("rendering"))} of ${seconds(sum("all"))}`;
}

const COLUMNS = ["hazards", "named", "lost", "unverifiable", "fixes", "neutral", "falseAlarms"] as const;

function breakdown(title: string, rows: readonly Row[], keyOf: (row: Row) => string): string[] {
  const groups = [...Map.groupBy(rows, keyOf)].sort(([one], [other]) => (one < other ? -1 : 1));
  const table = groups.map(([key, group]) => {
    const counts = tally(group);
    return [key, ...COLUMNS.map((column) => (counts[column] === 0 ? "·" : String(counts[column])))];
  });
  return align([
    [title, ...COLUMNS.map((column) => (column === "falseAlarms" ? "alarms" : column))],
    ...table,
  ]);
}

function align(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}

function listed(title: string, rows: readonly Row[], outcomes: readonly Outcome[]): string[] {
  const chosen = rows.filter(({ outcome }) => outcomes.includes(outcome));
  return chosen.length === 0 ? [] : [`${title} (${chosen.length})`, ...chosen.flatMap(describe), ""];
}

function describe({ label, outcome, covered, report }: Row): string[] {
  const kind = [label.label, label.severity, label.deliberate ? "deliberate" : undefined, label.format];
  return [
    `  ${label.id}  ${label.category}  ${kind.filter(Boolean).join(" ")}  ${outcome}${covered ? "" : "  (no check yet)"}`,
    `    about     ${label.resource}`,
    `    expected  ${label.expected}`,
    ...report.findings.filter(({ standing }) => standing !== "existing").map(said),
    ...report.notes.slice(0, MAX_NOTES).map(({ path, message }) => `    note      ${path}: ${message}`),
  ];
}

/** How many hazards, and findings that name one, stand near the labelled lines. */
function linesText(which: string, rows: readonly Row[]): string {
  const { hazards, nearHazards, findings, nearFindings } = nearness(rows);
  const share = (near: number, of: number) => `${near} of ${of}${of === 0 ? "" : ` (${percent(near / of)})`}`;
  return `lines     ${which}: ${share(nearHazards, hazards)} named hazards have a finding within ${NEAR} lines of the labelled ones; ${share(nearFindings, findings)} findings`;
}

function farOff(rows: readonly Row[]): string[] {
  const far = rows.flatMap(({ label, distances }) =>
    distances.filter(({ lines }) => lines > NEAR).map((distance) => ({ label, ...distance })),
  );
  if (far.length === 0) return [];
  return [
    `Farther than ${NEAR} lines (${far.length})`,
    ...far.flatMap(({ label, finding, lines }) => [
      `  ${label.id}  ${label.category}  ${label.format}  ${Number.isFinite(lines) ? `${lines} lines off` : "another file"}`,
      said(finding),
    ]),
    "",
  ];
}

/** What was not judged. A kind that is ours to mend hides a judgement; one that is the repository's own does not. */
function notesText(rows: readonly Row[]): string[] {
  const kinds = noteKinds(rows.map(({ report }) => report));
  const table = kinds.map(({ name, notes, cases }) => [name, String(notes), String(cases)]);
  return kinds.length === 0 ? [] : [...align([["not judged", "notes", "cases"], ...table]), ""];
}

function repeatsText(rows: readonly Row[]): string[] {
  const twice = rows.filter(({ repeats }) => repeats !== undefined);
  const differ = twice.filter(({ repeats }) => repeats === false);
  return twice.length === 0
    ? []
    : [
        `Reviewed twice: ${twice.length - differ.length} of ${twice.length} reports are the same, byte by byte`,
        ...differ.map(({ label }) => `  ${label.id} differs`),
        "",
      ];
}

const MAX_NOTES = 3;

function said({ check, severity, standing, subject, at }: Finding): string {
  return `    said      ${standing} ${severity} ${check} ${subject.ref} (${at.side === "base" ? "base " : ""}${at.path}:${at.line})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
