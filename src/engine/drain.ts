import { podsInWords } from "./arithmetic.ts";
import { allowedDisruptions, coveredBy, limitInWords, podsUnder } from "./budget.ts";
import { spreadOf, type Spread } from "./spread.ts";
import type { Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

interface Pods {
  /** As written, and as many as find a place. */
  readonly wanted: number;
  readonly replicas: number;
  /** The most that the drained node can hold. */
  readonly onNode: number;
}

/** A drain evicts all pods of a node, but never more at once than the budget over them allows. */
export function drainOf(workload: Workload, world: World, pods: Pods): { floor: number; stuck?: string } {
  const { replicas, onNode } = pods;
  const budgets = world.budgetsOf(workload);
  const [budget] = budgets;
  if (!budget || replicas === 0) return { floor: replicas - onNode };
  if (budgets.length > 1) {
    const names = budgets.map(({ name }) => name).join(" and ");
    return { floor: replicas, stuck: `${names} cover the same pods: the eviction API refuses` };
  }
  const expected = podsUnder(budget, world);
  const missing = pods.wanted - replicas;
  const allowed = allowedDisruptions(budget, expected, expected - missing);
  if (allowed === undefined || Number.isNaN(allowed)) return { floor: replicas - onNode };
  if (allowed === 0) return { floor: replicas, stuck: refusal(budget, workload, world) };
  const full = noPlaceElsewhere(spreadOf(workload, "node", world.cluster), pods, allowed);
  const floor = replicas - Math.min(onNode, allowed);
  return full === undefined ? { floor } : { floor, stuck: `${budget.name} ${full}` };
}

function refusal(budget: Manifest, workload: Workload, world: World): string {
  const expected = podsUnder(budget, world);
  const others = coveredBy(budget, world).length - 1;
  const shared =
    others > 0 ? ` (those of ${others} other ${others === 1 ? "workload" : "workloads"} included)` : "";
  const scaled = world.autoscalersOf(workload).length > 0 ? " while the autoscaler is at its minimum" : "";
  return `${budget.name} says ${limitInWords(budget, expected)}, so of ${podsInWords(expected)}${shared} none may be evicted${scaled}`;
}

/**
 * A cordoned node takes no pod but counts as a domain, with fewer and fewer pods: the skew then keeps the evicted ones
 * from starting on the other nodes, and the budget the rest from going (PodTopologySpread, nodeTaintsPolicy Ignore).
 * With one pod left on the node, each other node may hold skew + 1, or what it holds already.
 */
function noPlaceElsewhere(
  { cordonedSkew: skew, domains, cap }: Spread,
  { replicas, onNode }: Pods,
  allowed: number,
): string | undefined {
  if (domains === 1 && onNode > allowed)
    return `lets ${podsInWords(allowed)} go at once, and there is no other node`;
  if (skew === undefined || domains === undefined || onNode < 2) return undefined;
  const elsewhere = Math.max(replicas - onNode, (domains - 1) * Math.min(skew + 1, cap));
  if (replicas - 1 - elsewhere < allowed) return undefined;
  return `lets ${podsInWords(allowed)} go at once, and the skew of ${skew} leaves no place on the other ${domains - 1} of ${domains} nodes: the cordoned one counts as an empty one (nodeTaintsPolicy: Honor leaves it out)`;
}
