import type { Change } from "./pair.ts";
import { isPruning, removalOf, takesAlong } from "./pruning.ts";
import type { Manifest, ReleaseIdentity } from "./types.ts";
import type { World } from "./world.ts";

/** A release that is installed under another name, or in another namespace, than before. */
export interface ReleaseMove {
  readonly was: ReleaseIdentity;
  readonly is: ReleaseIdentity;
  /** Both names are known, and differ. */
  readonly renamed: boolean;
  /** Into another namespace, where both are known. */
  readonly moved: boolean;
}

/** What becomes of the release that makes a unit; undefined where it stays what it is. */
export function releaseMove(before: World, after: World): ReleaseMove | undefined {
  const { release: was } = before;
  const { release: is } = after;
  if (!was || !is) return undefined;
  const differ = (old: string, now: string) => old !== "" && now !== "" && old !== now;
  const renamed = differ(was.name, is.name);
  const moved = differ(was.namespace, is.namespace);
  return renamed || moved ? { was, is, renamed, moved } : undefined;
}

/** Flux uninstalls a release before it installs it elsewhere; no object of it goes on. */
export const isReinstalled = (move: ReleaseMove | undefined): boolean => move?.was.tool === "flux";

/** What an object of the old release is called in the new one. */
export const nameNow = (name: string, { was, is, renamed }: ReleaseMove): string =>
  renamed ? name.replace(was.name, is.name) : name;

/** What a release made and makes under another name or in another namespace: the old one with its heir. */
export function heirsOf(move: ReleaseMove, changes: readonly Change[]): Map<Manifest, Manifest> {
  const place = (kind: string, name: string) => `${kind}/${name}`;
  const added = changes.flatMap((change) => (change.kind === "added" ? [change.after] : []));
  const known = Map.groupBy(added, ({ kind, name }) => place(kind, name));
  return new Map(
    changes.flatMap(({ kind, before: old }) => {
      if (kind !== "removed") return [];
      const [heir, ...others] = known.get(place(old.kind, nameNow(old.name, move))) ?? [];
      return heir && others.length === 0 ? [[old, heir] as const] : [];
    }),
  );
}

/** Objects of the old release that do not go on as they are. */
export function leftBehind(move: ReleaseMove, changes: readonly Change[]): Manifest[] {
  const all = isReinstalled(move);
  return changes.flatMap(({ kind, before, after }) => {
    if (kind === "removed") return [before];
    // Where a template writes no namespace, the release's decides.
    const isTaken = kind === "kept" && (all || (move.moved && after.namespace === ""));
    return isTaken ? [before] : [];
  });
}

/** What becomes in the cluster of what the old release made. */
export type Fate = "deleted" | "maybe" | "stays";

/**
 * Flux uninstalls (fluxcd.io/flux/components/helm/helmreleases, "Release name"); Argo CD deletes where it prunes, or
 * where the old Application takes its objects along; helmfile knows only what it still lists.
 */
export function fateOf({ was, is }: ReleaseMove, before: World): Fate {
  const { order: old, tool } = was;
  if (tool === "helmfile" || !old) return "stays";
  const isSame = old.ref === is.order?.ref;
  if (tool === "flux") return isSame || removalOf(old, before) === "deleted" ? "deleted" : "maybe";
  const spec = old.kind === "Application" ? ["spec"] : ["spec", "template", "spec"];
  const goes = isSame && was.application === is.application ? isPruning(old, spec) : takesAlong(old);
  return goes ? "deleted" : "stays";
}
