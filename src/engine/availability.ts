import { drainOf } from "./drain.ts";
import { amountInWords, limitOfQuota, quotaLines, rollingUnder } from "./quota.ts";
import { scaled } from "./quantity.ts";
import { isCounted } from "./serving.ts";
import { spreadOf, type Spread } from "./spread.ts";
import type { Disruption, Floors, NodeFloors } from "./types.ts";
import { aheadOf, strategyOf, type Strategy, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * The least number of ready pods of a workload during each event. Worst case of what the manifests allow, with the pods
 * placed as the scheduler first places them: without a hard spread rule all of them can share the node that goes.
 * Of a DaemonSet, the nodes that may be without. Undefined for bare Pods and Jobs, and where a template makes a number.
 * test/engine/model holds a second, slow way to the same numbers.
 */
export function floorsOf(workload: Workload, world: World): Floors | NodeFloors | undefined {
  if (workload.kind === "DaemonSet") return nodeFloors(workload, world);
  if (!isCounted(workload)) return undefined;
  const wanted = world.replicasOf(workload);
  const zone = spreadOf(workload, "zone", world.cluster);
  const spreads = [spreadOf(workload, "node", world.cluster), zone];
  const replicas = Math.min(wanted, ...spreads.map(({ room }) => room));
  const strategy = replicas < wanted && isOrdered(workload) ? WAITING : strategyOf(workload, wanted);
  if (Number.isNaN(wanted + strategy.maxSurge + strategy.maxUnavailable)) return undefined;
  // A node lies in one zone, so what a zone can hold is also the most of a node.
  const onNode = Math.min(...spreads.map(({ most }) => most(replicas)));
  const drain = drainOf(workload, world, { wanted, replicas, onNode });
  const stuck: [Disruption, string | undefined][] = [
    ["rollout", blockedRollout(workload, world, { wanted, strategy, spreads })],
    ["node-drain", drain.stuck],
  ];
  return {
    replicas,
    events: {
      rollout: Math.min(replicas, rolloutFloor(strategy, wanted)),
      "node-drain": drain.floor,
      "node-loss": replicas - onNode,
      "zone-loss": replicas - zone.most(replicas),
      "rollout-node-loss": Math.max(
        ...spreads.map((spread) => survivors({ wanted, replicas, strategy }, spread)),
      ),
    },
    stuck: Object.fromEntries(stuck.filter(([, reason]) => reason !== undefined)),
  };
}

/** A StatefulSet that starts its pods one after the other waits for one that finds no place, and updates none. */
const WAITING: Strategy = { type: "OnDelete", maxUnavailable: 0, maxSurge: 0 };

function isOrdered({ kind, manifest }: Workload): boolean {
  return kind === "StatefulSet" && manifest.get("spec", "podManagementPolicy") !== "Parallel";
}

function nodeFloors(workload: Workload, { cluster }: World): NodeFloors | undefined {
  const { nodes } = cluster;
  const written = workload.manifest.get("spec", "updateStrategy", "rollingUpdate", "maxUnavailable");
  const { type, maxUnavailable } = strategyOf(workload, nodes ?? 100);
  if (Number.isNaN(maxUnavailable)) return undefined;
  if (nodes !== undefined) return { nodes, lacking: Math.min(nodes, maxUnavailable) };
  const isShare = type === "RollingUpdate" && scaled(written, 100, "up") !== scaled(written, 200, "up");
  return { lacking: isShare && maxUnavailable > 0 ? `${maxUnavailable}%` : maxUnavailable };
}

/** Pods that stay ready while a new template rolls out. A workload at zero stays at zero. */
export function rolloutFloor({ maxUnavailable }: Pick<Strategy, "maxUnavailable">, replicas: number): number {
  return Math.max(0, replicas - maxUnavailable);
}

/**
 * Pods that are left when a node goes in the worst moment of a rollout: as few are ready as may be, and the node holds
 * as many of them as it can, for old pods may go from everywhere else first. Where old and new pods count together, no
 * node gets more than it may of all that there are at once; where they count apart, its share of each.
 */
function survivors(
  { wanted, replicas, strategy }: { wanted: number; replicas: number; strategy: Strategy },
  { most, least, perGeneration }: Spread,
): number {
  const { type, maxSurge, apart, held = 0 } = strategy;
  if (type === "Recreate") return 0;
  if (type === "OnDelete") return replicas - most(replicas);
  if (apart) {
    // After the switch only new pods count, and they fill up what the old ones left uneven.
    const fresh = perGeneration ? most(replicas) : most(replicas + maxSurge) - least(replicas);
    return replicas - Math.min(replicas, Math.max(fresh, most(replicas)));
  }
  const ready = Math.min(replicas, rolloutFloor(strategy, wanted));
  if (!perGeneration) return Math.max(0, ready - most(wanted + maxSurge));
  const old = Math.max(Math.min(held, replicas), Math.min(most(replicas), ready));
  // When the last old pod went, one more was there, and those that were ready then are still the only ones that count.
  const fresh = most(Math.min(wanted, Math.max(0, wanted + maxSurge - old - 1)));
  return Math.max(0, old - most(replicas)) + Math.max(0, ready - old - fresh);
}

interface Rollout {
  readonly wanted: number;
  readonly strategy: Strategy;
  readonly spreads: readonly Spread[];
}

/** Why a rollout never ends, if it does not. */
function blockedRollout(workload: Workload, world: World, rollout: Rollout): string | undefined {
  return noPlace(rollout) ?? overQuota(workload, world);
}

/** What one node or zone holds at most, times their number: more pods than that find no place, and one too many for a surge. */
export function lacksRoom(
  { wanted, strategy }: Pick<Rollout, "wanted" | "strategy">,
  { room, perGeneration }: Pick<Spread, "room" | "perGeneration">,
): "pods" | "surge" | undefined {
  if (wanted > room) return "pods";
  return !perGeneration && wanted + aheadOf(strategy) > room ? "surge" : undefined;
}

function noPlace({ wanted, strategy, spreads }: Rollout): string | undefined {
  for (const spread of spreads) {
    const lack = lacksRoom({ wanted, strategy }, spread);
    if (!lack) continue;
    const rule = `at most ${spread.cap} a ${spread.level} may run`;
    return lack === "pods"
      ? `${rule}, so ${spread.room} of ${wanted} pods find a place, and the others never start`
      : `${rule}, and all ${spread.room} places are taken: no new pod can start before an old one goes, and none may go first (maxUnavailable 0)`;
  }
  return undefined;
}

function overQuota(workload: Workload, world: World): string | undefined {
  for (const line of quotaLines(world)) {
    if (!line.inside.includes(workload)) continue;
    const { isRefused, needs } = rollingUnder(line, workload, world);
    if (isRefused)
      return `${limitOfQuota(line)}, and a rollout needs ${amountInWords(needs, line.name)}: its new pods are refused`;
  }
  return undefined;
}
