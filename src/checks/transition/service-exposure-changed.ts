import { insertInto, setScalar } from "../../engine/edit.ts";
import { list } from "../../engine/json.ts";
import { traitChanges, type TraitChange } from "../../engine/load-balancer.ts";
import { classOf, routesTo } from "../../engine/routes.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const service = (spec: string, annotations = "") => `apiVersion: v1
kind: Service
metadata:
  name: shop
${annotations}spec:
  selector: { app: shop }
  ports: [{ port: 443 }]
${spec}`;

const MARK = " # <- finding";
const noted = (lines: string) => `  annotations:\n    ${lines}\n`;

const pods = (kind: string) => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: web, image: shop:1 }] }
`;

const PUBLIC = service("  type: LoadBalancer\n");

export default defineCheck({
  kind: "transition",
  id: "service-exposure-changed",
  title: "A Service can no longer be reached the way it was",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "Clients outside the cluster know a Service by the address of its load balancer or by a port of the nodes. When the type or an annotation gives that address up, DNS entries, firewalls and clients lead nowhere from the deploy on, and the old address does not come back.",
  fix: "Bring up the new way in beside the old one, with a second Service if need be; move DNS and clients; then remove the old one.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    "https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy",
    "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/",
    "https://cloud.google.com/kubernetes-engine/docs/concepts/service-load-balancer-parameters",
  ],
  unsafe: [
    {
      title: "the load balancer is given up",
      before: PUBLIC,
      after: service(`  type: ClusterIP${MARK}\n`),
    },
    {
      title: "the type is dropped, so the node port goes",
      before: service("  type: NodePort\n"),
      after: service("").replace("spec:", `spec:${MARK}`),
    },
    {
      title: "nodes without a pod start to drop requests",
      before: PUBLIC + pods("Deployment"),
      after: service(`  type: LoadBalancer\n  externalTrafficPolicy: Local${MARK}\n`) + pods("Deployment"),
    },
    {
      title: "the load balancer becomes internal",
      before: PUBLIC,
      after: service(
        "  type: LoadBalancer\n",
        noted(`networking.gke.io/load-balancer-type: Internal${MARK}`),
      ),
    },
    {
      title: "the fixed address is given up",
      before: service("  type: LoadBalancer\n  loadBalancerIP: 203.0.113.7\n"),
      after: PUBLIC.replace("name: shop", `name: shop${MARK}`),
    },
    {
      title: "the elastic addresses are changed",
      before: service(
        "  type: LoadBalancer\n",
        noted("service.beta.kubernetes.io/aws-load-balancer-eip-allocations: eipalloc-1,eipalloc-2"),
      ),
      after: service(
        "  type: LoadBalancer\n",
        noted(`service.beta.kubernetes.io/aws-load-balancer-eip-allocations: eipalloc-3,eipalloc-4${MARK}`),
      ),
    },
  ],
  safe: [
    {
      title: "a load balancer is added",
      before: service("  type: ClusterIP\n"),
      after: PUBLIC,
    },
    {
      title: "a node port becomes a load balancer, which keeps it",
      before: service("  type: NodePort\n"),
      after: PUBLIC,
    },
    {
      title: "the default type is written down",
      before: service(""),
      after: service("  type: ClusterIP\n"),
    },
    {
      title: "requests stay on their node where every node has a pod",
      before: PUBLIC + pods("DaemonSet"),
      after: service("  type: LoadBalancer\n  externalTrafficPolicy: Local\n") + pods("DaemonSet"),
    },
    {
      title: "an annotation gets its new name",
      before: service("  type: LoadBalancer\n", noted("metallb.universe.tf/loadBalancerIPs: 203.0.113.7")),
      after: service("  type: LoadBalancer\n", noted("metallb.io/loadBalancerIPs: 203.0.113.7")),
    },
    {
      title: "the address that the Service has is pinned",
      before: PUBLIC,
      after: service("  type: LoadBalancer\n  loadBalancerIP: 203.0.113.7\n"),
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (kind !== "kept" || after.kind !== "Service" || after.group !== "") continue;
      if (isUnknown(typeOf(before)) || isUnknown(typeOf(after))) continue;
      const pair = { before, after };
      const lost = reach(before) - reach(after);
      if (lost > 0) yield narrower(pair, transition);
      else yield* traits(pair);
      yield* policies(pair, transition.after);
    }
  },
});

interface Pair {
  readonly before: Manifest;
  readonly after: Manifest;
}

const typeOf = (service: Manifest) => scalarText(service.get("spec", "type") ?? "ClusterIP");

/** How far a Service is seen: in the cluster, at the nodes, at an address of its own. */
function reach(service: Manifest): number {
  return ["NodePort", "LoadBalancer"].indexOf(typeOf(service)) + 1;
}

function narrower({ before, after }: Pair, transition: Transition): Problem {
  const [old, now] = [typeOf(before), typeOf(after)];
  const suggestion = restored(after, "type", old);
  const atMost =
    old === "LoadBalancer" ? addressMoves(after, transition) : nodePortNeed(after, transition.after);
  const what =
    old === "LoadBalancer"
      ? "Its load balancer is removed at the deploy, and with it the address that DNS and clients know."
      : `Its node port${numbers(before)} closes at the deploy: a load balancer or an Ingress controller outside the cluster that connects there is refused.`;
  return {
    subject: after,
    key: "type",
    ...(after.get("spec", "type") === undefined
      ? { at: after.locate("spec"), was: before.locate("spec", "type") }
      : { at: after.locate("spec", "type") }),
    ...(atMost && { atMost }),
    message: `${after.ref} goes from ${old} to ${now}. ${what}`,
    ...(suggestion && { suggestion }),
  };
}

function numbers(service: Manifest): string {
  const ports = list(service.get("spec", "ports")).flatMap(
    (_, index) => service.get("spec", "ports", index, "nodePort") ?? [],
  );
  return ports.length === 0 ? "" : ` ${listText(ports.map(scalarText))}`;
}

/** Where a route or a second load balancer takes over in the same change, what is lost is the old address. */
function addressMoves(service: Manifest, { before, after }: Transition): Severity | undefined {
  const selector = JSON.stringify(service.get("spec", "selector"));
  const twins = after
    .ofKind("Service")
    .filter((other) => other !== service && typeOf(other) === "LoadBalancer");
  const hasTwin = twins.some((twin) => JSON.stringify(twin.get("spec", "selector")) === selector);
  const isNew = routesTo(service, after).length > routesTo(service, before).length;
  return hasTwin || isNew ? "warning" : undefined;
}

/** Only Google's Ingress controller is known to come in by the node port, unless it is told to reach the pods. */
function nodePortNeed(service: Manifest, after: World): Severity | undefined {
  const isNeg = (service.annotations["cloud.google.com/neg"] ?? "").includes("ingress");
  const gce = routesTo(service, after).some((route) => classOf(route)?.name === "gce");
  return gce && !isNeg ? undefined : "warning";
}

function restored(after: Manifest, field: string, value: string): Suggestion | undefined {
  if (after.get("spec", field) === undefined) return insertInto(after, ["spec"], [`${field}: ${value}`]);
  return setScalar(after, ["spec", field], value);
}

/** Annotations by which a load balancer that stays becomes another one. */
function* traits({ before, after }: Pair): Iterable<Problem> {
  if (typeOf(before) !== "LoadBalancer" || typeOf(after) !== "LoadBalancer") return;
  for (const change of traitChanges(before, after)) {
    if (isUnknown(change.was) || isUnknown(change.is)) continue;
    yield {
      subject: after,
      key: change.trait,
      ...(change.is === undefined
        ? { at: after.locate(), was: before.locate(...change.at) }
        : { at: after.locate(...change.at) }),
      ...(!cutsForSure(change, after) && { atMost: "warning" }),
      message: `${after.ref}: ${traitText(change)}`,
    };
  }
}

/** A public address that goes internal, or a fixed one that nobody writes into DNS again. */
function cutsForSure({ trait, was, is }: TraitChange, after: Manifest): boolean {
  if (trait === "address") return !followsDns(after);
  return trait === "reach" && is !== "internet-facing" && was !== "internal";
}

/** external-dns writes the new address into DNS by itself. */
function followsDns({ annotations }: Manifest): boolean {
  return annotations["external-dns.alpha.kubernetes.io/hostname"] !== undefined;
}

function traitText({ trait, was, is }: TraitChange): string {
  const change = `from ${was ?? "unset"} to ${is ?? "unset"}`;
  if (trait === "reach")
    return `its load balancer was ${was ?? "public"} and becomes ${is ?? "public"}. It gets another address, and clients on the other side are cut off from the deploy on.`;
  if (trait === "address")
    return `the fixed address goes ${change}. DNS entries and firewalls that know the old address lead nowhere from the deploy on.`;
  const what = {
    kind: "kind of load balancer",
    subnets: "network of the load balancer",
    name: "load balancer",
  };
  return `the ${what[trait]} goes ${change}. Most clouds make a new load balancer for that, with a new address, or refuse the change until the Service is deleted and created again.`;
}

/** With `Local`, a node hands requests only to its own pods, and drops them where it has none. */
function* policies({ before, after }: Pair, world: World): Iterable<Problem> {
  const fields =
    reach(after) > 0 && reach(before) > 0
      ? ["externalTrafficPolicy", "internalTrafficPolicy"]
      : ["internalTrafficPolicy"];
  for (const field of fields) {
    if (after.get("spec", field) !== "Local" || before.get("spec", field) === "Local") continue;
    const workloads = world.selectedBy(after);
    if (workloads.length > 0 && workloads.every(({ kind }) => kind === "DaemonSet")) continue;
    const who = workloads.length === 0 ? "its pods" : listText(workloads.map(({ manifest }) => manifest.ref));
    const from = field === "externalTrafficPolicy" ? "from outside that arrive at" : "of pods on";
    const suggestion = setScalar(after, ["spec", field], "Cluster");
    yield {
      subject: after,
      key: field,
      at: after.locate("spec", field),
      atMost: "warning",
      message: `${after.ref} sets ${field} to Local: requests ${from} a node without a ready pod of ${who} are dropped. That is also so during a rollout, for the nodes whose pod is being replaced.`,
      fix: `Run a pod on every node that takes requests (a DaemonSet), or enough replicas spread over the nodes with a preStop pause, before ${after.name} goes Local.`,
      ...(suggestion && { suggestion }),
    };
  }
}
