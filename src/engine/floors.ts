import { floorsOf } from "./availability.ts";
import type { Environment, FloorRow, Subject, Tier } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

interface Sides {
  readonly unit: string;
  readonly environment: Environment;
  readonly before: World;
  readonly after: World;
}

/** The floors of every workload that runs for ever, before and after. */
export function floorRows(
  units: readonly Sides[],
  tierOf: (subject: Subject, unit: Sides) => Tier,
): FloorRow[] {
  return units.flatMap((unit) => {
    const before = byId(unit.before);
    const after = byId(unit.after);
    return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((id) => {
      const row = floorRow(unit, before.get(id), after.get(id));
      const subject = (after.get(id) ?? before.get(id))?.manifest;
      return row && subject ? [{ ...row, workload: subject.ref, tier: tierOf(subject, unit) }] : [];
    });
  });
}

function byId(world: World): Map<string, Workload> {
  return new Map(world.workloads.map((workload) => [workload.manifest.id, workload]));
}

function floorRow({ unit, before, after }: Sides, old: Workload | undefined, now: Workload | undefined) {
  const was = old && floorsOf(old, before);
  const is = now && floorsOf(now, after);
  if (!was && !is) return undefined;
  const served =
    (now !== undefined && after.servicesOf(now).length > 0) ||
    (old !== undefined && before.servicesOf(old).length > 0);
  return { unit, served, ...(was && { before: was }), ...(is && { after: is }) };
}
