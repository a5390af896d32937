import type { Manifest } from "./types.ts";

/** One object before and after. */
export type Change =
  | { readonly kind: "added"; readonly before?: undefined; readonly after: Manifest }
  | { readonly kind: "removed"; readonly before: Manifest; readonly after?: undefined }
  | { readonly kind: "kept"; readonly before: Manifest; readonly after: Manifest };

/** Pairs the objects of two sides by id. Where one side writes an id twice, the same file is preferred, then order. */
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
  const changes = after.map((manifest): Change => {
    const match = partners.get(manifest);
    return match ? { kind: "kept", before: match, after: manifest } : { kind: "added", after: manifest };
  });
  const removed = [...left.values()]
    .flat()
    .map((manifest): Change => ({ kind: "removed", before: manifest }));
  return [...changes, ...removed];
}
