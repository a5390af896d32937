import type { Problem } from "../../engine/types.ts";
import { cancelling, changedDeploys } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { suggestInstead } from "../../pipelines/suggest-line.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import { defineCheck, severities } from "../define.ts";

const deploy = (workflow: string, job = ""): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
${workflow}jobs:
  deploy-production:
    runs-on: ubuntu-latest
${job}    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
});
const QUEUED = "concurrency:\n  group: deploy\n  cancel-in-progress: false\n";

export default defineCheck({
  id: "deploy-cancelled-in-progress",
  title: "A production deploy is killed by the next push",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "warning"),
  confidence: "certain",
  why: "A deploy that is cancelled half-way can leave the Helm release in `pending-upgrade`, a migration half done, or old and new pods side by side, and the next deploy can fail because of it.",
  fix: "Queue deploys: keep the concurrency group, and set `cancel-in-progress: false`.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency",
    "https://helm.sh/docs/helm/helm_status/",
  ],
  unsafe: [
    {
      title: "the queue is turned into cancelling",
      before: deploy(QUEUED),
      after: deploy("concurrency:\n  group: deploy\n  cancel-in-progress: true # <- finding\n"),
    },
    {
      title: "a cancelling group is added to the workflow",
      before: deploy(""),
      after: deploy("concurrency:\n  group: ${{ github.ref }}\n  cancel-in-progress: true # <- finding\n"),
    },
    {
      title: "a cancelling group is added to the job",
      before: deploy(""),
      after: deploy(
        "",
        "    concurrency:\n      group: production\n      cancel-in-progress: true # <- finding\n",
      ),
    },
  ],
  safe: [
    { title: "deploys are queued", before: deploy(""), after: deploy(QUEUED) },
    {
      title: "only pull requests are cancelled",
      before: deploy(""),
      after: deploy(
        "concurrency:\n  group: ${{ github.ref }}\n  cancel-in-progress: ${{ github.event_name == 'pull_request' }}\n",
      ),
    },
    {
      title: "it was so before",
      before: deploy("concurrency: { group: deploy, cancel-in-progress: true }\n"),
      after: deploy("concurrency: { group: deploys, cancel-in-progress: true }\n"),
    },
  ],

  run: (change) => changedDeploys(change).flatMap((deploy) => problemOf(deploy, change.after)),
});

function problemOf({ before, after }: DeployChange, { text }: Delivery): Problem[] {
  const is = cancelling(after);
  if (after.tier !== "production" || !is || cancelling(before)) return [];
  const message = `A push while ${after.root.id} (${shown(after.root.at)}) deploys now cancels that deploy half-way: \`cancel-in-progress\` is true for it.`;
  const [from, to] = ["cancel-in-progress: true", "cancel-in-progress: false"];
  const suggestion = suggestInstead(is.at, { from, to }, text);
  const problem = { subject: deploySubject(after), at: is.at, message, fix: `Set \`${to}\`.` };
  return [suggestion ? { ...problem, suggestion } : problem];
}
