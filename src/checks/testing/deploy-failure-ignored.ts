import type { Problem } from "../../engine/types.ts";
import { changedDeploys, hiddenFailure, ignoredFailure } from "../../pipelines/deploy-changes.ts";
import type { DeployChange } from "../../pipelines/deploy-changes.ts";
import { deploySubject, shown } from "../../pipelines/problems.ts";
import { oneLine, WORDS_OF } from "../../pipelines/words.ts";
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
const SCRIPT = "    steps:\n      - run: ./scripts/deploy.sh production\n";
const script = (options: string): Record<string, string> => ({
  "scripts/deploy.sh": `#!/bin/bash\n${options}helm upgrade --install shop ./chart -n shop-$1 --wait\necho done\n`,
});
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
    "https://www.gnu.org/software/bash/manual/bash.html#The-Set-Builtin",
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
      title: "the shell hides the failure",
      before: deploy(STEP),
      after: deploy(STEP.replace("--wait", "--wait || true # <- finding")),
    },
    {
      title: "the failure of its script is hidden",
      before: { ...deploy(SCRIPT), ...script("set -eu\n") },
      after: { ...deploy(SCRIPT.replace(/\n$/, " || true # <- finding\n")), ...script("set -eu\n") },
    },
    {
      title: "its script goes on after a failure",
      before: { ...deploy(SCRIPT), ...script("set -eu\n") },
      after: { ...deploy(SCRIPT.replace(/\n$/, " # <- finding\n")), ...script("") },
    },
    {
      title: "one target of several may fail",
      before: deploy(matrix(false)),
      after: deploy(matrix(true, " # <- finding")),
    },
  ],
  safe: [
    {
      title: "a failure is reported, and still fails",
      before: deploy(STEP),
      after: deploy(STEP.replace("--wait", "--wait || { ./notify.sh; exit 1; }")),
    },
    {
      title: "a failure is repaired by hand",
      before: deploy(STEP),
      after: deploy(STEP.replace("--wait", "--wait || helm rollback shop")),
    },
    {
      title: "a further command may fail",
      before: deploy(STEP),
      after: deploy(`${STEP}      - run: kubectl apply -f extras/ || true\n`),
    },
    {
      title: "it was hidden before",
      before: deploy(STEP.replace("--wait", "--wait || true")),
      after: deploy(STEP.replace("--wait", "--atomic || true")),
    },
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

function problemOf(change: DeployChange): Problem[] {
  const { before, after } = change;
  if (after.tier !== "production") return [];
  const is = ignoredFailure(after);
  const was = ignoredFailure(before);
  if (!is && !was) return hiddenProblem(change);
  if (!is || (was && was.legs.length >= is.legs.length)) return [];
  const targets = is.legs.map(({ values }) =>
    Object.values(values).find((value) => typeof value === "string"),
  );
  const of = targets.length === 0 ? "" : ` to ${targets.join(", ")}`;
  const allowed = WORDS_OF[after.pipeline.provider].allowFailure;
  const message = `A failed deploy${of} by ${after.root.id} (${shown(after.root.at)}) no longer fails the run: ${allowed} turns it green.`;
  return [{ subject: deploySubject(after), at: is.at, message, fix: `Remove ${allowed} from the deploy.` }];
}

/** The shell goes on after the deploy failed, and ends well. */
function hiddenProblem(change: DeployChange): Problem[] {
  const point = hiddenFailure(change);
  if (point?.swallowed === undefined) return [];
  const { root } = change.after;
  const command = oneLine(point.text);
  const message = `${root.id} (${shown(root.at)}) now ends well although its deploy by \`${command}\` failed: ${point.swallowed}.`;
  const fix = "Let its exit status end the step: without `|| true`, and with `set -e` in a script.";
  return [{ subject: deploySubject(change.after), at: point.at, message, fix }];
}
