import { describe, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { ci, MAIN, ship, SHIP, steps, THRESHOLDS, unit, when } from "./rows.ts";
import { job, treeOf, workflow } from "./trees.ts";

type Files = Readonly<Record<string, string>>;

/** What all checks of pipelines say of a change, as `check line`. */
function said(before: Files, after: Files): string[] {
  const none = { deploys: [], tests: [], bypasses: [] };
  const change = {
    before: readDelivery(treeOf(before), none, "base"),
    after: readDelivery(treeOf(after), none, "head"),
  };
  const found = checks.flatMap((check) =>
    check.kind === "pipelines" ? [{ check, problems: [...check.run(change)] }] : [],
  );
  return found.flatMap(({ check, problems }) =>
    problems.map(
      ({ at }) =>
        `${check.id} ${at.side === "base" ? "base " : ""}${at.path.split("/").at(-1) ?? ""}:${at.line}`,
    ),
  );
}

const gated = workflow(unit() + ship());
const E2E = job("e2e", "npx playwright test");
const withE2e = workflow(unit() + E2E + ship("    needs: [test, e2e]\n"));
const commented = (text: string): string => text.replaceAll(/^/gm, "# ").replace(/# $/, "");
const load = workflow(job("load", "k6 run load.js") + ship("    needs: load\n"));

describe("a hazard is said once, on its line", () => {
  test.each<[string, Files, Files, string]>([
    ["H1 a stage is removed", withE2e, workflow(unit() + ship()), "stage-removed release.yml:10"],
    [
      "H2 a stage is commented out",
      withE2e,
      workflow(unit() + commented(E2E) + ship()),
      "stage-removed release.yml:8",
    ],
    [
      "H2 its step is commented out",
      workflow(steps("test", ["run: make image", "run: go test ./..."]) + ship()),
      workflow(`${steps("test", ["run: make image"])}      # - run: go test ./...\n${ship()}`),
      "stage-removed release.yml:8",
    ],
    ["H3 the deploy's need is dropped", gated, workflow(unit() + ship("")), "gate-weakened release.yml:8"],
    [
      "H4 the deploy runs whatever happened",
      gated,
      workflow(unit() + when("always()")),
      "gate-weakened release.yml:11",
    ],
    [
      "H5 the job may fail",
      gated,
      workflow(unit("    continue-on-error: true\n") + ship()),
      "gate-weakened release.yml:6",
    ],
    [
      "H5 the shell hides it",
      gated,
      workflow(job("test", "go test ./... || true") + ship()),
      "gate-weakened release.yml:7",
    ],
    [
      "H6 the job never runs",
      workflow(unit() + when("${{ !failure() }}")),
      workflow(unit("    if: false\n") + when("${{ !failure() }}")),
      "gate-weakened release.yml:6",
    ],
    [
      "H6 only by hand",
      ci(unit(), "pull_request: {}"),
      ci(unit(), "workflow_dispatch: {}"),
      "gate-weakened ci.yml:2",
    ],
    [
      "H7 the build leaves its tests out",
      workflow(job("test", "mvn -B verify") + ship()),
      workflow(job("test", "mvn -B verify -DskipTests") + ship()),
      "stage-removed release.yml:4",
    ],
    [
      "H7 tests are left out by name",
      workflow(job("test", "npx playwright test") + ship()),
      workflow(job("test", "npx playwright test --grep @smoke") + ship()),
      "tests-narrowed release.yml:7",
    ],
    [
      "H7 the tests skip a folder that is deployed",
      { ...ci(unit(), "pull_request: {}"), ...workflow(ship("")), "charts/values.yaml": "a: 1\n" },
      {
        ...ci(unit(), "pull_request: { paths: ['src/**'] }"),
        ...workflow(ship("")),
        "charts/values.yaml": "a: 1\n",
      },
      "tests-skip-paths ci.yml:3",
    ],
    [
      "H8 the tests lose the event before merges",
      ci(unit(), "pull_request: {}\n  push: { branches: [main] }"),
      ci(unit(), MAIN),
      "gate-weakened ci.yml:2",
    ],
    [
      "H9 the file is deleted",
      { ...ci(unit(), "pull_request: {}"), ...workflow(ship("")) },
      workflow(ship("")),
      "stage-removed base ci.yml:5",
    ],
    [
      "H10 an input passes the tests by",
      workflow(unit() + ship(), "workflow_dispatch: { inputs: { fast: { type: boolean } } }"),
      workflow(
        unit("    if: ${{ !inputs.fast }}\n") + when("${{ !failure() }}"),
        "workflow_dispatch: { inputs: { fast: { type: boolean } } }",
      ),
      "gate-weakened release.yml:6",
    ],
    [
      "H11 production no longer waits for staging",
      workflow(job("deploy-staging", `${SHIP} -n staging`) + ship("    needs: deploy-staging\n")),
      workflow(job("deploy-staging", `${SHIP} -n staging`) + ship("")),
      "staging-bypassed release.yml:8",
    ],
    [
      "H12 the environment is dropped",
      workflow(ship("    environment: production\n")),
      workflow(ship("")),
      "environment-removed release.yml:4",
    ],
    [
      "H13 the deploy no longer waits",
      workflow(job("deploy-production", `${SHIP} --wait`)),
      workflow(job("deploy-production", SHIP)),
      "rollout-wait-removed release.yml:7",
    ],
    [
      "H15 the load test's thresholds are removed",
      { ...load, ...THRESHOLDS },
      { ...load, "load.js": "export const options = { vus: 5 };\n" },
      "gate-weakened load.js:1",
    ],
    [
      "H15 the scan can no longer fail",
      workflow(
        steps("zap", ["uses: zaproxy/action-full-scan@v0.12.0\n        with: { fail_action: true }"]) +
          ship("    needs: zap\n"),
      ),
      workflow(steps("zap", ["uses: zaproxy/action-full-scan@v0.12.0"]) + ship("    needs: zap\n")),
      "gate-weakened release.yml:7",
    ],
    [
      "H15 the least coverage is lowered",
      workflow(job("test", "pytest --cov-fail-under=90") + ship()),
      workflow(job("test", "pytest --cov-fail-under=50") + ship()),
      "criterion-lowered release.yml:7",
    ],
    [
      "H16 the next push cancels the deploy",
      workflow(ship("")),
      workflow(ship("    concurrency: { group: deploy, cancel-in-progress: true }\n")),
      "deploy-cancelled-in-progress release.yml:6",
    ],
    [
      "H17 a second deploy waits for nothing",
      gated,
      {
        ...gated,
        ".github/workflows/hotfix.yml": `on: workflow_dispatch\njobs:\n${job("hotfix-production", SHIP)}`,
      },
      "deploy-ungated hotfix.yml:3",
    ],
  ])("%s", (_, before, after, expected) => {
    expect(said(before, after)).toEqual([expected]);
  });
});

describe("its silent twin", () => {
  const called = (jobs: string): Files => ({
    ".github/workflows/checks.yml": `on: workflow_call\njobs:\n${jobs}`,
  });
  const call = "  checks:\n    uses: ./.github/workflows/checks.yml\n";
  test.each<[string, Files, Files]>([
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
  ])("%s", (_, before, after) => {
    expect(said(before, after)).toEqual([]);
  });
});
