import { quantityOf } from "./bytes.ts";
import { object } from "./json.ts";
import { oncePer } from "./once.ts";
import { shareOf, type Resource } from "./resources.ts";
import { isCounted } from "./serving.ts";
import type { Manifest } from "./types.ts";
import { scalarText } from "./words.ts";
import { aheadOf, strategyOf, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** One limit of a ResourceQuota, and what the unit's workloads need of it at rest, at their least. */
export interface QuotaLine {
  readonly quota: Manifest;
  /** The key in `spec.hard`. */
  readonly name: string;
  readonly limit: number;
  readonly standing: number;
  readonly inside: readonly Workload[];
  /** What one pod counts. */
  readonly measure: (workload: Workload) => number;
}

/** A workload while it rolls out, beside the others at rest. */
export interface Rolling {
  readonly workload: Workload;
  /** With every pod that the rollout may have too many. */
  readonly needs: number;
  /** The first new pod, which must be ready before an old one goes, is refused: the rollout never ends. */
  readonly isRefused: boolean;
}

/** The limits of a unit's quotas. Those with a scope are for some pods only, and left out. */
export const quotaLines = oncePer((world: World): readonly QuotaLine[] => {
  const quotas = world
    .ofKind("ResourceQuota")
    .filter((quota) => !quota.get("spec", "scopes") && !quota.get("spec", "scopeSelector"));
  return quotas.flatMap((quota) => {
    const inside = world.workloads.filter(
      (workload) => workload.manifest.namespace === quota.namespace && isCounted(workload),
    );
    return Object.entries(object(quota.get("spec", "hard"))).flatMap(([name, hard]) => {
      const limit = quantityOf(hard);
      const measure = MEASURES[name];
      if (limit === undefined || !measure) return [];
      const standing = inside.reduce((total, one) => total + world.replicasOf(one) * measure(one), 0);
      return [{ quota, name, limit, measure, inside, standing }];
    });
  });
});

const MEASURES: Readonly<Record<string, QuotaLine["measure"]>> = {
  pods: () => 1,
  "requests.cpu": (workload) => sum(workload, "cpu", "request"),
  "requests.memory": (workload) => sum(workload, "memory", "request"),
  cpu: (workload) => sum(workload, "cpu", "request"),
  memory: (workload) => sum(workload, "memory", "request"),
  "limits.cpu": (workload) => sum(workload, "cpu", "limit"),
  "limits.memory": (workload) => sum(workload, "memory", "limit"),
};

/** Containers that run beside each other; what is not written counts nothing, so that the sum is the least there can be. */
function sum({ containers }: Workload, resource: Resource, field: "request" | "limit"): number {
  return containers
    .filter(({ role }) => role !== "init")
    .reduce((total, container) => total + (shareOf(container, resource)[field] ?? 0), 0);
}

/** Sums of fractions are not exact. */
export function isOver(needed: number, { limit }: QuotaLine): boolean {
  return needed > limit * 1.000001;
}

/** What a rollout of one workload needs of a limit, beside all others at rest. */
export function rollingUnder(line: QuotaLine, workload: Workload, world: World): Rolling {
  const strategy = strategyOf(workload, world.replicasOf(workload));
  const one = line.measure(workload);
  return {
    workload,
    needs: line.standing + strategy.maxSurge * one,
    isRefused: one > 0 && isOver(line.standing + aheadOf(strategy) * one, line),
  };
}

/** `ResourceQuota/shop/all allows 4Gi of requests.memory`. */
export function limitOfQuota({ quota, name }: QuotaLine): string {
  const amount = scalarText(quota.get("spec", "hard", name));
  return `${quota.ref} allows ${name === "pods" ? `${amount} pods` : `${amount} of ${name}`}`;
}

/** A need in the unit that people write. */
export function amountInWords(value: number, name: string): string {
  if (!name.includes("memory")) return String(Math.round(value * 1000) / 1000);
  const gibi = value / 2 ** 30;
  return gibi >= 1 ? `${Math.round(gibi * 100) / 100}Gi` : `${Math.round(value / 2 ** 20)}Mi`;
}
