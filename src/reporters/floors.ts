import type { Disruption, Finding, FloorRow, Floors, MemberFloors, NodeFloors } from "../engine/types.ts";

/** The columns of the table of floors. */
export const DISRUPTIONS: readonly { readonly event: Disruption; readonly name: string }[] = [
  { event: "rollout", name: "rollout" },
  { event: "node-drain", name: "node drain" },
  { event: "node-loss", name: "node loss" },
  { event: "zone-loss", name: "zone loss" },
  { event: "rollout-node-loss", name: "node loss in a rollout" },
];

type Side = Floors | NodeFloors | MemberFloors;

/** Rows worth reading: changed ones, worse ones first, and those with findings; the others are only counted. */
export function floorsToShow(
  rows: readonly FloorRow[],
  fresh: readonly Finding[],
  most: number,
): { shown: readonly FloorRow[]; unshown: number; unchanged: number } {
  const named = new Set(fresh.flatMap(({ subject, units }) => units.map((unit) => keyOf(unit, subject.ref))));
  const telling = rows.filter((row) => isChanged(row) || named.has(keyOf(row.unit, row.workload)));
  const ranked = [...telling.filter(isWorse), ...telling.filter((row) => !isWorse(row))];
  return {
    shown: ranked.slice(0, most),
    unshown: Math.max(0, ranked.length - most),
    unchanged: rows.length - telling.length,
  };
}

function keyOf(unit: string, ref: string): string {
  return JSON.stringify([unit, ref]);
}

/** Numbers to compare, in one order: fewer is worse. Of a DaemonSet, with how many nodes lack. */
function values(floors: Side): number[] {
  if (isMembers(floors)) return [floors.members, floors.members - (floors.needed ?? 0)];
  if (isNodes(floors)) return [-Number.parseInt(String(floors.lacking))];
  return [floors.replicas, ...DISRUPTIONS.map(({ event }) => floors.events[event])];
}

function isNodes(floors: Side): floors is NodeFloors {
  return "lacking" in floors;
}

function isMembers(floors: Side): floors is MemberFloors {
  return "members" in floors;
}

function stuckOf(floors: Side): Floors["stuck"] {
  return "stuck" in floors ? floors.stuck : {};
}

function isChanged({ before, after }: FloorRow): boolean {
  if (!before || !after) return true;
  return cellsOf(before).join() !== cellsOf(after).join();
}

function isWorse({ before, after }: FloorRow): boolean {
  if (!before || !after) return false;
  const now = values(after);
  const isStuck = DISRUPTIONS.some(
    ({ event }) => stuckOf(after)[event] !== undefined && stuckOf(before)[event] === undefined,
  );
  return isStuck || values(before).some((value, index) => (now[index] ?? 0) < value);
}

/** A number before and after: `3 → 1 ▼`; alone where nothing changed or the workload is new or gone. */
export function move(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined || before === after) return String(after ?? before ?? "–");
  return `${before} → ${after} ${after < before ? "▼" : "▲"}`;
}

/**
 * The cells of a row: pods in normal service, then each event. An event that never ends has no number: it says so.
 * Of a DaemonSet the nodes that have a pod; a dash where the event takes none of its pods from a node that stays.
 */
export function cells(row: FloorRow): string[] {
  const was = row.before && cellsOf(row.before);
  const is = row.after && cellsOf(row.after);
  const worse = isWorse(row);
  return (is ?? was ?? []).map((_, index) => {
    const [old, now] = [was?.[index], is?.[index]];
    if (old === undefined || now === undefined || old === now) return String(now ?? old);
    if (typeof old === "number" && typeof now === "number") return move(old, now);
    const down = now === STUCK || (old !== STUCK && worse);
    return `${old} → ${now} ${down ? "▼" : "▲"}`;
  });
}

const STUCK = "stuck";

function cellsOf(floors: Side): (number | string)[] {
  const events = DISRUPTIONS.map(({ event }) => event);
  if (isMembers(floors)) {
    // Operators replace one member after the other.
    const rolling = Math.max(0, floors.members - 1);
    return [floors.members, ...events.map((event) => (event === "rollout" ? rolling : "–"))];
  }
  if (isNodes(floors)) {
    const { lacking, nodes } = floors;
    const rolling =
      nodes === undefined ? (lacking === 0 ? "all" : `all but ${lacking}`) : nodes - Number(lacking);
    return [nodes ?? "all", ...events.map((event) => (event.startsWith("rollout") ? rolling : "–"))];
  }
  return [
    floors.replicas,
    ...events.map((event) => (floors.stuck[event] === undefined ? floors.events[event] : STUCK)),
  ];
}

/** What else there is to say of a row: its tier and what became of it. */
export function remarks({ before, after, tier, served }: FloorRow): string[] {
  const fate = before ? (after ? [] : ["removed"]) : ["new"];
  const kind = after ?? before;
  return [
    tier,
    ...(kind && isNodes(kind) ? ["counted in nodes"] : []),
    ...(kind && isMembers(kind) ? memberRemarks(kind) : []),
    ...(served ? [] : ["behind no Service"]),
    ...fate,
  ];
}

function memberRemarks({ members, needed }: MemberFloors): string[] {
  const serves = needed === undefined || members === 0 ? [] : [`serves with ${needed} of ${members}`];
  return ["placed by its operator", ...serves];
}

/** Events that never end after the change, with the reason. */
export function stuckReasons({ after }: FloorRow): { name: string; reason: string }[] {
  return DISRUPTIONS.flatMap(({ event, name }) => {
    const reason = after && stuckOf(after)[event];
    return reason === undefined ? [] : [{ name, reason }];
  });
}
