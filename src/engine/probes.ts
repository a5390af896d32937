import { at, isObject, list, object, string, type JsonObject } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { Json } from "./types.ts";
import type { Container } from "./workload.ts";

export type ProbeName = "readinessProbe" | "livenessProbe" | "startupProbe";
export const PROBES: readonly ProbeName[] = ["startupProbe", "livenessProbe", "readinessProbe"];

/** How a probe asks. */
export type Handler = "httpGet" | "tcpSocket" | "grpc" | "exec";
const HANDLERS: readonly Handler[] = ["httpGet", "tcpSocket", "grpc", "exec"];

export interface Probe {
  readonly name: ProbeName;
  readonly spec: JsonObject;
  /** Handlers that are written and not null; the API server takes exactly one. */
  readonly handlers: readonly Handler[];
  /** Seconds; defaults of core/v1 SetDefaults_Probe. NaN where only an expansion would tell. */
  readonly delay: number;
  readonly period: number;
  readonly timeout: number;
  readonly failures: number;
}

/** A container's probe with Kubernetes' defaults; undefined where it has none. */
export function probeOf({ spec }: Container, name: ProbeName): Probe | undefined {
  const probe = spec[name];
  if (!isObject(probe)) return undefined;
  const number = (field: string, otherwise: number) => numberOf(probe[field], otherwise);
  return {
    name,
    spec: probe,
    handlers: HANDLERS.filter((handler) => probe[handler] !== undefined && probe[handler] !== null),
    delay: number("initialDelaySeconds", 0),
    period: Math.max(1, number("periodSeconds", 10)),
    timeout: Math.max(1, number("timeoutSeconds", 1)),
    failures: Math.max(1, number("failureThreshold", 3)),
  };
}

function numberOf(value: Json | undefined, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === "number") return value;
  return isUnknown(value) ? NaN : otherwise;
}

/** Seconds from the start of a container to the earliest moment at which the probe has failed often enough. */
export function earliestFailure({ delay, period, failures }: Probe): number {
  return delay + (failures - 1) * period;
}

/** Seconds that a startup probe gives. */
export function startupBudget({ delay, period, failures }: Probe): number {
  return delay + failures * period;
}

/** The port that a probe asks, where it has one. */
export function probePort({
  spec,
  handlers,
}: Probe): { port: Json; handler: "httpGet" | "tcpSocket" } | undefined {
  for (const handler of ["httpGet", "tcpSocket"] as const) {
    const port = at(spec, [handler, "port"]);
    if (handlers.includes(handler) && port !== undefined && port !== null) return { port, handler };
  }
  return undefined;
}

/** Names of the ports that a container declares. */
export function portNames({ spec }: Container): string[] {
  return list(spec["ports"]).flatMap((item) => string(object(item)["name"]) ?? []);
}
