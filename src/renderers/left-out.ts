import type { Side } from "../engine/types.ts";
import type { Closure } from "./kustomization.ts";
import type { Plan } from "./plan.ts";

type Plans = Record<Side, Plan>;

/**
 * Files that a kustomization reads on one side only, though it stands on both: where it does not list them, they are in
 * the repository and nobody deploys them. Dropping an entry and keeping its file removes the object.
 */
export function leftOutFiles({ base, head }: Plans): Record<Side, (path: string) => boolean> {
  const left = { base: new Set<string>(), head: new Set<string>() };
  for (const [was, is] of standing(base, head)) {
    const files = { base: new Set(was.files), head: new Set(is.files) };
    for (const path of was.files) if (!files.head.has(path)) left.head.add(path);
    for (const path of is.files) if (!files.base.has(path)) left.base.add(path);
  }
  return { base: (path) => left.base.has(path), head: (path) => left.head.has(path) };
}

/** Without the bases that an overlay dropped: that nobody includes them any more does not make them overlays. */
export function withoutLeftOut({ base, head }: Plans): Plans {
  const dropped = new Set(
    standing(base, head).flatMap(([was, is]) => {
      const kept = new Set(is.parts.map(({ folder }) => folder));
      return was.parts.map(({ folder }) => folder).filter((folder) => !kept.has(folder));
    }),
  );
  const roots = new Set(base.closures.map(({ root }) => root.folder));
  const isDeployed = ({ root }: Closure) => roots.has(root.folder) || !dropped.has(root.folder);
  return { base, head: { ...head, closures: head.closures.filter(isDeployed) } };
}

/** Kustomizations that nobody includes, on both sides. */
export function standing(base: Plan, head: Plan): (readonly [Closure, Closure])[] {
  const known = new Map(base.closures.map((closure) => [closure.root.folder, closure]));
  return head.closures.flatMap((is) => {
    const was = known.get(is.root.folder);
    return was ? [[was, is] as const] : [];
  });
}
