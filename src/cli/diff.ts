/** One line of a difference: kept, only in the first text, or only in the second. */
export interface DiffLine {
  readonly kind: " " | "-" | "+";
  readonly text: string;
}

/** The shortest difference of two short texts, line by line. Costs the product of their lengths. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const common = longestCommon(before, after);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    if (left !== undefined && left === right) {
      lines.push({ kind: " ", text: left });
      i++;
      j++;
    } else if (
      left !== undefined &&
      (right === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))
    ) {
      lines.push({ kind: "-", text: left });
      i++;
    } else {
      lines.push({ kind: "+", text: right ?? "" });
      j++;
    }
  }
  return lines;
}

/** `table[i][j]`: how many lines the texts have in common, in order, from line i and line j on. */
function longestCommon(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [row, below] = [table[i] ?? [], table[i + 1] ?? []];
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** The changed lines with up to `around` kept ones on each side; a gap is one line that holds `…`. */
export function hunks(lines: readonly DiffLine[], around: number): DiffLine[] {
  const near = (index: number) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== " ");
  const shown: DiffLine[] = [];
  lines.forEach((line, index) => {
    if (near(index)) shown.push(line);
    else if (index === 0 || near(index - 1)) shown.push({ kind: " ", text: "…" });
  });
  return shown;
}
