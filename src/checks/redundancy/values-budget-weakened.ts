import { defineCheck, severities } from "../define.ts";
import { valuesChanges } from "../../engine/values-words.ts";
import { budgetProblems } from "./_values-budget.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: gateway, namespace: edge }
spec:
  chart:
    spec: { chart: gateway, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

export default defineCheck({
  kind: "transition",
  id: "values-budget-weakened",
  title: "A chart's values take protection from evictions away",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A disruption budget makes a node drain take few pods at a time, and spread rules keep them on different nodes. Without them the next node upgrade, or one broken node, can leave users with nobody to answer. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Keep the budget and the spread rules; write maxUnavailable: 1 where a budget blocked drains.",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
  ],
  unsafe: [
    {
      title: "the budget is switched off",
      before: release("controller:\n  podDisruptionBudget:\n    enabled: true\n    maxUnavailable: 1\n"),
      after: release(
        "controller:\n  podDisruptionBudget:\n    enabled: false # <- finding\n    maxUnavailable: 1\n",
      ),
    },
    {
      title: "the budget is removed",
      before: release("replicaCount: 3\npdb:\n  minAvailable: 2\n"),
      after: release("replicaCount: 3 # <- finding\n"),
    },
    {
      title: "all pods may go at once",
      before: release("pdb:\n  minAvailable: 2\n"),
      after: release("pdb:\n  minAvailable: 0 # <- finding\n"),
    },
    {
      title: "no pod may go: drains do not end",
      before: release("replicaCount: 2\npdb:\n  minAvailable: 1\n"),
      after: release("replicaCount: 2\npdb:\n  minAvailable: 2 # <- finding\n"),
    },
    {
      title: "the pods may all stand on one node",
      before: release(
        "replicaCount: 3\ntopologySpreadConstraints:\n  - { maxSkew: 1, topologyKey: kubernetes.io/hostname }\n",
      ),
      after: release("replicaCount: 3 # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "the budget lets one more pod go",
      before: release("replicaCount: 3\npdb:\n  minAvailable: 3\n"),
      after: release("replicaCount: 3\npdb:\n  minAvailable: 2\n"),
    },
    {
      title: "the budget is new",
      before: release("replicaCount: 3\n"),
      after: release("replicaCount: 3\npdb:\n  maxUnavailable: 1\n"),
    },
    {
      title: "the component goes with its budget",
      before: release("web: { replicas: 3 }\nproxy:\n  replicas: 2\n  pdb: { maxUnavailable: 1 }\n"),
      after: release("web: { replicas: 3 }\n"),
    },
    {
      title: "spread constraints take the place of anti-affinity",
      before: release(
        "affinity:\n  podAntiAffinity:\n    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }]\n",
      ),
      after: release("topologySpreadConstraints:\n  - { maxSkew: 1, topologyKey: kubernetes.io/hostname }\n"),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) yield* budgetProblems(part);
  },
});
