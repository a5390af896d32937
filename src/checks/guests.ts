import { labelsOf, lostOf, REFERRERS, says, type Lost } from "../engine/losses.ts";
import type { Change } from "../engine/pair.ts";
import type { Environment, Manifest, Rendering, Unit } from "../engine/types.ts";
import type { Sides } from "./worlds.ts";

/** An object of another unit, before and after. */
type Guest = Extract<Change, { kind: "kept" }>;

/** Finds what of other units refers to something that a unit loses in a change. */
export type Guests = (unit: Unit, changes: readonly Change[]) => readonly Guest[];

interface Placed {
  readonly unit: Unit;
  readonly manifest: Manifest;
}

/**
 * An Ingress, a monitor, a policy or an autoscaler that stands in another unit of the same namespace and environment is
 * judged with the unit whose Service or pods it leads to, where those lose what it names. What both units have, or
 * could have, is nobody's for sure, and is left alone.
 */
export function guestsIn({ before, after }: Sides<Rendering>): Guests {
  let index: ReturnType<typeof indexOf> | undefined;
  return (unit, changes) => {
    const lost = lostOf(changes);
    if (lost.length === 0) return [];
    index ??= indexOf(before, after);
    const { referrers, was, others } = index;
    const sure = lost.filter((one) => !others(unit, one));
    const namespaces = new Set(sure.map(({ from }) => placeOf(unit, from)));
    return [...namespaces].flatMap((namespace) =>
      (referrers.get(namespace) ?? []).flatMap((placed): Guest[] => {
        const old = was(placed);
        if (placed.unit.id === unit.id || !old || !compatible(placed.unit, unit)) return [];
        const names = (one: Lost) => placeOf(unit, one.from) === namespace && says(old, one.words);
        return sure.some(names) ? [{ kind: "kept", before: old, after: placed.manifest }] : [];
      }),
    );
  };
}

/** Where an object goes; nowhere for sure where nothing says it. */
const placeOf = ({ release }: Unit, { namespace }: Manifest): string =>
  namespace || (release?.namespace ?? "");

const isKnown = (environment: Environment) => environment !== "unknown";

const compatible = (a: Unit, b: Unit): boolean =>
  a.environment === b.environment || !isKnown(a.environment) || !isKnown(b.environment);

function indexOf(before: Rendering, after: Rendering) {
  const [old, now] = [before, after].map(allOf) as [Placed[], Placed[]];
  const known = new Map(old.map(({ unit, manifest }) => [`${unit.id} ${manifest.id}`, manifest]));
  const referrers = Map.groupBy(
    now.filter(({ manifest }) => REFERRERS.includes(manifest.kind)),
    ({ unit, manifest }) => placeOf(unit, manifest),
  );
  referrers.delete("");
  const byName = Map.groupBy([...old, ...now], nameOf);
  const byLabel = Map.groupBy(
    now.flatMap((placed) => labelsOf(placed.manifest).map((label) => ({ placed, label }))),
    ({ placed, label }) => `${placeOf(placed.unit, placed.manifest)} ${label.key}=${label.value}`,
  );
  return {
    referrers,
    was: ({ unit, manifest }: Placed) => known.get(`${unit.id} ${manifest.id}`),
    /** Whether another unit has the same object, or the same label. */
    others: (unit: Unit, { from, label }: Lost): boolean => {
      const isOther = (one: Unit) => one.id !== unit.id && compatible(one, unit);
      return (
        (byName.get(nameOf({ unit, manifest: from })) ?? []).some((one) => isOther(one.unit)) ||
        (label !== undefined &&
          (byLabel.get(`${placeOf(unit, from)} ${label.key}=${label.value}`) ?? []).some(({ placed }) =>
            isOther(placed.unit),
          ))
      );
    },
  };
}

const allOf = ({ units, witnesses = [] }: Rendering): Placed[] =>
  [...units, ...witnesses].flatMap((unit) => unit.manifests.map((manifest) => ({ unit, manifest })));

const nameOf = ({ unit, manifest }: Placed): string =>
  `${manifest.kind} ${placeOf(unit, manifest)} ${manifest.name}`;
