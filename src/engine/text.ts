/** The number of single-character edits between two words (Levenshtein), with a swap of neighbours as one edit. */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const edits = (i: number, j: number) => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = edits(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? edits(i - 2, j - 2) + 1 : Infinity;
      rows[i]?.push(Math.min(edits(i - 1, j) + 1, edits(i, j - 1) + 1, replaced, swapped));
    }
  }
  return edits(a.length, b.length);
}

/** Longer words are not compared: nobody mistypes them, and comparing costs their product. */
export const LONGEST_WORD = 64;

/** Shorter words are too near to each other: `cpu` and `gpu` are both meant. */
const SHORTEST_WORD = 5;

/** The one known word of which the written one is a slip: another case, or one edit. Undefined for none or several. */
export function slipOf(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const lower = word.toLowerCase();
  const near = [...known].filter((candidate) => {
    const other = candidate.toLowerCase();
    if (other === lower) return true;
    const isShort = Math.min(other.length, lower.length) < SHORTEST_WORD;
    return !isShort && Math.abs(other.length - lower.length) <= 1 && distance(lower, other) === 1;
  });
  return near.length === 1 ? near[0] : near.find((candidate) => candidate.toLowerCase() === lower);
}
