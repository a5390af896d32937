import { list, object, text } from "./json.ts";
import { servicePorts } from "./ports.ts";
import type { Manifest } from "./types.ts";
import type { Container, Workload } from "./workload.ts";

/** Kinds that run one pod a node, or one pod: nothing in them says how many there are. */
const WITHOUT_COUNT: readonly string[] = ["DaemonSet", "Pod"];
/** Kinds whose `spec.replicas` is 1 where it is not written. Of other kinds nobody knows the default. */
const DEFAULT_ONE: readonly string[] = [
  "Deployment",
  "StatefulSet",
  "ReplicaSet",
  "ReplicationController",
  "Rollout",
  "CloneSet",
];

/** Whether a workload runs for ever and has a number of replicas that its manifest, an autoscaler or a default tells. */
export function isCounted(workload: Workload): boolean {
  if (workload.runsToCompletion || WITHOUT_COUNT.includes(workload.kind)) return false;
  return workload.declaredReplicas !== undefined || DEFAULT_ONE.includes(workload.kind);
}

/**
 * The containers that answer what the Services send: those that declare a target port, or the only one there is.
 * Empty where the manifests do not tell which one listens.
 */
export function portOwners(workload: Workload, services: readonly Manifest[]): readonly Container[] {
  const lasting = workload.containers.filter(({ role }) => role !== "init");
  const targets = new Set(
    services.flatMap((service) => servicePorts(service).map(({ target }) => text(target))),
  );
  const owners = lasting.filter(({ spec }) =>
    list(spec["ports"]).some((item) => {
      const { name, containerPort } = object(item);
      return targets.has(text(containerPort)) || (name !== undefined && targets.has(text(name)));
    }),
  );
  if (owners.length > 0) return owners;
  const apps = lasting.filter(({ role }) => role === "app");
  return apps.length === 1 ? apps : [];
}

/** Whether a Service sends to pods before they are ready, so that readiness does not decide about its traffic. */
export function ignoresReadiness(service: Manifest): boolean {
  return service.get("spec", "publishNotReadyAddresses") === true;
}

/** A headless Service gives out addresses and leaves the choice to its clients. */
export function isHeadless(service: Manifest): boolean {
  return service.get("spec", "clusterIP") === "None";
}
