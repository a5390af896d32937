import { floorsOf } from "./availability.ts";
import { standingWorkloads, type Standing } from "./borrowed-pods.ts";
import { membersOf, spareOf, type MemberGroup } from "./systems.ts";
import type { Change } from "./pair.ts";
import type { Environment, FloorRow, Manifest, MemberFloors, Subject, Tier } from "./types.ts";
import type { World } from "./world.ts";

interface Sides {
  readonly unit: string;
  readonly environment: Environment;
  readonly before: World;
  readonly after: World;
  readonly changes: readonly Change[];
}

/** The floors of every workload that runs for ever, and of the members that operators run, before and after. */
export function floorRows(units: readonly Sides[], tierOf: TierOf): FloorRow[] {
  return units.flatMap((unit) => [...workloadRows(unit, tierOf), ...memberRows(unit, tierOf)]);
}

type TierOf = (subject: Subject, unit: Sides) => Tier;

function workloadRows(unit: Sides, tierOf: TierOf): FloorRow[] {
  const before = asNamedNow(standingWorkloads(unit.before), unit.changes);
  const after = standingWorkloads(unit.after);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((id) => {
    const row = floorRow(unit, before.get(id), after.get(id));
    const subject = (after.get(id) ?? before.get(id))?.workload.manifest;
    return row && subject ? [{ ...row, workload: subject.ref, tier: tierOf(subject, unit) }] : [];
  });
}

/** What is one object on both sides has one row, though its namespace is written on one side only. */
function asNamedNow<T>(rows: ReadonlyMap<string, T>, changes: readonly Change[]): ReadonlyMap<string, T> {
  const names = new Map(
    changes.flatMap(({ kind, before, after }) =>
      kind === "kept" && before.id !== after.id ? [[before.id, after.id] as const] : [],
    ),
  );
  if (names.size === 0) return rows;
  return new Map(
    [...rows].map(([key, row]) => {
      const [id = "", ...rest] = key.split(" ");
      return [[names.get(id) ?? id, ...rest].join(" "), row];
    }),
  );
}

interface Members {
  readonly subject: Manifest;
  readonly called: string;
  /** Undefined where only a template or the operator's default would tell. */
  readonly floors: MemberFloors | undefined;
}

/** Rows of what operators run: one for each group of members that stand in for each other. */
function memberRows(unit: Sides, tierOf: TierOf): FloorRow[] {
  const before = asNamedNow(membersIn(unit.before), unit.changes);
  const after = membersIn(unit.after);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const one = is ?? was;
    if (!one || (was && !was.floors) || (is && !is.floors)) return [];
    const row = { unit: unit.unit, served: true, tier: tierOf(one.subject, unit) };
    const sides = { ...(was?.floors && { before: was.floors }), ...(is?.floors && { after: is.floors }) };
    return [{ ...row, workload: `${one.subject.ref} ${one.called}`, ...sides }];
  });
}

function memberFloors(group: Pick<MemberGroup, "count" | "needs">): MemberFloors | undefined {
  const { count } = group;
  if (Number.isNaN(count)) return undefined;
  const spare = spareOf(group);
  return { members: count, ...(spare !== undefined && count > 0 && { needed: count - spare }) };
}

function membersIn({ manifests }: World): Map<string, Members> {
  const all = manifests.flatMap((subject) =>
    membersOf(subject).map(({ key, called, ...group }): [string, Members] => [
      `${subject.id} ${key}`,
      { subject, called, floors: memberFloors(group) },
    ]),
  );
  return new Map(all);
}

function floorRow({ unit }: Sides, old: Standing | undefined, now: Standing | undefined) {
  const was = old && floorsOf(old.workload, old.world);
  const is = now && floorsOf(now.workload, now.world);
  if (!was && !is) return undefined;
  const served = [old, now].some((one) => one && one.world.servicesOf(one.workload).length > 0);
  return { unit, served, ...(was && { before: was }), ...(is && { after: is }) };
}
