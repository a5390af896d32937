import { suite } from "./suite.ts";

const bitbucket = (test_: string, deploy: string): string => `pipelines:
  branches:
    main:
${test_}      - step:
          name: Deploy
          deployment: production
          script:
            - pipe: atlassian/aws-eks-kubectl-run:2.2.0
              variables: { KUBECTL_COMMAND: apply }
${deploy}`;
const BITBUCKET_TEST =
  "      - step:\n          name: Test\n          script:\n            - npm ci\n            - npm test\n";

suite("Bitbucket Pipelines", {
  path: "bitbucket-pipelines.yml",
  base: bitbucket(BITBUCKET_TEST, ""),
  unsafe: [
    [
      "on-fail: ignore",
      bitbucket(
        BITBUCKET_TEST.replace(
          "name: Test\n",
          "name: Test\n          on-fail:\n            strategy: ignore # <- here\n",
        ),
        "",
      ),
      /Step Test now has `on-fail/,
    ],
    [
      "a condition",
      bitbucket(
        BITBUCKET_TEST.replace(
          "name: Test\n",
          "name: Test\n          condition: { changesets: { includePaths: [src/**] } } # <- here\n",
        ),
        "",
      ),
      /now runs only if/,
    ],
    [
      "a swallowed failure",
      bitbucket(BITBUCKET_TEST.replace("npm test\n", "npm test || true # <- here\n"), ""),
      /hides/,
    ],
    [
      "a test after the deploy",
      bitbucket("", BITBUCKET_TEST.replace("npm test", "npm test")).replace(
        "name: Deploy",
        "name: Deploy # <- here",
      ),
      /Deploy/,
    ],
    [
      "a test beside the deploy",
      `pipelines:\n  branches:\n    main:\n      - parallel:\n          - step: { name: Test, script: [npm test] }\n          - step:\n              name: Deploy # <- here\n              deployment: production\n              script: [{ pipe: "atlassian/aws-eks-kubectl-run:2.2.0" }]\n`,
      /no longer needs Test/,
    ],
    [
      "a test in after-script",
      bitbucket(
        BITBUCKET_TEST.replace(
          "            - npm test\n",
          "          after-script:\n            - npm test # <- here\n",
        ),
        "",
      ),
      /now/,
    ],
  ],
  safe: [
    ["a manual deploy", bitbucket(BITBUCKET_TEST, "          trigger: manual\n")],
    [
      "a stage around the test",
      bitbucket(
        "      - stage:\n          steps:\n            - step: { name: Test, script: [npm test] }\n",
        "",
      ),
    ],
    [
      "a stage that is left out as a whole",
      `pipelines:
  branches:
    main:
      - stage:
          condition: { changesets: { includePaths: [src/**] } }
          steps:
            - step: { name: Test, script: [npm test] }
            - step: { name: Deploy, deployment: production, script: [kubectl apply -f k8s/] }
`,
    ],
    [
      "tests side by side before the deploy",
      bitbucket(
        "      - parallel:\n          - step: { name: Test, script: [npm test] }\n          - step: { name: Lint, script: [npm run lint] }\n",
        "",
      ),
    ],
  ],
});
