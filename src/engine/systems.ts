import { integer, isObject, list, object, string } from "./json.ts";
import type { MembersRule, Needs, System } from "./system-types.ts";
import { DATABASE_SYSTEMS } from "./systems-databases.ts";
import { OTHER_SYSTEMS } from "./systems-others.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

const SYSTEMS: ReadonlyMap<string, System> = new Map(
  Object.entries({ ...DATABASE_SYSTEMS, ...OTHER_SYSTEMS }),
);

/** The kinds of their objects; of several groups, some of which are no systems. */
export const SYSTEM_KINDS: readonly string[] = [
  ...new Set([...SYSTEMS.keys()].map((id) => id.slice(id.indexOf("/") + 1))),
];

/** The database, queue or other store that an operator runs as this object says; undefined for other objects. */
export function systemOf({ group, kind }: Pick<Manifest, "group" | "kind">): System | undefined {
  return SYSTEMS.get(`${group}/${kind}`);
}

/** ClickHouse's operator takes words for a switch, and CloudNativePG an annotation. */
const STOPPED: ReadonlySet<Json | undefined> = new Set([true, "true", "yes", "1", "on"]);

/** Members of an operator-managed system that stand in for each other. */
export interface MemberGroup {
  /** `instances`, `brokers`. */
  readonly called: string;
  /** Tells the groups of one object apart, on both sides of a change. */
  readonly key: string;
  /** Where the number is written, or would be. */
  readonly path: FieldPath;
  /** NaN where only an expansion, or the operator's own default, would tell; 0 where the system is stopped. */
  readonly count: number;
  readonly needs: Needs;
}

/** The groups of members that an object orders; none where it is no such object, or something else counts them. */
export function membersOf(manifest: Manifest): MemberGroup[] {
  const system = systemOf(manifest);
  if (!system) return [];
  const stopped = system.stop !== undefined && STOPPED.has(manifest.get(...system.stop));
  return system.members
    .filter(({ when }) => when?.(manifest) ?? true)
    .flatMap((rule) => groupsOf(manifest, rule))
    .map((group) => (stopped ? { ...group, count: 0, path: system.stop ?? group.path } : group));
}

function groupsOf(manifest: Manifest, rule: MembersRule): MemberGroup[] {
  const { called, together } = rule;
  const needs = typeof rule.needs === "string" ? rule.needs : rule.needs(manifest);
  const counted = placesOf(manifest, rule.count)
    .filter(({ entry }) => entry === undefined || (rule.among?.(entry) ?? true))
    .map(({ path, name }) => ({ path, name, count: countAt(manifest, path, rule.otherwise) }))
    .filter(({ path, count }) => count !== undefined || isObject(manifest.get(...path.slice(0, -1))))
    .map((one) => ({ ...one, count: one.count ?? NaN }));
  const [first] = counted;
  if (together && first) {
    const count = counted.reduce((sum, one) => sum + one.count, 0);
    return [{ called, needs, count, key: called, path: first.path }];
  }
  return counted.map(({ path, name, count }) => {
    return { called, needs, count, path, key: name === undefined ? called : `${called} ${name}` };
  });
}

function countAt(manifest: Manifest, path: FieldPath, otherwise: number | undefined): number | undefined {
  const value = manifest.get(...path);
  return value === undefined || value === null ? otherwise : (integer(value) ?? NaN);
}

/** One field that a path with a `*` means. */
export interface Place {
  readonly path: FieldPath;
  /** The entry that stands for the `*`, and how it is called. */
  readonly entry?: Json;
  readonly name?: string;
}

/** The fields that a path means in an object, whether they are written or not: `*` is each entry of a list or map. */
export function placesOf(manifest: Manifest, path: FieldPath): Place[] {
  const star = path.indexOf("*");
  if (star < 0) return [{ path }];
  const [head, tail] = [path.slice(0, star), path.slice(star + 1)];
  const inside = manifest.get(...head);
  const entries = isObject(inside) ? Object.entries(inside) : [...list(inside).entries()];
  return entries.map(([step, entry]) => {
    return { path: [...head, step, ...tail], entry: entry ?? null, name: nameOf(entry, step) };
  });
}

const NAMES = ["name", "component"] as const;

function nameOf(entry: Json | undefined, step: string | number): string {
  const said = NAMES.map((key) => string(object(entry)[key])).find((name) => name !== undefined);
  return said ?? string(object(object(entry)["metadata"])["name"]) ?? String(step);
}

/** How many members may be lost at once while the rest still serves; undefined where other fields decide. */
export function spareOf({ count, needs }: Pick<MemberGroup, "count" | "needs">): number | undefined {
  if (Number.isNaN(count)) return undefined;
  if (count <= 1) return 0;
  if (needs === "majority") return Math.floor((count - 1) / 2);
  return needs === "one" ? count - 1 : undefined;
}

/**
 * What takes a member's vote away. Galera and MySQL's group replication take a member that stops in order out of the
 * count (galeracluster.com, weighted quorum; dev.mysql.com, group replication: network partitioning).
 */
export function quorumLostWhen(runs: string): string {
  return runs === "MySQL" || runs === "MariaDB" ? "lost" : "restarted, drained or lost";
}
