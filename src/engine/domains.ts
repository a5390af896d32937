import { nodesFor, type Demand } from "./placement.ts";
import type { Cluster } from "./types.ts";
import type { Workload } from "./workload.ts";

/** How many nodes or zones a workload's pods may run in. */
export interface Domains {
  /** The number, where the policy or the pods' own node affinity says it. */
  readonly exact: number | undefined;
  /** What it cannot exceed. */
  readonly atMost: number;
}

const NAMES: Readonly<Record<"node" | "zone", readonly string[]>> = {
  node: ["kubernetes.io/hostname", "metadata.name"],
  zone: ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"],
};
/** Every node of most clusters has the same of these. */
const ALIKE = /^(beta\.)?kubernetes\.io\/(os|arch)$/;

/**
 * Of the cluster's nodes and zones those that a node selector or a required node affinity leaves. By default only they
 * count for a spread constraint (`nodeAffinityPolicy: Honor`). How many nodes have a label nobody knows.
 */
export function domainsOf(workload: Workload, level: "node" | "zone", cluster: Cluster): Domains {
  const stated = level === "node" ? cluster.nodes : cluster.zones;
  const alternatives = nodesFor(workload);
  const atMost = Math.min(stated ?? Infinity, named(alternatives, NAMES[level]));
  const unsure = level === "node" && alternatives.flat().some(({ label }) => !isClear(label));
  return { exact: unsure || atMost === Infinity ? undefined : atMost, atMost };
}

function isClear(label: string): boolean {
  return ALIKE.test(label) || NAMES.node.includes(label);
}

/** How many nodes or zones are named, where each alternative names some. */
function named(alternatives: readonly (readonly Demand[])[], labels: readonly string[]): number {
  const names = alternatives.map((alternative) =>
    alternative.find(({ label, operator }) => labels.includes(label) && operator === "In"),
  );
  if (names.some((demand) => demand === undefined)) return Infinity;
  return new Set(names.flatMap((demand) => demand?.values ?? [])).size;
}
