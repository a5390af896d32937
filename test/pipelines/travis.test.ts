import { suite } from "./suite.ts";

const travis = (jobs: string, more = ""): string => `language: go
${more}jobs:
  include:
${jobs}`;
const TRAVIS_TEST = "    - stage: test\n      name: unit\n      script: go test ./...\n";
const TRAVIS_DEPLOY = "    - stage: deploy production\n      script: helm upgrade --install shop ./chart\n";

suite("Travis CI stages", {
  path: ".travis.yml",
  base: travis(TRAVIS_TEST + TRAVIS_DEPLOY),
  unsafe: [
    [
      "allow_failures",
      travis(`${TRAVIS_TEST}${TRAVIS_DEPLOY}  allow_failures:\n    - name: unit # <- here\n`),
      /now has `allow_failures`/,
    ],
    [
      "stages in another order",
      travis(
        TRAVIS_TEST +
          TRAVIS_DEPLOY.replace("- stage", "- stage").replace("production\n", "production # <- here\n"),
        "stages: [deploy production, test]\n",
      ),
      /deploy/,
    ],
    [
      "the same stage",
      travis(
        `${TRAVIS_TEST}    - stage: test # <- here\n      name: deploy production\n      script: helm upgrade --install shop ./chart\n`,
      ),
      /deploy/,
    ],
    [
      "tests on pull requests only",
      travis(`${TRAVIS_TEST}      if: type = pull_request # <- here\n${TRAVIS_DEPLOY}`),
      /now runs only if/,
    ],
    [
      "a swallowed failure",
      travis(TRAVIS_TEST.replace("...\n", "... || true # <- here\n") + TRAVIS_DEPLOY),
      /hides/,
    ],
  ],
  safe: [
    [
      "an allowed failure of another job",
      travis(
        `${TRAVIS_TEST}    - stage: test\n      name: nightly\n      script: go vet ./...\n${TRAVIS_DEPLOY}  allow_failures:\n    - name: nightly\n`,
      ),
    ],
    ["stages that are listed", travis(TRAVIS_TEST + TRAVIS_DEPLOY, "stages: [test, deploy production]\n")],
    [
      "a deploy that is narrowed",
      travis(`${TRAVIS_TEST}${TRAVIS_DEPLOY}      if: branch = master AND type = push\n`),
    ],
  ],
});

const travisJob = (script: string, deploy: string): string =>
  `language: node_js\nscript:\n${script}${deploy}`;

suite("Travis CI phases", {
  path: ".travis.yml",
  base: travisJob(
    "  - npm test\n",
    "deploy:\n  provider: script\n  script: kubectl apply -f k8s/production/\n  on: { branch: main }\n",
  ),
  unsafe: [
    [
      "a deploy among the scripts, which all run",
      travisJob("  - npm test\n  - kubectl apply -f k8s/production/ # <- here\n", ""),
      /goes on to its deploy although its tests failed/,
    ],
    [
      "tests after the success",
      travisJob(
        "  - npm run build\n",
        "after_success:\n  - npm test # <- here\ndeploy:\n  provider: script\n  script: kubectl apply -f k8s/production/\n  on: { branch: main }\n",
      ),
      /test/,
    ],
  ],
  safe: [
    [
      "a deploy after the success",
      travisJob("  - npm test\n", "after_success:\n  - kubectl apply -f k8s/production/\n"),
    ],
    [
      "a second test",
      travisJob(
        "  - npm run lint\n  - npm test\n",
        "deploy:\n  provider: script\n  script: kubectl apply -f k8s/production/\n  on: { branch: main }\n",
      ),
    ],
  ],
});
