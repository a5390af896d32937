import { domainsOf, type Domains } from "./domains.ts";
import { isObject, list, object, string } from "./json.ts";
import { nodePortOf } from "./node-ports.ts";
import { matchesSelector } from "./selectors.ts";
import type { Cluster, Json } from "./types.ts";
import { podField, type Workload } from "./workload.ts";

/** Topology keys that stand for one node, and for one zone (well-known labels, and their old beta forms). */
const NODE_KEYS = ["kubernetes.io/hostname"];
const ZONE_KEYS = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

export type Level = "node" | "zone";

/**
 * How a workload's pods lie over the nodes, or the zones, of a cluster: what the scheduler must respect when it places
 * them. It does not move pods later (kube-scheduler, PodTopologySpread and InterPodAffinity).
 */
export interface Spread {
  readonly level: Level;
  /** The most of `pods` that one node or zone can hold, freshly scheduled. Without a hard rule: all. */
  readonly most: (pods: number) => number;
  /** The fewest of `pods` that one of them can hold. */
  readonly least: (pods: number) => number;
  /** How many pods find a place at all; Infinity where nothing limits them, or nobody said how many nodes or zones there are. */
  readonly room: number;
  /** The most that one may hold whatever the others hold: one for required anti-affinity, the skew where there are fewer domains than `minDomains`. */
  readonly cap: number;
  /** The rule counts old and new pods of a rollout apart (`matchLabelKeys`), so they do not stand in each other's way. */
  readonly perGeneration: boolean;
  /** How many there are for sure. */
  readonly domains: number | undefined;
  /** The skew that counts a cordoned node, which takes no pod, as an empty one (`nodeTaintsPolicy: Ignore`, the default). */
  readonly cordonedSkew: number | undefined;
}

/** A hard spread constraint over the workload's own pods. */
export interface SkewRule {
  /** Its place in the list of constraints. */
  readonly index: number;
  readonly skew: number;
  readonly minDomains: number;
  readonly perGeneration: boolean;
  readonly ignoresTaints: boolean;
}

/** The rules of one level. */
export function spreadOf(workload: Workload, level: Level, cluster: Cluster): Spread {
  return spreadOver(workload, level, domainsOf(workload, level, cluster));
}

function spreadOver(workload: Workload, level: Level, { exact, atMost }: Domains): Spread {
  const anti = repelling(workload, level);
  const tightest = skewRules(workload, level).reduce<SkewRule | undefined>(
    (least, rule) => (least && least.skew <= rule.skew ? least : rule),
    undefined,
  );
  const base = { level, room: Infinity, cap: Infinity, perGeneration: false, domains: exact };
  const free: Spread = { ...base, most: (pods) => pods, least: () => 0, cordonedSkew: undefined };
  if (attracting(workload, level)) return free;
  if (anti) {
    const most = (pods: number) => Math.min(1, pods);
    return { ...free, ...anti, most, room: atMost, cap: 1 };
  }
  return tightest ? { ...free, ...skewed(tightest, exact, atMost) } : free;
}

/**
 * Fresh scheduling over z domains with maxSkew s puts at most min(n, floor((n + (z − 1)·s) / z)) into one. Unknown z:
 * two, the fewest that matter, or what `minDomains` waits for. With fewer than `minDomains` the least count is taken for
 * zero, so that none holds more than s (core/v1 TopologySpreadConstraint).
 */
function skewed(
  { skew, minDomains, perGeneration, ignoresTaints }: SkewRule,
  exact?: number,
  atMost = Infinity,
) {
  const z = Math.max(1, exact ?? Math.max(2, minDomains));
  const short = Math.min(z, atMost) < minDomains;
  const cap = short ? skew : Infinity;
  return {
    most: (pods: number) => Math.min(pods, cap, Math.floor((pods + (z - 1) * skew) / z)),
    least: (pods: number) => Math.max(0, Math.ceil((pods - (z - 1) * skew) / z)),
    room: short ? Math.min(z, atMost) * skew : Infinity,
    cap,
    perGeneration,
    cordonedSkew: ignoresTaints ? skew : undefined,
  };
}

/** The most pods of a workload that one node or zone can hold by the rules of that level; domains: unknown where undefined. */
export function mostInOne(
  workload: Workload,
  level: Level,
  replicas: number,
  domains: number | undefined,
): number {
  return spreadOver(workload, level, { exact: domains, atMost: domains ?? Infinity }).most(replicas);
}

/**
 * Required anti-affinity of the workload's pods against each other, or a port of the node that each of them takes. One
 * pod a zone is also one pod a node.
 */
function repelling(workload: Workload, level: Level): { perGeneration: boolean } | undefined {
  if (level === "node" && nodePortOf(workload)) return { perGeneration: false };
  const keys = level === "node" ? [...NODE_KEYS, ...ZONE_KEYS] : ZONE_KEYS;
  const terms = requiredTerms(workload, "podAntiAffinity").filter(({ key }) => keys.includes(key));
  return terms.length === 0 ? undefined : { perGeneration: terms.every((term) => term.perGeneration) };
}

/** Required affinity of the workload's pods to each other: all of them lie in one. Pods of one node are in one zone. */
function attracting(workload: Workload, level: Level): boolean {
  const keys = level === "zone" ? [...NODE_KEYS, ...ZONE_KEYS] : NODE_KEYS;
  return requiredTerms(workload, "podAffinity").some(({ key }) => keys.includes(key));
}

/** A required term about the workload's own pods. */
export interface Term {
  readonly key: string;
  /** Its place in the list of required terms. */
  readonly index: number;
  readonly perGeneration: boolean;
}

export function requiredTerms(workload: Workload, kind: "podAntiAffinity" | "podAffinity"): Term[] {
  const path = ["affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"];
  return list(podField(workload, ...path)).flatMap((item, index) => {
    const term = object(item);
    if (!matchesSelector(term["labelSelector"], workload.labels) || isElsewhere(workload, term)) return [];
    const perGeneration = hasKeys(term["matchLabelKeys"]) || hasKeys(term["mismatchLabelKeys"]);
    return [{ key: string(term["topologyKey"]) ?? "", index, perGeneration }];
  });
}

/** Whether a term is about pods of other namespaces only. */
function isElsewhere({ manifest }: Workload, term: { readonly [key: string]: Json | undefined }): boolean {
  const names = list(term["namespaces"]);
  if (names.length === 0 || isObject(term["namespaceSelector"]) || manifest.namespace === "") return false;
  return !names.includes(manifest.namespace);
}

export function skewRules(workload: Workload, level: Level): SkewRule[] {
  const keys = level === "node" ? NODE_KEYS : ZONE_KEYS;
  return list(podField(workload, "topologySpreadConstraints")).flatMap((item, index) => {
    const constraint = object(item);
    const hard = (constraint["whenUnsatisfiable"] ?? "DoNotSchedule") === "DoNotSchedule";
    const applies = keys.includes(string(constraint["topologyKey"]) ?? "");
    if (!hard || !applies || !matchesSelector(constraint["labelSelector"], workload.labels)) return [];
    return [
      {
        index,
        skew: positive(constraint["maxSkew"]),
        minDomains: positive(constraint["minDomains"]),
        perGeneration: hasKeys(constraint["matchLabelKeys"]),
        ignoresTaints: constraint["nodeTaintsPolicy"] !== "Honor",
      },
    ];
  });
}

function hasKeys(value: Json | undefined): boolean {
  return list(value).length > 0;
}

/** Both maxSkew and minDomains must be above zero, and are one where they are not written. */
function positive(value: Json | undefined): number {
  return typeof value === "number" && value >= 1 ? Math.floor(value) : 1;
}
