import { distance, LONGEST_WORD } from "../engine/text.ts";

/**
 * The known word that was most likely meant: it begins with what was written (three letters at least), or at most a
 * third of its letters differ (two at least). Undefined where none comes near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
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
