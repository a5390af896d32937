import { expect, test } from "@jest/globals";
import { suite } from "./suite.ts";
import { cellOf, deliveryOf } from "./trees.ts";

const buildkite = (test_: string, between: string, deploy: string): string => `steps:
  - label: ":go: Test"
    key: test
    command: go test ./...
${test_}${between}  - label: Deploy production
    key: deploy-production
    command: kubectl apply -f k8s/production/
${deploy}`;

suite("Buildkite", {
  path: ".buildkite/pipeline.yml",
  base: buildkite("", "  - wait\n", ""),
  unsafe: [
    [
      "soft_fail",
      buildkite("    soft_fail: true # <- here\n", "  - wait\n", ""),
      /Step test now has `soft_fail`/,
    ],
    [
      "soft_fail for some exit codes",
      buildkite("    soft_fail: [{ exit_status: 1 }] # <- here\n", "  - wait\n", ""),
      /soft_fail/,
    ],
    [
      "no wait",
      buildkite("", "", "").replace("  - label: Deploy production", "  - label: Deploy production # <- here"),
      /no longer needs test/,
    ],
    [
      "depends_on, which knows no wait",
      buildkite("", "  - wait\n", "    depends_on: [] # <- here\n"),
      /no longer needs test/,
    ],
    [
      "a wait that goes on",
      buildkite("", "  - wait: ~\n    continue_on_failure: true # <- here\n", ""),
      /now runs if `continue_on_failure`/,
    ],
    [
      "a dependency that may fail",
      buildkite("", "  - wait\n", "    depends_on:\n      - { step: test, allow_failure: true } # <- here\n"),
      /now runs if/,
    ],
    [
      "allow_dependency_failure",
      buildkite("", "", "    depends_on: test\n    allow_dependency_failure: true # <- here\n"),
      /allow_dependency_failure/,
    ],
    [
      "a test on some branches",
      buildkite("    branches: feature/* # <- here\n", "  - wait\n", ""),
      /now runs only if/,
    ],
  ],
  safe: [
    ["a block in the place of the wait", buildkite("", "  - block: Ship it?\n", "")],
    ["depends_on in the place of the wait", buildkite("", "", "    depends_on: test\n")],
    ["soft_fail: false", buildkite("    soft_fail: false\n", "  - wait\n", "")],
    ["a deploy from main only", buildkite("", "  - wait\n", "    if: build.branch == 'main'\n")],
    [
      "the test in a group",
      `steps:\n  - group: Tests\n    key: tests\n    steps:\n      - { key: test, command: go test ./... }\n  - { key: deploy-production, command: kubectl apply -f k8s/production/, depends_on: tests }\n`,
    ],
  ],
});

test("how to begin a stage is said in words of the system", () => {
  const cell = cellOf(deliveryOf({ ".buildkite/pipeline.yml": buildkite("", "  - wait\n", "") }), "stress");
  expect(cell).toMatchObject({ verdict: "absent", reason: expect.stringContaining("with a `wait` between") });
});
