import { setScalar } from "../../engine/edit.ts";
import { counterpart } from "../../engine/generations.ts";
import { isObject, strings } from "../../engine/json.ts";
import { matchesSelector, sameNamespace } from "../../engine/selectors.ts";
import { isCounted } from "../../engine/serving.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { labelText, listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const tracker = (name = "tracker", namespace = "fleet") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  replicas: 3
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "${name}:2" }] }
---
`;

const budget = (selector: string, namespace = "fleet", mark = "") => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: tracker
  namespace: ${namespace}${mark}
spec:
  maxUnavailable: 1
  ${selector}
---
`;

const OWN = "selector: { matchLabels: { app: tracker } }";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "pdb-selects-nothing",
  title: "A new budget does not cover the pods that it is meant for",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  absence: true,
  why: "The budget looks like protection, but a node drain still takes all pods at once: the eviction API only asks budgets that select the pod, in its own namespace.",
  fix: "Write the labels of the pod template into the selector, and put the budget into the namespace of the pods.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/",
  ],
  unsafe: [
    {
      title: "the budget is in another namespace than the pods",
      before: tracker(),
      after: tracker() + budget(OWN, "default", MARK),
    },
    {
      title: "the selector has a label that the pods do not have",
      before: tracker(),
      after: tracker() + budget(`selector: { matchLabels: { app: tracker-web } }${MARK}`),
    },
    {
      title: "there is no selector",
      before: tracker(),
      after:
        tracker() +
        budget("unhealthyPodEvictionPolicy: AlwaysAllow").replace("spec:\n  max", `spec:${MARK}\n  max`),
    },
    {
      title: "an empty selector covers all pods of the namespace together",
      before: tracker() + tracker("router"),
      after: tracker() + tracker("router") + budget(`selector: {}${MARK}`),
    },
  ],
  safe: [
    { title: "it covers its pods", before: tracker(), after: tracker() + budget(OWN) },
    {
      title: "its pods are made by an operator, and not here",
      before: tracker("router"),
      after: tracker("router") + budget(OWN),
    },
    {
      title: "it never covered anything",
      before: tracker() + budget(OWN, "default"),
      after: tracker().replace("tracker:2", "tracker:3") + budget(OWN, "default"),
    },
    {
      title: "another budget covers the pods",
      before: tracker() + budget(OWN),
      after:
        tracker() +
        budget(OWN) +
        budget("selector: { matchLabels: { app: tracker-web } }").replace(
          "name: tracker",
          "name: tracker-web",
        ),
    },
  ],

  *run(transition) {
    const { after } = transition;
    for (const { kind, after: budget } of transition.changes) {
      if (kind !== "added" || budget.kind !== "PodDisruptionBudget") continue;
      const covered = after.workloads.filter((workload) => after.budgetsOf(workload).includes(budget));
      if (covered.length === 0) yield* astray(budget, transition);
      else if (isEverything(budget) && covered.length > 1) yield everything(budget, covered);
    }
  },
});

/** `{}` matches every pod of the namespace in policy/v1, and none in v1beta1. */
function isEverything(budget: Manifest): boolean {
  const selector = budget.get("spec", "selector");
  return (
    isObject(selector) && Object.values(selector).every((part) => JSON.stringify(part ?? []).length <= 2)
  );
}

function everything(budget: Manifest, covered: readonly Workload[]): Problem {
  return {
    subject: budget,
    key: "all",
    at: budget.locate("spec", "selector"),
    atMost: "notice",
    message: `${budget.ref} counts all pods of its namespace together (${listText(covered.map(({ manifest }) => manifest.name))}): one pod that is not ready can block the eviction of all others, and all pods of one workload may still go at once.`,
    fix: "Write one budget for each workload, with the labels of its pods.",
  };
}

function* astray(budget: Manifest, { before, after }: Transition): Iterable<Problem> {
  const selector = budget.get("spec", "selector");
  const free = after.workloads.filter((workload) => isBare(workload, before, after));
  const own = free.filter(({ manifest }) => sameNamespace(manifest, budget));
  if (selector === undefined || selector === null) {
    if (own.length > 0) yield without(budget);
    return;
  }
  const elsewhere = free.find(
    ({ labels, manifest }) => matchesSelector(selector, labels) && !sameNamespace(manifest, budget),
  );
  const meant = own.find(({ manifest }) => manifest.name === budget.name);
  const wanted = strings(isObject(selector) ? selector["matchLabels"] : undefined);
  if (elsewhere) yield misplaced(budget, elsewhere);
  else if (meant && Object.keys(wanted).length > 0 && !Object.values(wanted).some(isUnknown))
    yield mismatched(budget, meant, labelText(wanted));
}

/** Several pods that no budget covers, and that lost none: that is said where it went. */
function isBare(workload: Workload, before: World, after: World): boolean {
  const was = counterpart(workload, before);
  return (
    isCounted(workload) &&
    after.replicasOf(workload) >= 2 &&
    after.budgetsOf(workload).length === 0 &&
    (!was || before.budgetsOf(was).length === 0)
  );
}

function without(budget: Manifest): Problem {
  return {
    subject: budget,
    at: budget.locate("spec"),
    message: `${budget.ref} has no selector, and so covers no pod: a node drain still takes all pods that share the node at once.`,
    fix: `Write the labels of the pods that ${budget.name} is for into its selector.`,
  };
}

function misplaced(budget: Manifest, { manifest }: Workload): Problem {
  const suggestion = setScalar(budget, ["metadata", "namespace"], manifest.namespace);
  return {
    subject: budget,
    at: budget.locate("metadata", "namespace"),
    message: `${budget.ref} is in namespace ${budget.namespace}, and the pods of ${manifest.ref}, which it selects, are in ${manifest.namespace}: it does not protect them, and a node drain takes all that share the node at once.`,
    fix: `Write namespace: ${manifest.namespace} in ${budget.ref}.`,
    ...(suggestion && { suggestion }),
  };
}

function mismatched(budget: Manifest, { manifest, labels }: Workload, wanted: string): Problem {
  return {
    subject: budget,
    at: budget.locate("spec", "selector"),
    message: `${budget.ref} selects ${wanted}, and the pods of ${manifest.ref} have ${labelText(labels)}: it does not protect them, and a node drain takes all that share the node at once.`,
    fix: `Make the selector of ${budget.ref} match the pods of ${manifest.ref}: ${labelText(labels)}.`,
  };
}
