import { gated, load, withE2e } from "./hazard-pairs.ts";
import type { Files } from "./hazard-pairs.ts";
import { ci, ship, SHIP, steps, THRESHOLDS, unit, when } from "./rows.ts";
import { job, workflow } from "./trees.ts";

const called = (jobs: string): Files => ({
  ".github/workflows/checks.yml": `on: workflow_call\njobs:\n${jobs}`,
});
const call = "  checks:\n    uses: ./.github/workflows/checks.yml\n";
const loads = (jobs: string, needs: string): Files => ({
  ...workflow(jobs + ship(`    needs: ${needs}\n`)),
  "load/cart.js": THRESHOLDS["load.js"],
  "load/checkout.js": THRESHOLDS["load.js"],
  "chart/templates/cart.yaml": "kind: Service\nmetadata: { name: cart }\n",
});
const checkout = job("checkout", "k6 run load/checkout.js");
/** What looks like a hazard and is none: nothing is said of it. */
export const SILENT: readonly (readonly [name: string, before: Files, after: Files])[] = [
  [
    "the test moves to a called workflow",
    gated,
    { ...workflow(call + ship("    needs: checks\n")), ...called(unit()) },
  ],
  [
    "the test moves to an action of the repository",
    gated,
    {
      ...workflow(steps("test", ["uses: ./.github/actions/suite"]) + ship()),
      ".github/actions/suite/action.yml":
        "runs:\n  using: composite\n  steps:\n    - run: go test ./...\n      shell: bash\n",
    },
  ],
  [
    "the test moves to a script",
    gated,
    { ...workflow(job("test", "./ci.sh") + ship()), "ci.sh": "set -e\ngo test ./...\n" },
  ],
  [
    "of two load tests, one runs the other's script too",
    loads(job("cart", "k6 run load/cart.js") + checkout, "[cart, checkout]"),
    loads(steps("checkout", ["run: k6 run load/checkout.js", "run: k6 run load/cart.js"]), "[checkout]"),
  ],
  ["the job is renamed", gated, workflow(job("unit", "go test ./...") + ship("    needs: [unit]\n"))],
  [
    "the need goes through another job",
    gated,
    workflow(unit() + job("image", "docker build .", "    needs: test\n") + ship("    needs: image\n")),
  ],
  [
    "the result is asked for instead",
    gated,
    workflow(unit() + when("${{ !cancelled() && needs.test.result == 'success' }}")),
  ],
  [
    "an outcome is asked for in the end",
    gated,
    workflow(
      steps("test", [
        "id: suite\n        run: go test ./...\n        continue-on-error: true",
        "if: steps.suite.outcome != 'success'\n        run: exit 1",
      ]) + ship(),
    ),
  ],
  [
    "the tests run beside the build, and the deploy waits for both",
    workflow(steps("deploy-production", ["run: go test ./...", "run: make", `run: ${SHIP}`])),
    workflow(
      steps("deploy-production", [
        "parallel:\n          - run: go test ./...\n          - run: make",
        `run: ${SHIP}`,
      ]),
    ),
  ],
  ["needs in another case", gated, workflow(unit() + ship("    needs: [TEST]\n"))],
  [
    "steps shared by an anchor",
    gated,
    workflow(
      `  test:\n    runs-on: ubuntu-latest\n    steps: &suite\n      - run: go test ./...\n  twice:\n    runs-on: x\n    steps: *suite\n${ship()}`,
    ),
  ],
  [
    "a job that tests on its own cluster",
    gated,
    workflow(
      unit() + steps("kind", ["uses: helm/kind-action@v1", `run: ${SHIP}`, "run: helm test shop"]) + ship(),
    ),
  ],
  ["a job deploy-test", gated, workflow(unit() + job("deploy-test", `${SHIP} -n test`) + ship())],
  ["a job deploy-test that goes", workflow(unit() + job("deploy-test", `${SHIP} -n test`) + ship()), gated],
  [
    "--atomic and a repair",
    gated,
    workflow(unit() + job("deploy-production", `${SHIP} --atomic`, "    needs: test\n")),
  ],
  [
    "a backup before the deploy comes and goes",
    workflow(
      unit() +
        steps("deploy-production", ["run: velero backup create x", `run: ${SHIP}`], "    needs: test\n"),
    ),
    gated,
  ],
  [
    "a scanner of dependencies goes",
    workflow(unit() + steps("owasp", ["uses: dependency-check/Dependency-Check_Action@main"]) + ship()),
    gated,
  ],
  [
    "another runner does the work",
    withE2e,
    workflow(unit() + job("e2e", "npx cypress run") + ship("    needs: [test, e2e]\n")),
  ],
  [
    "the tests are by hand as well",
    ci(unit(), "pull_request: {}"),
    ci(unit(), "pull_request: {}\n  workflow_dispatch: {}"),
  ],
  [
    "tests skip documents",
    { ...ci(unit(), "pull_request: {}"), ...workflow(ship("")), "README.md": "" },
    {
      ...ci(unit(), "pull_request: { paths-ignore: ['**.md', 'docs/**'] }"),
      ...workflow(ship("")),
      "README.md": "",
    },
  ],
  [
    "thresholds move to a file beside",
    { ...load, ...THRESHOLDS },
    { ...load, "load.js": "import { options } from './options.js';\nexport { options };\n" },
  ],
];
