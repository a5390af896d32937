/** Something with a name. */
interface Named {
  readonly name: string;
}

/**
 * How many of a kind have a name. The names of a kind are counted when they are first asked for: of most kinds nobody asks.
 * @param all everything of a kind
 */
export function nameCounter(all: (kind: string) => readonly Named[]): (kind: string, name: string) => number {
  const counts = new Map<string, ReadonlyMap<string, number>>();
  return (kind, name) => {
    const known = counts.get(kind) ?? countsOf(all(kind));
    counts.set(kind, known);
    return known.get(name) ?? 0;
  };
}

function countsOf(all: readonly Named[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** What of a kind has a name, in order. As above, found when first asked for. */
export function nameIndex<T extends Named>(
  all: (kind: string) => readonly T[],
): (kind: string, name: string) => readonly T[] {
  const indexes = new Map<string, ReadonlyMap<string, readonly T[]>>();
  return (kind, name) => {
    const known = indexes.get(kind) ?? Map.groupBy(all(kind), (one) => one.name);
    indexes.set(kind, known);
    return known.get(name) ?? [];
  };
}

/** A name as it is written: kustomize appends a hash of the content to the names of what it generates (kustomize api/hasher). */
export const withoutHash = (name: string): string => name.replace(/-[2456789bcdfghkmt]{10}$/, "");
