import { expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { MAIN, ship, SHIP, steps, unit, when } from "./rows.ts";
import { job, treeOf, workflow } from "./trees.ts";

type Files = Readonly<Record<string, string>>;

/** What is suggested for a change: `path:line text`, or nothing. */
function suggested(before: Files, after: Files): string[] {
  const none = { deploys: [], tests: [], bypasses: [] };
  const change = {
    before: readDelivery(treeOf(before), none, "base"),
    after: readDelivery(treeOf(after), none, "head"),
  };
  const problems = checks.flatMap((check) => (check.kind === "pipelines" ? [...check.run(change)] : []));
  expect(problems.length).toBeGreaterThan(0);
  return problems.flatMap(({ suggestion }) =>
    suggestion
      ? [`${suggestion.path.split("/").at(-1) ?? ""}:${suggestion.line} ${suggestion.text.trim()}`]
      : [],
  );
}

const gated = workflow(unit() + ship());
const asks = (condition: string): Files => workflow(unit() + when(condition));
const zap = (given: string): Files =>
  workflow(steps("zap", [`uses: zaproxy/action-full-scan@v0.12.0${given}`]) + ship("    needs: zap\n"));
const cancels = (given: string): Files => workflow(ship(`    concurrency: ${given}\n`));
const load = (script: string, command = "k6 run load.js"): Files => ({
  ...workflow(job("load", command) + ship("    needs: load\n")),
  "load.js": script,
});
const LIMIT = "thresholds: { http_req_failed: ['rate<0.01'] }";

test.each<[string, Files, Files, string]>([
  ["a need", gated, workflow(unit() + ship("")), "release.yml:8 deploy-production:\n    needs: [test]"],
  [
    "a need of a second deploy beside the first",
    gated,
    workflow(unit() + ship() + job("hotfix-production", SHIP)),
    "release.yml:13 hotfix-production:\n    needs: [test]",
  ],
  ["a result", gated, asks("always()"), "release.yml:11 if: always() && needs.test.result == 'success'"],
  [
    "a result, in a fence",
    gated,
    asks("${{ always() }}"),
    "release.yml:11 if: ${{ always() && needs.test.result == 'success' }}",
  ],
  [
    "a result, beside an alternative",
    gated,
    asks("always() || inputs.now # soon"),
    "release.yml:11 if: (always() || inputs.now) && needs.test.result == 'success' # soon",
  ],
  [
    "the result of the job between the two",
    workflow(unit() + job("image", "make", "    needs: test\n") + ship("    needs: image\n")),
    workflow(unit() + job("image", "make", "    needs: test\n") + when("always()", "image")),
    "release.yml:16 if: always() && needs.image.result == 'success'",
  ],
  [
    "an argument among others",
    zap("\n        with: { target: a, fail_action: true }"),
    zap("\n        with: { target: a }"),
    "release.yml:8 with: { target: a, fail_action: true }",
  ],
  [
    "an argument in a block",
    zap("\n        with:\n          target: a\n          fail_action: true"),
    zap("\n        with:\n          target: a"),
    "release.yml:8 with:\n          fail_action: true",
  ],
  [
    "an argument that is false",
    zap("\n        with:\n          fail_action: true"),
    zap("\n        with:\n          fail_action: 'false' # for now"),
    "release.yml:9 fail_action: true # for now",
  ],
  [
    "the only argument",
    zap("\n        with: { fail_action: true }"),
    zap(""),
    "release.yml:7 - uses: zaproxy/action-full-scan@v0.12.0\n        with:\n          fail_action: true",
  ],
  [
    "the thresholds of a load test",
    load(`export const options = { ${LIMIT} };\n`),
    load("import http from 'k6/http';\nexport const options = { vus: 5 };\n"),
    `load.js:2 export const options = { ${LIMIT}, vus: 5 };`,
  ],
  [
    "its thresholds, switched off by an option",
    load(`export const options = { ${LIMIT} };\n`),
    load(`export const options = { ${LIMIT} };\n`, "k6 run --no-thresholds load.js"),
    "release.yml:7 - run: k6 run load.js",
  ],
  [
    "the least coverage",
    workflow(job("test", "pytest --cov-fail-under=90") + ship()),
    workflow(job("test", "pytest --cov-fail-under=50") + ship()),
    "release.yml:7 - run: pytest --cov-fail-under=90",
  ],
  [
    "a queue of deploys",
    cancels("{ group: ship, cancel-in-progress: false }"),
    cancels("{ group: ship, cancel-in-progress: true }"),
    "release.yml:6 concurrency: { group: ship, cancel-in-progress: false }",
  ],
  [
    "the environment",
    workflow(ship("    environment: production\n")),
    workflow(ship("")),
    "release.yml:4 deploy-production:\n    environment: production",
  ],
])("%s is put back in its line", (_, before, after, expected) => {
  expect(suggested(before, after)).toEqual([expected]);
});

test.each<[string, Files, Files]>([
  ["the condition is quoted", gated, asks('"always()"')],
  ["it is written in several lines", gated, asks(">-\n      always()\n")],
  ["the script has no options", load(`export const options = { ${LIMIT} };\n`), load("let x = 1;\n")],
  [
    "the arguments stand in a script",
    zap("\n        with: { fail_action: true }"),
    zap("\n        with: { fail_action: '${{ inputs.strict }}' }"),
  ],
  [
    "the second deploy is what the tests wait for",
    gated,
    workflow(
      unit("    needs: hotfix-production\n") + ship() + job("hotfix-production", SHIP, "    if: inputs.x\n"),
      `${MAIN}\n  workflow_dispatch: {}`,
    ),
  ],
])("nothing is suggested where %s", (_, before, after) => {
  expect(suggested(before, after)).toEqual([]);
});
