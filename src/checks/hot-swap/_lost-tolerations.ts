import { lostTolerations, nodesFor, type Demand, type Toleration } from "../../engine/placement.ts";
import type { Problem } from "../../engine/types.ts";
import type { WorkloadPair } from "../../engine/workload-pairs.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";

/** Whether an update stops pods before their replacements are placed. */
export function stopsFirst(workload: Workload, world: World): boolean {
  const replicas = workload.kind === "DaemonSet" ? 1 : world.replicasOf(workload);
  const { type, maxUnavailable } = strategyOf(workload, replicas);
  return (
    type === "Recreate" ||
    (type === "RollingUpdate" && replicas > 0 && maxUnavailable >= replicas) ||
    workload.kind === "StatefulSet"
  );
}

/** Nodes are often tainted with the label by which they are chosen. */
export function* intolerant({ was, is }: WorkloadPair, after: World): Iterable<Problem> {
  const lost = lostTolerations(was, is);
  const own = nodesFor(is);
  for (const toleration of lost) {
    const [demand] = own.length === 1 ? (own[0] ?? []).filter((one) => goesWith(one, toleration)) : [];
    if (demand) yield shutOut(is, toleration, demand, stopsFirst(is, after));
  }
  const [first] = lost;
  if (is.kind === "DaemonSet" && first && own.every((alternative) => alternative.length === 0))
    yield missing(is, first);
}

/** The label by which the nodes are chosen is the one that they are tainted with. */
function goesWith({ label, values }: Demand, { key, value }: Toleration): boolean {
  return key === label && (value === undefined || values.length === 0 || values.includes(value));
}

const taintText = ({ key, value, effect }: Toleration) =>
  key === ""
    ? "all taints"
    : `the taint ${key}${value === undefined || value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;

function shutOut({ manifest }: Workload, toleration: Toleration, demand: Demand, stops: boolean): Problem {
  return {
    subject: manifest,
    key: `taint ${toleration.key}`,
    at: manifest.locate(...demand.path),
    message: `${manifest.ref} still demands nodes with ${demandText(demand)}, and no longer tolerates ${taintText(toleration)}. Where those nodes have such a taint, ${stops ? "its pods stop and their replacements stay Pending" : "no new pod finds a place: the rollout stands still, and a drained pod does not come back"}.`,
    fix: `Keep the toleration of ${taintText(toleration)} as long as ${manifest.name} is bound to those nodes.`,
  };
}

function missing({ manifest, template }: Workload, toleration: Toleration): Problem {
  return {
    subject: manifest,
    key: `taint ${toleration.key}`,
    at: manifest.locate(...template, "spec", "tolerations"),
    message: `${manifest.ref} no longer tolerates ${taintText(toleration)}: on nodes with such a taint its pod is not started again after this rollout, and what it does there ends.`,
    fix: `Keep the toleration of ${taintText(toleration)}, or make sure that no node with such a taint needs ${manifest.name}.`,
  };
}

export function demandText({ label, operator, values }: Demand): string {
  return operator === "Exists" ? `the label ${label}` : `${label}=${values.join(" or ")}`;
}
