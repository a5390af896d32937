import { isObject, list, object, string, strings } from "./json.ts";
import { matchesSelector, sameNamespace, type Labels } from "./selectors.ts";
import { isUnknown } from "./template.ts";
import type { Json, Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * What NetworkPolicies let through (networking.k8s.io/v1): pods that no policy of a direction selects are open; others get
 * what any of those policies allows. What cannot be told from the manifests counts as allowed: only a sure no is a no.
 */

export type Direction = "Ingress" | "Egress";

/** Some pods: their namespace, and the labels that are known of them. */
export interface Pods {
  readonly namespace: string;
  readonly labels: Labels;
}

/** A port of a pod. */
export interface Target {
  readonly number: number | undefined;
  readonly name: string | undefined;
  readonly protocol: string;
}

/** The policies that decide about a direction of some pods' traffic, in the order in which they stand. */
export type Guards = (pods: Pods, direction: Direction) => readonly Manifest[];

/** Asks each pod only the policies that share a label with it, or select without one: large units have thousands of both. */
export function guardsOf(policies: readonly Manifest[]): Guards {
  const own = policies.filter(({ group }) => group === "networking.k8s.io");
  const rank = new Map(own.map((policy, index) => [policy, index]));
  const byPair = Map.groupBy(own, (policy) => {
    const [pair] = Object.entries(strings(policy.get("spec", "podSelector", "matchLabels")));
    return pair?.join("=") ?? "";
  });
  return (pods, direction) =>
    ["", ...Object.entries(pods.labels).map((pair) => pair.join("="))]
      .flatMap((pair) => byPair.get(pair) ?? [])
      .filter((policy) => isGuard(policy, pods, direction))
      .sort((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0));
}

function isGuard(policy: Manifest, pods: Pods, direction: Direction): boolean {
  const selector = policy.get("spec", "podSelector");
  return (
    sameNamespace(policy, pods) &&
    directionsOf(policy).includes(direction) &&
    (!isObject(selector) || matchesSelector(selector, pods.labels))
  );
}

/** `policyTypes`; where it is absent, ingress always and egress where there are rules for it. */
function directionsOf(policy: Manifest): Direction[] {
  const types = list(policy.get("spec", "policyTypes"));
  if (types.length > 0) return (["Ingress", "Egress"] as const).filter((type) => types.includes(type));
  return list(policy.get("spec", "egress")).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** One rule's other side: an entry of `from` or `to`. */
export type Peer = Readonly<Record<string, Json | undefined>>;

/** Whether any rule of the policies lets a port through for a peer that `fits`; a rule without peers lets everybody. */
export function allows(
  policies: readonly Manifest[],
  direction: Direction,
  target: Target | undefined,
  fits: (peer: Peer, policy: Manifest) => boolean,
): boolean {
  const [rules, peers] = direction === "Ingress" ? ["ingress", "from"] : ["egress", "to"];
  return policies.some((policy) =>
    list(policy.get("spec", rules)).some((item) => {
      const rule = object(item);
      const others = list(rule[peers]).map(object);
      return (
        portFits(list(rule["ports"]), target) &&
        (others.length === 0 || others.some((peer) => fits(peer, policy)))
      );
    }),
  );
}

function portFits(ports: readonly Json[], target: Target | undefined): boolean {
  if (ports.length === 0 || target === undefined) return true;
  return ports.some((item) => {
    const { port, endPort, protocol } = object(item);
    if ((protocol ?? "TCP") !== target.protocol) return false;
    if (port === undefined || isUnknown(port)) return true;
    if (typeof port === "string" && !/^\d+$/.test(port))
      return target.name === undefined || port === target.name;
    if (target.number === undefined) return true;
    const first = Number(port);
    return target.number >= first && target.number <= (typeof endPort === "number" ? endPort : first);
  });
}

/** Whether a peer of a policy takes in some pods of the cluster. */
export function includesPods(peer: Peer, policy: Manifest, pods: Pods, world: World): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  // Addresses of pods are not known before they run.
  if (ipBlock !== undefined) return true;
  if (namespaceSelector === undefined && !sameNamespace(policy, pods)) return false;
  if (isObject(namespaceSelector) && !namespaceFits(namespaceSelector, pods.namespace, world)) return false;
  return !isObject(podSelector) || hasUnknown(podSelector) || matchesSelector(podSelector, pods.labels);
}

const hasUnknown = (json: Json) => isUnknown(JSON.stringify(json));

/** Labels of a namespace are known where it is written here; its name is a label of every one. */
function namespaceFits(selector: Json, namespace: string, world: World): boolean {
  if (namespace === "" || hasUnknown(selector)) return true;
  const written = world.everywhere("Namespace").find(({ name }) => name === namespace);
  const labels = { "kubernetes.io/metadata.name": namespace, ...written?.labels };
  const wanted = Object.keys(strings(object(selector)["matchLabels"]));
  const isKnown = written !== undefined || wanted.every((key) => key in labels);
  return !isKnown || matchesSelector(selector, labels);
}

/** Whether any of the policies lets DNS questions out: UDP 53 (or 5353, where OpenShift's listens), to wherever it may be. */
export function allowsDns(policies: readonly Manifest[]): boolean {
  const isServer = ({ podSelector, namespaceSelector }: Peer, policy: Manifest) =>
    podSelector === undefined || namespaceSelector !== undefined || policy.namespace === "kube-system";
  return [53, 5353].some((number) =>
    allows(policies, "Egress", { number, name: undefined, protocol: "UDP" }, isServer),
  );
}

/** Pods with the network of their node are not theirs to protect (NetworkPolicy, hostNetwork pods). */
export function podsOfWorkload({ manifest, labels, podSpec }: Workload): Pods | undefined {
  return podSpec["hostNetwork"] === true ? undefined : { namespace: manifest.namespace, labels };
}

/** A pod's port by a Service's target: a name is looked up in the containers that are known. */
export function targetOf(target: Json | undefined, protocol: string, workloads: readonly Workload[]): Target {
  const declared = workloads.flatMap(({ containers }) =>
    containers.flatMap(({ spec }) => list(spec["ports"]).map(object)),
  );
  const isName = typeof target === "string" && !/^\d+$/.test(target);
  const found = declared.find(({ name, containerPort }) =>
    isName ? name === target : Number(containerPort) === Number(target),
  );
  const number = Number(isName ? found?.["containerPort"] : target);
  return {
    protocol,
    number: Number.isInteger(number) ? number : undefined,
    name: isName ? target : string(found?.["name"]),
  };
}
