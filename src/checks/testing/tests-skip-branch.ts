import type { Location, Problem } from "../../engine/types.ts";
import { pairEvidence } from "../../pipelines/compare.ts";
import type { Change } from "../../pipelines/compare.ts";
import type { Deploy } from "../../pipelines/deploys.ts";
import { isStage } from "../../pipelines/evidence.ts";
import type { Evidence } from "../../pipelines/evidence.ts";
import { isGitOps } from "../../pipelines/gitops.ts";
import type { Pipeline } from "../../pipelines/model.ts";
import { jobSubject, shown, wordsOf } from "../../pipelines/problems.ts";
import { passes, sample } from "../../pipelines/scenarios.ts";
import { defineCheck, severities } from "../define.ts";

const ci = (on: string, command = "go test ./..."): string => `on:
${on}jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: ${command}
`;
const release = (branches: string): string => `on:
  push: { branches: [${branches}] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
      - run: helm upgrade --install shop ./chart --wait
`;
const both = (on: string, branches = "production"): Record<string, string> => ({
  ".github/workflows/ci.yml": ci(on),
  ".github/workflows/release.yml": release(branches),
});
const push = (branches: string, mark = ""): string => `  push:\n    branches: [${branches}]${mark}\n`;
const pull = (branches: string, mark = ""): string => `  pull_request:\n    branches: [${branches}]${mark}\n`;
const FOUND = " # <- finding";

export default defineCheck({
  id: "tests-skip-branch",
  title: "Tests no longer run for a branch that is deployed",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "What is merged or pushed to that branch goes to production although no test looked at it: the tests do not fail, they never start.",
  fix: "Let the tests start for every branch for which the deploy starts.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpull_requestpull_request_targetbranchesbranches-ignore",
  ],
  unsafe: [
    {
      title: "the branch is dropped from the filter",
      before: both(push("main, production")),
      after: both(push("main", FOUND)),
    },
    {
      title: "pull requests to the branch are no longer tested",
      before: both("  pull_request:\n"),
      after: both(pull("main", FOUND)),
    },
    {
      title: "the branch is ignored",
      before: both("  push:\n", "'release/**'"),
      after: both("  push:\n    branches-ignore: ['release/**'] # <- finding\n", "'release/**'"),
    },
  ],
  safe: [
    {
      title: "pull requests to it are tested still",
      before: both(pull("main, production") + push("main, production")),
      after: both(pull("main, production")),
    },
    {
      title: "the branch is no longer deployed either",
      before: both(push("main, production"), "main, production"),
      after: both(push("main"), "main"),
    },
    {
      title: "other tests of the kind start for it",
      before: both(push("main, production")),
      after: {
        ...both(push("main")),
        ".github/workflows/production.yml": ci(push("production"), "go test -race ./..."),
      },
    },
    {
      title: "a branch that nobody deploys is dropped",
      before: both(push("main, production, develop")),
      after: both(push("main, production")),
    },
  ],

  run: (change) => {
    const told = new Set<string>();
    return [...pairEvidence(change)].flatMap(([before, after]) => {
      const key = `${after.pipeline.id} ${after.purpose}`;
      const problem = isStage(after.purpose) && !told.has(key) ? problemOf(before, after, change) : undefined;
      if (!problem) return [];
      told.add(key);
      return [problem];
    });
  },
});

function problemOf(before: Evidence, after: Evidence, change: Change): Problem | undefined {
  const runs = (side: Change["before"], test: Evidence): boolean =>
    side.checks.get(test)?.verdict === "required";
  // What no longer runs by itself at all is said where its trigger is lost.
  if (!runs(change.before, before) || !runs(change.after, after)) return undefined;
  for (const deploy of change.after.production) {
    const branch = deployedBranches(deploy).find(
      (name) => startsFor(before.pipeline, name) && !startsFor(after.pipeline, name),
    );
    if (branch === undefined || isTested(after, branch, change)) continue;
    const tests = `${wordsOf(after.purpose)} (job ${after.job.id}, ${shown(after.at)})`;
    const message = `The ${tests} no longer start for ${branch}, and ${deploy.root.id} (${shown(deploy.root.at)}) still deploys it to production.`;
    const fix = `Let ${after.pipeline.path} start for ${branch} as well.`;
    const at = filterAt(after.pipeline, branch);
    return { subject: jobSubject(after.job, after.pipeline.path), at, message, fix, key: after.purpose };
  }
  return undefined;
}

/** The branches that its file names; what a merge deploys follows a branch that no file of a pipeline names. */
function deployedBranches(deploy: Deploy): string[] {
  if (isGitOps(deploy)) return [];
  const pushes = deploy.pipeline.triggers.filter(({ event }) => event === "push");
  return pushes.flatMap(({ branches }) =>
    branches.filter((pattern) => !pattern.startsWith("!")).map((pattern) => sample(pattern)),
  );
}

const BY_BRANCH = /^(push|pull_request|pull_request_target|merge_group)$/;

/** Whether a push to a branch, or a merge into it, starts a pipeline. */
const startsFor = ({ triggers }: Pipeline, branch: string): boolean =>
  triggers.some(
    ({ event, branches, tags }) =>
      BY_BRANCH.test(event) && (branches.length > 0 || tags.length === 0) && passes(branches, branch),
  );

/** Whether any other test of the kind looks at what comes to the branch. */
const isTested = ({ purpose }: Evidence, branch: string, { after }: Change): boolean =>
  [...after.checks].some(
    ([other, { verdict }]) =>
      other.purpose === purpose && verdict === "required" && startsFor(other.pipeline, branch),
  );

/** Where the filter stands that leaves the branch out. */
function filterAt({ triggers, triggersAt }: Pipeline, branch: string): Location {
  const filtered = triggers.find(
    ({ event, branches, branchesAt }) => BY_BRANCH.test(event) && branchesAt && !passes(branches, branch),
  );
  return filtered?.branchesAt ?? triggersAt;
}
