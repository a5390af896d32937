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
  for (;;) {
    const [left, right] = [before[i], after[j]];
    if (left === undefined) return [...lines, ...after.slice(j).map(added)];
    if (right === undefined) return [...lines, ...before.slice(i).map(removed)];
    if (left === right) {
      lines.push({ kind: " ", text: left });
      [i, j] = [i + 1, j + 1];
    } else if (common(i + 1, j) >= common(i, j + 1)) {
      lines.push(removed(left));
      i++;
    } else {
      lines.push(added(right));
      j++;
    }
  }
}

const removed = (text: string): DiffLine => ({ kind: "-", text });
const added = (text: string): DiffLine => ({ kind: "+", text });

/** Tells how many lines the texts have in common, in order, from line i and line j on. */
function longestCommon(
  before: readonly string[],
  after: readonly string[],
): (i: number, j: number) => number {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number) => table[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = table[i] ?? [];
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
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
