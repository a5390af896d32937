import { expect, test } from "@jest/globals";
import { suite } from "./suite.ts";
import { cellOf, deliveryOf } from "./trees.ts";

const TEMPLATES = `    - name: go-test
      container: { image: golang, command: [sh, -ec], args: ["go test ./..."] }
    - name: ship
      inputs: { parameters: [{ name: env }] }
      container: { image: alpine/helm, command: [helm], args: [upgrade, --install, shop, ./chart, -n, "{{inputs.parameters.env}}"] }
    - name: hold
      suspend: {}
`;
const SHIP = "template: ship, arguments: { parameters: [{ name: env, value: production }] }";

const dag = (test_: string, deploy: string, more = ""): string => `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: release
spec:
  entrypoint: main
${more}  templates:
    - name: main
      dag:
        tasks:
          - name: test
            template: go-test
${test_}          - name: deploy
            template: ship
            arguments: { parameters: [{ name: env, value: production }] }
${deploy}${TEMPLATES}`;
const NEEDS = "            dependencies: [test]\n";

suite("Argo Workflows, as a graph", {
  path: "ci/release.yaml",
  base: dag("", NEEDS),
  unsafe: [
    [
      "continueOn",
      dag("            continueOn: { failed: true } # <- here\n", NEEDS),
      /Task test now has `continueOn`/,
    ],
    [
      "a failure that is accepted",
      dag("", "            depends: test.Succeeded || test.Failed # <- here\n"),
      /now runs if/,
    ],
    [
      "dependencies dropped",
      dag("", "").replace("name: deploy\n", "name: deploy # <- here\n"),
      /no longer needs test/,
    ],
    [
      "a test that a condition can skip",
      dag('            when: "{{workflow.parameters.fast}} != true" # <- here\n', NEEDS),
      /now runs only if/,
    ],
  ],
  safe: [
    ["depends in the place of dependencies", dag("", "            depends: test\n")],
    ["success asked for", dag("", "            depends: test.Succeeded\n")],
    [
      "a person between",
      dag(
        "          - { name: hold, template: hold, dependencies: [test] }\n",
        "            dependencies: [hold]\n",
      ),
    ],
    ["no fast failure", dag("", NEEDS).replace("      dag:\n", "      dag:\n        failFast: false\n")],
  ],
});

const steps = (list: string): string => `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: { name: nightly }
spec:
  schedule: "0 1 * * *"
  workflowSpec:
   entrypoint: main
   templates:
    - name: main
      steps:
${list}${TEMPLATES}`;

suite("Argo Workflows, as steps", {
  path: "ci/nightly.yaml",
  base: steps(`        - - { name: test, template: go-test }\n        - - { name: deploy, ${SHIP} }\n`),
  unsafe: [
    [
      "the same group",
      steps(
        `        - - { name: test, template: go-test }\n          - { name: deploy, ${SHIP} } # <- here\n`,
      ),
      /no longer needs test/,
    ],
    [
      "continueOn",
      steps(
        `        - - { name: test, template: go-test, continueOn: { failed: true } } # <- here\n        - - { name: deploy, ${SHIP} }\n`,
      ),
      /continueOn/,
    ],
  ],
  safe: [
    [
      "a suspended step between",
      steps(
        `        - - { name: test, template: go-test }\n        - - { name: hold, template: hold }\n        - - { name: deploy, ${SHIP} }\n`,
      ),
    ],
  ],
});

test("templates of templates are followed, those of other objects too", () => {
  const library = `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: library }
spec:
  templates:
    - name: tests
      steps: [[{ name: unit, template: go-test }]]
${TEMPLATES}`;
  const files = (name: string) => ({
    "ci/library.yaml": library,
    "ci/release.yaml": dag("", NEEDS).replace(
      "template: go-test\n",
      `templateRef: { name: ${name}, template: tests }\n`,
    ),
  });
  expect(cellOf(deliveryOf(files("library")), "unit")?.verdict).toBe("required");
  expect(cellOf(deliveryOf(files("elsewhere")), "unit")?.verdict).toBe("unknown");
});

test("a deploy in the exit handler runs whatever failed", () => {
  const text = dag("", "", "  onExit: ship\n").replace(/ {10}- name: deploy\n.*\n.*\n/, "");
  expect(
    cellOf(
      deliveryOf({ "ci/release.yaml": text.replace("name: env }", "name: env, value: production }") }),
      "unit",
    )?.verdict,
  ).toBe("advisory");
});

test("a template that calls itself ends", () => {
  const text = dag("", NEEDS).replace("template: go-test", "template: main");
  expect(deliveryOf({ "ci/release.yaml": text }).pipelines.length).toBeLessThan(2);
});
