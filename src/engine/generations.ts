import { listens, servicePorts } from "./ports.ts";
import { matchesMap, sameNamespace } from "./selectors.ts";
import type { Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * A Service changes at once, pods only one by one: at the moment of apply all pods are still those of the base.
 * Returns the workloads that have pods by then which the Service, as it will be, selects. Their labels are the base's.
 */
export function runningBehind(service: Manifest, before: World, after: World): Workload[] {
  const selector = service.get("spec", "selector");
  const old = before.find("Service", service.name, service);
  const known = after.selectedBy(service).flatMap((workload) => counterpart(workload, before) ?? []);
  const candidates = new Set([...known, ...(old ? before.selectedBy(old) : [])]);
  return [...candidates].filter(
    (workload) =>
      matchesMap(selector, workload.labels) &&
      sameNamespace(service, workload.manifest) &&
      hasPods(workload, before),
  );
}

/** Workloads with pods that answer for a Service: selected, not at zero, and not known to have none of its target ports. */
export function answering(service: Manifest, world: World): Workload[] {
  const ports = servicePorts(service);
  return world
    .selectedBy(service)
    .filter(
      (workload) =>
        hasPods(workload, world) &&
        (ports.length === 0 || ports.some((port) => listens(workload, port) !== "no")),
    );
}

/** The same workload in another world. */
export function counterpart(workload: Workload, world: World): Workload | undefined {
  const found = world.find(workload.kind, workload.manifest.name, workload.manifest);
  return found && world.workload(found);
}

/** Whether a workload is somewhere in the repository of another world: in its unit, or in another one for its namespace. */
export function livesOn({ kind, manifest }: Workload, world: World): boolean {
  return (
    world.find(kind, manifest.name, manifest) !== undefined ||
    (world.anywhere(kind, manifest.name) &&
      world.everywhere(kind).some((other) => other.name === manifest.name && sameNamespace(other, manifest)))
  );
}

/** Whether a workload is not switched off. An autoscaler that may go to zero, or a number nobody can tell, does not say so. */
export function hasPods(workload: Workload, world: World): boolean {
  return world.replicasOf(workload) !== 0 || world.autoscalersOf(workload).length > 0;
}

/** Pods that answer for a Service in normal service. */
export function podsBehind(service: Manifest, world: World): number {
  return podsOf(answering(service, world), world);
}

/** Pods of some workloads in normal service. */
export function podsOf(workloads: readonly Workload[], world: World): number {
  return workloads.reduce((sum, workload) => sum + world.replicasOf(workload), 0);
}
