import type { Problem } from "../../engine/types.ts";
import { changedDeploys, concurrencyOf } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import type { Concurrency } from "../../pipelines/model.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { suggestBelow } from "../../pipelines/suggest-line.ts";
import { defineCheck, severities } from "../define.ts";

const deploy = (workflow: string, job = "", mark = ""): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
${workflow}jobs:
  deploy-production:${mark}
    runs-on: ubuntu-latest
${job}    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
});
const QUEUED = "concurrency: { group: production, cancel-in-progress: false }\n";
const FOUND = " # <- finding";

export default defineCheck({
  id: "deploys-may-overlap",
  title: "Two production deploys may run at the same time",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "After two quick merges both deploys run at once. The older one may end last, and the old version stays in production; or one fails because the other holds the release, half-way through.",
  fix: "Give the deploy a concurrency group that is the same for every run, without `cancel-in-progress`.",
  references: [
    "https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency",
    "https://docs.gitlab.com/ci/resource_groups/",
  ],
  unsafe: [
    {
      title: "the workflow's queue is dropped",
      before: deploy(QUEUED),
      after: deploy("", "", FOUND),
    },
    {
      title: "the job's queue is dropped",
      before: deploy("", "    concurrency: production\n"),
      after: deploy("", "", FOUND),
    },
    {
      title: "every commit gets a queue of its own",
      before: deploy(QUEUED),
      after: deploy("concurrency: production-${{ github.sha }} # <- finding\n"),
    },
    {
      title: "GitLab's resource group is dropped",
      before: {
        ".gitlab-ci.yml":
          "deploy-production:\n  resource_group: production\n  script: [helm upgrade --install shop ./chart]\n",
      },
      after: {
        ".gitlab-ci.yml":
          "deploy-production: # <- finding\n  script: [helm upgrade --install shop ./chart]\n",
      },
    },
  ],
  safe: [
    {
      title: "the queue moves from the workflow to the job",
      before: deploy(QUEUED),
      after: deploy("", "    concurrency: shop\n"),
    },
    {
      title: "the queue moves to the workflow that is called",
      before: deploy(QUEUED),
      after: {
        ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
jobs:
  deploy-production:
    uses: ./.github/workflows/ship.yml
`,
        ".github/workflows/ship.yml": `on: workflow_call
concurrency: production
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
      },
    },
    {
      title: "one queue for each branch",
      before: deploy(QUEUED),
      after: deploy("concurrency: deploy-${{ github.ref }}\n"),
    },
    {
      title: "it stood in the way of its own: every push cancelled the deploy before it",
      before: deploy("concurrency: { group: production, cancel-in-progress: true }\n"),
      after: deploy(""),
    },
    { title: "there never was one", before: deploy(""), after: deploy("", "    timeout-minutes: 9\n") },
  ],

  run: (change) => changedDeploys(change).flatMap((deploy) => problemOf(deploy, change.after)),
});

/** What is another text in every run. */
const PER_RUN =
  /github\.(sha|run_id|run_number|run_attempt|event\.(head_commit|after))\b|\$CI_(PIPELINE_I?ID|COMMIT_(SHORT_)?SHA|JOB_ID)\b/;

const isOneForAll = ({ group }: Concurrency): boolean => !PER_RUN.test(group);

function problemOf(change: DeployChange, { text }: Delivery): Problem[] {
  const lost = lostQueue(change);
  if (!lost) return [];
  const { was, is } = lost;
  const { root, pipeline } = change.after;
  const why = is
    ? `its group \`${is.group}\` is another one in every run`
    : `it no longer has the group \`${was.group}\``;
  const message = `${root.id} (${shown(root.at)}) no longer waits for the deploy before it: ${why}. After two quick merges both run at once, and the older one may end last.`;
  const field = `${pipeline.provider === "gitlab" ? "resource_group" : "concurrency"}: ${was.group}`;
  const at = is?.at ?? root.at;
  const problem = { subject: deploySubject(change.after), at, message, fix: `Set \`${field}\`.` };
  const plain = !is && /^[\w-]+$/.test(was.group);
  const suggestion = plain ? suggestBelow(root.at, field, text) : undefined;
  return [suggestion ? { ...problem, suggestion } : problem];
}

/** The group that kept two runs apart, and the one, if any, that no longer does. */
function lostQueue({
  before,
  after,
}: DeployChange): { readonly was: Concurrency; readonly is?: Concurrency } | undefined {
  if (after.tier !== "production" || after.root.call?.opaque) return undefined;
  const was = concurrencyOf(before).find((one) => isOneForAll(one) && !one.cancels);
  const groups = concurrencyOf(after);
  if (!was || groups.some(isOneForAll)) return undefined;
  const [is] = groups;
  return is ? { was, is } : { was };
}
