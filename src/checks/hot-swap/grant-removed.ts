import { list, object, string } from "../../engine/json.ts";
import { removalOf } from "../../engine/pruning.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const route = (mark = "", namespace = "namespace: catalog, ") => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: edge }
spec:
  parentRefs: [{ name: public }]
  rules:
    - backendRefs:
        - { name: catalog, ${namespace}port: 80 }${mark}
---
`;

const gateway = (mark = "") => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  gatewayClassName: public
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      tls:
        certificateRefs:
          - { name: shop-tls, namespace: catalog }${mark}
---
`;

const grant = (
  from = "HTTPRoute",
  to = "Service",
  name = "edge",
) => `apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: ${name}, namespace: catalog }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: ${from}, namespace: edge }]
  to: [{ group: "", kind: ${to} }]
---
`;

const MARK = " # <- finding";
const HELM = grant().replace("name: edge,", "name: edge, labels: { app.kubernetes.io/managed-by: Helm },");

export default defineCheck({
  kind: "transition",
  id: "grant-removed",
  title: "A route or a Gateway loses the right to something in another namespace",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "What a route sends to, or a Gateway takes its certificate from, in another namespace is used only while a ReferenceGrant of that namespace allows it. Without one the gateway answers those requests with an error, or closes the listener, from the moment at which the grant goes.",
  fix: "Keep a ReferenceGrant that names the route's kind and namespace until nothing refers to that namespace any more.",
  references: ["https://gateway-api.sigs.k8s.io/api-types/referencegrant/"],
  unsafe: [
    {
      title: "the grant goes with its release, and the route still sends there",
      before: { "route.yaml": route(), "grant.yaml": HELM },
      after: { "route.yaml": route(MARK) },
    },
    {
      title: "the grant is for another kind of route from now on",
      before: route() + grant(),
      after: route(MARK) + grant("GRPCRoute"),
    },
    {
      title: "the certificate of a Gateway is in another namespace",
      before: gateway() + grant("Gateway", "Secret"),
      after: gateway(MARK),
    },
  ],
  safe: [
    { title: "the route goes with the grant", before: route() + grant(), after: gateway() },
    {
      title: "another grant allows it too",
      before: route() + grant() + grant("HTTPRoute", "Service", "all"),
      after: route() + grant(),
    },
    {
      title: "the Service is in the route's own namespace",
      before: route("", "") + grant(),
      after: route("", ""),
    },
    { title: "nothing ever allowed it", before: route() + grant("GRPCRoute"), after: route() },
    {
      title: "the grant moves to another file",
      before: { "route.yaml": route(), "grant.yaml": grant() },
      after: { "route.yaml": route(), "catalog/grant.yaml": grant() },
    },
  ],

  *run(transition) {
    const lost = transition.changes.flatMap(({ before, after }) =>
      before?.kind === GRANT && before.object !== after?.object ? [{ before, after }] : [],
    );
    if (lost.length === 0) return;
    for (const route of [...ROUTES, "Gateway"].flatMap((kind) => transition.after.everywhere(kind))) {
      for (const ref of refsOf(route)) yield* refused(route, ref, { lost, transition });
    }
  },
});

const GRANT = "ReferenceGrant";
const ROUTES = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];
const GROUP = "gateway.networking.k8s.io";

/** Something in another namespace that a route or a Gateway uses. */
interface Ref {
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  readonly namespace: string;
  readonly path: FieldPath;
}

function refsOf(user: Manifest): Ref[] {
  if (user.group !== GROUP) return [];
  const [lists, field, kind] =
    user.kind === "Gateway"
      ? ([["spec", "listeners"], ["tls", "certificateRefs"], "Secret"] as const)
      : ([["spec", "rules"], ["backendRefs"], "Service"] as const);
  return list(user.get(...lists)).flatMap((_, index) => {
    const path = [...lists, index, ...field];
    return list(user.get(...path)).flatMap((item, at) => refOf(item, kind, user, [...path, at]));
  });
}

function refOf(item: Json, usual: string, user: Manifest, path: FieldPath): Ref[] {
  const ref = object(item);
  const [name, namespace] = [string(ref["name"]), string(ref["namespace"])];
  if (name === undefined || namespace === undefined || user.namespace === "") return [];
  if (namespace === user.namespace || isUnknown(namespace) || isUnknown(name)) return [];
  const [kind, group] = [string(ref["kind"]) ?? usual, string(ref["group"]) ?? ""];
  return [{ kind, group, name, namespace, path }];
}

/** Gateway API v1beta1, ReferenceGrant: one entry of each list must fit; a `to` without a name fits every name. */
function allows(grant: Manifest, user: Manifest, ref: Ref): boolean {
  if (grant.namespace !== ref.namespace) return false;
  const from = list(grant.get("spec", "from")).map(object);
  const to = list(grant.get("spec", "to")).map(object);
  return (
    from.some(
      ({ group, kind, namespace }) =>
        group === user.group && kind === user.kind && (namespace === user.namespace || isUnknown(namespace)),
    ) &&
    to.some(
      ({ group, kind, name }) =>
        (group ?? "") === ref.group &&
        kind === ref.kind &&
        (name === undefined || name === ref.name || isUnknown(name)),
    )
  );
}

interface Loss {
  readonly lost: readonly { readonly before: Manifest; readonly after: Manifest | undefined }[];
  readonly transition: Transition;
}

function* refused(user: Manifest, ref: Ref, { lost, transition }: Loss): Iterable<Problem> {
  const grant = lost.find(({ before }) => allows(before, user, ref));
  if (!grant || transition.after.everywhere(GRANT).some((one) => allows(one, user, ref))) return;
  const removal = grant.after ? "deleted" : removalOf(grant.before, transition.before);
  if (removal === "kept") return;
  const outcome =
    user.kind === "Gateway" ? "the listener loses its certificate" : "users get errors instead of an answer";
  yield {
    subject: user,
    key: `${ref.kind}/${ref.namespace}/${ref.name}`,
    at: user.locate(...ref.path),
    ...(removal === "deleted" ? {} : { atMost: "warning" as const }),
    message: `${user.ref} uses ${ref.kind} ${ref.name} of namespace ${ref.namespace}, and ${grant.before.ref}, which allowed that, ${grant.after ? "no longer does" : "is removed"}: ${outcome}${removal === "deleted" ? "" : " once the grant is gone from the cluster"}.`,
    fix: `Keep a ReferenceGrant in namespace ${ref.namespace} from ${user.kind} of namespace ${user.namespace} to ${ref.kind}, or move ${ref.name} to ${user.namespace}.`,
  };
}
