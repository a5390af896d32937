/** Longer words are not compared: nobody mistypes them, and comparing costs their product. */
const LONGEST = 64;

/** The number of single-character edits between two words (Levenshtein), with a swap of neighbours as one edit. */
function distance(a: string, b: string): number {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = [(old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + same];
      if (swapped) edits.push((older[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? 0;
}

/** The known word that was most likely meant: at most a third of its letters differ (two at least). Undefined if none. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(2, Math.floor(candidate.length / 3)) && edits < word.length)
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1));
  return ranked[0]?.candidate;
}
