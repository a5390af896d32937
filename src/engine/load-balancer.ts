import type { FieldPath, Manifest } from "./types.ts";

/** What of a load balancer clients notice: whether it is public, what kind it is, where it stands, and its address. */
export type Trait = "reach" | "kind" | "address" | "subnets" | "name";

export interface TraitValue {
  readonly value: string;
  /** Where it is written. */
  readonly at: FieldPath;
}

type Read = (value: string) => string | undefined;

const asIs: Read = (value) => value.trim();
const sorted: Read = (value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .sort()
    .join(", ");
const ifTrue =
  (yes: string, no?: string): Read =>
  (value) =>
    ["false", "", "no"].includes(value.trim().toLowerCase()) ? no : yes;
const internal = ifTrue("internal", "internet-facing");

/**
 * Annotations by which clouds are told, on Services and on Ingresses. Sources: AWS Load Balancer Controller (guides for
 * service and ingress annotations), cloud-provider-aws, GKE (LoadBalancer Service parameters, Ingress configuration), cloud-provider-azure
 * (loadbalancer.md), OpenStack, Hetzner, MetalLB, kube-vip and Cilium LB-IPAM documentation.
 */
const ANNOTATIONS: readonly (readonly [key: string, trait: Trait, read: Read])[] = [
  ["service.beta.kubernetes.io/aws-load-balancer-scheme", "reach", asIs],
  ["service.beta.kubernetes.io/aws-load-balancer-internal", "reach", internal],
  ["service.beta.kubernetes.io/aws-load-balancer-type", "kind", asIs],
  ["service.beta.kubernetes.io/aws-load-balancer-subnets", "subnets", sorted],
  ["service.beta.kubernetes.io/aws-load-balancer-eip-allocations", "address", sorted],
  ["service.beta.kubernetes.io/aws-load-balancer-name", "name", asIs],
  ["alb.ingress.kubernetes.io/scheme", "reach", asIs],
  ["alb.ingress.kubernetes.io/group.name", "name", asIs],
  ["alb.ingress.kubernetes.io/load-balancer-name", "name", asIs],
  ["alb.ingress.kubernetes.io/subnets", "subnets", sorted],
  ["networking.gke.io/load-balancer-type", "reach", (value) => value.toLowerCase()],
  ["cloud.google.com/load-balancer-type", "reach", (value) => value.toLowerCase()],
  ["networking.gke.io/load-balancer-ip-addresses", "address", sorted],
  ["kubernetes.io/ingress.global-static-ip-name", "address", asIs],
  ["kubernetes.io/ingress.regional-static-ip-name", "address", asIs],
  ["service.beta.kubernetes.io/azure-load-balancer-internal", "reach", internal],
  ["service.beta.kubernetes.io/azure-load-balancer-internal-subnet", "subnets", asIs],
  ["service.beta.kubernetes.io/azure-load-balancer-ipv4", "address", asIs],
  ["service.beta.kubernetes.io/azure-pip-name", "address", asIs],
  ["service.beta.kubernetes.io/openstack-internal-load-balancer", "reach", internal],
  ["load-balancer.hetzner.cloud/name", "name", asIs],
  ["load-balancer.hetzner.cloud/disable-public-network", "reach", internal],
  ["metallb.io/loadBalancerIPs", "address", sorted],
  ["metallb.universe.tf/loadBalancerIPs", "address", sorted],
  ["metallb.io/address-pool", "subnets", asIs],
  ["metallb.universe.tf/address-pool", "subnets", asIs],
  ["kube-vip.io/loadbalancerIPs", "address", sorted],
  ["lbipam.cilium.io/ips", "address", sorted],
  ["io.cilium/lb-ipam-ips", "address", sorted],
];

/** The traits that an object writes down. An old name of an annotation and its new one say the same. */
function traitsOf(manifest: Manifest): ReadonlyMap<Trait, TraitValue> {
  const traits = new Map<Trait, TraitValue>();
  const fixed = manifest.get("spec", "loadBalancerIP");
  if (typeof fixed === "string" && fixed !== "")
    traits.set("address", { value: fixed, at: ["spec", "loadBalancerIP"] });
  for (const [key, trait, read] of ANNOTATIONS) {
    const written = manifest.annotations[key];
    const value = written === undefined ? undefined : read(written);
    if (value !== undefined && value !== "" && !traits.has(trait))
      traits.set(trait, { value, at: ["metadata", "annotations", key] });
  }
  return traits;
}

/** A trait that is not what it was. */
export interface TraitChange {
  readonly trait: Trait;
  readonly was: string | undefined;
  readonly is: string | undefined;
  /** In the later object: where it is written, or else the place that lost it. */
  readonly at: FieldPath;
}

/** What an update changes about a load balancer that is there. */
export function traitChanges(before: Manifest, after: Manifest): TraitChange[] {
  const [old, now] = [traitsOf(before), traitsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((trait): TraitChange[] => {
    const change = { trait, was: old.get(trait)?.value, is: now.get(trait)?.value };
    if (change.was === change.is || saysTheSame(change, { before, after })) return [];
    return [{ ...change, at: now.get(trait)?.at ?? ["metadata", "annotations"] }];
  });
}

/**
 * What is written down for the first time, or no longer, may be what holds anyway. That cannot be of a load balancer
 * that becomes internal where they are public by default, or of a fixed address that is given up.
 */
function saysTheSame(
  { trait, was, is }: Omit<TraitChange, "at">,
  { before, after }: { before: Manifest; after: Manifest },
): boolean {
  if (trait !== "reach") return was === undefined;
  if (was === undefined) return is !== "internal" || internalByDefault(after);
  return is === undefined && (was === "internal") === internalByDefault(before);
}

/** The AWS Load Balancer Controller makes internal ones where no scheme is written; other clouds public ones. */
function internalByDefault(manifest: Manifest): boolean {
  const { annotations } = manifest;
  const type = annotations["service.beta.kubernetes.io/aws-load-balancer-type"] ?? "";
  return (
    ["external", "nlb-ip"].includes(type) ||
    annotations["alb.ingress.kubernetes.io/scheme"] !== undefined ||
    manifest.get("spec", "loadBalancerClass") === "service.k8s.aws/nlb"
  );
}
