import type { Problem } from "../../engine/types.ts";
import { changedDeploys } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { stepwiseBy } from "../../pipelines/stepwise.ts";
import { defineCheck, severities } from "../define.ts";

const azure = (strategy: string, mark = ""): Record<string, string> => ({
  "azure-pipelines.yml": `trigger: [main]
jobs:
  - deployment: production
    environment: production
    strategy:
      ${strategy}
        deploy:
          steps:
            - script: helm upgrade --install shop ./chart --wait${mark}
`,
});
const github = (step: string): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
${step}`,
});
const action = (mark: string, more = ""): string =>
  `      - uses: Azure/k8s-deploy@v5${mark}\n        with:\n          action: deploy\n          manifests: k8s\n${more}`;
const CANARY = "          strategy: canary\n          percentage: 20\n";
const FOUND = " # <- finding";

export default defineCheck({
  id: "gradual-deploy-removed",
  title: "A production deploy reaches all users at once",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "notice"),
  confidence: "likely",
  why: "Until now a bad version reached a few users first, and could be stopped there. From now on all of them get it with the deploy, and all of them wait for the way back.",
  fix: "Keep bringing the version out step by step, or let an Argo Rollout or Flagger do it in the cluster.",
  references: [
    "https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs",
    "https://github.com/Azure/k8s-deploy",
  ],
  unsafe: [
    {
      title: "Azure's canary becomes one step",
      before: azure("canary:\n        increments: [10, 20]"),
      after: azure("runOnce:", FOUND),
    },
    {
      title: "Azure no longer goes over the machines in turns",
      before: azure("rolling:\n        maxParallel: 2"),
      after: azure("runOnce:", FOUND),
    },
    {
      title: "the action is no longer told its strategy",
      before: github(action("", CANARY)),
      after: github(action(FOUND)),
    },
  ],
  safe: [
    {
      title: "the steps are other ones",
      before: azure("canary:\n        increments: [10, 20]"),
      after: azure("canary:\n        increments: [5, 25, 50]"),
    },
    {
      title: "canary becomes blue-green",
      before: github(action("", CANARY)),
      after: github(action("", "          strategy: blue-green\n          route-method: service\n")),
    },
    {
      title: "the cluster does it instead",
      before: github(action("", CANARY)),
      after: {
        ...github("      - run: kubectl apply -f k8s/production/\n"),
        "k8s/production/rollout.yaml":
          "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: shop }\nspec:\n  replicas: 4\n  selector: { matchLabels: { app: shop } }\n  strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } }\n  template:\n    metadata: { labels: { app: shop } }\n    spec: { containers: [{ name: shop, image: 'shop:1' }] }\n",
      },
    },
    { title: "it never was gradual", before: azure("runOnce:"), after: azure("runOnce:") },
  ],

  run: (change) => changedDeploys(change).flatMap((deploy) => problemOf(deploy, change.after)),
});

function problemOf({ before, after }: DeployChange, { rows }: Delivery): Problem[] {
  const was = before.tier === "production" ? stepwiseBy(before) : undefined;
  if (was === undefined || stepwiseBy(after) !== undefined) return [];
  // Another tool has its own way.
  const tools = new Set(before.points.map(({ mechanism }) => mechanism));
  const point = after.points.find(({ mechanism }) => tools.has(mechanism));
  const inCluster = rows.some(
    ({ at, practices }) =>
      at === after.root.at &&
      practices.some(({ practice, kept }) => practice === "gradual" && kept === "yes"),
  );
  if (!point || inCluster) return [];
  const message = `${after.root.id} (${shown(after.root.at)}) brought a version out step by step until now (\`${was}\`); now all users get it at once.`;
  return [
    { subject: deploySubject(after), at: point.at, message, fix: `Bring it out with \`${was}\` again.` },
  ];
}
