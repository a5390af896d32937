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
const regions = (more: string): string =>
  `    strategy:\n      matrix: { region: [eu, us] }\n      ${more}\n`;

export default defineCheck({
  id: "deploy-cancelled-in-progress",
  title: "A production deploy is cancelled half-way",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "warning"),
  confidence: "certain",
  why: "A deploy that is cancelled half-way can leave the Helm release in `pending-upgrade`, a migration half done, or old and new pods side by side, and the next deploy can fail because of it.",
  fix: "Let a deploy that has begun end: `cancel-in-progress: false` keeps the queue, and `fail-fast: false` lets the other targets of a matrix go on.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategyfail-fast",
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
    {
      title: "the first target that fails cancels the deploys to the others",
      before: deploy("", regions("fail-fast: false")),
      after: deploy("", regions("fail-fast: true # <- finding")),
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
      title: "targets are deployed one after the other",
      before: deploy("", regions("fail-fast: false")),
      after: deploy("", regions("max-parallel: 1")),
    },
    {
      title: "it was so before",
      before: deploy("concurrency: { group: deploy, cancel-in-progress: true }\n"),
      after: deploy("concurrency: { group: deploys, cancel-in-progress: true }\n"),
    },
  ],

  run: (change) =>
    changedDeploys(change).flatMap((deploy) => [
      ...byPush(deploy, change.after),
      ...byNeighbour(deploy, change.after),
    ]),
});

function byPush({ before, after }: DeployChange, { text }: Delivery): Problem[] {
  const is = cancelling(after);
  if (after.tier !== "production" || !is || cancelling(before)) return [];
  const message = `A push while ${after.root.id} (${shown(after.root.at)}) deploys now cancels that deploy half-way: \`cancel-in-progress\` is true for it.`;
  const [from, to] = ["cancel-in-progress: true", "cancel-in-progress: false"];
  const suggestion = suggestInstead(is.at, { from, to }, text);
  const problem = { subject: deploySubject(after), at: is.at, message, fix: `Set \`${to}\`.` };
  return [suggestion ? { ...problem, suggestion } : problem];
}

/** Other targets of the matrix that are deployed at the same time. */
function byNeighbour({ before, after }: DeployChange, { text }: Delivery): Problem[] {
  const apart = new Set(before.points.flatMap(({ job }) => (job.failFast?.on === false ? [job.key] : [])));
  const point = after.points.find(({ job }) => apart.has(job.key) && (job.failFast?.on ?? false));
  if (after.tier !== "production" || !point?.job.failFast) return [];
  const { at } = point.job.failFast;
  const [from, to] = ["fail-fast: true", "fail-fast: false"];
  const message = `When ${point.job.id} (${shown(point.job.at)}) fails for one target of its matrix, the deploys to the others that are under way are now cancelled half-way.`;
  const suggestion = suggestInstead(at, { from, to }, text);
  const problem = { subject: deploySubject(after), at, message, fix: `Set \`${to}\`.`, key: "fail-fast" };
  return [suggestion ? { ...problem, suggestion, atMost: "warning" } : { ...problem, atMost: "warning" }];
}
