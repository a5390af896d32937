import { expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { ship, unit, when } from "./rows.ts";
import { job, treeOf, workflow } from "./trees.ts";

type Files = Readonly<Record<string, string>>;

/** What all checks of pipelines say of a change, and what to do, in a line each. */
function told(before: Files, after: Files): string[] {
  const none = { deploys: [], tests: [], bypasses: [] };
  const change = {
    before: readDelivery(treeOf(before), none, "base"),
    after: readDelivery(treeOf(after), none, "head"),
  };
  const problems = checks.flatMap((check) => (check.kind === "pipelines" ? [...check.run(change)] : []));
  return problems.map(({ message, fix = "" }) => `${message} ${fix}`);
}

const jobs = unit() + job("e2e", "npx playwright test");
const needing = (needs: string): Files => workflow(jobs + ship(needs));

const gitlab = (stages: string, e2e = ""): Files => ({
  ".gitlab-ci.yml": `stages: [${stages}]
unit: { stage: test, script: [npm test] }
e2e:
  stage: verify
${e2e}  script: [npx playwright test]
deploy-production:
  stage: production
  script: [helm upgrade --install shop ./chart]
  environment: { name: production }
`,
});
const staged = gitlab("test, verify, production");
const byHand = (rest: string): Files =>
  gitlab(
    "test, verify, production",
    `  rules:\n    - if: $CI_COMMIT_BRANCH == "main"\n      when: manual\n${rest}`,
  );

const LONG = `github.repository == 'shop/shop' && github.actor != 'dependabot[bot]' && github.event_name != 'schedule' && github.event.sender.type != 'Bot'`;

const staging = (needs: string): Files =>
  workflow(
    unit() +
      job("deploy-staging", "helm upgrade --install shop ./chart -n shop-staging --wait") +
      job(
        "rollback",
        "|\n          helm upgrade --install shop ./chart -n shop-staging\n          helm rollback shop -n shop-staging\n          npx playwright test",
      ) +
      ship(`    needs: ${needs}\n`),
  );

test.each<[string, Files, Files, ...string[]]>([
  [
    "several needs are one problem",
    needing("    needs: [test, e2e]\n"),
    needing(""),
    "no longer needs test and e2e",
    "Add `test`, `e2e` to `needs` of deploy-production.",
  ],
  [
    "what is needed no longer may be gone as well",
    workflow(unit() + job("e2e", "npx cypress run") + ship("    needs: [test, e2e]\n")),
    workflow(unit() + ship()),
    "no longer needs e2e, which is gone. ",
    "Bring the job e2e back, and add it to `needs` of deploy-production.",
  ],
  [
    "each result is asked for",
    needing("    needs: [test, e2e]\n"),
    workflow(jobs + when("always()", "[test, e2e]")),
    "add `&& needs.test.result == 'success' && needs.e2e.result == 'success'` to it",
  ],
  [
    "the order of the stages is put back",
    staged,
    gitlab("test, production, verify"),
    "no longer waits for e2e: by the order of the stages",
    "Put the stage of e2e before the stage of deploy-production again.",
  ],
  [
    "what is started by hand has no allow_failure that somebody wrote",
    staged,
    gitlab("test, verify, production", "  when: manual\n"),
    "Job e2e now has `when: manual`",
    "Remove `when: manual`",
  ],
  [
    "what a rule lets fail has",
    byHand(""),
    byHand("      allow_failure: true\n"),
    "Job e2e now has `when: manual and allow_failure: true`",
    "Remove `allow_failure: true` from the rule",
  ],
  [
    "of a long condition, the new part is shown",
    workflow(job("test", "go test ./...", `    if: ${LONG}\n`) + ship()),
    workflow(job("test", "go test ./...", `    if: ${LONG} && inputs.tests\n`) + when("${{ !failure() }}")),
    "github.event.sender.type != 'Bot' && inputs.tests`",
  ],
  [
    "a test of the way back is no staging deploy",
    staging("[test, deploy-staging, rollback]"),
    staging("[test, deploy-staging]"),
    "no longer needs rollback",
    "rollback test (job rollback",
  ],
])("%s", (_, before, after, ...parts) => {
  const said = told(before, after);
  expect(said).toHaveLength(1);
  for (const part of parts) expect(said[0]).toContain(part);
});
