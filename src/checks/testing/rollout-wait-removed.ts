import type { Problem } from "../../engine/types.ts";
import { changedDeploys } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const deploy = (...steps: readonly string[]): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
${steps.map((step) => `      - run: ${step}\n`).join("")}`,
});

export default defineCheck({
  id: "rollout-wait-removed",
  title: "A production deploy no longer waits for its rollout",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "warning"),
  confidence: "likely",
  why: "The deploy turns green once the cluster has taken the manifests. Pods that never become ready are found by users, or by nobody, and nothing rolls back.",
  fix: "Wait for the rollout, with a time limit: `helm upgrade --wait --timeout 10m`, or `kubectl rollout status --timeout=10m`.",
  references: [
    "https://helm.sh/docs/helm/helm_upgrade/",
    "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_status/",
  ],
  unsafe: [
    {
      title: "Helm no longer waits",
      before: deploy("helm upgrade --install shop ./chart --wait"),
      after: deploy("helm upgrade --install shop ./chart # <- finding"),
    },
    {
      title: "Helm no longer rolls back by itself",
      before: deploy("helm upgrade --install shop ./chart --atomic --timeout 5m"),
      after: deploy("helm upgrade --install shop ./chart --timeout 5m # <- finding"),
    },
    {
      title: "the status is no longer asked for",
      before: deploy("kubectl apply -f k8s/", "kubectl rollout status deployment/shop"),
      after: deploy("kubectl apply -f k8s/ # <- finding"),
    },
  ],
  safe: [
    {
      title: "another command waits instead",
      before: deploy("helm upgrade --install shop ./chart --wait"),
      after: deploy(
        "helm upgrade --install shop ./chart",
        "kubectl rollout status deployment/shop --timeout=5m",
      ),
    },
    {
      title: "another tool deploys",
      before: deploy("helm upgrade --install shop ./chart --wait"),
      after: deploy("helmfile --environment production apply"),
    },
    {
      title: "it never waited",
      before: deploy("kubectl apply -f k8s/"),
      after: deploy("kubectl apply --server-side -f k8s/"),
    },
  ],

  run: (change) => changedDeploys(change).flatMap(problemOf),
});

function problemOf({ before, after }: DeployChange): Problem[] {
  if (before.tier !== "production" || before.waits.length === 0 || after.waits.length > 0) return [];
  // Another tool has its own way to wait.
  const tools = new Set(before.points.map(({ mechanism }) => mechanism));
  const point = after.points.find(({ mechanism }) => tools.has(mechanism));
  if (!point || after.points.some(({ mechanism }) => !tools.has(mechanism))) return [];
  const command = `\`${shorten(before.waits[0] ?? "")}\``;
  const message = `${after.root.id} (${shown(after.root.at)}) now ends before its rollout does: until now it waited with ${command}, and now nothing waits.`;
  const fix = `Wait as ${command} did, with a time limit such as \`--timeout=10m\`.`;
  return [{ subject: deploySubject(after), at: point.at, message, fix }];
}

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}…` : text);
