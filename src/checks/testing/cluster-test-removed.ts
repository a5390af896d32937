import type { Problem } from "../../engine/types.ts";
import { lostHooks } from "../../pipelines/cluster-changes.ts";
import type { LostHook } from "../../pipelines/cluster-changes.ts";
import { STAGE_WORDS } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const APPLICATION = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source: { repoURL: https://git.example/shop, path: k8s }
  destination: { namespace: production }
  syncPolicy: { automated: {} }
`;
const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: shop:1 }] }
`;
const hook = (phase: string, command = "npx playwright test", name = "e2e"): string => `apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    argocd.argoproj.io/hook: ${phase}
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: e2e
          image: shop-e2e:1
          command: [sh, -c, "${command}"]
`;
const shop = (more: Readonly<Record<string, string>>): Record<string, string> => ({
  "argocd/shop.yaml": APPLICATION,
  "k8s/web.yaml": WEB,
  ...more,
});

export default defineCheck({
  id: "cluster-test-removed",
  title: "A test in the cluster no longer stops the deploy",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A hook before the sync is the only thing between a merge and production where a controller deploys. Without it, the next merge that breaks what it tested reaches users.",
  fix: "Keep the test in a hook that runs before the sync: `argocd.argoproj.io/hook: PreSync`, or `helm.sh/hook: pre-upgrade`.",
  references: [
    "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
    "https://helm.sh/docs/topics/charts_hooks/",
  ],
  unsafe: [
    {
      title: "the hook with the acceptance tests is deleted",
      before: shop({ "k8s/e2e.yaml": hook("PreSync").replace("name: e2e\n", "name: e2e # <- finding\n") }),
      after: shop({}),
    },
    {
      title: "the hook runs after the sync now",
      before: shop({ "k8s/e2e.yaml": hook("PreSync") }),
      after: shop({ "k8s/e2e.yaml": hook("PostSync").replace("name: e2e\n", "name: e2e # <- finding\n") }),
    },
    {
      title: "the hook runs something else",
      before: shop({ "k8s/e2e.yaml": hook("PreSync") }),
      after: shop({
        "k8s/e2e.yaml": hook("PreSync", "echo skipped").replace("name: e2e\n", "name: e2e # <- finding\n"),
      }),
    },
  ],
  safe: [
    {
      title: "the tests move to another hook",
      before: shop({ "k8s/e2e.yaml": hook("PreSync") }),
      after: shop({ "k8s/tests.yaml": hook("PreSync", "npx playwright test", "tests") }),
    },
    {
      title: "the application goes with its tests",
      before: shop({ "k8s/e2e.yaml": hook("PreSync") }),
      after: {},
    },
    {
      title: "a migration is no test",
      before: shop({ "k8s/migrate.yaml": hook("PreSync", "rails db:migrate", "migrate") }),
      after: shop({}),
    },
    {
      title: "it ran after the sync before",
      before: shop({ "k8s/e2e.yaml": hook("PostSync") }),
      after: shop({}),
    },
  ],

  run: (change) => lostHooks(change).map(problemOf),
});

function problemOf({ before, after, deploy }: LostHook): Problem {
  const { owner, stage } = before;
  const tests = STAGE_WORDS[stage];
  const name = `${deploy.root.id} (${deploy.root.at.path}:${deploy.root.at.line})`;
  const what = after
    ? `${owner.ref} no longer runs the ${tests} before the sync`
    : `${owner.ref}, which ran the ${tests} before the sync, is gone`;
  return {
    subject: owner,
    at: after?.locate() ?? before.at,
    key: stage,
    message: `${what}. ${name} deployed to production only if they passed; now every merge goes there without.`,
    fix: `Keep ${owner.ref} as a hook that runs the ${tests} before the sync.`,
    ...(deploy.named ? {} : { atMost: "notice" as const }),
  };
}
