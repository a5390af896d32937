import { list, object, string } from "./json.ts";
import type { Manifest } from "./types.ts";
import { podField, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

const SINGLE_WRITER: readonly string[] = ["ReadWriteOnce", "ReadWriteOncePod"];

/** Names of the claims that all pods of a workload share, in order. Claim templates give each pod its own and are left out. */
export function sharedClaims(workload: Workload): string[] {
  return list(podField(workload, "volumes")).flatMap(
    (volume) => string(object(object(volume)["persistentVolumeClaim"])["claimName"]) ?? [],
  );
}

/**
 * A claim that keeps all pods of a workload on one node: it can be mounted on one only, or its access modes are not
 * in the unit and most have one. Such a workload cannot simply be given a second pod.
 */
export function bindingClaim(workload: Workload, world: World): string | undefined {
  return sharedClaims(workload).find((name) => {
    const modes = list(
      world.find("PersistentVolumeClaim", name, workload.manifest)?.get("spec", "accessModes"),
    );
    return modes.every((mode) => typeof mode === "string" && SINGLE_WRITER.includes(mode));
  });
}

/** Whether a PersistentVolumeClaim says that one node only can mount it. */
export function isSingleWriter(claim: Manifest): boolean {
  const modes = list(claim.get("spec", "accessModes"));
  return modes.length > 0 && modes.every((mode) => typeof mode === "string" && SINGLE_WRITER.includes(mode));
}
