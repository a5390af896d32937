import type { Disruption, Finding, FloorRow, Floors } from "../engine/types.ts";

export const DISRUPTIONS: readonly { readonly event: Disruption; readonly name: string }[] = [
  { event: "rollout", name: "rollout" },
  { event: "node-drain", name: "node drain" },
  { event: "node-loss", name: "node loss" },
  { event: "zone-loss", name: "zone loss" },
];

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

function values({ replicas, events }: Floors): number[] {
  return [replicas, ...DISRUPTIONS.map(({ event }) => events[event])];
}

function stuckEvents({ stuck }: Floors): string {
  return DISRUPTIONS.filter(({ event }) => stuck[event] !== undefined)
    .map(({ event }) => event)
    .join();
}

function isChanged({ before, after }: FloorRow): boolean {
  if (!before || !after) return true;
  return values(before).join() !== values(after).join() || stuckEvents(before) !== stuckEvents(after);
}

function isWorse({ before, after }: FloorRow): boolean {
  if (!before || !after) return false;
  const now = values(after);
  const isStuck = DISRUPTIONS.some(
    ({ event }) => after.stuck[event] !== undefined && before.stuck[event] === undefined,
  );
  return isStuck || values(before).some((value, index) => (now[index] ?? 0) < value);
}

/** A number before and after: `3 → 1 ▼`; alone where nothing changed or the workload is new or gone. */
export function move(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined || before === after) return String(after ?? before ?? "–");
  return `${before} → ${after} ${after < before ? "▼" : "▲"}`;
}

/** The cells of a row: pods in normal service, then each event. An event that never ends has no number: it says so. */
export function cells({ before, after }: FloorRow): string[] {
  return [
    move(before?.replicas, after?.replicas),
    ...DISRUPTIONS.map(({ event }) => {
      const was = before && outcome(before, event);
      const is = after && outcome(after, event);
      if (was === undefined || is === undefined || was === is) return String(is ?? was ?? "–");
      if (typeof was === "number" && typeof is === "number") return move(was, is);
      return `${was} → ${is} ${is === STUCK ? "▼" : "▲"}`;
    }),
  ];
}

const STUCK = "stuck";

function outcome({ events, stuck }: Floors, event: Disruption): number | typeof STUCK {
  return stuck[event] === undefined ? events[event] : STUCK;
}

/** What else there is to say of a row: its tier and what became of it. */
export function remarks({ before, after, tier, served }: FloorRow): string[] {
  const fate = before ? (after ? [] : ["removed"]) : ["new"];
  return [tier, ...(served ? [] : ["behind no Service"]), ...fate];
}

/** Events that never end after the change, with the reason. */
export function stuckReasons({ after }: FloorRow): { name: string; reason: string }[] {
  return DISRUPTIONS.flatMap(({ event, name }) => {
    const reason = after?.stuck[event];
    return reason === undefined ? [] : [{ name, reason }];
  });
}
