import { list, object, string } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { Json, Manifest } from "./types.ts";
import type { Container, Workload } from "./workload.ts";

/** One entry of a Service's `spec.ports`, with Kubernetes' defaults: TCP, and the target is the port itself. */
export interface ServicePort {
  readonly index: number;
  readonly name: string | undefined;
  readonly port: Json | undefined;
  readonly protocol: string;
  readonly target: Json | undefined;
}

/** What a Service offers, in the order in which it is written. */
export function servicePorts(service: Manifest): ServicePort[] {
  return list(service.get("spec", "ports")).map((item, index) => {
    const { name, port, protocol, targetPort } = object(item);
    return {
      ...{ index, name: string(name), port, protocol: string(protocol) ?? "TCP" },
      target: targetPort ?? port,
    };
  });
}

const ASIDE = /metrics|prom|admin|debug|pprof|jmx|health|profil/i;

/** Whether a port is, by its name, for people and machines that watch: users do not come this way. */
export const isAside = ({ name = "" }: Pick<ServicePort, "name">): boolean => ASIDE.test(name);

/** The entry of another state of the Service that clients take for the same: same port, else same name, else the only one. */
export function samePort(
  port: ServicePort,
  others: readonly ServicePort[],
  count: number,
): ServicePort | undefined {
  return (
    others.find((other) => other.port === port.port && other.protocol === port.protocol) ??
    others.find((other) => other.name !== undefined && other.name === port.name) ??
    (others.length === 1 && count === 1 ? others[0] : undefined)
  );
}

/**
 * Whether some pods take traffic at a Service's target port. A name must be declared by a container (it is resolved pod
 * by pod); a number is heard whether declared or not, so it counts as wrong only where the pods declare others and
 * nothing else in them (a probe, an argument, a variable) speaks of it.
 */
export function listens(workload: Workload, { target, protocol }: ServicePort): "yes" | "no" | "unknown" {
  const containers = workload.containers.filter(({ role }) => role !== "init");
  const declared = containers.flatMap(({ spec }) => list(spec["ports"]).map(object));
  if (
    isUnknown(target) ||
    declared.some(({ name, containerPort }) => isUnknown(name) || isUnknown(containerPort))
  ) {
    return "unknown";
  }
  if (typeof target === "string" && !/^\d+$/.test(target)) {
    const found = declared.some(
      (port) => port["name"] === target && (port["protocol"] ?? "TCP") === protocol,
    );
    return found ? "yes" : "no";
  }
  const number = Number(target);
  if (declared.some((port) => Number(port["containerPort"]) === number)) return "yes";
  if (containers.some((container) => mentions(container, number)) || mentionedBy(workload, number))
    return "unknown";
  return declared.length === 0 ? "unknown" : "no";
}

const SPEAKING = ["command", "args", "env", "readinessProbe", "livenessProbe", "startupProbe"];

function mentions({ spec }: Container, number: number): boolean {
  return SPEAKING.some((field) => saysNumber(spec[field], number));
}

/** Annotations of the pods: a scrape port, a sidecar's settings. */
function mentionedBy({ manifest, template }: Workload, number: number): boolean {
  return saysNumber(manifest.get(...template, "metadata", "annotations"), number);
}

function saysNumber(value: Json | undefined, number: number): boolean {
  return value !== undefined && new RegExp(`(^|\\D)${number}(\\D|$)`).test(JSON.stringify(value));
}
