import type { Manifest } from "../engine/types.ts";
import { clusterCell, partsOf } from "./cluster.ts";
import type { ClusterTest } from "./cluster-tests.ts";
import { deployPairs } from "./compare.ts";
import type { Change } from "./compare.ts";
import type { Deploy } from "./deploys.ts";

/** A hook whose test stopped a deploy, and does so no more. */
export interface LostHook {
  readonly before: ClusterTest;
  /** The hook in head; absent where it is gone. */
  readonly after?: Manifest;
  readonly deploy: Deploy;
}

/**
 * Tests in hooks that this change takes from before a production deploy. What a Rollout or a Canary measures is judged
 * with the workload that it rolls out.
 */
export function lostHooks(change: Change): LostHook[] {
  const lost = deployPairs(change).flatMap(({ before, after }) => {
    const [was, is] = [partsOf(before, change.before.cluster), partsOf(after, change.after.cluster)];
    // What is deployed now may be somewhere else: nothing can be said of it.
    if (!was || !is || is.some(({ incomplete }) => incomplete)) return [];
    const tests = was.flatMap((part) => part.tests).filter(isGatingHook);
    return tests.flatMap((test): LostHook[] => {
      if (stands(test, after, change)) return [];
      const same = is.flatMap((part) => part.manifests).find(({ id }) => id === test.owner.id);
      return [{ before: test, deploy: after, ...(same && { after: same }) }];
    });
  });
  return [...new Map(lost.map((one) => [`${one.before.owner.id} ${one.before.stage}`, one])).values()];
}

const isGatingHook = ({ verdict, guards }: ClusterTest): boolean =>
  verdict === "required" && guards === undefined;

/** Whether the stage still stops the deploy, in the cluster or in a pipeline. */
function stands({ stage }: ClusterTest, deploy: Deploy, { after }: Change): boolean {
  const inPipelines = after.gates.some(
    (gate) => gate.deploy === deploy && gate.evidence.purpose === stage && gate.worst.verdict === "required",
  );
  return inPipelines || clusterCell(stage, deploy, after.cluster)?.verdict === "required";
}
