import { list, object, string, text, type JsonObject } from "./json.ts";
import { oncePer } from "./once.ts";
import { sameNamespace } from "./selectors.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** One host and path that a route answers. */
export interface Served {
  readonly route: Manifest;
  /** Lower case; `*.example.com` for a wildcard; empty where the route takes any host. */
  readonly host: string;
  /** Begins with `/`. Of a pattern only the part before its first special character. */
  readonly path: string;
  /** The path alone, and nothing below it. */
  readonly exact: boolean;
  /** Where the host is written; where it is not, the rule. */
  readonly at: FieldPath;
  /** Where the path is written; the host's place where it is not. */
  readonly pathAt: FieldPath;
  /** Names of the Services that answer. */
  readonly services: readonly string[];
}

type Reader = (route: Manifest) => Omit<Served, "route">[];

/**
 * Objects that lead requests from outside to Services. Sources: networking.k8s.io/v1, Gateway API v1, OpenShift
 * route.openshift.io/v1, Traefik v3 IngressRoute, Istio v1 VirtualService, Contour v1 HTTPProxy, names of external-dns.
 */
const READERS: Readonly<Record<string, Reader>> = {
  "networking.k8s.io/Ingress": ingress,
  "extensions/Ingress": ingress,
  "gateway.networking.k8s.io/HTTPRoute": gatewayRoute,
  "gateway.networking.k8s.io/GRPCRoute": gatewayRoute,
  "gateway.networking.k8s.io/TLSRoute": gatewayRoute,
  "route.openshift.io/Route": openshiftRoute,
  "traefik.io/IngressRoute": traefikRoute,
  "traefik.containo.us/IngressRoute": traefikRoute,
  "networking.istio.io/VirtualService": virtualService,
  "projectcontour.io/HTTPProxy": httpProxy,
  "/Service": named,
};

/** Kinds of which some objects are routes. */
export const ROUTE_KINDS: readonly string[] = [
  ...new Set(Object.keys(READERS).map((id) => id.split("/")[1] ?? "")),
];

/** What a route answers; nothing for what is no route. */
export const servedBy = oncePer((route: Manifest): readonly Served[] =>
  (READERS[`${route.group}/${route.kind}`]?.(route) ?? []).map((entry) => ({
    ...entry,
    route,
    host: isUnknown(entry.host) ? entry.host : entry.host.toLowerCase(),
    path: isUnknown(entry.path) ? entry.path : literal(entry.path),
  })),
);

/** Whether what `other` answers is answered by `entry` as well. */
export function coversHost(entry: Pick<Served, "host">, other: Pick<Served, "host">): boolean {
  if (entry.host === other.host || entry.host === "") return true;
  return entry.host.startsWith("*.") && other.host.endsWith(entry.host.slice(1));
}

/** Whether some entries answer what another does, in time that does not grow with their number. */
export function coverage(entries: readonly Served[]): (other: Served) => boolean {
  const index = Map.groupBy(entries, ({ host }) => host);
  return (other) =>
    ["", ...namesFor(other.host)].some((host) => index.get(host)?.some((entry) => coversPath(entry, other)));
}

/** A host, and the wildcards that take it in. Longer names than DNS allows are nobody's. */
function namesFor(host: string): string[] {
  if (host.length > 253) return [host];
  return [host, ...host.split(".").map((_, index, labels) => `*.${labels.slice(index + 1).join(".")}`)];
}

/** Whether a path is answered where another one was: the same, or one above it. */
export function coversPath(entry: Served, other: Served): boolean {
  if (entry.path === other.path) return !entry.exact || other.exact;
  return !entry.exact && `${other.path}/`.startsWith(entry.path === "/" ? "/" : `${entry.path}/`);
}

/** `/api(/|$)(.*)` is `/api`, `/shop/*` and `/shop/` are `/shop`. */
function literal(path: string): string {
  const start = path.startsWith("^") ? path.slice(1) : path;
  let plain = start.replace(/[*([\\|$?+{].*$/s, "");
  while (plain.endsWith("/")) plain = plain.slice(0, -1);
  return plain.startsWith("/") ? plain : `/${plain}`;
}

const values = (json: Json | undefined) => few(list(json).filter((item) => typeof item === "string"));

/** Hosts times paths can be many; more than anybody writes are not looked at (Gateway API allows 16 hosts and 64 matches). */
const few = <T>(items: readonly T[]): readonly T[] => items.slice(0, 500);

/** A server alias, and the twin with or without `www.`, are answered too (ingress-nginx annotations). */
function aliases({ annotations }: Manifest, host: string): string[] {
  const nginx = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`];
  const alias = [...few((nginx("server-alias") ?? "").split(/[\s,]+/).filter((name) => name !== ""))];
  if (nginx("from-to-www-redirect") !== "true") return alias;
  return [...alias, host.startsWith("www.") ? host.slice(4) : `www.${host}`];
}

function ingress(route: Manifest): Omit<Served, "route">[] {
  const fallbacks = [
    ["spec", "defaultBackend"],
    ["spec", "backend"],
  ].filter((at) => route.get(...at) !== undefined);
  const whole = fallbacks.map((at) => {
    const services = backendName(object(route.get(...at)));
    return { host: "", path: "/", exact: false, at, pathAt: at, services };
  });
  const rules = list(route.get("spec", "rules")).flatMap((item, index) => {
    const rule = object(item);
    const host = string(rule["host"]) ?? "";
    const at = ["spec", "rules", index, ...(host === "" ? [] : ["host"])];
    return list(object(rule["http"])["paths"]).flatMap((path, order) => {
      const { path: prefix, pathType, backend } = object(path);
      const pathAt = ["spec", "rules", index, "http", "paths", order, "path"];
      const services = backendName(object(backend));
      const entry = { path: string(prefix) ?? "/", exact: pathType === "Exact", at, pathAt, services };
      return [host, ...(host === "" ? [] : aliases(route, host))].map((name) => ({ ...entry, host: name }));
    });
  });
  return [...whole, ...rules];
}

function backendName(backend: JsonObject): string[] {
  const name = string(object(backend["service"])["name"]) ?? string(backend["serviceName"]);
  return name === undefined ? [] : [name];
}

function gatewayRoute(route: Manifest): Omit<Served, "route">[] {
  const hosts = values(route.get("spec", "hostnames"));
  const names = hosts.length === 0 ? [""] : hosts;
  return few(list(route.get("spec", "rules"))).flatMap((item, index) => {
    const rule = object(item);
    const services = list(rule["backendRefs"]).flatMap((ref) => string(object(ref)["name"]) ?? []);
    const matches = few(list(rule["matches"]));
    return (matches.length === 0 ? [{}] : matches).flatMap((match, order) => {
      const { type, value } = object(object(match)["path"]);
      const pathAt = ["spec", "rules", index, "matches", order, "path", "value"];
      const entry = { path: string(value) ?? "/", exact: type === "Exact", pathAt, services };
      return names.map((host, place) => ({ ...entry, host, at: hostAt(host, "hostnames", place, index) }));
    });
  });
}

const hostAt = (host: string, field: string, place: number, rule: number): FieldPath =>
  host === "" ? ["spec", "rules", rule] : ["spec", field, place];

function openshiftRoute(route: Manifest): Omit<Served, "route">[] {
  const targets = [route.get("spec", "to"), ...list(route.get("spec", "alternateBackends"))];
  const services = targets.flatMap((target) => string(object(target)["name"]) ?? []);
  const host = string(route.get("spec", "host"));
  // Without a host the router makes one of the route's name and namespace.
  if (host === undefined) return [];
  const path = string(route.get("spec", "path")) ?? "/";
  return [{ host, path, exact: false, at: ["spec", "host"], pathAt: ["spec", "path"], services }];
}

function traefikRoute(route: Manifest): Omit<Served, "route">[] {
  return list(route.get("spec", "routes")).flatMap((item, index) => {
    const rule = object(item);
    const match = (string(rule["match"]) ?? "").slice(0, 4000);
    const at = ["spec", "routes", index, "match"];
    const services = list(rule["services"]).flatMap((one) => string(object(one)["name"]) ?? []);
    const hosts = called(match, "Host");
    const prefixes = called(match, "PathPrefix").map((path) => ({ path, exact: false }));
    const whole = called(match, "Path").map((path) => ({ path, exact: true }));
    // A pattern can be anything: as broad as its words allow, so that it is never taken for a loss.
    const paths = [...prefixes, ...whole];
    const parts = paths.length === 0 ? [{ path: "/", exact: false }] : paths;
    return (hosts.length === 0 ? [""] : hosts).flatMap((host) =>
      parts.map((part) => ({ ...part, host, at, pathAt: at, services })),
    );
  });
}

/** The arguments of a matcher of Traefik's rules: ``Host(`a`, `b`)``. */
function called(match: string, name: string): string[] {
  return Array.from(match.matchAll(new RegExp(`(?<![!\\w])${name}\\(([^)]*)\\)`, "g")), (found) =>
    Array.from((found[1] ?? "").matchAll(/[`"']([^`"']*)[`"']/g), (argument) => argument[1] ?? ""),
  ).flat();
}

/** Names of the mesh itself are no hosts that come from outside. */
const MESH = /^(mesh|)$/;

function virtualService(route: Manifest): Omit<Served, "route">[] {
  const gateways = values(route.get("spec", "gateways"));
  if (gateways.every((name) => MESH.test(name))) return [];
  const hosts = values(route.get("spec", "hosts"));
  const rules = few([...list(route.get("spec", "http")), ...list(route.get("spec", "tls"))]);
  const parts = rules.flatMap((item, index) => {
    const rule = object(item);
    const services = list(rule["route"]).flatMap((one) => {
      const name = string(object(object(one)["destination"])["host"]);
      return name === undefined ? [] : [name.split(".")[0] ?? ""];
    });
    const matches = few(list(rule["match"]));
    return (matches.length === 0 ? [{}] : matches).map((match, order) => {
      const uri = object(object(match)["uri"]);
      const path = string(uri["exact"]) ?? string(uri["prefix"]) ?? string(uri["regex"]) ?? "/";
      const pathAt = ["spec", "http", index, "match", order, "uri"];
      return { path, exact: uri["exact"] !== undefined, pathAt, services };
    });
  });
  return hosts.flatMap((name, place) =>
    parts.map((part) => ({ ...part, host: name === "*" ? "" : name, at: ["spec", "hosts", place] })),
  );
}

function httpProxy(route: Manifest): Omit<Served, "route">[] {
  const host = string(route.get("spec", "virtualhost", "fqdn"));
  if (host === undefined) return [];
  return list(route.get("spec", "routes")).map((item, index) => {
    const rule = object(item);
    const condition = list(rule["conditions"]).map(object);
    const path = condition.flatMap((one) => string(one["prefix"]) ?? [])[0] ?? "/";
    const exact = condition.flatMap((one) => string(one["exact"]) ?? [])[0];
    const services = list(rule["services"]).flatMap((one) => string(object(one)["name"]) ?? []);
    const pathAt = ["spec", "routes", index, "conditions"];
    return { host, path: exact ?? path, exact: exact !== undefined, at: HOST, pathAt, services };
  });
}

const HOST: FieldPath = ["spec", "virtualhost", "fqdn"];

/** A Service that external-dns gives names of its own. */
function named({ annotations, name }: Manifest): Omit<Served, "route">[] {
  const key = "external-dns.alpha.kubernetes.io/hostname";
  const at = ["metadata", "annotations", key];
  return (annotations[key] ?? "")
    .split(/[\s,]+/)
    .filter((host) => host !== "")
    .map((host) => ({ host, path: "/", exact: false, at, pathAt: at, services: [name] }));
}

/** Routes by host. A kind's list is the same for all units, so it is the key. */
const indexes = new WeakMap<readonly Manifest[], ReadonlyMap<string, readonly Served[]>>();

/** Whatever answers a host: in the whole repository; of routes without a host only those of the same unit. */
export function routesFor(host: string, world: Pick<World, "everywhere" | "ofKind">): Served[] {
  const names = namesFor(host);
  return ROUTE_KINDS.flatMap((kind) => {
    const routes = world.everywhere(kind);
    const index = indexes.get(routes) ?? Map.groupBy(routes.flatMap(servedBy), (entry) => entry.host);
    indexes.set(routes, index);
    const beside = world.ofKind(kind).flatMap((route) => servedBy(route).filter((one) => one.host === ""));
    return [...names.flatMap((name) => index.get(name) ?? []), ...beside];
  });
}

const senders = new WeakMap<object, ReadonlyMap<string, readonly Manifest[]>>();

/** The routes of a unit that send to a Service. */
export function routesTo(service: Manifest, world: Pick<World, "ofKind">): Manifest[] {
  const routes = senders.get(world) ?? byService(world.ofKind(...ROUTE_KINDS));
  senders.set(world, routes);
  return (routes.get(service.name) ?? []).filter((route) => sameNamespace(route, service));
}

function byService(routes: readonly Manifest[]): Map<string, Manifest[]> {
  const pairs = routes.flatMap((route) => {
    const names = route.kind === "Service" ? [] : servedBy(route).flatMap(({ services }) => services);
    return [...new Set(names)].map((name) => ({ name, route }));
  });
  const groups = Map.groupBy(pairs, ({ name }) => name);
  return new Map([...groups].map(([name, group]) => [name, group.map(({ route }) => route)]));
}

/** The class that a route asks for: the old annotation wins over the field (ingress-nginx, networking.k8s.io/v1). */
export function classOf(route: Manifest): { readonly name: string; readonly at: FieldPath } | undefined {
  const annotation = route.annotations["kubernetes.io/ingress.class"];
  if (annotation !== undefined)
    return { name: annotation, at: ["metadata", "annotations", "kubernetes.io/ingress.class"] };
  const field = route.get("spec", "ingressClassName");
  return field === undefined ? undefined : { name: text(field), at: ["spec", "ingressClassName"] };
}
