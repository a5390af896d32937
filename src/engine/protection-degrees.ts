import { isObject, text } from "./json.ts";
import { coveredBy, type Covered } from "./protection-targets.ts";
import { nginx, SOURCES } from "./protection-table.ts";
import { decode, isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest, Means } from "./types.ts";
import type { World } from "./world.ts";

/** How much of a protection a setting gives. Bigger is better for users, except where the name says otherwise. */
export type Scale =
  /** Further tries after the first. */
  | "tries"
  /** Seconds until a request that hangs is given up: more is worse. */
  | "wait"
  /** Errors in a row before a pod is left out: more is worse. */
  | "strikes"
  /** The share of the pods that may be left out, in percent. */
  | "share"
  /** Seconds for which a pod is left out. */
  | "absence"
  /** What counts as a failure. */
  | "causes";

interface Degree {
  readonly means: Means;
  readonly scale: Scale;
  /** Below one of the scopes that the table of protections has for the kind. */
  readonly field: FieldPath;
  readonly read: (value: Json) => number | ReadonlySet<string> | undefined;
}

/** A setting with a degree, for one Service. */
export interface Degreed extends Covered {
  readonly means: Means;
  readonly scale: Scale;
  readonly holder: Manifest;
  readonly path: FieldPath;
  readonly name: string;
  readonly degree: number | ReadonlySet<string>;
  /** As it is written. */
  readonly value: string;
}

/** Go's durations (`1m30s`, `500ms`), and plain seconds; no end is Infinity. */
function seconds(value: Json): number | undefined {
  const written = text(value).trim();
  if (/^infinit/.test(written)) return Infinity;
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written) || Infinity;
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(written)) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = [...written.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  return (
    parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ""] ?? 0), 0) || Infinity
  );
}

function count(value: Json): number | undefined {
  const written = text(value).trim();
  return /^\d+$/.test(written) ? Number(written) : undefined;
}

/** In words: nothing is no cause, and what is about the client's own mistakes or about sending twice is left out. */
const causes = (pattern: RegExp) => (value: Json) =>
  new Set(
    text(value)
      .split(/[\s,]+/)
      .filter((word) => pattern.test(word)),
  );

const orNever = (value: number | undefined) => (value === 0 ? Infinity : value);
const retry = (...field: FieldPath): Degree => ({ means: "retry", scale: "tries", field, read: count });
const timeout = (...field: FieldPath): Degree => ({ means: "timeout", scale: "wait", field, read: seconds });

/** Envoy's outlier detection: no strikes at all is never, a share of nothing is nobody. */
const outliers = (strikes: string, ...block: FieldPath): Degree[] => [
  { means: "ejection", scale: "strikes", field: [...block, strikes], read: (value) => orNever(count(value)) },
  { means: "ejection", scale: "share", field: [...block, "maxEjectionPercent"], read: count },
  { means: "ejection", scale: "absence", field: [...block, "baseEjectionTime"], read: seconds },
];

const ISTIO_CAUSES =
  /^(5xx|gateway-error|reset|reset-before-request|connect-failure|refused-stream|unavailable)$/;
const ISTIO: readonly Degree[] = [
  retry("retries", "attempts"),
  { means: "retry", scale: "causes", field: ["retries", "retryOn"], read: causes(ISTIO_CAUSES) },
  timeout("timeout"),
  ...outliers("consecutive5xxErrors", "outlierDetection"),
];

const GATEWAY_ROUTE: readonly Degree[] = [
  retry("retry", "attempts"),
  timeout("timeouts", "request"),
  timeout("timeouts", "backendRequest"),
  timeout("timeout.linkerd.io/request"),
];

/**
 * Settings of which less, or more, is worse, by kind. Sources: as for the table of protections; ingress-nginx counts the
 * first try too and takes 0 for no limit; Envoy takes 0 consecutive errors for off.
 */
const DEGREES: Readonly<Record<string, readonly Degree[]>> = {
  "networking.k8s.io/Ingress": [
    {
      ...retry(...nginx("proxy-next-upstream-tries")),
      read: (value) => {
        const tries = orNever(count(value));
        return tries === undefined ? undefined : tries - 1;
      },
    },
    {
      means: "retry",
      scale: "causes",
      field: nginx("proxy-next-upstream"),
      read: causes(/^(error|timeout|invalid_header|http_5\d\d)$/),
    },
    timeout(...nginx("proxy-connect-timeout")),
    { means: "fallback", scale: "causes", field: nginx("custom-http-errors"), read: causes(/^5\d\d$/) },
  ],
  "/Service": [timeout("timeout.linkerd.io/request")],
  "gateway.networking.k8s.io/HTTPRoute": GATEWAY_ROUTE,
  "gateway.networking.k8s.io/GRPCRoute": GATEWAY_ROUTE,
  "networking.istio.io/VirtualService": ISTIO,
  "networking.istio.io/DestinationRule": ISTIO,
  "flagger.app/Canary": [...ISTIO, ...outliers("consecutive5xxErrors", "trafficPolicy", "outlierDetection")],
  "linkerd.io/ServiceProfile": [timeout("timeout")],
  "gateway.envoyproxy.io/BackendTrafficPolicy": [
    retry("retry", "numRetries"),
    timeout("timeout", "http", "requestTimeout"),
    ...outliers("consecutive5XxErrors", "healthCheck", "passive"),
  ],
  "traefik.io/Middleware": [retry("retry", "attempts")],
  "projectcontour.io/HTTPProxy": [retry("retryPolicy", "count"), timeout("timeoutPolicy", "response")],
};

/** What a holder gives to each Service behind it, with how much of it. */
export function degreesOf(holder: Manifest, world: World): Degreed[] {
  const id = `${holder.group}/${holder.kind}`;
  const degrees = DEGREES[id];
  if (!degrees) return [];
  const scopes = SOURCES.filter(({ kinds }) => kinds.includes(id)).flatMap((source) => source.scopes(holder));
  return scopes.flatMap((scope) => {
    const settings = degrees.flatMap((degree) => readOne(holder, scope, degree));
    return settings.length === 0
      ? []
      : coveredBy(holder, scope, world).flatMap((one) => settings.map((setting) => ({ ...setting, ...one })));
  });
}

type Setting = Omit<Degreed, keyof Covered>;

function readOne(holder: Manifest, scope: FieldPath, { means, scale, field, read }: Degree): Setting[] {
  const path = [...scope, ...field];
  const value = holder.get(...path) ?? null;
  if (value === null || isObject(value) || isUnknown(value)) return [];
  const degree = read(value);
  if (degree === undefined) return [];
  return [{ means, scale, holder, path, name: field.join("."), degree, value: decode(text(value)) }];
}
