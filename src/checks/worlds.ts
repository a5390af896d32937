import { pair } from "../engine/pair.ts";
import type { Cluster, Environment, Rendering, Unit } from "../engine/types.ts";
import { worldOf } from "../engine/world.ts";
import type { Transition } from "./define.ts";

export interface Sides<T> {
  readonly before: T;
  readonly after: T;
}

/** A unit as checks see it. */
export interface UnitWorlds extends Transition {
  readonly unit: string;
  readonly environment: Environment;
  /** Whether the change leaves every object of the unit as it was. */
  readonly untouched: boolean;
}

/** The worlds of every unit of either side, by unit id. */
export function worldsOf(sides: Sides<Rendering>, cluster: Cluster): UnitWorlds[] {
  const before = new Map(sides.before.units.map((unit) => [unit.id, unit]));
  const after = new Map(sides.after.units.map((unit) => [unit.id, unit]));
  const surroundings = {
    before: { side: "base", cluster, names: namesOf(sides.before) } as const,
    after: { side: "head", cluster, names: namesOf(sides.after) } as const,
  };
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((id) => {
    const left = before.get(id) ?? emptyUnit(after.get(id), id);
    const right = after.get(id) ?? emptyUnit(before.get(id), id);
    return {
      unit: id,
      environment: right.environment,
      before: worldOf(left, surroundings.before),
      after: worldOf(right, surroundings.after),
      changes: pair(left.manifests, right.manifests),
      untouched: isUntouched(left, right),
    };
  });
}

function emptyUnit(other: Unit | undefined, id: string): Unit {
  return { id, environment: other?.environment ?? "unknown", manifests: [] };
}

function namesOf(rendering: Rendering): Map<string, number> {
  const names = new Map<string, number>();
  for (const { manifests } of rendering.units) {
    for (const { kind, name } of manifests)
      names.set(`${kind}/${name}`, (names.get(`${kind}/${name}`) ?? 0) + 1);
  }
  return names;
}

function isUntouched(left: Unit, right: Unit): boolean {
  return (
    left.manifests.length === right.manifests.length &&
    left.manifests.every((manifest, index) => {
      const other = right.manifests[index];
      return other?.path === manifest.path && other.object === manifest.object;
    })
  );
}
