import type { Problem } from "../../engine/types.ts";
import { changedDeploys, lostLegs } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const deploy = (matrix: string): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    strategy:
      matrix:
${matrix}
    steps:
      - run: helm upgrade --install shop ./chart --kube-context \${{ matrix.cluster }}
`,
});

export default defineCheck({
  id: "deploy-target-removed",
  title: "Production is no longer deployed to one of its targets",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("notice", "notice", "notice"),
  confidence: "likely",
  why: "What runs there stays at its old version, misses every fix and configuration from now on, and drifts until it no longer fits the rest.",
  fix: "Take the target out of traffic and uninstall what runs there, or keep deploying to it.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix",
  ],
  unsafe: [
    {
      title: "a cluster is dropped from the list",
      before: deploy("        cluster: [us, eu]"),
      after: deploy("        cluster: [us] # <- finding"),
    },
    {
      title: "a leg is dropped",
      before: deploy("        include:\n          - { cluster: us }\n          - { cluster: eu }"),
      after: deploy("        include:\n          - { cluster: us } # <- finding"),
    },
    {
      title: "a leg is commented out",
      before: deploy("        include:\n          - cluster: us\n          - cluster: eu"),
      after: deploy("        include:\n          - cluster: us # <- finding\n          # - cluster: eu"),
    },
  ],
  safe: [
    {
      title: "a target is added",
      before: deploy("        cluster: [us]"),
      after: deploy("        cluster: [us, eu]"),
    },
    {
      title: "a target is replaced",
      before: deploy("        cluster: [us, eu]"),
      after: deploy("        cluster: [us, eu-2]"),
    },
    {
      title: "they are in another order",
      before: deploy("        cluster: [us, eu]"),
      after: deploy("        cluster: [eu, us]"),
    },
  ],

  run: (change) => changedDeploys(change).flatMap(problemOf),
});

function problemOf(change: DeployChange): Problem[] {
  const { after } = change;
  const lost = after.tier === "production" ? lostLegs(change) : undefined;
  if (!lost) return [];
  const names = lost.values.join(", ");
  const message = `${after.root.id} (${shown(after.root.at)}) no longer deploys to ${names}: what runs there stays at its last version.`;
  const fix = `Take ${names} out of traffic and uninstall it, or keep it in the matrix.`;
  return [{ subject: deploySubject(after), at: lost.at, message, key: lost.key, fix }];
}
