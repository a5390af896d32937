import { diffLines } from "../../src/engine/line-diff.ts";
import type { Finding, Location } from "../../src/engine/types.ts";
import type { Case, Label } from "./case.ts";

/** How far from the labelled lines a finding may stand and still be near. */
export const NEAR = 5;

/** A finding that names a case's hazard, and how far it stands from the labelled lines. */
export interface Distance {
  readonly finding: Finding;
  /** Lines to the nearest labelled one; Infinity where none is in the same file. */
  readonly lines: number;
}

/** Findings with their distances, nearest first: of their line, or of where stood what is gone. */
export function distances(one: Case, findings: readonly Finding[]): Distance[] {
  return findings
    .map((finding) => {
      const places = [finding.at, ...(finding.was ? [finding.was] : [])];
      return { finding, lines: Math.min(...places.map((at) => distance(inHead(at, one), one.label))) };
    })
    .sort((a, b) => a.lines - b.lines);
}

/** Lines between a place and the nearest labelled line of its file and side, 0 on it. */
export function distance(at: Location, { lines }: Label): number {
  const all = lines.flatMap(({ path, side, ranges }) => {
    if (path !== at.path || (side === "base") !== (at.side === "base")) return [];
    return ranges.map((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Math.max(0, first - at.endLine, at.line - last);
    });
  });
  return Math.min(Infinity, ...all);
}

/** Labels speak of lines of the base only where the file is gone: a line of the base stands where it was in the head. */
function inHead(at: Location, { base, head }: Case): Location {
  const [before, after] = [base, head].map(({ files }) => files.get(at.path)?.text.split("\n"));
  if (at.side === "head" || !before || !after) return at;
  const line = headLine(before, after, at.line);
  return { ...at, side: "head", line, endLine: line };
}

function headLine(before: readonly string[], after: readonly string[], line: number): number {
  const start = before.findIndex((text, index) => text !== after[index]);
  if (start < 0 || line <= start) return line;
  const most = Math.min(before.length, after.length) - start;
  let same = 0;
  while (same < most && before.at(-1 - same) === after.at(-1 - same)) same++;
  if (line > before.length - same) return line + after.length - before.length;
  let [left, right] = [start, start];
  for (const { kind } of diffLines(
    before.slice(start, before.length - same),
    after.slice(start, after.length - same),
  )) {
    if (left === line - 1 && kind !== "+") break;
    if (kind !== "+") left++;
    if (kind !== "-") right++;
  }
  return right + 1;
}

/** A share of named hazards, and of all findings that name one, that stand near the labelled lines. */
export interface Nearness {
  readonly hazards: number;
  readonly nearHazards: number;
  readonly findings: number;
  readonly nearFindings: number;
}

export function nearness(rows: readonly { readonly distances: readonly Distance[] }[]): Nearness {
  const named = rows.filter((row) => row.distances.length > 0);
  const all = named.flatMap((row) => row.distances);
  const isNear = ({ lines }: Distance) => lines <= NEAR;
  return {
    hazards: named.length,
    nearHazards: named.filter((row) => row.distances.some(isNear)).length,
    findings: all.length,
    nearFindings: all.filter(isNear).length,
  };
}
