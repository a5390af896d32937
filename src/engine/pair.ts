import type { Manifest } from "./types.ts";

/** One object before and after. */
export type Change =
  | { readonly kind: "added"; readonly before?: undefined; readonly after: Manifest }
  | { readonly kind: "removed"; readonly before: Manifest; readonly after?: undefined }
  | { readonly kind: "kept"; readonly before: Manifest; readonly after: Manifest };

/**
 * Pairs the objects of two sides by id. Where one side writes an id twice, the same file is preferred, then order. What
 * is left is paired if one side writes the namespace that the other leaves to the deploy, and only one object can be meant.
 */
export function pair(before: readonly Manifest[], after: readonly Manifest[]): Change[] {
  const left = Map.groupBy(before, ({ id }) => id);
  const partners = new Map<Manifest, Manifest>();
  const take = (manifest: Manifest, fits: (candidate: Manifest) => boolean) => {
    const candidates = left.get(manifest.id) ?? [];
    const index = candidates.findIndex(fits);
    const [match] = index < 0 ? [] : candidates.splice(index, 1);
    if (match) partners.set(manifest, match);
  };
  for (const manifest of after) take(manifest, ({ path }) => path === manifest.path);
  for (const manifest of after) if (!partners.has(manifest)) take(manifest, () => true);
  const rest = [...left.values()].flat();
  const placed = placedOrNot(
    rest,
    after.filter((manifest) => !partners.has(manifest)),
  );
  for (const [now, old] of placed) partners.set(now, old);
  const changes = after.map((manifest): Change => {
    const match = partners.get(manifest);
    return match ? { kind: "kept", before: match, after: manifest } : { kind: "added", after: manifest };
  });
  const kept = new Set(placed.values());
  const removed = rest.flatMap((manifest): Change[] =>
    kept.has(manifest) ? [] : [{ kind: "removed", before: manifest }],
  );
  return [...changes, ...removed];
}

/** Objects that differ in whether their namespace is written, from the later to the earlier one. */
function placedOrNot(before: readonly Manifest[], after: readonly Manifest[]): Map<Manifest, Manifest> {
  if (before.length === 0 || after.length === 0) return new Map();
  const old = Map.groupBy(before, placeless);
  return new Map(
    [...Map.groupBy(after, placeless)].flatMap(([key, [now, ...others]]) => {
      const [was, ...more] = old.get(key) ?? [];
      const isOne = others.length === 0 && more.length === 0;
      return now && was && isOne && (now.namespace === "") !== (was.namespace === "")
        ? [[now, was] as const]
        : [];
    }),
  );
}

/** The id without the namespace. */
function placeless({ id, namespace, name }: Manifest): string {
  return `${id.slice(0, id.length - name.length - namespace.length - 1)}/${name}`;
}
