/** A run of lines that a diff shows: line numbers, 1-based, the end exclusive. */
export interface Hunk {
  readonly left: Range;
  readonly right: Range;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

export type DiffSide = "LEFT" | "RIGHT";

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

const range = (start = "0", count = "1"): Range => ({
  start: Number(start),
  end: Number(start) + Number(count),
});

/** The hunks of one file's patch, as GitHub's comparison gives it. */
export function hunksOf(patch: string): Hunk[] {
  return patch.split("\n").flatMap((line) => {
    const [header, oldStart, oldCount, newStart, newCount] = HEADER.exec(line) ?? [];
    return header === undefined
      ? []
      : [{ left: range(oldStart, oldCount), right: range(newStart, newCount) }];
  });
}

const holds = ({ start, end }: Range, line: number): boolean => line >= start && line < end;

/** Whether one hunk shows all of these lines: only then does GitHub take a comment on them. */
export const isShown = (hunks: readonly Hunk[], side: DiffSide, line: number, endLine: number): boolean =>
  hunks.some((hunk) => {
    const shown = side === "LEFT" ? hunk.left : hunk.right;
    return holds(shown, line) && holds(shown, endLine);
  });
