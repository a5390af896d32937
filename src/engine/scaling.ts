import { scaled } from "./quantity.ts";
import type { FieldPath, Location, Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import { minimumReplicas, pausedReplicas, type World } from "./world.ts";

/** The kinds that set the number of pods of another object. */
export const AUTOSCALERS: readonly string[] = ["HorizontalPodAutoscaler", "ScaledObject"];

const PAUSED: FieldPath = ["metadata", "annotations", "autoscaling.keda.sh/paused-replicas"];

/** Where an autoscaler writes its least and its greatest number of replicas. */
export function boundsOf(scaler: Manifest): { readonly minimum: FieldPath; readonly maximum: FieldPath } {
  if (scaler.kind !== "ScaledObject")
    return { minimum: ["spec", "minReplicas"], maximum: ["spec", "maxReplicas"] };
  if (pausedReplicas(scaler) !== undefined) return { minimum: PAUSED, maximum: PAUSED };
  const idle = scaler.get("spec", "idleReplicaCount") === undefined ? "minReplicaCount" : "idleReplicaCount";
  return { minimum: ["spec", idle], maximum: ["spec", "maxReplicaCount"] };
}

/** `maxReplicas` of a HorizontalPodAutoscaler, which has no default; `maxReplicaCount` of a ScaledObject (default 100; where it is paused at a number, that). NaN where nothing tells. */
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
