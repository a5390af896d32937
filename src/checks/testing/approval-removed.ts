import type { Problem } from "../../engine/types.ts";
import { changedDeploys } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".circleci/config.yml";

const circle = (jobs: string): Record<string, string> => ({
  [FILE]: `version: 2.1
jobs:
  test:
    docker: [{ image: golang }]
    steps:
      - run: go test ./...
  deploy_production:
    docker: [{ image: helm }]
    steps:
      - run: helm upgrade --install shop ./chart --wait
workflows:
  release:
    jobs:
      - test
${jobs}`,
});
const APPROVED = circle(`      - approve:
          type: approval
          requires: [test]
      - deploy_production:
          requires: [approve]
`);
const jenkins = (input: string): Record<string, string> => ({
  Jenkinsfile: `pipeline {
  agent any
  stages {
    stage('Test') {
      steps { sh 'go test ./...' }
    }
${input}    stage('Deploy production') {
      steps { sh 'kubectl apply -f k8s/production/' }
    }
  }
}
`,
});

export default defineCheck({
  id: "approval-removed",
  title: "A deploy no longer waits for an approval",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "warning", "notice"),
  confidence: "certain",
  why: "Whatever is merged is in production minutes later, at any hour. If the person who approved was also the one who looked at staging, nobody does now.",
  fix: "Bring the approval back before the deploy. If tests that can stop the deploy take its place, say so with a waiver.",
  references: [
    "https://circleci.com/docs/workflows/#holding-a-workflow-for-a-manual-approval",
    "https://www.jenkins.io/doc/book/pipeline/syntax/#input",
    "https://docs.gitlab.com/ci/jobs/job_control/#create-a-job-that-must-be-run-manually",
  ],
  unsafe: [
    {
      title: "the job that waits for approval is dropped",
      before: APPROVED,
      after: circle("      - deploy_production: # <- finding\n          requires: [test]\n"),
    },
    {
      title: "the deploy no longer requires it",
      before: APPROVED,
      after: circle(`      - approve:
          type: approval
          requires: [test]
      - deploy_production: # <- finding
          requires: [test]
`),
    },
    {
      title: "a stage with input is dropped",
      before: jenkins("    stage('Approve') {\n      steps { input 'Go?' }\n    }\n"),
      after: {
        Jenkinsfile: (jenkins("")["Jenkinsfile"] ?? "").replace(
          "stage('Deploy production') {",
          "stage('Deploy production') { // # <- finding",
        ),
      },
    },
  ],
  safe: [
    {
      title: "it is approved earlier",
      before: APPROVED,
      after: circle(`      - approve:
          type: approval
      - deploy_production:
          requires: [approve, test]
`),
    },
    {
      title: "the approval is renamed",
      before: APPROVED,
      after: {
        [FILE]: (APPROVED[FILE] ?? "").replace("- approve:", "- hold:").replace("[approve]", "[hold]"),
      },
    },
    {
      title: "there never was one",
      before: circle("      - deploy_production\n"),
      after: circle("      - deploy_production:\n          requires: [test]\n"),
    },
  ],

  run: ({ before, after }) =>
    changedDeploys({ before, after }).flatMap((change) => problemOf(change, { before, after })),
});

function problemOf(
  { before, after }: DeployChange,
  sides: { readonly before: Delivery; readonly after: Delivery },
): Problem[] {
  const was = sides.before.approvals.get(before) ?? [];
  const is = sides.after.approvals.get(after) ?? [];
  const [lost] = was;
  if (!lost || is.length > 0 || before.tier === "preview") return [];
  const deploy = `${after.root.id} (${shown(after.root.at)})`;
  const message = `${deploy} waited for a person at ${lost.id} (until now at ${shown(lost.at)}); now it starts by itself.`;
  const most = before.tier === "production" ? {} : ({ atMost: "notice" } as const);
  const fix = `Let ${after.root.id} wait for ${lost.id} again.`;
  return [{ subject: deploySubject(after), at: after.root.at, message, fix, ...most }];
}
