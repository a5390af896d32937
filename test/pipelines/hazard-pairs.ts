import { ci, MAIN, ship, SHIP, steps, THRESHOLDS, unit, when } from "./rows.ts";
import { job, workflow } from "./trees.ts";

export type Files = Readonly<Record<string, string>>;

export const gated = workflow(unit() + ship());
const E2E = job("e2e", "npx playwright test");
export const withE2e = workflow(unit() + E2E + ship("    needs: [test, e2e]\n"));
const commented = (text: string): string => text.replaceAll(/^/gm, "# ").replace(/# $/, "");
export const load = workflow(job("load", "k6 run load.js") + ship("    needs: load\n"));

const AFTER_RECORD = {
  ".github/workflows/smoke.yml": `on: deployment_status\njobs:\n${job("smoke", "npx playwright test")}`,
};
const LIVE = "push: { branches: [live] }";
const suites = (list: string): string => `    strategy: { matrix: { suite: [${list}] } }\n`;
const regions = (failFast: string): string =>
  `    strategy: { fail-fast: ${failFast}, matrix: { region: [eu, us] } }\n`;

/** Before and after, with the one thing that is said (the check, and the line) and how the check run concludes. */
type Hazard = readonly [name: string, before: Files, after: Files, said: string, conclusion: Conclusion];
type Conclusion = "failure" | "neutral" | "success";

export const HAZARDS: readonly Hazard[] = [
  ["H1 a stage is removed", withE2e, workflow(unit() + ship()), "stage-removed release.yml:10", "failure"],
  [
    "H2 a stage is commented out",
    withE2e,
    workflow(unit() + commented(E2E) + ship()),
    "stage-removed release.yml:8",
    "failure",
  ],
  [
    "H2 its step is commented out",
    workflow(steps("test", ["run: make image", "run: go test ./..."]) + ship()),
    workflow(`${steps("test", ["run: make image"])}      # - run: go test ./...\n${ship()}`),
    "stage-removed release.yml:8",
    "failure",
  ],
  [
    "H3 the deploy's need is dropped",
    gated,
    workflow(unit() + ship("")),
    "gate-weakened release.yml:8",
    "failure",
  ],
  [
    "H4 the deploy runs whatever happened",
    gated,
    workflow(unit() + when("always()")),
    "gate-weakened release.yml:11",
    "failure",
  ],
  [
    "H5 the job may fail",
    gated,
    workflow(unit("    continue-on-error: true\n") + ship()),
    "gate-weakened release.yml:6",
    "failure",
  ],
  [
    "H5 the shell hides it",
    gated,
    workflow(job("test", "go test ./... || true") + ship()),
    "gate-weakened release.yml:7",
    "failure",
  ],
  [
    "H5 the tests move to the background of the deploy's job",
    workflow(steps("deploy-production", ["run: go test ./...", `run: ${SHIP}`])),
    workflow(
      steps("deploy-production", [
        "run: go test ./...\n        background: true",
        `run: ${SHIP}`,
        "wait-all:",
      ]),
    ),
    "gate-weakened release.yml:7",
    "failure",
  ],
  [
    "H6 the job never runs",
    workflow(unit() + when("${{ !failure() }}")),
    workflow(unit("    if: false\n") + when("${{ !failure() }}")),
    "gate-weakened release.yml:6",
    "failure",
  ],
  [
    "H6 only by hand",
    ci(unit(), "pull_request: {}"),
    ci(unit(), "workflow_dispatch: {}"),
    "gate-weakened ci.yml:2",
    "neutral",
  ],
  [
    "H7 the build leaves its tests out",
    workflow(job("test", "mvn -B verify") + ship()),
    workflow(job("test", "mvn -B verify -DskipTests") + ship()),
    "stage-removed release.yml:4",
    "failure",
  ],
  [
    "H7 tests are left out by name",
    workflow(job("test", "npx playwright test") + ship()),
    workflow(job("test", "npx playwright test --grep @smoke") + ship()),
    "tests-narrowed release.yml:7",
    "neutral",
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
    "neutral",
  ],
  [
    "H7 the tests skip a branch that is deployed",
    { ...ci(unit(), "push: { branches: [main, live] }"), ...workflow(ship(""), LIVE) },
    { ...ci(unit(), "push: { branches: [main] }"), ...workflow(ship(""), LIVE) },
    "tests-skip-branch ci.yml:3",
    "neutral",
  ],
  [
    "H7 a part of the tests is dropped",
    workflow(steps("test", ["run: pytest tests/${{ matrix.suite }}"], suites("api, db, mail")) + ship()),
    workflow(steps("test", ["run: pytest tests/${{ matrix.suite }}"], suites("api, db")) + ship()),
    "test-leg-lost release.yml:6",
    "neutral",
  ],
  [
    "H11 a part of the tests may fail alone",
    workflow(steps("test", ["run: pytest tests/${{ matrix.suite }}"], suites("api, db")) + ship()),
    workflow(
      steps(
        "test",
        ["run: pytest tests/${{ matrix.suite }}"],
        `${suites("api, db")}    continue-on-error: \${{ matrix.suite == 'db' }}\n`,
      ) + ship(),
    ),
    "test-leg-lost release.yml:7",
    "neutral",
  ],
  [
    "H11 a target of the deploy may fail alone",
    workflow(ship(regions("false"))),
    workflow(ship(`${regions("false")}    continue-on-error: \${{ matrix.region == 'eu' }}\n`)),
    "deploy-failure-ignored release.yml:7",
    "neutral",
  ],
  [
    "H8 the tests lose the event before merges",
    ci(unit(), "pull_request: {}\n  push: { branches: [main] }"),
    ci(unit(), MAIN),
    "gate-weakened ci.yml:2",
    "neutral",
  ],
  [
    "H9 the file is deleted",
    { ...ci(unit(), "pull_request: {}"), ...workflow(ship("")) },
    workflow(ship("")),
    "stage-removed base ci.yml:5",
    "neutral",
  ],
  [
    "H10 an input passes the tests by",
    workflow(unit() + ship(), "workflow_dispatch: { inputs: { fast: { type: boolean } } }"),
    workflow(
      unit("    if: ${{ !inputs.fast }}\n") + when("${{ !failure() }}"),
      "workflow_dispatch: { inputs: { fast: { type: boolean } } }",
    ),
    "gate-weakened release.yml:6",
    "neutral",
  ],
  [
    "H11 production no longer waits for staging",
    workflow(job("deploy-staging", `${SHIP} -n staging`) + ship("    needs: deploy-staging\n")),
    workflow(job("deploy-staging", `${SHIP} -n staging`) + ship("")),
    "staging-bypassed release.yml:8",
    "neutral",
  ],
  [
    "H12 the environment is dropped",
    workflow(ship("    environment: production\n")),
    workflow(ship("")),
    "environment-removed release.yml:4",
    "failure",
  ],
  [
    "H12 its deployment is no longer recorded, and the tests after it start by the record",
    { ...workflow(ship("    environment: { name: production }\n")), ...AFTER_RECORD },
    { ...workflow(ship("    environment: { name: production, deployment: false }\n")), ...AFTER_RECORD },
    "environment-removed release.yml:6",
    "neutral",
  ],
  [
    "H13 the deploy no longer waits",
    workflow(job("deploy-production", `${SHIP} --wait`)),
    workflow(job("deploy-production", SHIP)),
    "rollout-wait-removed release.yml:7",
    "neutral",
  ],
  [
    "H13 the canary becomes a deploy at once",
    workflow(steps("deploy-production", ["uses: azure/k8s-deploy@v5\n        with: { strategy: canary }"])),
    workflow(steps("deploy-production", ["uses: azure/k8s-deploy@v5"])),
    "gradual-deploy-removed release.yml:7",
    "neutral",
  ],
  [
    "H14 the deploy's action is no longer pinned",
    workflow(steps("deploy-production", ["uses: acme/login@v2.1.0", `run: ${SHIP}`])),
    workflow(steps("deploy-production", ["uses: acme/login@main", `run: ${SHIP}`])),
    "deploy-unpinned release.yml:7",
    "neutral",
  ],
  [
    "H15 the load test's thresholds are removed",
    { ...load, ...THRESHOLDS },
    { ...load, "load.js": "export const options = { vus: 5 };\n" },
    "gate-weakened load.js:1",
    "failure",
  ],
  [
    "H15 the scan can no longer fail",
    workflow(
      steps("zap", ["uses: zaproxy/action-full-scan@v0.12.0\n        with: { fail_action: true }"]) +
        ship("    needs: zap\n"),
    ),
    workflow(steps("zap", ["uses: zaproxy/action-full-scan@v0.12.0"]) + ship("    needs: zap\n")),
    "gate-weakened release.yml:7",
    "failure",
  ],
  [
    "H15 the least coverage is lowered",
    workflow(job("test", "pytest --cov-fail-under=90") + ship()),
    workflow(job("test", "pytest --cov-fail-under=50") + ship()),
    "criterion-lowered release.yml:7",
    "success",
  ],
  [
    "H16 the next push cancels the deploy",
    workflow(ship("")),
    workflow(ship("    concurrency: { group: deploy, cancel-in-progress: true }\n")),
    "deploy-cancelled-in-progress release.yml:6",
    "neutral",
  ],
  [
    "H16 two deploys may overlap",
    workflow(ship("    concurrency: { group: deploy }\n")),
    workflow(ship("")),
    "deploys-may-overlap release.yml:4",
    "neutral",
  ],
  [
    "H16 one target's failure cancels the others",
    workflow(ship(regions("false"))),
    workflow(ship(regions("true"))),
    "deploy-cancelled-in-progress release.yml:6",
    "neutral",
  ],
  [
    "H17 a second deploy waits for nothing",
    gated,
    {
      ...gated,
      ".github/workflows/hotfix.yml": `on: workflow_dispatch\njobs:\n${job("hotfix-production", SHIP)}`,
    },
    "deploy-ungated hotfix.yml:3",
    "neutral",
  ],
];
