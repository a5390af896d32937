import type { Problem } from "../../engine/types.ts";
import { changedDeploys, ignoredFailure } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { WORDS_OF } from "../../pipelines/words.ts";
import { defineCheck, severities } from "../define.ts";

const deploy = (job: string): Record<string, string> => ({
  ".github/workflows/deploy.yml": `on:
  push: { branches: [main] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
${job}`,
});
const STEP = "    steps:\n      - run: helm upgrade --install shop ./chart --wait\n";
const matrix = (eu: boolean, mark = ""): string => `    continue-on-error: \${{ matrix.optional }}${mark}
    strategy:
      matrix:
        include:
          - { region: us, optional: false }
          - { region: eu, optional: ${String(eu)} }
    steps:
      - run: helm upgrade --install shop ./chart --kube-context production-\${{ matrix.region }}
`;

export default defineCheck({
  id: "deploy-failure-ignored",
  title: "A failed production deploy no longer fails its run",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A rollout that stops half-way leaves old and new pods, or none, behind a green check mark: nobody is told, and jobs that wait for the deploy go on.",
  fix: "Let the deploy fail. Where one target may lag behind, give it a job of its own that fails visibly.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idcontinue-on-error",
  ],
  unsafe: [
    {
      title: "the job may fail",
      before: deploy(STEP),
      after: deploy(`    continue-on-error: true # <- finding\n${STEP}`),
    },
    {
      title: "the step may fail",
      before: deploy(STEP),
      after: deploy(`${STEP}        continue-on-error: true # <- finding\n`),
    },
    {
      title: "one target of several may fail",
      before: deploy(matrix(false)),
      after: deploy(matrix(true, " # <- finding")),
    },
  ],
  safe: [
    { title: "no target may fail so far", before: deploy(STEP), after: deploy(matrix(false)) },
    {
      title: "a step that only reports may fail",
      before: deploy(STEP),
      after: deploy(`${STEP}      - run: ./notify.sh\n        continue-on-error: true\n`),
    },
    {
      title: "it was so before",
      before: deploy(matrix(true)),
      after: deploy(`    timeout-minutes: 30\n${matrix(true)}`),
    },
  ],

  run: (change) => changedDeploys(change).flatMap(problemOf),
});

function problemOf({ before, after }: DeployChange): Problem[] {
  if (after.tier !== "production") return [];
  const is = ignoredFailure(after);
  const was = ignoredFailure(before);
  if (!is || (was && was.legs.length >= is.legs.length)) return [];
  const targets = is.legs.map(({ values }) =>
    Object.values(values).find((value) => typeof value === "string"),
  );
  const of = targets.length === 0 ? "" : ` to ${targets.join(", ")}`;
  const allowed = WORDS_OF[after.pipeline.provider].allowFailure;
  const message = `A failed deploy${of} by ${after.root.id} (${shown(after.root.at)}) no longer fails the run: ${allowed} turns it green.`;
  return [{ subject: deploySubject(after), at: is.at, message, fix: `Remove ${allowed} from the deploy.` }];
}
