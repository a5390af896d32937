/** Longer words are not compared: nobody mistypes them, and comparing costs their product. */
const LONGEST = 64;

/** The number of single-character edits between two words (Levenshtein), with a swap of neighbours as one edit. */
function distance(a: string, b: string): number {
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

/**
 * The known word that was most likely meant: it begins with what was written (three letters at least), or at most a
 * third of its letters differ (two at least). Undefined where none comes near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) => edits <= Math.max(2, Math.floor(candidate.length / 3)) && edits < word.length,
    )
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1));
  const begun = word.length < 3 ? [] : known.filter((candidate) => candidate.toLowerCase().startsWith(lower));
  return ranked[0]?.candidate ?? (begun.length === 1 ? begun[0] : undefined);
}
