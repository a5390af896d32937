import { defineCheck, severities } from "../define.ts";
import { valuesChanges } from "../../engine/values-words.ts";
import { replicaProblems } from "./_values-replicas.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: checkout, namespace: shop }
spec:
  chart:
    spec: { chart: web-app, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

const application = (values: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: checkout-production, namespace: argocd }
spec:
  source:
    repoURL: https://charts.example.com
    chart: web-app
    helm:
      values: |
${values.replace(/^(?=.)/gm, "        ")}`;

const SCALED = (range: string) => `replicaCount: 2
autoscaling:
  enabled: true
  ${range}
`;

export default defineCheck({
  kind: "transition",
  id: "values-fewer-replicas",
  title: "A chart's values ask for fewer pods than before",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "Fewer pods carry the same load, and fewer are left when a node goes. With one pod every crash and every drain of its node is an outage. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Keep at least two replicas of what answers users, and enough for the load at its peak; lower the number in steps while you watch latency and errors.",
  references: [
    "https://helm.sh/docs/chart_best_practices/values/",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
  ],
  unsafe: [
    {
      title: "a release goes from three pods to one",
      before: release("replicaCount: 3\n"),
      after: release("replicaCount: 1 # <- finding\n"),
    },
    {
      title: "the workers of an Argo CD Application are halved",
      before: application("web:\n  replicaCount: 6\nworkers:\n  replicaCount: 12\n"),
      after: application("web:\n  replicaCount: 6\nworkers:\n  replicaCount: 6 # <- finding\n"),
    },
    {
      title: "the number is removed, and the chart's default decides",
      before: release("replicas: 3\nlogLevel: info\n"),
      after: release("logLevel: info # <- finding\n"),
    },
    {
      title: "the autoscaler's minimum falls",
      before: release(SCALED("minReplicas: 4\n  maxReplicas: 12")),
      after: release(SCALED("minReplicas: 2 # <- finding\n  maxReplicas: 12")),
    },
    {
      title: "the autoscaler is switched off",
      before: release(SCALED("minReplicas: 4\n  maxReplicas: 12")),
      after: release("replicaCount: 2\nautoscaling: # <- finding\n  enabled: false\n"),
    },
    {
      title: "the maximum becomes the minimum: no pod is added any more",
      before: release(SCALED("minReplicas: 4\n  maxReplicas: 12")),
      after: release(SCALED("minReplicas: 4\n  maxReplicas: 4 # <- finding")),
    },
    {
      title: "values of a chart that is elsewhere, by application and environment",
      before: {
        "values/orders/values-production.yaml":
          "image: { repository: registry.example.com/orders, tag: 4.2.0 }\nreplicaCount: 4\n",
      },
      after: {
        "values/orders/values-production.yaml":
          "image: { repository: registry.example.com/orders, tag: 4.2.0 }\nreplicaCount: 1 # <- finding\n",
      },
    },
  ],
  safe: [
    {
      title: "there are more than before",
      before: release("replicaCount: 2\n"),
      after: release("replicaCount: 5\n"),
    },
    {
      title: "an autoscaler takes over with as many pods",
      before: release("replicaCount: 3\n"),
      after: release("autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 9 }\n"),
    },
    {
      title: "the number that is written falls, but the autoscaler decides",
      before: release(SCALED("minReplicas: 4\n  maxReplicas: 12")),
      after: release(
        SCALED("minReplicas: 4\n  maxReplicas: 12").replace("replicaCount: 2", "replicaCount: 1"),
      ),
    },
    {
      title: "the number moves to where a newer chart reads it",
      before: release("replicaCount: 3\n"),
      after: release("controller:\n  replicaCount: 3\n"),
    },
    {
      title: "shards and copies of data are no pods",
      before: release("index: { number_of_replicas: 3 }\nrevisionHistoryLimit: 10\n"),
      after: release("index: { number_of_replicas: 1 }\nrevisionHistoryLimit: 2\n"),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) yield* replicaProblems(part);
  },
});
