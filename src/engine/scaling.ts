import { scaled } from "./quantity.ts";
import type { FieldPath, Location, Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import { minimumReplicas, type World } from "./world.ts";

export const AUTOSCALERS: readonly string[] = ["HorizontalPodAutoscaler", "ScaledObject"];

/** Where an autoscaler writes its least and its greatest number of replicas. */
export function boundsOf(scaler: Manifest): { readonly minimum: FieldPath; readonly maximum: FieldPath } {
  return scaler.kind === "ScaledObject"
    ? { minimum: ["spec", "minReplicaCount"], maximum: ["spec", "maxReplicaCount"] }
    : { minimum: ["spec", "minReplicas"], maximum: ["spec", "maxReplicas"] };
}

/** `maxReplicas` of a HorizontalPodAutoscaler, which has no default; `maxReplicaCount` of a ScaledObject (default 100). NaN where nothing tells. */
export function maximumReplicas(scaler: Manifest): number {
  const written = scaled(scaler.get(...boundsOf(scaler).maximum), NaN, "up");
  return written ?? (scaler.kind === "ScaledObject" ? 100 : NaN);
}

/** The field that decides how many pods are sure to be there, and the manifest that holds it. */
export function countField(
  workload: Workload,
  world: World,
): { readonly manifest: Manifest; readonly path: FieldPath } {
  const [first, ...rest] = world.autoscalersOf(workload);
  if (!first) return { manifest: workload.manifest, path: ["spec", "replicas"] };
  const least = rest.reduce((low, one) => (minimumReplicas(one) < minimumReplicas(low) ? one : low), first);
  return { manifest: least, path: boundsOf(least).minimum };
}

/** Where the number of pods that are sure to be there is decided. */
export function locateCount(workload: Workload, world: World): Location {
  const { manifest, path } = countField(workload, world);
  return manifest.locate(...path);
}
