import { podsInWords } from "../../engine/arithmetic.ts";
import { allowedDisruptions, limitInWords } from "../../engine/budget.ts";
import type { Change } from "../../engine/pair.ts";
import { isCounted } from "../../engine/serving.ts";
import type { Location, Manifest, Problem, Severity } from "../../engine/types.ts";
import { labelText } from "../../engine/words.ts";
import { missesOwnPods, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const gateway = (name: string, labels = "{ app: gateway }", replicas = 3) => `apiVersion: apps/v1
kind: Deployment
metadata: ${name}
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: gateway } }
  template:
    metadata:
      labels: ${labels}
    spec:
      containers: [{ name: proxy, image: gateway:9 }]
---
apiVersion: v1
kind: Service
metadata: { name: gateway, namespace: edge }
spec: { selector: { app: gateway }, ports: [{ port: 443 }] }
---
`;

const NAME = "{ name: gateway, namespace: edge }";

const budget = (
  limit: string,
  selector = "{ matchLabels: { app: gateway } }",
  namespace = "edge",
) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: gateway, namespace: ${namespace} }
spec:
  ${limit}
  selector: ${selector}
---
`;

export default defineCheck({
  kind: "transition",
  id: "pdb-removed",
  title: "Pods lose the budget that limits evictions",
  pillar: "redundancy",
  severity: severities("error", "warning", "notice"),
  confidence: "certain",
  absence: true,
  why: "Until now a node drain took few of these pods at a time. Without the budget it takes all those of the node at once, and the next node upgrade can leave users with nobody to answer.",
  fix: "Keep the PodDisruptionBudget, with a selector that matches the pods' labels; write maxUnavailable: 1 if the old one blocked drains.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
  ],
  supersedes: ["pdb-missing"],
  unsafe: [
    {
      title: "the budget is deleted, the pods stay",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after: gateway(`${NAME} # <- finding`),
    },
    {
      title: "the budget's selector is changed and matches no pod any more",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after:
        gateway(NAME) + budget("maxUnavailable: 1", "{ matchLabels: { app: edge-gateway } } # <- finding"),
    },
    {
      title: "the pods lose the label that the budget selects",
      before:
        gateway(NAME, "{ app: gateway, tier: edge }") +
        budget("maxUnavailable: 1", "{ matchLabels: { tier: edge } }"),
      after:
        gateway(NAME, "{ app: gateway } # <- finding") +
        budget("maxUnavailable: 1", "{ matchLabels: { tier: edge } }"),
    },
    {
      title: "the budget moves to another namespace",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after: gateway(`${NAME} # <- finding`) + budget("maxUnavailable: 1", undefined, "edge-system"),
    },
    {
      title: "the budget now lets all pods go",
      before: gateway(NAME) + budget("minAvailable: 2"),
      after: gateway(NAME) + budget("minAvailable: 0 # <- finding"),
    },
  ],
  safe: [
    {
      title: "the pods leave their own selector, so they are refused and the old ones stay",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after: gateway(NAME, "{ app: edge }") + budget("maxUnavailable: 1"),
    },
    {
      title: "the budget is renamed and still covers the pods",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after: gateway(NAME) + budget("maxUnavailable: 1").replace("name: gateway,", "name: gateway-budget,"),
    },
    {
      title: "the workload goes with its budget",
      before: gateway(NAME) + budget("maxUnavailable: 1"),
      after: "",
    },
    {
      title: "one of two budgets over the same pods goes",
      before:
        gateway(NAME) +
        budget("maxUnavailable: 1") +
        budget("maxUnavailable: 2").replace("name: gateway,", "name: old,"),
      after: gateway(NAME) + budget("maxUnavailable: 1"),
    },
    {
      title: "a budget that blocked every drain lets one pod go",
      before: gateway(NAME) + budget("minAvailable: 3"),
      after: gateway(NAME) + budget("minAvailable: 2"),
    },
    {
      title: "there is one pod, which no budget can protect",
      before: gateway(NAME, undefined, 1) + budget("maxUnavailable: 1"),
      after: gateway(NAME, undefined, 1),
    },
  ],

  *run(transition) {
    for (const change of transition.changes) {
      if (change.kind === "kept") yield* lostBudget(change, transition);
    }
  },
});

type Kept = Extract<Change, { kind: "kept" }>;

function* lostBudget(change: Kept, { before, after, changes }: Transition): Iterable<Problem> {
  const was = before.workload(change.before);
  const is = after.workload(change.after);
  if (!was || !is || !isCounted(is)) return;
  const [old] = before.budgetsOf(was);
  const counts = { before: before.replicasOf(was), after: after.replicasOf(is) };
  const allowed = old && allowedDisruptions(old, counts.before);
  if (!old || allowed === undefined) return;
  const [budget] = after.budgetsOf(is);
  if (budget) {
    const served = after.servicesOf(is).length > 0;
    const wasTight = allowed < counts.before;
    if (wasTight && isToothless(budget, old, counts.after)) {
      yield toothless(is, budget, { replicas: counts.after, served });
    }
  } else if (counts.after >= 2 && !isRefused(is, old, after)) {
    yield lost(is, old, { at: placeOf(change, old, changes), allowed, replicas: counts.after });
  }
}

/** New pods that their own selector misses are refused, and those that run keep their labels and their budget. */
function isRefused(workload: Workload, budget: Manifest, world: World): boolean {
  return missesOwnPods(workload) && world.find(budget.kind, budget.name, budget) !== undefined;
}

/** Fewer pods under the same budget is the reduction's own story, unless there are several and all may go. */
function isToothless(budget: Manifest, old: Manifest, replicas: number): boolean {
  return replicas >= (sameLimit(old, budget) ? 2 : 1) && allowedDisruptions(budget, replicas) === replicas;
}

/** A budget that blocked every drain protected users from nothing but upgrades: its loss is only worth knowing. */
function lost(
  workload: Workload,
  old: Manifest,
  { at, allowed, replicas }: { at: Location; allowed: number; replicas: number },
): Problem {
  const { manifest } = workload;
  const blocked = allowed === 0;
  return {
    subject: manifest,
    at,
    was: old.locate(),
    ...(blocked ? { atMost: "notice" as const } : {}),
    message: `${old.ref} no longer covers the ${podsInWords(replicas)} of ${manifest.ref}. A node drain could evict ${blocked ? "none" : `${allowed} at a time`} until now; now it evicts all that share the node at once.`,
    fix: blocked
      ? `Keep ${old.ref}, and write maxUnavailable: 1 in it: drains then get on, one pod at a time.`
      : `Keep ${old.ref}, in the namespace of ${manifest.ref} and with a selector that matches its pods (${labelText(workload.labels)}).`,
  };
}

function toothless(
  workload: Workload,
  budget: Manifest,
  { replicas, served }: { replicas: number; served: boolean },
): Problem {
  const { manifest } = workload;
  const atMost: Severity = replicas >= 2 && served ? "error" : "notice";
  return {
    subject: manifest,
    at: budget.locate(
      "spec",
      budget.get("spec", "maxUnavailable") === undefined ? "minAvailable" : "maxUnavailable",
    ),
    atMost,
    message: `${budget.ref} now lets ${replicas === 1 ? "the only pod" : `all ${replicas} pods`} of ${manifest.ref} be evicted at once (${limitInWords(budget, replicas)}): ${replicas === 1 ? "a drain of its node" : "a drain of the node that they share"} leaves nobody to answer.`,
    fix:
      replicas === 1
        ? `Run at least two pods of ${manifest.ref} and write maxUnavailable: 1 in ${budget.ref}.`
        : `Write maxUnavailable: 1 in ${budget.ref}, as its only limit.`,
  };
}

function sameLimit(a: Manifest, b: Manifest): boolean {
  return ["minAvailable", "maxUnavailable"].every((field) => a.get("spec", field) === b.get("spec", field));
}

/** The line that took the budget away: its selector, the pods' labels, or, where it is gone, the workload. */
function placeOf({ after }: Kept, old: Manifest, changes: readonly Change[]): Location {
  const budget = changes.find((change) => change.before === old);
  if (budget?.kind !== "kept") return after.locate();
  const same =
    JSON.stringify(budget.before.get("spec", "selector")) ===
    JSON.stringify(budget.after.get("spec", "selector"));
  return same
    ? after.locate("spec", "template", "metadata", "labels")
    : budget.after.locate("spec", "selector");
}
