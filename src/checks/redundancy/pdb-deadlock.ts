import { podsInWords } from "../../engine/arithmetic.ts";
import {
  allowedDisruptions,
  blocksAnyNumber,
  coveredBy,
  limitInWords,
  limitOf,
  podsUnder,
} from "../../engine/budget.ts";
import { setEntry, setScalar } from "../../engine/edit.ts";
import type { Manifest, Problem, Suggestion } from "../../engine/types.ts";
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
  why: "A PodDisruptionBudget that allows no eviction makes every drain of the pods' nodes wait for ever. Node upgrades and repairs stop, or are forced in the end, and then take the pods without any budget.",
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
    for (const budget of world.ofKind("PodDisruptionBudget")) yield* blocked(budget, world);
  },
});

function* blocked(budget: Manifest, world: World): Iterable<Problem> {
  const workloads = coveredBy(budget, world);
  const total = podsUnder(budget, world);
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
        ? `Run at least two pods of ${names(workloads)} and write maxUnavailable: 1 ${instead(budget)}in ${budget.ref}.`
        : `Write maxUnavailable: 1 ${instead(budget)}in ${budget.ref}: it lets one pod go at a time, whatever the number of replicas.`,
    ...(suggestion && { suggestion }),
  };
}

function message(
  budget: Manifest,
  workloads: readonly Workload[],
  { total, scaled }: { total: number; scaled: boolean },
): string {
  const pods = Number.isNaN(total) ? "the pods" : total === 1 ? "the only pod" : `the ${podsInWords(total)}`;
  const when = scaled ? " while the autoscaler is at its minimum" : "";
  return `${budget.ref} allows no eviction of ${pods} of ${names(workloads)}${when} (${limitInWords(budget, total)}). A drain of ${total === 1 ? "its node" : "their nodes"} hangs, and with it every node upgrade, until somebody deletes ${total === 1 ? "it" : "them"} by hand.`;
}

function names(workloads: readonly Workload[]): string {
  return workloads.map(({ manifest }) => manifest.ref).join(", ");
}

/** A budget may have one of the two fields only. */
function instead(budget: Manifest): string {
  return budget.get("spec", "minAvailable") === undefined ? "" : "instead of minAvailable ";
}

function loosened(budget: Manifest): Suggestion | undefined {
  const path = limitOf(budget);
  return path.at(-1) === "maxUnavailable"
    ? setScalar(budget, path, "1")
    : setEntry(budget, path, "maxUnavailable: 1");
}
