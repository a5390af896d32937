import type { Change } from "./pair.ts";
import type { Container, Workload } from "./workload.ts";
import type { World } from "./world.ts";

interface Sides {
  readonly before: World;
  readonly after: World;
  readonly changes: readonly Change[];
}

/** A workload before and after. */
export interface WorkloadPair {
  readonly was: Workload;
  readonly is: Workload;
}

/** Long-running workloads that are on both sides and that the change touches. */
export function changedWorkloads(sides: Sides): WorkloadPair[] {
  return keptWorkloads(sides).filter(({ was, is }) => was.manifest.object !== is.manifest.object);
}

/** Long-running workloads that are on both sides. */
export function keptWorkloads({ changes, before, after }: Sides): WorkloadPair[] {
  return changes.flatMap((change) => {
    const was = change.before && before.workload(change.before);
    const is = change.after && after.workload(change.after);
    return was && is && !is.runsToCompletion ? [{ was, is }] : [];
  });
}

/** A container before and after, by its name. */
export interface ContainerPair {
  readonly workload: Workload;
  readonly container: Container;
  readonly previous: Container;
}

/** Containers that are on both sides of a workload. */
export function containerPairs({ was, is }: WorkloadPair): ContainerPair[] {
  const old = new Map(was.containers.map((container) => [container.name, container]));
  return is.containers.flatMap((container) => {
    const previous = old.get(container.name);
    return previous ? [{ workload: is, container, previous }] : [];
  });
}
