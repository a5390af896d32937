import { allowedDisruptions } from "./budget.ts";
import { mostInOne } from "./spread.ts";
import type { Disruption, Floors } from "./types.ts";
import { strategyOf, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * The least number of ready pods of a workload during a rollout, a node drain, and the loss of a node and of a zone.
 * Worst case of what the manifests allow: without a hard spread rule all pods can share the node that goes.
 * Undefined for workloads without a number of replicas (DaemonSets, bare Pods, Jobs), or with one that a template makes.
 */
export function floorsOf(workload: Workload, world: World): Floors | undefined {
  if (workload.runsToCompletion || workload.kind === "DaemonSet" || workload.kind === "Pod") return undefined;
  const replicas = world.replicasOf(workload);
  if (Number.isNaN(replicas)) return undefined;
  const onNode = mostInOne(workload, "node", replicas, world.cluster.nodes);
  const inZone = mostInOne(workload, "zone", replicas, world.cluster.zones);
  const drain = drainOf(workload, world, { replicas, onNode });
  return {
    replicas,
    events: {
      rollout: rolloutFloor(workload, replicas),
      "node-drain": drain.floor,
      "node-loss": replicas - onNode,
      "zone-loss": replicas - inZone,
    },
    stuck: drain.stuck === undefined ? {} : { "node-drain": drain.stuck },
  };
}

/** Pods that stay ready while a new template rolls out. A workload at zero stays at zero. */
export function rolloutFloor(workload: Workload, replicas: number): number {
  return Math.max(0, replicas - strategyOf(workload, replicas).maxUnavailable);
}

/** A drain evicts all pods of a node, but never more at once than every budget over them allows. */
function drainOf(
  workload: Workload,
  world: World,
  { replicas, onNode }: { replicas: number; onNode: number },
): { floor: number; stuck?: string } {
  const budgets = world.budgetsOf(workload);
  if (budgets.length > 1) {
    const names = budgets.map(({ name }) => name).join(" and ");
    return { floor: replicas, stuck: `${names} cover the same pods: the eviction API refuses` };
  }
  const [budget] = budgets;
  const allowed = budget && allowedDisruptions(budget, replicas);
  if (!budget || allowed === undefined) return { floor: replicas - onNode };
  if (allowed === 0 && replicas > 0) return { floor: replicas, stuck: `${budget.name} allows no eviction` };
  return { floor: replicas - Math.min(onNode, allowed) };
}

export const DISRUPTIONS: readonly Disruption[] = ["rollout", "node-drain", "node-loss", "zone-loss"];
