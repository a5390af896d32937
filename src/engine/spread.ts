import { list, object, string } from "./json.ts";
import { matchesSelector } from "./selectors.ts";
import type { Json } from "./types.ts";
import { podField, type Workload } from "./workload.ts";

/** Topology keys that stand for one node, and for one zone (well-known labels, and their old beta forms). */
const NODE_KEYS = ["kubernetes.io/hostname"];
const ZONE_KEYS = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/**
 * The most pods of a workload that one node or zone can hold, by what the scheduler must respect: required
 * anti-affinity, and spread constraints with DoNotSchedule. Preferred terms and ScheduleAnyway promise nothing, so
 * without a hard rule all pods may share one.
 * @param domains nodes or zones of the cluster; unknown where undefined
 */
export function mostInOne(
  workload: Workload,
  level: "node" | "zone",
  replicas: number,
  domains: number | undefined,
): number {
  const keys = level === "node" ? NODE_KEYS : ZONE_KEYS;
  // One pod a zone is also one pod a node; spread over nodes says nothing about zones.
  const antiAffinityKeys = level === "node" ? [...NODE_KEYS, ...ZONE_KEYS] : ZONE_KEYS;
  if (antiAffinityTerms(workload).some((key) => antiAffinityKeys.includes(key))) return Math.min(1, replicas);
  const skews = hardSkews(workload, keys);
  if (skews.length === 0) return replicas;
  const skew = Math.min(...skews);
  // Fresh scheduling over z domains with maxSkew s: min(n, floor((n + (z − 1)·s) / z)). Unknown z: two, the fewest that matter.
  const z = Math.max(1, domains ?? 2);
  return Math.min(replicas, Math.floor((replicas + (z - 1) * skew) / z));
}

/** Topology keys of required anti-affinity terms that repel the workload's own pods. */
function antiAffinityTerms(workload: Workload): string[] {
  const path = ["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  return list(podField(workload, ...path)).flatMap((item) => {
    const term = object(item);
    return matchesSelector(term["labelSelector"], workload.labels) ? (string(term["topologyKey"]) ?? []) : [];
  });
}

function hardSkews(workload: Workload, keys: readonly string[]): number[] {
  return list(podField(workload, "topologySpreadConstraints")).flatMap((item: Json) => {
    const constraint = object(item);
    const hard = (constraint["whenUnsatisfiable"] ?? "DoNotSchedule") === "DoNotSchedule";
    const applies = keys.includes(string(constraint["topologyKey"]) ?? "");
    if (!hard || !applies || !matchesSelector(constraint["labelSelector"], workload.labels)) return [];
    return [typeof constraint["maxSkew"] === "number" ? constraint["maxSkew"] : 1];
  });
}
