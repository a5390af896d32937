import { describe, expect, test } from "@jest/globals";
import type { GateVerdict, Stage } from "../../src/engine/types.ts";
import type { Delivery } from "../../src/pipelines/delivery.ts";
import { cellOf, deliveryOf } from "./trees.ts";

const verdicts = (delivery: Delivery, stage: Stage = "unit"): Record<string, GateVerdict | undefined> =>
  Object.fromEntries(
    delivery.rows.map(({ deploy, cells }) => [
      deploy.split("#")[1] ?? "",
      cells.find((cell) => cell.stage === stage)?.verdict,
    ]),
  );

describe("CircleCI", () => {
  const config = (workflow: string, more = ""): Record<string, string> => ({
    ".circleci/config.yml": `version: 2.1
${more}
base: &base
  docker: [{ image: golang }]
jobs:
  test:
    <<: *base
    steps:
      - checkout
      - run: { name: Unit tests, command: go test ./... }
  deploy_production:
    <<: *base
    steps:
      - run: helm upgrade --install shop ./chart --wait
workflows:
  release:
${workflow}`,
  });
  const unit = (workflow: string, more = ""): GateVerdict | undefined =>
    cellOf(deliveryOf(config(workflow, more)), "unit")?.verdict;

  test.each<[string, string, GateVerdict]>([
    [
      "requires",
      "    jobs:\n      - test\n      - deploy_production:\n          requires: [test]\n",
      "required",
    ],
    ["nothing", "    jobs:\n      - test\n      - deploy_production\n", "advisory"],
    [
      "an approval between",
      "    jobs:\n      - test\n      - hold: { type: approval, requires: [test] }\n      - deploy_production: { requires: [hold] }\n",
      "required",
    ],
    [
      "failure accepted",
      "    jobs:\n      - test\n      - deploy_production:\n          requires: [{ test: [success, failed] }]\n",
      "advisory",
    ],
    [
      "tests filtered out where the deploy runs",
      "    jobs:\n      - test: { filters: { branches: { ignore: main } } }\n      - deploy_production: { filters: { branches: { only: main } } }\n",
      "not-on-trigger",
    ],
  ])("%s", (_, workflow, expected) => {
    expect(unit(workflow)).toBe(expected);
  });

  test("a step after the tests that always runs is no gate", () => {
    const files = config("    jobs: [both]\n");
    const both = `  both:
    steps:
      - run: go test ./...
      - run: { command: kubectl apply -f k8s/production/, when: always }
`;
    const text = (files[".circleci/config.yml"] ?? "").replace("jobs:\n", `jobs:\n${both}`);
    expect(cellOf(deliveryOf({ ".circleci/config.yml": text }), "unit")?.verdict).toBe("advisory");
  });

  test("commands are put in, with their parameters; orbs are not read", () => {
    const commands = `commands:
  check: { parameters: { what: { type: string } }, steps: [{ run: << parameters.what >> }] }`;
    const text = (
      config("    jobs:\n      - test\n      - deploy_production: { requires: [test] }\n", commands)[
        ".circleci/config.yml"
      ] ?? ""
    ).replace("- run: { name: Unit tests, command: go test ./... }", "- check: { what: pytest }");
    expect(cellOf(deliveryOf({ ".circleci/config.yml": text }), "unit")?.reason).toContain("pytest");
    const orb = text.replace("- check: { what: pytest }", "- quality/run-tests");
    expect(cellOf(deliveryOf({ ".circleci/config.yml": orb }), "unit")?.verdict).toBe("unknown");
  });

  test("a deploy of an orb, with its environment, is a deploy", () => {
    const files = config(
      "    jobs:\n      - test\n      - org/deploy_env: { name: ship, env: prod, requires: [test] }\n",
    );
    expect(verdicts(deliveryOf(files))).toMatchObject({ ship: "required" });
  });

  test("a requirement that is no job is said", () => {
    const { notes } = deliveryOf(config("    jobs:\n      - deploy_production: { requires: [gone] }\n"));
    expect(notes).toMatchObject([{ line: 18, message: expect.stringContaining('"gone"') }]);
  });
});

describe("GitLab CI", () => {
  const ci = (test_: string, deploy: string, more = ""): Delivery =>
    deliveryOf({
      ".gitlab-ci.yml": `${more}
test:
  stage: test
  script:
    - go test ./...
${test_}
deploy-production:
  stage: deploy
  script:
    - helm upgrade --install shop ./chart
${deploy}`,
    });
  const unit = (test_: string, deploy = "", more = ""): GateVerdict | undefined =>
    cellOf(ci(test_, deploy, more), "unit")?.verdict;

  test.each<[string, string, string, GateVerdict]>([
    ["the stages' order", "", "", "required"],
    ["allow_failure", "  allow_failure: true\n", "", "advisory"],
    ["exit codes that are allowed", "  allow_failure: { exit_codes: [1] }\n", "", "advisory"],
    ["needs that replaces the order", "", "  needs: []\n", "advisory"],
    ["needs", "", "  needs: [test]\n", "required"],
    ["when: always", "", "  when: always\n", "advisory"],
    ["a manual test outside rules", "  when: manual\n", "", "advisory"],
    [
      "a manual test inside rules",
      "  rules: [{ if: '$CI_COMMIT_BRANCH', when: manual }]\n",
      "  only: [main]\n",
      "required",
    ],
    [
      "tests on merge requests only",
      "  rules: [{ if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"' }]\n",
      "  rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }]\n",
      "not-on-trigger",
    ],
    ["the older form of the same", "  only: [merge_requests]\n", "  only: [main]\n", "not-on-trigger"],
    ["a manual deploy", "", "  when: manual\n", "required"],
  ])("%s", (_, test_, deploy, expected) => {
    expect(unit(test_, deploy)).toBe(expected);
  });

  test("what a job extends, references and includes is put in", () => {
    const delivery = deliveryOf({
      ".gitlab-ci.yml": `include:
  - local: /ci/base.yml
tests:
  extends: .suite
deploy-production:
  stage: deploy
  script:
    - !reference [.ship, script]
`,
      "ci/base.yml": ".suite:\n  script: [npx playwright test]\n.ship:\n  script: [kubectl apply -f k8s/]\n",
    });
    expect(cellOf(delivery, "acceptance")?.verdict).toBe("required");
  });

  test("a template from elsewhere makes nothing absent", () => {
    expect(unit("  rules: [{ when: never }]\n", "", "include: [{ template: SAST.gitlab-ci.yml }]")).toBe(
      "not-on-trigger",
    );
    const cell = cellOf(ci("", "", "include: [{ template: Jobs/Test.gitlab-ci.yml }]"), "stress");
    expect(cell).toMatchObject({ verdict: "unknown", reason: expect.stringContaining("Jobs/Test") });
  });
});

describe("Azure Pipelines", () => {
  const pipeline = (test_: string, deploy: string): Delivery =>
    deliveryOf({
      "azure-pipelines.yml": `trigger: [main]
stages:
  - stage: Test
    jobs:
      - job: unit
${test_}        steps:
          - script: dotnet test
  - stage: Production
${deploy}    jobs:
      - deployment: ship
        environment: production
        strategy:
          runOnce:
            deploy:
              steps:
                - task: HelmDeploy@1
                  inputs: { command: upgrade, releaseName: shop, chartPath: chart }
`,
    });
  const unit = (test_ = "", deploy = ""): GateVerdict | undefined =>
    cellOf(pipeline(test_, deploy), "unit")?.verdict;

  test.each<[string, string, string, GateVerdict]>([
    ["the stages' order", "", "", "required"],
    ["a stage that waits for nothing", "", "    dependsOn: []\n", "advisory"],
    ["continueOnError", "        continueOnError: true\n", "", "advisory"],
    [
      "a condition without a status function",
      "",
      "    condition: eq(variables['Build.Reason'], 'IndividualCI')\n",
      "advisory",
    ],
    [
      "a condition with one",
      "",
      "    condition: and(succeeded(), eq(variables['Build.Reason'], 'IndividualCI'))\n",
      "required",
    ],
    ["succeededOrFailed", "", "    condition: succeededOrFailed()\n", "advisory"],
  ])("%s", (_, test_, deploy, expected) => {
    expect(unit(test_, deploy)).toBe(expected);
  });

  test("templates of the repository are put in, those of others are not", () => {
    const files = (template: string): Record<string, string> => ({
      "azure-pipelines.yml": `jobs:
  - job: test
    steps:
      - template: ${template}
        parameters: { command: npm test }
  - deployment: ship
    dependsOn: test
    environment: production
    strategy: { runOnce: { deploy: { steps: [{ script: kubectl apply -f k8s/ }] } } }
`,
      "ci/test.yml":
        "parameters: [{ name: command, type: string }]\nsteps:\n  - script: ${{ parameters.command }}\n",
    });
    expect(cellOf(deliveryOf(files("ci/test.yml")), "unit")?.verdict).toBe("required");
    expect(cellOf(deliveryOf(files("ci/test.yml@shared")), "unit")?.verdict).toBe("unknown");
  });
});
