import { isCounted } from "./serving.ts";
import type { Change } from "./pair.ts";
import type { Needs } from "./system-types.ts";
import { membersOf, systemOf, type MemberGroup } from "./systems.ts";
import type { FieldPath, Manifest } from "./types.ts";
import { votersIn } from "./voters.ts";
import type { World } from "./world.ts";

/** Members of one system that become fewer. */
export interface MembersFall {
  readonly after: Manifest;
  readonly key: string;
  readonly path: FieldPath;
  readonly called: string;
  readonly runs: string;
  readonly needs: Needs;
  readonly from: number;
  readonly to: number;
  /** A StatefulSet that no operator looks after. */
  readonly plain: boolean;
}

interface Sides {
  readonly before: World;
  readonly after: World;
  readonly changes: readonly Change[];
}

/** Systems of operators, and StatefulSets of programs that vote, whose members become fewer. */
export function fallsOf(sides: Sides): MembersFall[] {
  return sides.changes.flatMap((change): MembersFall[] => {
    if (change.kind !== "kept" || change.before.object === change.after.object) return [];
    return systemOf(change.after) ? managed(change, sides) : plain(change, sides);
  });
}

type Kept = Extract<Change, { kind: "kept" }>;

function managed({ before, after }: Kept, sides: Sides): MembersFall[] {
  const old = new Map(membersIn(before, sides.before).map((group) => [group.key, group]));
  const runs = systemOf(after)?.runs ?? "";
  const groups = membersIn(after, sides.after);
  return groups.flatMap(({ count: to, ...group }): MembersFall[] => {
    const from = old.get(group.key)?.count ?? NaN;
    // Copies move along to another group of the same object, where that has as many more.
    const moves = group.needs === "copies" && total(groups, group) >= total([...old.values()], group);
    return to < from && !moves ? [{ ...group, after, runs, from, to, plain: false }] : [];
  });
}

const total = (groups: readonly MemberGroup[], { called }: Pick<MemberGroup, "called">) =>
  groups.reduce((sum, one) => sum + (one.called === called ? one.count : 0), 0);

/** The groups of members of a system, with what other objects of the unit add to them. */
export function membersIn(manifest: Manifest, world: World): MemberGroup[] {
  return membersOf(manifest).map((group) => ({
    ...group,
    count: group.count + others(manifest, group.called, world),
  }));
}

/** Members of the same cluster that other objects order: node pools of Kafka name their cluster in a label. */
function others(manifest: Manifest, called: string, world: World): number {
  const cluster = manifest.labels["strimzi.io/cluster"];
  if (manifest.kind !== "KafkaNodePool" || cluster === undefined) return 0;
  return world
    .ofKind("KafkaNodePool")
    .filter((pool) => pool !== manifest && pool.labels["strimzi.io/cluster"] === cluster)
    .flatMap((pool) => membersOf(pool).filter((group) => group.called === called))
    .reduce((sum, { count }) => sum + count, 0);
}

function plain({ before, after }: Kept, sides: Sides): MembersFall[] {
  const [was, is] = [sides.before.workload(before), sides.after.workload(after)];
  const runs = is && votersIn(is);
  if (!was || !is || runs === undefined || !isCounted(is)) return [];
  const [from, to] = [sides.before.replicasOf(was), sides.after.replicasOf(is)];
  const path = ["spec", "replicas"];
  return to < from && sides.after.autoscalersOf(is).length === 0
    ? [{ after, key: "members", path, called: "members", runs, needs: "majority", from, to, plain: true }]
    : [];
}
