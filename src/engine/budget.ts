import { scaled } from "./quantity.ts";
import type { Manifest } from "./types.ts";

/**
 * How many of `replicas` healthy pods a PodDisruptionBudget lets go at once.
 * Percentages of both fields round up, against the replicas that the owning controllers want
 * (pkg/controller/disruption/disruption.go). Undefined where the budget has neither field, or one that cannot be read.
 */
export function allowedDisruptions(budget: Manifest, replicas: number): number | undefined {
  const minAvailable = budget.get("spec", "minAvailable");
  const maxUnavailable = budget.get("spec", "maxUnavailable");
  if (maxUnavailable !== undefined && maxUnavailable !== null) {
    const allowed = scaled(maxUnavailable, replicas, "up");
    return allowed === undefined ? undefined : Math.min(allowed, replicas);
  }
  const needed = scaled(minAvailable, replicas, "up");
  return needed === undefined ? undefined : Math.max(0, replicas - needed);
}
