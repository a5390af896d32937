import { weakeningProblems } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const FILE = ".github/workflows/release.yml";

const release = (
  test: string,
  deploy: string,
  on = "push: { branches: [main] }",
): Record<string, string> => ({
  [FILE]: `on:
  ${on}
jobs:
  test:
    runs-on: ubuntu-latest
${test}  deploy-production:
    runs-on: ubuntu-latest
${deploy}    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
});
const runs = (command: string): string => `    steps:\n      - run: ${command}\n`;
const GOOD = release(runs("go test ./..."), "    needs: [test]\n");
const FOUND = " # <- finding";
const scanned = (uses: string, given: string, mark = ""): Record<string, string> =>
  release(`    steps:\n      - uses: ${uses}${mark}\n${given}`, "    needs: [test]\n");
const loaded = (options: string, command = "k6 run load.js"): Record<string, string> => ({
  ...release(runs(command), "    needs: [test]\n"),
  "load.js": `export const options = ${options}`,
});
const E2E = "  e2e:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npx playwright test\n";
const both = (needs: string, e2e: string, test = "npx cypress run"): Record<string, string> =>
  release(`${runs(test)}${e2e}`, `    needs: ${needs}\n`);
const K6 = "export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };\n";
const loads = (needs: string, services: readonly string[]): Record<string, string> => ({
  ...release(
    runs("go test ./...") +
      services.map((id) => `  ${id}:\n    runs-on: ubuntu-latest\n${runs(`k6 run load/${id}.js`)}`).join(""),
    `    needs: ${needs}\n`,
  ),
  "load/cart.js": K6,
  "load/checkout.js": K6,
  "chart/templates/cart.yaml": "kind: Deployment\nmetadata: { name: cart }\n",
});
const smoke = (options: string): Record<string, string> => ({
  ...release(runs("k6 run smoke.js"), "    needs: [test]\n"),
  "smoke.js": `export const options = ${options}`,
});

export default defineCheck({
  id: "gate-weakened",
  title: "A test that could stop a deploy no longer can",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A test that fails and stops nothing protects nobody: the next broken version goes to production, and users find the fault first.",
  fix: "Let the deploy need the test again, and remove whatever hides a failure of the test.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idneeds",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions",
    "https://grafana.com/docs/k6/latest/using-k6/thresholds/",
  ],
  unsafe: [
    {
      title: "the deploy no longer needs the tests",
      before: GOOD,
      after: {
        [FILE]: `on:
  push: { branches: [main] }
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: go test ./...
  deploy-production: # <- finding
    runs-on: ubuntu-latest
    steps:
      - run: helm upgrade --install shop ./chart --wait
`,
      },
    },
    {
      title: "the tests may fail",
      before: GOOD,
      after: release(
        `    continue-on-error: true # <- finding\n${runs("go test ./...")}`,
        "    needs: [test]\n",
      ),
    },
    {
      title: "the shell hides the failure",
      before: GOOD,
      after: release(runs("go test ./... || true # <- finding"), "    needs: [test]\n"),
    },
    {
      title: "the deploy runs whatever happened before",
      before: GOOD,
      after: release(runs("go test ./..."), "    needs: [test]\n    if: always() # <- finding\n"),
    },
    {
      title: "the tests no longer run on the event that deploys",
      before: GOOD,
      after: release(
        `    if: github.event_name == 'pull_request' # <- finding\n${runs("go test ./...")}`,
        "    needs: [test]\n    if: always() && github.event_name == 'push'\n",
        "push: { branches: [main] }\n  pull_request: {}",
      ),
    },
    {
      title: "the deploy runs whatever happened before, on one branch",
      before: release(
        `${runs("go test ./...")}  e2e:\n    runs-on: ubuntu-latest\n${runs("npx playwright test")}`,
        "    needs: [test, e2e]\n    if: github.ref == 'refs/heads/main'\n",
      ),
      after: release(
        `${runs("go test ./...")}  e2e:\n    runs-on: ubuntu-latest\n${runs("npx playwright test")}`,
        "    needs: [test, e2e]\n    if: ${{ always() && github.ref == 'refs/heads/main' || inputs.now }} # <- finding\n",
      ),
    },
    {
      title: "a variable lets the script pass the tests by",
      before: GOOD,
      after: release(
        `    steps:
      - run: |
          if [ "$SKIP_TESTS" != "true" ]; then # <- finding
            go test ./...
          fi
`,
        "    needs: [test]\n",
      ),
    },
    {
      title: "the scan reports, and no longer fails",
      before: scanned("zaproxy/action-full-scan@v0.12.0", "        with: { fail_action: true, target: a }\n"),
      after: scanned("zaproxy/action-full-scan@v0.12.0", "        with: { target: a }\n", FOUND),
    },
    {
      title: "the scan is told not to fail",
      before: scanned("zaproxy/action-baseline@v0.14.0", "        with:\n          fail_action: true\n"),
      after: scanned(
        "zaproxy/action-baseline@v0.14.0",
        "        with:\n          fail_action: false\n",
        FOUND,
      ),
    },
    {
      title: "the comparison with the last measurement no longer fails",
      before: scanned(
        "benchmark-action/github-action-benchmark@v1",
        "        with:\n          fail-on-alert: true\n",
      ),
      after: scanned("benchmark-action/github-action-benchmark@v1", "", FOUND),
    },
    {
      title: "the load test loses its thresholds",
      before: loaded("{ thresholds: { http_req_failed: ['rate<0.01'] }, vus: 5 };\n"),
      after: loaded("{ vus: 5 }; // # <- finding\n"),
    },
    {
      title: "the load test loses its thresholds, in a file of many lines",
      before: loaded("{\n  vus: 5,\n  thresholds: {\n    http_req_failed: ['rate<0.01'],\n  },\n};\n"),
      after: loaded("{ // # <- finding\n  vus: 5,\n};\n"),
    },
    {
      title: "the load test loses its thresholds, in a file that is called smoke",
      before: smoke("{ thresholds: { http_req_duration: ['p(95)<400'] } };\n"),
      after: smoke("{ vus: 5 }; // # <- finding\n"),
    },
    {
      title: "the load test is told to pass over its thresholds",
      before: loaded("{ thresholds: { http_req_failed: ['rate<0.01'] } };\n"),
      after: loaded(
        "{ thresholds: { http_req_failed: ['rate<0.01'] } };\n",
        "k6 run --no-thresholds load.js # <- finding",
      ),
    },
    {
      title: "one of two test jobs is deleted, and the other does something else",
      before: both("[test, e2e]", E2E),
      after: both("[test] # <- finding", ""),
    },
    {
      title: "of two load tests, the one of a service that is still deployed is deleted",
      before: loads("[test, cart, checkout]", ["cart", "checkout"]),
      after: loads("[test, checkout] # <- finding", ["checkout"]),
    },
    {
      title: "the tests of pull requests may fail, in a repository that deploys elsewhere",
      before: {
        ".github/workflows/ci.yml": `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
`,
      },
      after: {
        ".github/workflows/ci.yml": `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    continue-on-error: true # <- finding
    steps:
      - run: pytest
`,
      },
    },
  ],
  safe: [
    {
      title: "one of two test jobs is renamed",
      before: both("[test, e2e]", E2E),
      after: both("[test, browser]", E2E.replace("e2e:", "browser:")),
    },
    {
      title: "one of two test jobs takes the other's work over",
      before: both("[test, e2e]", E2E),
      after: both("[test]", "", "npx cypress run\n      - run: npx playwright test"),
    },
    {
      title: "of two jobs that run the same tool, one takes the other's work over",
      before: both("[test, e2e]", E2E.replace("playwright test", "cypress run --spec 'pay/**'")),
      after: both("[test]", ""),
    },
    {
      title: "two test jobs become one with another tool",
      before: both("[test, e2e]", E2E),
      after: both("[test]", "", "npx wdio"),
    },
    {
      title: "a test job becomes a job that cannot be read",
      before: both("[test, e2e]", E2E),
      after: both(
        "[test, suite]",
        "  suite:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ./suite\n",
      ),
    },
    {
      title: "the deploy asks for the result itself",
      before: GOOD,
      after: release(
        runs("go test ./..."),
        "    needs: [test]\n    if: ${{ !cancelled() && needs.test.result == 'success' }}\n",
      ),
    },
    {
      title: "the tests are still needed, through another job",
      before: GOOD,
      after: release(
        `${runs("go test ./...")}  image:\n    needs: test\n    runs-on: ubuntu-latest\n${runs("docker build .")}`,
        "    needs: [image]\n",
      ),
    },
    {
      title: "a step may fail, and a later step fails for it",
      before: GOOD,
      after: release(
        `    steps:
      - run: go test ./...
        id: unit
        continue-on-error: true
      - run: ./collect-coverage
      - if: steps.unit.outcome == 'failure'
        run: exit 1
`,
        "    needs: [test]\n",
      ),
    },
    {
      title: "the script asks for what is no switch, or tests either way",
      before: GOOD,
      after: release(
        `    steps:
      - run: |
          command -v go || exit 1
          if [ -n "$RACE" ]; then go test -race ./...; else go test ./...; fi
`,
        "    needs: [test]\n",
      ),
    },
    {
      title: "the job is renamed everywhere",
      before: GOOD,
      after: {
        [FILE]: (GOOD[FILE] ?? "").replace("  test:\n", "  unit:\n").replace("[test]", "[unit]"),
      },
    },
    {
      title: "the tests never stopped the deploy",
      before: release(runs("go test ./..."), ""),
      after: release(runs("go test ./... -race"), ""),
    },
  ],

  run: (change) =>
    weakeningProblems(change, ({ kind, purpose }) => kind === "weakened" && purpose !== "staging"),
});
