import { expect, test } from "@jest/globals";
import { suite } from "./suite.ts";
import { cellOf, deliveryOf } from "./trees.ts";

const cloudBuild = (test_: string, deploy: string): string => `steps:
  - id: install
    name: node:22
    entrypoint: npm
    args: [ci]
${test_}  - id: deploy-production
    name: gcr.io/cloud-builders/kubectl
    args: [apply, -f, k8s/production/]
${deploy}`;
const BUILD_TEST = "  - id: test\n    name: node:22\n    entrypoint: npm\n    args: [test]\n";

suite("Cloud Build", {
  path: "cloudbuild.yaml",
  base: cloudBuild(BUILD_TEST, ""),
  unsafe: [
    [
      "allowFailure",
      cloudBuild(`${BUILD_TEST}    allowFailure: true # <- here\n`, ""),
      /Step test now has `allowFailure`/,
    ],
    ["allowExitCodes", cloudBuild(`${BUILD_TEST}    allowExitCodes: [1] # <- here\n`, ""), /now has/],
    [
      "a deploy that starts at once",
      cloudBuild(BUILD_TEST, "    waitFor: ['-'] # <- here\n"),
      /no longer needs test/,
    ],
    [
      "a deploy that waits for another step",
      cloudBuild(BUILD_TEST, "    waitFor: [install] # <- here\n"),
      /no longer needs test/,
    ],
    [
      "a step that is deleted",
      cloudBuild("", "").replace("deploy-production", "deploy-production # <- here"),
      /no longer needs test.*without/,
    ],
    [
      "a script that goes on",
      cloudBuild(
        "  - id: test\n    name: node:22\n    entrypoint: bash\n    args:\n      - -c\n      - |\n        npm test\n        echo done\n",
        "",
      ).replace("npm test\n", "npm test # <- here\n"),
      /no `set -e`/,
    ],
  ],
  safe: [
    ["waitFor with the test", cloudBuild(BUILD_TEST, "    waitFor: [test]\n")],
    ["a test beside the installation", cloudBuild(`${BUILD_TEST}    waitFor: ['-']\n`, "")],
    ["allowFailure: false", cloudBuild(`${BUILD_TEST}    allowFailure: false\n`, "")],
    [
      "the test in a shell that ends at once",
      cloudBuild(
        "  - id: test\n    name: node:22\n    entrypoint: bash\n    args: ['-ec', 'npm test; echo done']\n",
        "",
      ),
    ],
    [
      "the same command in a script",
      cloudBuild("  - id: test\n    name: node:22\n    script: npm test\n", ""),
    ],
    [
      "a step without a name between",
      cloudBuild(`${BUILD_TEST}  - name: gcr.io/cloud-builders/docker\n    args: [build, .]\n`, ""),
    ],
  ],
});

test("how to begin a stage is said in words of the system", () => {
  const cell = cellOf(deliveryOf({ "cloudbuild.yaml": cloudBuild(BUILD_TEST, "") }), "stress");
  expect(cell).toMatchObject({
    verdict: "absent",
    reason: expect.stringContaining("in a step above deploy-production"),
  });
});
