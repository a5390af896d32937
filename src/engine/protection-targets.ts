import { at, list, object, string } from "./json.ts";
import { ROUTE_KINDS, servedBy } from "./routes.ts";
import { matchesSelector, sameNamespace } from "./selectors.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** A Service, or an outside host, whose failure a setting softens. */
export interface Covered {
  readonly service: string;
  readonly namespace: string;
  /** The route that names the holder, and where: a middleware works only through it. */
  readonly link?: { readonly manifest: Manifest; readonly path: FieldPath };
}

type Reader = (holder: Manifest, scope: FieldPath, world: World) => readonly Covered[];

const READERS: Readonly<Record<string, Reader>> = {
  Service: ({ name, namespace }) => [{ service: name, namespace }],
  HTTPRoute: ofGatewayRoute,
  GRPCRoute: ofGatewayRoute,
  VirtualService: (route, scope) =>
    list(route.get(...scope, "route")).flatMap((item) => host(at(item, ["destination", "host"]), route)),
  DestinationRule: (rule) => host(rule.get("spec", "host"), rule),
  ServiceProfile: (profile) => host(profile.name, profile),
  Canary: (canary) =>
    host(canary.get("spec", "service", "name") ?? canary.get("spec", "targetRef", "name"), canary),
  HTTPProxy: (proxy, scope) => named(proxy, list(proxy.get(...scope, "services"))),
  BackendTrafficPolicy: ofPolicy,
  ClientTrafficPolicy: ofPolicy,
  Middleware: ofMiddleware,
  ServersTransport: ofTransport,
};

/** Who profits by a setting below `scope`; of an Ingress, the Services of all its paths. */
export function coveredBy(holder: Manifest, scope: FieldPath, world: World): readonly Covered[] {
  const covered = READERS[holder.kind]?.(holder, scope, world) ?? servicesOf(holder);
  if (covered.length <= 1) return covered;
  return [...new Map(covered.map((one) => [`${one.namespace}/${one.service}`, one])).values()];
}

function servicesOf(route: Manifest, path?: FieldPath): Covered[] {
  const link = path && { link: { manifest: route, path } };
  return servedBy(route).flatMap(({ services }) =>
    services.map((service) => ({ service, namespace: route.namespace, ...link })),
  );
}

/** How Istio, Linkerd and Flagger call a Service: `web`, `web.shop`, `web.shop.svc.cluster.local`; else an outside host. */
function host(value: Json | undefined, { namespace: own }: Manifest): Covered[] {
  const name = string(value);
  if (name === undefined || name === "" || isUnknown(name)) return [];
  const [service = "", namespace = own, svc = "svc"] = name.split(".");
  return [svc === "svc" ? { service, namespace } : { service: name, namespace: "" }];
}

function named({ namespace: own }: Manifest, refs: readonly Json[]): Covered[] {
  return refs.map(object).flatMap(({ name, namespace }) => {
    const service = string(name);
    return service === undefined ? [] : [{ service, namespace: string(namespace) ?? own }];
  });
}

/** A rule's own backends; annotations hold for those of all rules. */
function ofGatewayRoute(route: Manifest, scope: FieldPath): Covered[] {
  if (scope[0] === "metadata") return servicesOf(route);
  return named(route, list(route.get(...scope, "backendRefs")));
}

/** A policy is attached to a route, to a Gateway with all its routes, or to a Service, by name or by labels. */
function ofPolicy(policy: Manifest, _: FieldPath, world: World): Covered[] {
  const named = [policy.get("spec", "targetRef"), ...list(policy.get("spec", "targetRefs"))].map(object);
  const chosen = list(policy.get("spec", "targetSelectors")).map(object);
  const targets = [
    ...named.map(({ kind, name }) => ({ kind, fits: (one: Manifest) => one.name === name })),
    ...chosen.map((selector) => ({
      kind: selector["kind"],
      fits: (one: Manifest) => matchesSelector(selector, one.labels),
    })),
  ];
  return targets.flatMap(({ kind, fits }) =>
    world
      .ofKind(string(kind) ?? "")
      .filter((one) => sameNamespace(one, policy) && fits(one))
      .flatMap((target) => (target.kind === "Gateway" ? behind(target, world) : servicesOf(target))),
  );
}

function behind(gateway: Manifest, world: World): Covered[] {
  const isParent = (route: Manifest) => (ref: Json) => {
    const { name, namespace } = object(ref);
    return (
      name === gateway.name && sameNamespace(gateway, { namespace: string(namespace) ?? route.namespace })
    );
  };
  return world
    .ofKind("HTTPRoute", "GRPCRoute", "TLSRoute")
    .filter((route) => list(route.get("spec", "parentRefs")).some(isParent(route)))
    .flatMap((route) => servicesOf(route));
}

/** A middleware of Traefik works where a route names it. */
function ofMiddleware({ name, namespace }: Manifest, _: FieldPath, world: World): Covered[] {
  const named =
    naming.get(world) ??
    Map.groupBy(world.ofKind(...ROUTE_KINDS).flatMap(namingsOf), (naming) => naming.name);
  naming.set(world, named);
  const beside = (named.get(name) ?? []).filter(({ route }) => sameNamespace(route, { namespace }));
  // An unwritten namespace can be any.
  const ending = `${namespace}-${name}@kubernetescrd`;
  const ids = namespace === "" ? [...named.keys()].filter((id) => id.endsWith(ending)) : [ending];
  return [...beside, ...ids.flatMap((id) => named.get(id) ?? [])].flatMap(({ route, path }) =>
    servicesOf(route, path),
  );
}

interface Naming {
  readonly name: string;
  readonly route: Manifest;
  readonly path: FieldPath;
}

const naming = new WeakMap<World, ReadonlyMap<string, readonly Naming[]>>();

const ROUTER = "traefik.ingress.kubernetes.io/router.middlewares";

/** Names in an Ingress' annotation (`namespace-name@kubernetescrd`), an IngressRoute's routes or a route's filters. */
function namingsOf(route: Manifest): Naming[] {
  const ids = (route.annotations[ROUTER] ?? "").split(/[\s,]+/).filter((id) => id !== "");
  const annotated = ids.map((name) => ({ name, route, path: ["metadata", "annotations", ROUTER] }));
  const inLists = (
    [
      ["routes", "middlewares"],
      ["rules", "filters"],
    ] as const
  ).flatMap(([field, names]) =>
    list(route.get("spec", field)).flatMap((item, index) =>
      list(object(item)[names]).flatMap((ref) => {
        const name = string(object(at(ref, ["extensionRef"]) ?? ref)["name"]);
        return name === undefined ? [] : [{ name, route, path: ["spec", field, index, names] }];
      }),
    ),
  );
  return [...annotated, ...inLists];
}

function ofTransport(transport: Manifest, _: FieldPath, world: World): Covered[] {
  return world.ofKind("IngressRoute").flatMap((route) =>
    list(route.get("spec", "routes")).flatMap((item) =>
      named(
        route,
        list(object(item)["services"]).filter((one) => object(one)["serversTransport"] === transport.name),
      ),
    ),
  );
}
