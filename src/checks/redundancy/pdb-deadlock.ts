import { allowedDisruptions } from "../../engine/budget.ts";
import { setEntry, setScalar } from "../../engine/edit.ts";
import { text } from "../../engine/json.ts";
import { isCounted } from "../../engine/serving.ts";
import type { FieldPath, Manifest, Problem, Suggestion } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const search = (replicas: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: search, namespace: shop }
spec:
  ${replicas}
  selector: { matchLabels: { app: search } }
  template:
    metadata: { labels: { app: search } }
    spec:
      containers: [{ name: web, image: search:12 }]
---
`;

const budget = (limit: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: search, namespace: shop }
spec:
  ${limit}
  selector: { matchLabels: { app: search } }
`;

const autoscaler = (minimum: number) => `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: search, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: search }
  minReplicas: ${minimum}
  maxReplicas: 10
`;

export default defineCheck({
  kind: "state",
  id: "pdb-deadlock",
  title: "A budget allows no eviction, so a node drain never ends",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A PodDisruptionBudget that allows no eviction makes every drain of the pods' nodes wait for ever. Node upgrades and repairs stop, or are forced at last, and then take the pods without any budget.",
  fix: "Allow one pod to go at a time with maxUnavailable: 1, and run at least two pods.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets",
  ],
  unsafe: [
    {
      title: "the budget wants as many pods as there are",
      before: search("replicas: 3") + budget("minAvailable: 2"),
      after: search("replicas: 3") + budget("minAvailable: 3 # <- finding"),
    },
    {
      title: "the replicas are cut down to what the budget wants",
      before: search("replicas: 3") + budget("minAvailable: 2"),
      after: search("replicas: 2") + budget("minAvailable: 2 # <- finding"),
    },
    {
      title: "a percentage rounds up to all pods: 75% of 3",
      after: search("replicas: 3") + budget('minAvailable: "75%" # <- finding'),
    },
    {
      title: "maxUnavailable is zero",
      before: search("replicas: 3") + budget("maxUnavailable: 1"),
      after: search("replicas: 3") + budget("maxUnavailable: 0 # <- finding"),
    },
    {
      title: "there is one pod, and the budget keeps it",
      after: search("replicas: 1") + budget("minAvailable: 1 # <- finding"),
    },
    {
      title: "the autoscaler's minimum is what the budget wants",
      after: search("minReadySeconds: 5") + budget("minAvailable: 3 # <- finding") + autoscaler(3),
    },
  ],
  safe: [
    { title: "one pod may go", after: search("replicas: 3") + budget("maxUnavailable: 1") },
    {
      title: "a percentage of maxUnavailable rounds up to one",
      after: search("replicas: 3") + budget('maxUnavailable: "10%"'),
    },
    { title: "75% of 4 leaves one", after: search("replicas: 4") + budget('minAvailable: "75%"') },
    {
      title: "the autoscaler keeps one more than the budget wants",
      after: search("minReadySeconds: 5") + budget("minAvailable: 2") + autoscaler(3),
    },
    { title: "the workload is scaled to zero", after: search("replicas: 0") + budget("minAvailable: 1") },
    {
      title: "the budget covers no workload of this unit",
      after: budget("minAvailable: 3"),
    },
    {
      title: "the budget always blocked, and is only renumbered around",
      before: search("replicas: 3") + budget("minAvailable: 3"),
      after: search("replicas: 3") + budget("minAvailable: 100%"),
    },
  ],

  *run(world) {
    for (const [budget, workloads] of coverage(world)) yield* blocked(budget, workloads, world);
  },
});

/** What each budget covers. Pods of DaemonSets and bare pods have no controller that tells how many there are. */
function coverage(world: World): Map<Manifest, Workload[]> {
  const covered = new Map<Manifest, Workload[]>();
  for (const workload of world.workloads) {
    if (!isCounted(workload)) continue;
    for (const budget of world.budgetsOf(workload))
      covered.set(budget, [...(covered.get(budget) ?? []), workload]);
  }
  return covered;
}

function* blocked(budget: Manifest, workloads: readonly Workload[], world: World): Iterable<Problem> {
  const total = workloads.reduce((sum, workload) => sum + world.replicasOf(workload), 0);
  const forever = blocksAnyNumber(budget);
  if (total === 0 || (!forever && allowedDisruptions(budget, total) !== 0)) return;
  const scaled = workloads.some((workload) => world.autoscalersOf(workload).length > 0);
  // An autoscaler, or whoever sets replicas that no file writes, may have more pods than the least.
  const certain =
    forever || (!scaled && workloads.every(({ declaredReplicas }) => declaredReplicas !== undefined));
  const suggestion = total === 1 ? undefined : loosened(budget);
  yield {
    subject: budget,
    at: budget.locate(...limitOf(budget)),
    ...(certain ? {} : { atMost: "warning" as const }),
    message: message(budget, workloads, { total, scaled: scaled && !forever }),
    fix:
      total === 1
        ? `Run at least two pods of ${names(workloads)} and write maxUnavailable: 1 in ${budget.ref}.`
        : `Write maxUnavailable: 1 in ${budget.ref}: it lets one pod go at a time, whatever the number of replicas.`,
    ...(suggestion && { suggestion }),
  };
}

function message(
  budget: Manifest,
  workloads: readonly Workload[],
  { total, scaled }: { total: number; scaled: boolean },
): string {
  const field = limitOf(budget);
  const limit = `${field.at(-1) ?? ""}: ${text(budget.get(...field))}`;
  const pods = `${total} ${total === 1 ? "pod" : "pods"} of ${names(workloads)}`;
  const when = scaled ? "while the autoscaler is at its minimum" : "ever";
  return Number.isNaN(total)
    ? `${budget.ref} says ${limit}, so it lets no pod of ${names(workloads)} go: a drain of their nodes never ends.`
    : `${budget.ref} says ${limit}, so none of the ${pods} may be evicted ${when}: a drain of their nodes hangs.`;
}

function names(workloads: readonly Workload[]): string {
  return workloads.map(({ manifest }) => manifest.ref).join(", ");
}

/** `maxUnavailable: 0` and `minAvailable: 100%` let no pod go, however many there are. */
function blocksAnyNumber(budget: Manifest): boolean {
  const path = limitOf(budget);
  const value = budget.get(...path);
  return path.at(-1) === "maxUnavailable" ? value === 0 || value === "0" || value === "0%" : value === "100%";
}

function limitOf(budget: Manifest): FieldPath {
  const maximum = budget.get("spec", "maxUnavailable");
  return ["spec", maximum === undefined || maximum === null ? "minAvailable" : "maxUnavailable"];
}

function loosened(budget: Manifest): Suggestion | undefined {
  const path = limitOf(budget);
  return path.at(-1) === "maxUnavailable"
    ? setScalar(budget, path, "1")
    : setEntry(budget, path, "maxUnavailable: 1");
}
