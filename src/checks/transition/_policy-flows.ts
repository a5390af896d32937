import { list, object, string, strings } from "../../engine/json.ts";
import { means, mentionsOf } from "../../engine/mentions.ts";
import {
  allows,
  allowsDns,
  includesPods,
  podsOfWorkload,
  guardsOf,
  targetOf,
  type Guards,
  type Peer,
  type Pods,
} from "../../engine/network-policies.ts";
import { isAside, servicePorts, type ServicePort } from "../../engine/ports.ts";
import { routesTo } from "../../engine/routes.ts";
import { isHeadless } from "../../engine/serving.ts";
import { matchesSelector, sameNamespace } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";

/** Traffic that the manifests show and NetworkPolicies stop. */
export interface Blocked {
  readonly kind: "client" | "egress" | "visitors" | "outside" | "unseen" | "peers" | "monitor" | "dns";
  /** The policies that decide; the first that is new or changed is at fault. */
  readonly policies: readonly Manifest[];
  /** Who calls. */
  readonly from: string;
  /** What is called, and its port: `cart:8080`. */
  readonly to: string;
  /** Whether the manifests show that the flow is used. */
  readonly proven: boolean;
}

/** The same flow in another world. */
export const flowOf = ({ kind, from, to }: Blocked) => `${kind} ${from} ${to}`;

interface Backing {
  readonly service: Manifest;
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pods[];
}

/** All flows of a unit that its policies stop. */
export function blockedIn(world: World): Blocked[] {
  const policies = world.ofKind("NetworkPolicy").filter((policy) => !isTemplated(policy));
  // Policies of the network's own kinds can allow what these do not.
  if (policies.length === 0 || world.ofKind(...OTHER_POLICIES).some(({ group }) => group !== OWN_GROUP))
    return [];
  const services = world
    .ofKind("Service")
    .filter(({ group }) => group === "")
    .flatMap((service) => backingOf(service, world) ?? []);
  const guards = guardsOf(policies);
  const context = { guards, world, monitors: monitorsOf(world) };
  const inward = [
    ...clients(services, guards, world),
    ...services.flatMap((backing) => [...guests(backing, context)]),
  ];
  const seen = new Set(inward.flatMap(({ kind, to }) => (kind === "unseen" ? [] : [to.replace(/:.*$/, "")])));
  return [
    ...inward.filter(({ kind, to }) => kind !== "unseen" || !seen.has(to)),
    ...world.workloads.flatMap((workload) => withoutDns(workload, guards)),
  ];
}

const OWN_GROUP = "networking.k8s.io";
const OTHER_POLICIES = [
  ...["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy"],
  ...["AdminNetworkPolicy", "NetworkPolicy"],
];

const isTemplated = (policy: Manifest) => isUnknown(JSON.stringify(policy.get("spec") ?? null));

/** The pods behind a Service. Where an operator makes them, they have at least the labels that it selects. */
function backingOf(service: Manifest, world: World): Backing | undefined {
  const labels = strings(service.get("spec", "selector"));
  if (Object.keys(labels).length === 0) return undefined;
  const workloads = world.selectedBy(service);
  const pods =
    workloads.length > 0
      ? workloads.flatMap((workload) => podsOfWorkload(workload) ?? [])
      : [{ namespace: service.namespace, labels }];
  return pods.length === 0 ? undefined : { service, workloads, pods };
}

/** Workloads that name a Service in their settings, and may not get through to it. */
function* clients(services: readonly Backing[], guards: Guards, world: World): Iterable<Blocked> {
  const byName = Map.groupBy(services, ({ service }) => service.name);
  for (const mention of mentionsOf(world, new Set(byName.keys()))) {
    const caller = world.workload(mention.manifest);
    const from = caller && podsOfWorkload(caller);
    if (!from) continue;
    for (const backing of byName.get(mention.service) ?? []) {
      if (!means(mention, backing.service) || backing.workloads.includes(caller)) continue;
      const ports = servicePorts(backing.service);
      const port = ports.find((one) => scalarText(one.port) === mention.port || one.name === mention.port);
      if (mention.port !== undefined && !port) continue;
      const flow = { from: caller.manifest.ref, to: titleOf(backing.service, port), proven: true };
      yield* stopped({ backing, from, port, flow }, guards, world);
    }
  }
}

interface Call {
  readonly backing: Backing;
  readonly from: Pods;
  readonly port: ServicePort | undefined;
  readonly flow: Pick<Blocked, "from" | "to" | "proven">;
}

/** Both ends must agree: what may come in there, and what may go out here. */
function* stopped({ backing, from, port, flow }: Call, guards: Guards, world: World): Iterable<Blocked> {
  const target = port && targetOf(port.target, port.protocol, backing.workloads);
  const outgoing = guards(from, "Egress");
  const reaches = (peer: Peer, policy: Manifest) =>
    backing.pods.some((pods) => includesPods(peer, policy, pods, world));
  if (outgoing.length > 0 && !allows(outgoing, "Egress", target, reaches))
    yield { ...flow, kind: "egress", policies: outgoing };
  const incoming = entrance(backing, guards);
  if (
    incoming &&
    !allows(incoming, "Ingress", target, (peer, policy) => includesPods(peer, policy, from, world))
  )
    yield { ...flow, kind: "client", policies: incoming };
}

/** The policies that guard all pods behind a Service; undefined where some are open. */
function entrance({ pods }: Backing, guards: Guards): Manifest[] | undefined {
  const found = pods.map((some) => guards(some, "Ingress"));
  return found.some((policies) => policies.length === 0) ? undefined : [...new Set(found.flat())];
}

const titleOf = ({ name }: Manifest, port: ServicePort | undefined) =>
  port === undefined ? name : `${name}:${scalarText(port.port)}`;

/** Who comes to a Service without naming it in a workload here: visitors, a monitor, its own members. */
function* guests(
  backing: Backing,
  { guards, world, monitors }: { guards: Guards; world: World; monitors: ReturnType<typeof monitorsOf> },
): Iterable<Blocked> {
  const incoming = entrance(backing, guards);
  if (!incoming) return;
  const { service } = backing;
  const blocks: Blocks = (port, fits) =>
    !allows(incoming, "Ingress", targetOf(port.target, port.protocol, backing.workloads), fits);
  const found = { policies: incoming, proven: false };
  const watched = monitored(service, monitors);
  yield* visitors(backing, blocks, world).map((flow) => ({ ...found, ...flow }));
  if (isShut(service, blocks, watched)) yield { ...found, kind: "unseen", from: "clients", to: service.name };
  for (const port of peerPorts(backing, world)) {
    const own = (peer: Peer, policy: Manifest) =>
      backing.pods.some((pods) => includesPods(peer, policy, pods, world));
    if (blocks(port, own)) yield { ...found, kind: "peers", from: service.name, to: titleOf(service, port) };
  }
  for (const { monitor, port } of watched) {
    if (blocks(port, mayBeMonitor))
      yield { ...found, kind: "monitor", from: monitor.ref, to: titleOf(service, port) };
  }
}

type Blocks = (port: ServicePort, fits: (peer: Peer, policy: Manifest) => boolean) => boolean;

/** Whether nobody, or only who watches, may come to what a Service offers: somebody is meant to. */
function isShut(
  service: Manifest,
  blocks: Blocks,
  watched: readonly { readonly port: ServicePort }[],
): boolean {
  const scraped = new Set(watched.map(({ port }) => port.index));
  const offered = servicePorts(service).filter((port) => !scraped.has(port.index) && !isAside(port));
  const isClient = (peer: Peer) => !WATCHERS.test(JSON.stringify(peer));
  return offered.length > 0 && !isHeadless(service) && offered.every((port) => blocks(port, isClient));
}

/** Through a route, or straight to an address of the Service: cut where no port is left to them. */
function visitors(
  { service }: Backing,
  blocks: Blocks,
  world: World,
): Pick<Blocked, "kind" | "from" | "to">[] {
  const ports = servicePorts(service);
  const [route] = routesTo(service, world);
  const open = ["LoadBalancer", "NodePort"].some((type) => service.get("spec", "type") === type);
  if (ports.length === 0 || (!route && !open)) return [];
  const fits = route ? mayBeController : ({ ipBlock }: Peer) => ipBlock !== undefined;
  if (!ports.every((port) => blocks(port, fits))) return [];
  return [
    route
      ? { kind: "visitors", from: route.ref, to: service.name }
      : { kind: "outside", from: "clients outside", to: service.name },
  ];
}

/** What only watches is no way in for visitors. */
const WATCHERS = /monitor|prometheus|metrics|observab/i;
const CONTROLLERS = /ingress|nginx|traefik|gateway|haproxy|envoy|istio|contour|kong|router|proxy/i;

/** A controller mostly lives in a namespace of its own, whose labels nobody knows here. */
function mayBeController(peer: Peer): boolean {
  const text = JSON.stringify(peer);
  if (peer["ipBlock"] !== undefined || CONTROLLERS.test(text)) return true;
  return peer["namespaceSelector"] !== undefined && !WATCHERS.test(text);
}

function mayBeMonitor(peer: Peer): boolean {
  const isWide = Object.keys(object(peer["podSelector"])).length === 0;
  return peer["namespaceSelector"] !== undefined || isWide || WATCHERS.test(JSON.stringify(peer));
}

/** Ports of a governing Service that no other Service offers: the members of a StatefulSet use them among themselves. */
function peerPorts({ service, workloads }: Backing, world: World): ServicePort[] {
  const members = workloads.filter(
    (workload) =>
      workload.kind === "StatefulSet" &&
      workload.manifest.get("spec", "serviceName") === service.name &&
      world.replicasOf(workload) > 1,
  );
  const others = members
    .flatMap((workload) => world.servicesOf(workload))
    .filter((other) => other !== service);
  const offered = new Set(
    others.flatMap((other) => servicePorts(other).map(({ target }) => scalarText(target))),
  );
  return members.length === 0 || others.length === 0
    ? []
    : servicePorts(service).filter(({ target }) => !offered.has(scalarText(target)));
}

/** Monitors by one label that they ask for; those that ask for none by "". */
function monitorsOf(world: World): ReadonlyMap<string, readonly Manifest[]> {
  return Map.groupBy(world.ofKind("ServiceMonitor"), (monitor) => {
    const [pair] = Object.entries(strings(monitor.get("spec", "selector", "matchLabels")));
    return pair === undefined ? "" : pair.join("=");
  });
}

function monitored(service: Manifest, monitors: ReturnType<typeof monitorsOf>) {
  const labels = Object.entries(service.labels).map((pair) => pair.join("="));
  return ["", ...labels]
    .flatMap((pair) => monitors.get(pair) ?? [])
    .filter(
      (monitor) =>
        (monitor.get("spec", "namespaceSelector") !== undefined || sameNamespace(monitor, service)) &&
        matchesSelector(monitor.get("spec", "selector"), service.labels),
    )
    .flatMap((monitor) => {
      const names = list(monitor.get("spec", "endpoints")).map((item) => string(object(item)["port"]));
      return servicePorts(service)
        .filter(({ name }) => name !== undefined && names.includes(name))
        .map((port) => ({ monitor, port }));
    });
}

/** Pods that may not ask DNS find nothing by its name. */
function withoutDns(workload: Workload, guards: Guards): Blocked[] {
  const pods = podsOfWorkload(workload);
  const outgoing = pods ? guards(pods, "Egress") : [];
  if (outgoing.length === 0 || allowsDns(outgoing)) return [];
  return [{ kind: "dns", policies: outgoing, from: workload.manifest.ref, to: "DNS", proven: true }];
}
