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
      before.replicasOf(workload) > 0,
  );
}

/** The same workload in another world. */
export function counterpart(workload: Workload, world: World): Workload | undefined {
  const found = world.find(workload.kind, workload.manifest.name, workload.manifest);
  return found && world.workload(found);
}

/** Pods of some workloads in normal service. */
export function podsOf(workloads: readonly Workload[], world: World): number {
  return workloads.reduce((sum, workload) => sum + world.replicasOf(workload), 0);
}
