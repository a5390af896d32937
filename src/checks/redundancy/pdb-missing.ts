import { strings } from "../../engine/json.ts";
import { isCounted } from "../../engine/serving.ts";
import { locateCount } from "../../engine/scaling.ts";
import type { Problem } from "../../engine/types.ts";
import { labelText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const catalog = (replicas: string, kind = "Deployment") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: catalog, namespace: shop }
spec:
  ${replicas}
  selector: { matchLabels: { app: catalog } }
  template:
    metadata: { labels: { app: catalog, tier: web } }
    spec:
      containers: [{ name: web, image: catalog:7 }]
`;

const SERVICE = `---
apiVersion: v1
kind: Service
metadata: { name: catalog, namespace: shop }
spec: { selector: { app: catalog }, ports: [{ port: 80 }] }
`;

const budget = (selector: string, namespace = "shop") => `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: catalog, namespace: ${namespace} }
spec: { maxUnavailable: 1, selector: ${selector} }
`;

const AUTOSCALER = `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: catalog, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: catalog }
  minReplicas: 3 # <- finding
  maxReplicas: 9
`;

export default defineCheck({
  kind: "state",
  id: "pdb-missing",
  title: "No budget limits how many pods a node drain takes at once",
  pillar: "redundancy",
  severity: severities("warning", "notice", "notice"),
  confidence: "certain",
  absence: true,
  why: "A node drain evicts all pods of its node at once. Without a PodDisruptionBudget these can be all pods of a Service, in the middle of the day, when a node is upgraded or the cluster shrinks.",
  fix: "Add a PodDisruptionBudget with maxUnavailable: 1 that selects these pods.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
  ],
  unsafe: [
    {
      title: "a new workload with several pods has no budget",
      after: catalog("replicas: 3 # <- finding") + SERVICE,
    },
    {
      title: "the budget selects other pods",
      after: catalog("replicas: 3 # <- finding") + SERVICE + budget("{ matchLabels: { app: catalogue } }"),
    },
    {
      title: "the budget is in another namespace",
      after:
        catalog("replicas: 3 # <- finding") +
        SERVICE +
        budget("{ matchLabels: { app: catalog } }", "shop-jobs"),
    },
    {
      title: "an autoscaler keeps several pods",
      after: catalog("revisionHistoryLimit: 3") + SERVICE + AUTOSCALER,
    },
  ],
  safe: [
    {
      title: "a budget covers the pods",
      after: catalog("replicas: 3") + SERVICE + budget("{ matchLabels: { app: catalog } }"),
    },
    {
      title: "the budget's selector is an expression",
      after:
        catalog("replicas: 3") +
        SERVICE +
        budget("{ matchExpressions: [{ key: tier, operator: In, values: [web, api] }] }"),
    },
    {
      title: "there is one pod: a budget would only block drains",
      after: catalog("replicas: 1") + SERVICE,
    },
    { title: "no Service sends to the pods", after: catalog("replicas: 3") },
    {
      title: "drains leave the pods of a DaemonSet alone",
      after: catalog("minReadySeconds: 5", "DaemonSet") + SERVICE,
    },
    {
      title: "it gets a second pod, and never had a budget",
      before: catalog("replicas: 1") + SERVICE,
      after: catalog("replicas: 2") + SERVICE,
    },
    {
      title: "there never was a budget",
      before: catalog("replicas: 3") + SERVICE,
      after: catalog("replicas: 4") + SERVICE,
    },
  ],

  *run(world) {
    for (const workload of world.workloads) yield* unprotected(workload, world);
  },
});

function* unprotected(workload: Workload, world: World): Iterable<Problem> {
  if (!isCounted(workload) || world.budgetsOf(workload).length > 0) return;
  const [service] = world.servicesOf(workload);
  const replicas = world.replicasOf(workload);
  const { manifest } = workload;
  const about = { subject: manifest, at: locateCount(workload, world) };
  if (!service || !(replicas >= 2)) {
    // It never had a budget: that it gets a second pod, or a Service, makes nothing worse.
    yield { ...about, message: `No PodDisruptionBudget covers the pods of ${manifest.ref}.`, latent: true };
    return;
  }
  yield {
    ...about,
    message: `No PodDisruptionBudget covers the ${replicas} pods of ${manifest.ref}: a node drain evicts all of them at once if they share the node, and then ${service.ref} has nobody to answer.`,
    fix: `Add a PodDisruptionBudget${manifest.namespace === "" ? "" : ` in namespace ${manifest.namespace}`} with maxUnavailable: 1 and ${selectorText(workload)}.`,
  };
}

/** The workload's own selector, which no other workload's pods match: a single label may be shared with others. */
function selectorText({ manifest }: Workload): string {
  const own = strings(manifest.get("spec", "selector", "matchLabels"));
  return Object.keys(own).length > 0 ? `the selector ${labelText(own)}` : `the selector of ${manifest.ref}`;
}
