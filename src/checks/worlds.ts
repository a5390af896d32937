import { ALERTS, alertsOf } from "../engine/alerts.ts";
import { nameCounter } from "../engine/names.ts";
import { pair } from "../engine/pair.ts";
import type { Cluster, Environment, Manifest, Rendering, Unit, ValuesKey } from "../engine/types.ts";
import { releasedValues } from "../engine/values.ts";
import { translated } from "../engine/values-keys.ts";
import { valueCounter } from "../engine/values-parts.ts";
import { worldOf, type Surroundings } from "../engine/world.ts";
import type { Transition } from "./define.ts";
import { guestsIn, type Guests } from "./guests.ts";
import { settleMoves } from "./homes.ts";

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

/** What the policy knows and the files do not tell. */
export interface Known {
  readonly cluster: Cluster;
  readonly values: readonly ValuesKey[];
}

/** The worlds of every unit of either side, by unit id. */
export function worldsOf(rendered: Sides<Rendering>, { cluster, values }: Known): UnitWorlds[] {
  const sides = { ...rendered, before: settleMoves(rendered) };
  const before = new Map(sides.before.units.map((unit) => [unit.id, unit]));
  const after = new Map(sides.after.units.map((unit) => [unit.id, unit]));
  const surroundings = {
    before: { side: "base", cluster, valuesKeys: values, ...indexOf(sides.before, values) } as const,
    after: { side: "head", cluster, valuesKeys: values, ...indexOf(sides.after, values) } as const,
  };
  const guestsOf = guestsIn(sides);
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((id) => {
    const left = before.get(id) ?? emptyUnit(after.get(id), id);
    const right = after.get(id) ?? emptyUnit(before.get(id), id);
    const changes = pair(left.manifests, right.manifests);
    const guests = guestsOf(right, changes);
    return {
      unit: id,
      environment: right.environment,
      before: worldOf(joined(left, guests, "before"), surroundings.before),
      after: worldOf(joined(right, guests, "after"), surroundings.after),
      changes: [...changes, ...guests],
      untouched: isUntouched(left, right),
    };
  });
}

function joined(unit: Unit, guests: ReturnType<Guests>, side: "before" | "after"): Unit {
  if (guests.length === 0) return unit;
  return { ...unit, manifests: [...unit.manifests, ...guests.map((guest) => guest[side])] };
}

function emptyUnit(other: Unit | undefined, id: string): Unit {
  return { id, environment: other?.environment ?? "unknown", manifests: [] };
}

function indexOf(
  { units: own, witnesses = [] }: Rendering,
  keys: readonly ValuesKey[],
): Pick<Surroundings, "count" | "unitOf" | "homeOf" | "kinds" | "countValue"> {
  const units = [...own, ...witnesses];
  const kinds = Map.groupBy(
    units.flatMap(({ manifests }) => manifests),
    ({ kind }) => kind,
  );
  const namesOf = (kind: string) =>
    kind === ALERTS ? [...kinds.values()].flat().flatMap(alertsOf) : (kinds.get(kind) ?? []);
  const unitOf = unitIndex(units);
  const valuesSets = () =>
    units.flatMap(({ values, manifests }) =>
      (values ?? releasedValues(manifests)).map((set) => translated(set, keys)),
    );
  return {
    count: nameCounter(namesOf),
    unitOf: (manifest) => unitOf(manifest)?.id ?? "",
    homeOf: (manifest) => {
      const { release, environment = "unknown" } = unitOf(manifest) ?? {};
      return { namespace: manifest.namespace || (release?.namespace ?? ""), environment };
    },
    kinds,
    countValue: valueCounter(valuesSets),
  };
}

/** Made when first asked for: few changes need it. */
function unitIndex(units: readonly Unit[]): (manifest: Manifest) => Unit | undefined {
  let index: ReadonlyMap<Manifest, Unit> | undefined;
  return (manifest) => {
    index ??= new Map(units.flatMap((unit) => unit.manifests.map((one) => [one, unit] as const)));
    return index.get(manifest);
  };
}

function isUntouched(left: Unit, right: Unit): boolean {
  return (
    left.manifests.length === right.manifests.length &&
    (right.broken ?? []).length === 0 &&
    // Only what the change touches has values of its own.
    (left.values ?? []).length + (right.values ?? []).length === 0 &&
    left.manifests.every((manifest, index) => {
      const other = right.manifests[index];
      return other?.path === manifest.path && other.object === manifest.object;
    })
  );
}
