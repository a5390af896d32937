import type { Manifest } from "./types.ts";

/** One object before and after. */
export type Change =
  | { readonly kind: "added"; readonly before?: undefined; readonly after: Manifest }
  | { readonly kind: "removed"; readonly before: Manifest; readonly after?: undefined }
  | { readonly kind: "kept"; readonly before: Manifest; readonly after: Manifest };

/** Pairs the objects of two sides by id. Where one side writes an id twice, the same file is preferred, then order. */
export function pair(before: readonly Manifest[], after: readonly Manifest[]): Change[] {
  const left = Map.groupBy(before, ({ id }) => id);
  const changes: Change[] = [];
  for (const manifest of after) {
    const candidates = left.get(manifest.id) ?? [];
    const match = candidates.find(({ path }) => path === manifest.path) ?? candidates[0];
    if (match) candidates.splice(candidates.indexOf(match), 1);
    changes.push(
      match ? { kind: "kept", before: match, after: manifest } : { kind: "added", after: manifest },
    );
  }
  for (const rest of left.values()) {
    for (const manifest of rest) changes.push({ kind: "removed", before: manifest });
  }
  return changes;
}
