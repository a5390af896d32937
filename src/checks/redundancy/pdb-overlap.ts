import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (name: string, labels: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: payments }
spec:
  replicas: 3
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: ${labels} }
    spec:
      containers: [{ name: app, image: ${name}:3 }]
---
`;

const LEDGER = deployment("ledger", "{ app: ledger, team: payments }");

const budget = (name: string, selector: string, namespace = "payments") => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  maxUnavailable: 1
  selector: ${selector}
---
`;

const OWN = budget("ledger", "{ matchLabels: { app: ledger } }");

export default defineCheck({
  kind: "state",
  id: "pdb-overlap",
  title: "Two budgets cover the same pods, so no node that runs them can be drained",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "The eviction API refuses to evict a pod that two PodDisruptionBudgets cover. Every drain of its node fails until somebody deletes the pod by force: node upgrades and repairs stop, and pods that are deleted by hand go without any budget.",
  fix: "Keep one budget for each workload: narrow the wider selector, or delete one of the two.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions",
    "https://github.com/kubernetes/kubernetes/issues/75957",
  ],
  unsafe: [
    {
      title: "a second budget for the whole team arrives",
      before: LEDGER + OWN,
      after: LEDGER + OWN + budget("payments", "{ matchLabels: { team: payments } } # <- finding"),
    },
    {
      title: "an empty selector covers every pod of the namespace",
      before: LEDGER + OWN,
      after: LEDGER + OWN + budget("everything", "{} # <- finding"),
    },
    {
      title: "a budget is copied under a new name, and the old one stays",
      before: LEDGER + OWN,
      after: LEDGER + OWN + budget("ledger-v2", "{ matchLabels: { app: ledger } } # <- finding"),
    },
    {
      title: "the pods get a label that another budget selects",
      before:
        deployment("ledger", "{ app: ledger }") +
        OWN +
        budget("payments", "{ matchLabels: { team: payments } }"),
      after: LEDGER + OWN + budget("payments", "{ matchLabels: { team: payments } } # <- finding"),
    },
  ],
  safe: [
    { title: "one budget covers the pods", after: LEDGER + OWN },
    {
      title: "the second budget leaves these pods out",
      after:
        LEDGER +
        OWN +
        budget(
          "payments",
          "{ matchLabels: { team: payments }, matchExpressions: [{ key: app, operator: NotIn, values: [ledger] }] }",
        ),
    },
    {
      title: "the second budget is in another namespace",
      after: LEDGER + OWN + budget("ledger", "{ matchLabels: { app: ledger } }", "payments-eu"),
    },
    {
      title: "a budget without a selector covers nothing",
      after: LEDGER + OWN + budget("empty", "null"),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) yield* overlapping(workload, world);
  },
});

function* overlapping(workload: Workload, world: World): Iterable<Problem> {
  const budgets = world.budgetsOf(workload);
  const last = budgets.at(-1);
  // Drains leave the pods of DaemonSets where they are.
  if (!last || budgets.length < 2 || workload.kind === "DaemonSet") return;
  const { manifest } = workload;
  yield {
    subject: manifest,
    at: last.locate("spec", "selector"),
    ...(inOneNamespace(manifest, budgets) ? {} : { atMost: "warning" as const }),
    message: `The PodDisruptionBudgets ${names(budgets)} ${budgets.length === 2 ? "both" : "all"} cover the pods of ${manifest.ref}. The eviction API refuses to evict such pods, so no node that runs one can be drained.`,
    fix: `Let only one of ${names(budgets)} cover ${manifest.ref}: ${budgets.length === 2 ? "narrow the selector of the other, or delete it" : "narrow the selectors of the others, or delete them"}.`,
  };
}

/** Where one namespace is written and another is not, they may yet differ. */
function inOneNamespace({ namespace }: Manifest, budgets: readonly Manifest[]): boolean {
  return budgets.every((budget) => budget.namespace === namespace);
}

function names(budgets: readonly Manifest[]): string {
  return budgets.map(({ name }) => name).join(" and ");
}
