import { MEANS, type Means, type ProtectionRow } from "../engine/types.ts";

/** The heads of the columns. */
export const MEANS_NAMES: Readonly<Record<Means, string>> = {
  retry: "retries",
  timeout: "timeouts",
  ejection: "failing pods left out",
  fallback: "fallback",
  stale: "stale answers",
  limit: "limits",
};

/** Asked of every route; the others only where some route has them. */
const ALWAYS: readonly Means[] = ["retry", "timeout", "ejection", "fallback"];

/** The columns of the table of protections: some always, the others where any row has something there. */
export function meansToShow(rows: readonly ProtectionRow[]): readonly Means[] {
  return MEANS.filter(
    (means) =>
      ALWAYS.includes(means) ||
      rows.some(({ before, after }) => before?.[means] !== undefined || after[means] !== undefined),
  );
}

/** One cell: what is there; before and after where that changed. */
export function protectionCell({ before, after }: ProtectionRow, means: Means): string {
  const is = after[means] ?? "–";
  const was = before?.[means] ?? "–";
  return before === undefined || was === is ? is : `${was} → ${is}`;
}

/** Routes whose protection changed first; then by name. */
export function protectionsToShow(rows: readonly ProtectionRow[]): readonly ProtectionRow[] {
  const isChanged = ({ before, after }: ProtectionRow) =>
    before !== undefined && MEANS.some((means) => before[means] !== after[means]);
  return [...rows.filter(isChanged), ...rows.filter((row) => !isChanged(row))];
}
