import { shareInWords } from "./arithmetic.ts";
import { scaled } from "./quantity.ts";
import { isCounted } from "./serving.ts";
import type { FieldPath, Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * How many of `expected` pods must stay healthy for a PodDisruptionBudget to let one go. Percentages of both fields
 * round up, against the replicas that the owning controllers want (pkg/controller/disruption/disruption.go). Undefined
 * where the budget has neither field, or one that cannot be read.
 */
function desiredHealthy(budget: Manifest, expected: number): number | undefined {
  const path = limitOf(budget);
  const limit = scaled(budget.get(...path), expected, "up");
  if (limit === undefined) return undefined;
  return path.at(-1) === "maxUnavailable" ? Math.max(0, expected - limit) : limit;
}

/** How many of the `healthy` pods may be evicted at once; all that are expected are healthy in normal service. */
export function allowedDisruptions(
  budget: Manifest,
  expected: number,
  healthy = expected,
): number | undefined {
  const needed = desiredHealthy(budget, expected);
  return needed === undefined ? undefined : Math.max(0, healthy - needed);
}

/** The field that decides: `maxUnavailable` where it is written, else `minAvailable`. */
export function limitOf(budget: Manifest): FieldPath {
  const maximum = budget.get("spec", "maxUnavailable");
  return ["spec", maximum === undefined || maximum === null ? "minAvailable" : "maxUnavailable"];
}

/** `maxUnavailable: 0` and `minAvailable: 100%` let no pod go, however many there are. */
export function blocksAnyNumber(budget: Manifest): boolean {
  const path = limitOf(budget);
  const value = budget.get(...path);
  return path.at(-1) === "maxUnavailable" ? value === 0 || value === "0" || value === "0%" : value === "100%";
}

/** The limit as the controller works it out: `minAvailable: 75% of 3 pods rounds up to 3`. */
export function limitInWords(budget: Manifest, expected: number): string {
  const path = limitOf(budget);
  return shareInWords(String(path.at(-1)), budget.get(...path), { total: expected, rounding: "up" });
}

/** What a budget covers, and how many pods that is in normal service. */
interface Cover {
  readonly workloads: readonly Workload[];
  readonly pods: number;
}

/** A budget over a whole namespace is asked for by each of its workloads. */
const known = new WeakMap<World, Map<Manifest, Cover>>();

function coverOf(budget: Manifest, world: World): Cover {
  const covers = known.get(world) ?? new Map<Manifest, Cover>();
  known.set(world, covers);
  const found = covers.get(budget);
  if (found) return found;
  const workloads = world.coveredBy(budget).filter(isCounted);
  const pods = workloads.reduce((sum, workload) => sum + world.replicasOf(workload), 0);
  const cover = { workloads, pods };
  covers.set(budget, cover);
  return cover;
}

/** The workloads that a budget covers. Pods of DaemonSets and bare pods have no controller that tells how many there are. */
export function coveredBy(budget: Manifest, world: World): readonly Workload[] {
  return coverOf(budget, world).workloads;
}

/** The pods under a budget in normal service: those of all workloads that it covers count together. */
export function podsUnder(budget: Manifest, world: World): number {
  return coverOf(budget, world).pods;
}
