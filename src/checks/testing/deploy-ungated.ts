import type { Problem } from "../../engine/types.ts";
import { deployPairs } from "../../pipelines/compare.ts";
import type { Change } from "../../pipelines/compare.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import type { Deploy } from "../../pipelines/deploys.ts";
import { isGitOps } from "../../pipelines/gitops.ts";
import { deploySubject, shown, wordsOf } from "../../pipelines/problems.ts";
import { ancestorsOf } from "../../pipelines/ancestors.ts";
import { suggestNeed } from "../../pipelines/suggest-need.ts";
import { defineCheck, severities } from "../define.ts";

const ship = (id: string, needs: string, mark = ""): string => `  ${id}:${mark}
    runs-on: ubuntu-latest
${needs}    steps:
      - run: helm upgrade --install shop ./chart --wait
`;
const TEST = `  test:
    runs-on: ubuntu-latest
    steps:
      - run: go test ./...
`;
const file = (on: string, jobs: string): string => `on: ${on}\njobs:\n${jobs}`;
const GATED = file("push", TEST + ship("deploy-production", "    needs: test\n"));
const repository = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ".github/workflows/release.yml": GATED,
  ...more,
});

export default defineCheck({
  id: "deploy-ungated",
  title: "A second way to production goes around the tests",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "The tests stop one deploy, and the new one goes around them. Such a way is made for emergencies, and then used whenever a test is red.",
  fix: "Let the new deploy need the same tests, or call the workflow that already does.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds",
  ],
  unsafe: [
    {
      title: "a workflow deploys by hand, without tests",
      before: repository(),
      after: repository({
        ".github/workflows/manual.yml": file(
          "workflow_dispatch",
          ship("hotfix-production", "", " # <- finding"),
        ),
      }),
    },
    {
      title: "a job beside the gated one deploys elsewhere",
      before: repository(),
      after: {
        ".github/workflows/release.yml": GATED + ship("deploy-production-eu", "", " # <- finding"),
      },
    },
    {
      title: "a Jenkinsfile deploys the same to production",
      before: repository(),
      after: repository({
        Jenkinsfile: `pipeline {
  agent any
  stages {
    stage('Deploy production') { // # <- finding
      steps { sh 'helm upgrade --install shop ./chart' }
    }
  }
}
`,
      }),
    },
  ],
  safe: [
    {
      title: "the new deploy needs the tests as well",
      before: repository(),
      after: {
        ".github/workflows/release.yml": GATED + ship("deploy-production-eu", "    needs: test\n"),
      },
    },
    {
      title: "nothing was gated before",
      before: { ".github/workflows/release.yml": file("push", TEST + ship("deploy-production", "")) },
      after: {
        ".github/workflows/release.yml": file(
          "push",
          TEST + ship("deploy-production", "") + ship("deploy-production-eu", ""),
        ),
      },
    },
    {
      title: "the deploy moves to another file",
      before: repository(),
      after: { ".github/workflows/ship.yml": GATED },
    },
    {
      title: "the new deploy goes to staging",
      before: repository(),
      after: repository({ ".github/workflows/staging.yml": file("push", ship("deploy-staging", "")) }),
    },
  ],

  run: (change) => newDeploys(change).flatMap((deploy) => problemOf(deploy, change)),
});

/** Production deploys that only head has, beside all that base had. */
function newDeploys(change: Change): Deploy[] {
  const pairs = deployPairs(change);
  // A deploy that is gone may be what the new one is now.
  if (pairs.length === 0 || pairs.length < change.before.production.length) return [];
  const known = new Set(pairs.map(({ after }) => after));
  // What a merge deploys has no job that could wait for tests: the rules of the branch gate it.
  return change.after.production.filter((deploy) => deploy.named && !known.has(deploy) && !isGitOps(deploy));
}

/** The tests that surely stop a deploy. */
const required = ({ gates }: Delivery, deploy: Deploy) =>
  gates.filter(
    (gate) =>
      gate.deploy === deploy &&
      gate.worst.verdict === "required" &&
      /^(unit|acceptance)$/.test(gate.evidence.purpose),
  );

function problemOf(deploy: Deploy, { after }: Change): Problem[] {
  const others = after.production.filter((other) => other !== deploy && !isGitOps(other));
  const [example] = others.flatMap((other) => required(after, other));
  const all = others.every((other) => required(after, other).length > 0);
  const opaque = deploy.pipeline.jobs.some(
    ({ call, steps }) => (call?.opaque ?? false) || steps.some((step) => step.opaque),
  );
  if (!example || !all || opaque || required(after, deploy).length > 0) return [];
  const tests = `${wordsOf(example.evidence.purpose)} (job ${example.evidence.job.id}, ${shown(example.evidence.at)})`;
  const message = `${deploy.root.id} deploys to production even if the ${tests} failed or did not run; ${example.deploy.root.id} (${shown(example.deploy.root.at)}) waits for them.`;
  const fix = `Let ${deploy.root.id} wait for ${example.evidence.job.id} as ${example.deploy.root.id} does.`;
  const { root, pipeline } = deploy;
  const { job } = example.evidence;
  const { provider } = pipeline;
  const beside = pipeline === example.evidence.pipeline && job.root === job.id;
  const suggestion =
    beside && !root.condition && !ancestorsOf(job, pipeline).has(root.key)
      ? suggestNeed(root, [job.id], { provider, tree: after })
      : undefined;
  const problem = { subject: deploySubject(deploy), at: root.at, message, fix };
  return [suggestion ? { ...problem, suggestion } : problem];
}
