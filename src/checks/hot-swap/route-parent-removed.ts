import { list, object, string } from "../../engine/json.ts";
import { removalOf } from "../../engine/pruning.ts";
import { classOf } from "../../engine/routes.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const ingressClass = (name: string) => `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: ${name} }
spec: { controller: k8s.io/ingress-nginx }
---
`;

const ingress = (name: string, mark = "") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  ingressClassName: ${name}${mark}
  defaultBackend: { service: { name: shop, port: { number: 80 } } }
---
`;

const gateway = (name: string, listener = "https") => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: edge }
spec:
  gatewayClassName: cilium
  listeners: [{ name: ${listener}, port: 443, protocol: HTTPS }]
---
`;

const route = (parents: string) => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: shop }
spec:
  parentRefs:
    ${parents}
  rules: [{ backendRefs: [{ name: shop, port: 80 }] }]
---
`;

const parent = (name: string, more = "", mark = "") => `- { name: ${name}, namespace: edge${more} }${mark}`;
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "route-parent-removed",
  title: "A route names a class, a Gateway or a listener that is gone",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "A controller serves an Ingress only through its IngressClass, and an HTTPRoute only through its Gateway. Without them the route leaves its configuration at the deploy, and visitors get 404 or no connection, though route, Service and pods are all there.",
  fix: "Keep the class, the Gateway or the listener until no route names it, or let the routes name the new one first.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class",
    "https://gateway-api.sigs.k8s.io/api-types/httproute/#attaching-to-gateways",
  ],
  unsafe: [
    {
      title: "the IngressClass gets another name, and an Ingress keeps the old one",
      before: ingressClass("nginx") + ingress("nginx"),
      after: ingressClass("nginx-public") + ingress("nginx", MARK),
    },
    {
      title: "the Gateway is removed, and a route names it",
      before: gateway("public") + route(parent("public")),
      after: gateway("internal") + route(parent("public", "", MARK)),
    },
    {
      title: "a listener gets another name, and a route asks for the old one",
      before: gateway("public") + route(parent("public", ", sectionName: https")),
      after: gateway("public", "tls") + route(parent("public", ", sectionName: https", MARK)),
    },
  ],
  safe: [
    {
      title: "both change together",
      before: ingressClass("nginx") + ingress("nginx"),
      after: ingressClass("nginx-public") + ingress("nginx-public"),
    },
    {
      title: "the class was never here",
      before: ingressClass("nginx-public") + ingress("nginx"),
      after: ingress("nginx"),
    },
    {
      title: "the Gateway moves to another file",
      before: { "edge.yaml": gateway("public"), "shop.yaml": route(parent("public")) },
      after: { "edge/public.yaml": gateway("public"), "shop.yaml": route(parent("public")) },
    },
    {
      title: "another environment renames its own listener, and its own route",
      before: {
        "clusters/blue/edge.yaml": gateway("public") + route(parent("public", ", sectionName: https")),
        "clusters/green/edge.yaml": gateway("public") + route(parent("public", ", sectionName: https")),
      },
      after: {
        "clusters/blue/edge.yaml": gateway("public", "tls") + route(parent("public", ", sectionName: tls")),
        "clusters/green/edge.yaml": gateway("public") + route(parent("public", ", sectionName: https")),
      },
    },
    {
      title: "the route takes whatever listener there is",
      before: gateway("public") + route(parent("public")),
      after: gateway("public", "tls") + route(parent("public")),
    },
  ],

  *run(transition) {
    const gone = transition.changes.flatMap((change) => goneWith(change, transition));
    if (gone.length === 0) return;
    for (const kind of ["Ingress", "Gateway", ...ROUTES]) {
      for (const route of transition.after.everywhere(kind)) {
        const lossOf = (parent: Parent) => gone.find((one) => isParent(one, parent));
        const parents = parentsOf(route);
        const stays = parents.some((one) => !lossOf(one) && isThere(one, transition.after));
        for (const parent of parents) {
          const lost = lossOf(parent);
          if (lost) yield problem(route, parent, { lost, stays, before: transition.before });
        }
      }
    }
  },
});

const ROUTES = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "VirtualService"];
const PARENTS = ["IngressClass", "GatewayClass", "Gateway"];

/** What routes can hang on, and is no longer there: an object, or a listener of one that stays. */
interface Gone {
  readonly manifest: Manifest;
  readonly listener?: string;
}

function goneWith(
  { kind, before, after }: Transition["changes"][number],
  { after: world }: Transition,
): Gone[] {
  if (!before || !PARENTS.includes(before.kind)) return [];
  if (kind === "removed") return world.anywhere(before.kind, before.name) ? [] : [{ manifest: before }];
  const alike = world
    .everywhere(before.kind)
    .filter((one) => one.name === before.name && sameNamespace(one, before));
  // Several environments may each have one of that name, and nobody can tell which of them a route means.
  const left = new Set([after, ...alike].flatMap(listenersOf));
  return listenersOf(before).flatMap((listener) =>
    left.has(listener) ? [] : [{ manifest: before, listener }],
  );
}

const listenersOf = (gateway: Manifest | undefined) =>
  list(gateway?.get("spec", "listeners")).flatMap((item) => string(object(item)["name"]) ?? []);

/** How a route names what it hangs on. */
interface Parent {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly listener: string | undefined;
  readonly path: FieldPath;
}

function parentsOf(route: Manifest): Parent[] {
  const whole = { namespace: "", listener: undefined };
  if (route.kind === "Ingress") {
    const named = classOf(route);
    return named ? [{ ...whole, kind: "IngressClass", name: named.name, path: named.at }] : [];
  }
  if (route.kind === "Gateway") {
    const path = ["spec", "gatewayClassName"];
    const name = string(route.get(...path));
    return name === undefined ? [] : [{ ...whole, kind: "GatewayClass", name, path }];
  }
  if (route.kind === "VirtualService") return istioParents(route);
  return list(route.get("spec", "parentRefs")).flatMap((item, index) => referred(item, index, route));
}

function referred(item: Json, index: number, route: Manifest): Parent[] {
  const { kind, name, namespace, sectionName } = object(item);
  if ((kind ?? "Gateway") !== "Gateway" || typeof name !== "string") return [];
  const place = string(namespace) ?? route.namespace;
  const path = ["spec", "parentRefs", index];
  return [{ kind: "Gateway", name, namespace: place, listener: string(sectionName), path }];
}

/** `namespace/name`, or a name in the namespace of the route; `mesh` is no Gateway (networking.istio.io). */
function istioParents(route: Manifest): Parent[] {
  return list(route.get("spec", "gateways")).flatMap((item, index) => {
    const [first = "", second] = typeof item === "string" ? item.split("/") : [];
    if (first === "" || item === "mesh") return [];
    const [namespace, name] = second === undefined ? [route.namespace, first] : [first, second];
    return [{ kind: "Gateway", name, namespace, listener: undefined, path: ["spec", "gateways", index] }];
  });
}

function isParent({ manifest, listener }: Gone, parent: Parent): boolean {
  return (
    manifest.kind === parent.kind &&
    manifest.name === parent.name &&
    (manifest.kind !== "Gateway" || sameNamespace(manifest, parent)) &&
    (listener === undefined || listener === parent.listener)
  );
}

interface Loss {
  readonly lost: Gone;
  /** The route hangs on something else as well, which is still there. */
  readonly stays: boolean;
  readonly before: World;
}

function problem(route: Manifest, parent: Parent, { lost, stays, before }: Loss): Problem {
  const { manifest, listener } = lost;
  const sure = listener !== undefined || removalOf(manifest, before) === "deleted";
  const what = listener === undefined ? manifest.ref : `listener ${listener} of ${manifest.ref}`;
  const atMost = stays ? "notice" : sure ? undefined : "warning";
  return {
    subject: route,
    key: what,
    at: route.locate(...parent.path),
    was: manifest.locate(),
    ...(atMost && { atMost }),
    message: `${route.ref} is served by ${what}, which this change removes: its visitors ${stays ? "get no answer there any more" : "get 404 or no connection from the deploy on"}, though the pods behind it still run.`,
    fix: `Keep ${what} until ${route.ref} names another one and is served by it.`,
  };
}

const isThere = ({ kind, name }: Parent, world: World) => world.anywhere(kind, name);
