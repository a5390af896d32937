import { object, string } from "./json.ts";
import { scaled } from "./quantity.ts";
import type { Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** A workload in the world that answers what is asked of it. */
export interface Standing {
  readonly workload: Workload;
  readonly world: World;
}

/**
 * Every workload of a unit as it runs, by its id. An Argo Rollout may take the pods of a Deployment (`workloadRef`) and
 * give them its own number and strategy: the Deployment then has none (argo-rollouts.readthedocs.io, migrating).
 */
export function standingWorkloads(world: World): ReadonlyMap<string, Standing> {
  const found = known.get(world) ?? read(world);
  known.set(world, found);
  return found;
}

const known = new WeakMap<World, ReadonlyMap<string, Standing>>();

function read(world: World): ReadonlyMap<string, Standing> {
  const loans = world.ofKind("Rollout").flatMap((rollout) => loanOf(rollout, world));
  const lenders = new Set(loans.map(({ lender }) => lender));
  const own = world.workloads.flatMap((workload): Standing[] =>
    lenders.has(workload) ? [] : [{ workload, world }],
  );
  return new Map([...own, ...loans].map((one) => [one.workload.manifest.id, one]));
}

function loanOf(rollout: Manifest, world: World): (Standing & { lender: Workload })[] {
  const { kind, name } = object(rollout.get("spec", "workloadRef"));
  const found = kind === "Deployment" ? world.find("Deployment", string(name) ?? "", rollout) : undefined;
  const lender = found && world.workload(found);
  if (!lender) return [];
  const workload: Workload = {
    ...lender,
    manifest: rollout,
    kind: "Rollout",
    declaredReplicas: scaled(rollout.get("spec", "replicas"), NaN, "up"),
  };
  const pods = (one: Workload) => (one === workload ? lender : one);
  const borrower = (one: Workload) => (one === lender ? workload : one);
  const view: World = {
    ...world,
    servicesOf: (one) => world.servicesOf(pods(one)),
    budgetsOf: (one) => world.budgetsOf(pods(one)),
    coveredBy: (budget) => world.coveredBy(budget).map(borrower),
    selectedBy: (service) => world.selectedBy(service).map(borrower),
  };
  return [{ workload, world: view, lender }];
}
