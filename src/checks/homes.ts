import { isObject, object } from "../engine/json.ts";
import type { Json, Manifest, Rendering, Unit } from "../engine/types.ts";
import type { Sides } from "./worlds.ts";

/** Objects of the base that this change moves to another unit are taken to have been there: a move changes nothing. */
export function settleMoves({ before, after }: Sides<Rendering>): Rendering {
  const moves = new Map(movesOf(before.units, after.units).map(({ manifest, to }) => [manifest, to]));
  if (moves.size === 0) return before;
  const arrived = Map.groupBy(moves.keys(), (manifest) => moves.get(manifest) ?? "");
  const heads = new Map(after.units.map((unit) => [unit.id, unit]));
  const known = new Set(before.units.map(({ id }) => id));
  const kept = before.units.map((unit) => ({
    ...unit,
    manifests: [
      ...unit.manifests.filter((manifest) => !moves.has(manifest)),
      ...(arrived.get(unit.id) ?? []),
    ],
  }));
  const fresh = [...arrived].flatMap(([id, manifests]): Unit[] =>
    known.has(id) ? [] : [{ id, environment: heads.get(id)?.environment ?? "unknown", manifests }],
  );
  const left = kept.filter(({ manifests, values }) => manifests.length > 0 || (values ?? []).length > 0);
  return { ...before, units: [...left, ...fresh] };
}

interface Move {
  readonly manifest: Manifest;
  readonly to: string;
}

/** What left one unit and turned up in another, where the two units are not of different environments. */
interface Route {
  readonly from: Unit;
  readonly to: Unit;
  readonly pairs: readonly { readonly was: Manifest; readonly now: Manifest }[];
}

/** The routes that most objects take, and on which they change least, come first. */
function movesOf(before: readonly Unit[], after: readonly Unit[]): Move[] {
  const left = differing(before, after);
  const come = differing(after, before);
  const likeness = new Map(
    routesOf(left, come).map((route) => {
      const alike = route.pairs.reduce((sum, pair) => sum + alikeness(pair), 0);
      return [route, alike / route.pairs.length] as const;
    }),
  );
  const taken = new Set<Manifest>();
  return [...likeness]
    .filter(([, alike]) => alike >= 0.5)
    .sort(([a, x], [b, y]) => b.pairs.length - a.pairs.length || y - x || (a.to.id < b.to.id ? -1 : 1))
    .flatMap(([{ pairs, to }]) =>
      pairs.flatMap(({ was, now }) => {
        if (taken.has(was) || taken.has(now)) return [];
        taken.add(was).add(now);
        return [{ manifest: was, to: to.id }];
      }),
    );
}

/** By unit: objects that the unit of the same name on the other side does not have. */
function differing(units: readonly Unit[], others: readonly Unit[]): Map<Unit, readonly Manifest[]> {
  const known = new Map(others.map(({ id, manifests }) => [id, new Set(manifests.map((one) => one.id))]));
  return new Map(
    units.flatMap((unit) => {
      const there = known.get(unit.id);
      const only = unit.manifests.filter(({ id }) => !there?.has(id));
      return only.length === 0 ? [] : [[unit, only] as const];
    }),
  );
}

function routesOf(left: Map<Unit, readonly Manifest[]>, come: Map<Unit, readonly Manifest[]>): Route[] {
  const arrivals = Map.groupBy(
    [...come].flatMap(([unit, manifests]) => manifests.map((now) => ({ unit, now }))),
    ({ now }) => now.id,
  );
  return [...left].flatMap(([from, manifests]) => {
    const steps = manifests.flatMap((was) =>
      (arrivals.get(was.id) ?? []).flatMap(({ unit, now }) =>
        unit.id !== from.id && compatible(from, unit) ? [{ to: unit, was, now }] : [],
      ),
    );
    return [...Map.groupBy(steps, ({ to }) => to)].map(([to, pairs]) => ({ from, to, pairs }));
  });
}

/** Nothing moves from one environment to another: there it is taken away, and here it is new. */
function compatible(a: Unit, b: Unit): boolean {
  return a.environment === b.environment || a.environment === "unknown" || b.environment === "unknown";
}

/** The share of what the old object says, beyond who it is, that the new one says as well. */
function alikeness({ was, now }: Route["pairs"][number]): number {
  if (was.object === now.object) return 1;
  const there = new Set(sayings(now));
  const old = sayings(was);
  return old.length === 0 ? 1 : old.filter((saying) => there.has(saying)).length / old.length;
}

/** Each scalar of an object with the keys that lead to it; places in lists do not count. */
function sayings({ object: root }: Manifest): string[] {
  const visit = (value: Json | undefined, path: string): string[] => {
    if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => visit(item, `${path}/-`));
    if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => visit(item, `${path}/${key}`));
    return [`${path}=${JSON.stringify(value ?? null)}`];
  };
  return Object.entries(object(root)).flatMap(([key, value]) => (WHO.has(key) ? [] : visit(value, key)));
}

const WHO: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "status"]);
