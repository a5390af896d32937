import { list } from "./json.ts";
import type { FieldPath, Json, Manifest, Means } from "./types.ts";

/** A setting and what it is good for. */
export interface Rule {
  readonly means: Means;
  readonly field: FieldPath;
  /** Its name in messages, where the path is not what people call it. */
  readonly label?: string;
  /** Whether a value switches it on; `false` where it switches off a default; undefined where it says nothing. */
  readonly on?: (value: Json) => boolean | undefined;
  readonly rest?: string;
}

/** Kinds that hold such settings, and where in them. */
export interface Source {
  readonly kinds: readonly string[];
  /** Paths below which the rules' fields stand. */
  readonly scopes: (manifest: Manifest) => readonly FieldPath[];
  readonly rules: readonly Rule[];
}

const plain = (value: Json): string => (typeof value === "string" ? value.trim() : JSON.stringify(value));
/** A count, or a switch. */
const counted = (value: Json): boolean => !/^(0|false|off|)$/i.test(plain(value));
/** A duration: nothing, and no end, are no limit. */
const lasting = (value: Json): boolean => !/^(0(ms|s|m|h)?|infinit\w*)$/i.test(plain(value));
const says = (pattern: RegExp) => (value: Json) => pattern.test(plain(value)) || undefined;

/** An annotation of ingress-nginx, as a path in `metadata.annotations`. */
export const nginx = (name: string): FieldPath => [`nginx.ingress.kubernetes.io/${name}`];
const one = (path: FieldPath) => () => [path];
const each =
  (...path: FieldPath) =>
  (manifest: Manifest) =>
    list(manifest.get(...path))
      .slice(0, 200)
      .map((_, index) => [...path, index]);

const ANNOTATIONS = one(["metadata", "annotations"]);
const NGINX_TRIES = "ingress-nginx itself still tries another pod after an error of the connection";
const STALE = says(/proxy_cache_use_stale\s+(?!off)/);

/** Defaults: next-upstream `error timeout` with 3 tries; 5 s to connect, 60 s to read and to send. */
const NGINX: readonly Rule[] = [
  { means: "retry", field: nginx("proxy-next-upstream"), on: counted, rest: NGINX_TRIES },
  { means: "retry", field: nginx("proxy-next-upstream-tries"), rest: NGINX_TRIES },
  { means: "timeout", field: nginx("proxy-connect-timeout"), rest: "ingress-nginx itself waits 5 s" },
  { means: "timeout", field: nginx("proxy-read-timeout"), rest: "ingress-nginx itself waits 60 s" },
  { means: "timeout", field: nginx("proxy-send-timeout"), rest: "ingress-nginx itself waits 60 s" },
  { means: "fallback", field: nginx("default-backend") },
  { means: "fallback", field: nginx("custom-http-errors"), on: counted },
  { means: "stale", field: nginx("configuration-snippet"), label: "proxy_cache_use_stale", on: STALE },
  { means: "stale", field: nginx("server-snippet"), label: "proxy_cache_use_stale", on: STALE },
  { means: "limit", field: nginx("limit-rps"), on: counted },
  { means: "limit", field: nginx("limit-rpm"), on: counted },
  { means: "limit", field: nginx("limit-connections"), on: counted },
];

const LINKERD: readonly Rule[] = [
  { means: "retry", field: ["retry.linkerd.io/http"] },
  { means: "retry", field: ["retry.linkerd.io/grpc"] },
  { means: "timeout", field: ["timeout.linkerd.io/request"], on: lasting },
  { means: "timeout", field: ["timeout.linkerd.io/response"], on: lasting },
  { means: "ejection", field: ["balancer.linkerd.io/failure-accrual"] },
];

const ISTIO_ROUTE: readonly Rule[] = [
  {
    means: "retry",
    field: ["retries", "attempts"],
    on: counted,
    rest: "Istio itself still tries again after an error of the connection",
  },
  { means: "timeout", field: ["timeout"], on: lasting },
];

const ISTIO_POLICY: readonly Rule[] = [
  { means: "ejection", field: ["outlierDetection"] },
  { means: "limit", field: ["connectionPool"] },
];

const gateway = (kind: string) => `gateway.networking.k8s.io/${kind}`;
const traefik = (kind: string) => [`traefik.io/${kind}`, `traefik.containo.us/${kind}`];

/**
 * What stands between a failed dependency and the user, by kind. Sources: ingress-nginx annotations; Gateway API
 * HTTPRouteTimeouts and HTTPRouteRetry; Istio VirtualService and DestinationRule; Linkerd 2 retries, timeouts, circuit
 * breaking and ServiceProfile; Envoy Gateway BackendTrafficPolicy and ClientTrafficPolicy; Traefik v3 middlewares and
 * ServersTransport; Contour v1 HTTPProxy; Flagger v1beta1 Canary, which writes Istio's objects.
 */
export const SOURCES: readonly Source[] = [
  { kinds: ["networking.k8s.io/Ingress", "extensions/Ingress"], scopes: ANNOTATIONS, rules: NGINX },
  { kinds: ["/Service", gateway("HTTPRoute"), gateway("GRPCRoute")], scopes: ANNOTATIONS, rules: LINKERD },
  {
    kinds: [gateway("HTTPRoute"), gateway("GRPCRoute")],
    scopes: each("spec", "rules"),
    rules: [
      { means: "retry", field: ["retry", "attempts"], on: counted },
      { means: "timeout", field: ["timeouts", "request"], on: lasting },
      { means: "timeout", field: ["timeouts", "backendRequest"], on: lasting },
    ],
  },
  { kinds: ["networking.istio.io/VirtualService"], scopes: each("spec", "http"), rules: ISTIO_ROUTE },
  {
    kinds: ["networking.istio.io/DestinationRule"],
    scopes: (rule) => [
      ["spec", "trafficPolicy"],
      ...each("spec", "trafficPolicy", "portLevelSettings")(rule),
      ...each("spec", "subsets")(rule).map((path) => [...path, "trafficPolicy"]),
    ],
    rules: ISTIO_POLICY,
  },
  {
    kinds: ["flagger.app/Canary"],
    scopes: one(["spec", "service"]),
    rules: [
      ...ISTIO_ROUTE,
      ...ISTIO_POLICY.map((rule) => ({ ...rule, field: ["trafficPolicy", ...rule.field] })),
    ],
  },
  {
    kinds: ["linkerd.io/ServiceProfile"],
    scopes: each("spec", "routes"),
    rules: [
      { means: "retry", field: ["isRetryable"], on: (value) => value === true || undefined },
      { means: "timeout", field: ["timeout"], on: lasting },
    ],
  },
  {
    kinds: ["gateway.envoyproxy.io/BackendTrafficPolicy"],
    scopes: one(["spec"]),
    rules: [
      { means: "retry", field: ["retry"] },
      { means: "timeout", field: ["timeout"] },
      { means: "ejection", field: ["healthCheck"] },
      { means: "ejection", field: ["circuitBreaker"] },
      { means: "limit", field: ["rateLimit"] },
    ],
  },
  {
    kinds: ["gateway.envoyproxy.io/ClientTrafficPolicy"],
    scopes: one(["spec"]),
    rules: [{ means: "limit", field: ["connection", "connectionLimit"] }],
  },
  {
    kinds: traefik("Middleware"),
    scopes: one(["spec"]),
    rules: [
      { means: "retry", field: ["retry"] },
      { means: "ejection", field: ["circuitBreaker"] },
      { means: "fallback", field: ["errors"] },
      { means: "limit", field: ["rateLimit"] },
      { means: "limit", field: ["inFlightReq"] },
    ],
  },
  {
    kinds: traefik("ServersTransport"),
    scopes: one(["spec"]),
    rules: [
      { means: "timeout", field: ["forwardingTimeouts"], rest: "Traefik itself stops connecting after 30 s" },
    ],
  },
  {
    kinds: ["projectcontour.io/HTTPProxy"],
    scopes: each("spec", "routes"),
    rules: [
      { means: "retry", field: ["retryPolicy"] },
      {
        means: "timeout",
        field: ["timeoutPolicy", "response"],
        on: lasting,
        rest: "Envoy itself waits 15 s",
      },
      { means: "ejection", field: ["healthCheckPolicy"] },
      { means: "limit", field: ["rateLimitPolicy"] },
    ],
  },
];
