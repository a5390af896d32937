import { describe } from "@jest/globals";
import { SHIP, ship, unit, ci, steps, expectEach, MAIN } from "./rows.ts";
import { job, workflow } from "./trees.ts";

describe("steps of one job", () => {
  const background = "id: suite\n        run: go test ./...\n        background: true";
  const inOne = (...list: string[]): Record<string, string> => workflow(steps("deploy-production", list));
  expectEach([
    {
      name: "a test before the deploy",
      files: inOne("run: go test ./...", `run: ${SHIP}`),
      verdict: "required",
    },
    {
      name: "a test in the background",
      files: inOne("run: go test ./...\n        background: true", `run: ${SHIP}`),
      verdict: "advisory",
    },
    {
      name: "a test in the background that is waited for",
      files: inOne(background, "wait-all: true", `run: ${SHIP}`),
      verdict: "required",
    },
    {
      name: "a test in the background that is waited for by its name",
      files: inOne(background, "wait: [docs, Suite]", `run: ${SHIP}`),
      verdict: "required",
    },
    {
      name: "a test in the background, and a wait for another",
      files: inOne(background, "wait: docs", `run: ${SHIP}`),
      verdict: "advisory",
    },
    {
      name: "a test in the background that is waited for after the deploy",
      files: inOne(background, `run: ${SHIP}`, "wait: suite"),
      verdict: "advisory",
    },
    {
      name: "a test in the background, and a wait that may fail",
      files: inOne(background, "wait-all:\n        continue-on-error: true", `run: ${SHIP}`),
      verdict: "advisory",
    },
    {
      name: "a test in the background that is cancelled",
      files: inOne(background, "cancel: suite", "wait-all:", `run: ${SHIP}`),
      verdict: "advisory",
    },
    {
      name: "a test in a parallel group before the deploy",
      files: inOne("parallel:\n          - run: go test ./...\n          - run: make docs", `run: ${SHIP}`),
      verdict: "required",
    },
    {
      name: "a test in the parallel group of the deploy",
      files: inOne(`parallel:\n          - run: go test ./...\n          - run: ${SHIP}`),
      verdict: "advisory",
    },
    {
      name: "a test in the background of a job that the deploy needs",
      files: workflow(steps("test", [background, "run: make docs"]) + ship()),
      verdict: "required",
    },
    {
      name: "an action in the background whose steps test",
      files: {
        ...inOne("uses: ./.github/actions/suite\n        background: true", `run: ${SHIP}`),
        ".github/actions/suite/action.yml":
          "runs:\n  using: composite\n  steps:\n    - run: go test ./...\n      shell: bash\n",
      },
      verdict: "advisory",
    },
    { name: "a test after the deploy", files: inOne(`run: ${SHIP}`, "run: go test ./..."), verdict: "post" },
    {
      name: "the repair of a failed deploy is no rollback test",
      files: inOne(
        `run: ${SHIP}`,
        "if: failure()\n        run: |\n          helm rollback shop\n          kubectl rollout status deploy/shop",
      ),
      stage: "rollback",
      verdict: "absent",
    },
  ]);
});

describe("other workflows", () => {
  const after = (condition: string, names = "[ci]"): Record<string, string> => ({
    ...workflow(
      ship(condition === "" ? "" : `    if: ${condition}\n`),
      `workflow_run: { workflows: ${names}, types: [completed] }`,
    ),
    ...ci(unit(), MAIN),
  });
  const SUCCESS = "github.event.workflow_run.conclusion == 'success'";
  const waits = (name: string): Record<string, string> => ({
    ...workflow(
      steps("deploy-production", [
        `uses: lewagon/wait-on-check-action@v1\n        with: { check-name: ${name} }`,
        `run: ${SHIP}`,
      ]),
    ),
    ...ci(unit(), MAIN),
  });
  expectEach([
    { name: "workflow_run, the conclusion unchecked", files: after(""), verdict: "advisory" },
    { name: "workflow_run, the conclusion checked", files: after(SUCCESS), verdict: "required" },
    { name: "workflow_run of several", files: after(SUCCESS, "[lint, ci]"), verdict: "unlinked" },
    {
      name: "the same event",
      files: {
        ...workflow(ship(""), "release: { types: [published] }"),
        ...ci(unit(), "release: { types: [published] }"),
      },
      verdict: "unlinked",
    },
    {
      name: "tests on pull requests, a deploy on push",
      files: { ...workflow(ship("")), ...ci(unit(), "pull_request: {}") },
      verdict: "unlinked",
    },
    {
      name: "a deploy of tags",
      files: { ...workflow(ship(""), "push: { tags: ['v*'] }"), ...ci(unit(), MAIN) },
      verdict: "unlinked",
    },
    {
      name: "a status that the caller gives",
      files: {
        ...workflow(
          ship("    if: inputs.status == 'passed'\n"),
          "workflow_dispatch: { inputs: { status: { default: passed } } }",
        ),
        ...ci(unit(), MAIN),
      },
      verdict: "unlinked",
    },
    {
      name: "tests by hand",
      files: { ...workflow(ship("")), ...ci(unit(), "workflow_dispatch: {}") },
      verdict: "capability",
    },
    {
      name: "tests on a schedule",
      files: { ...workflow(ship("")), ...ci(unit(), 'schedule: [{ cron: "0 3 * * *" }]') },
      verdict: "capability",
    },
    { name: "a check that is waited for", files: waits("test"), verdict: "required" },
    { name: "another check that is waited for", files: waits("lint"), verdict: "unlinked" },
    {
      name: "tests of fewer paths than the deploy",
      files: {
        ...workflow(ship(""), "push: { branches: [main], paths: ['src/**', 'helm/**'] }"),
        ...ci(unit(), "push: { branches: [main], paths: ['src/**'] }"),
        "helm/values.yaml": "a: 1\n",
        "src/main.go": "",
      },
      verdict: "not-on-trigger",
    },
    {
      name: "tests of the paths that the deploy has",
      files: {
        ...workflow(ship(""), "push: { branches: [main], paths: ['src/**'] }"),
        ...ci(unit(), "push: { branches: [main], paths: ['src/**'] }"),
        "helm/values.yaml": "a: 1\n",
        "src/main.go": "",
      },
      verdict: "unlinked",
    },
  ]);
});

describe("calls", () => {
  const called = (jobs: string, inputs = ""): Record<string, string> => ({
    ".github/workflows/checks.yml": `on:\n  workflow_call:${inputs}\njobs:\n${jobs}`,
  });
  const call = (target: string, given = ""): string => `  test:\n    uses: ${target}\n${given}`;
  const action = (step: string): Record<string, string> => ({
    ".github/actions/suite/action.yml": `runs:\n  using: composite\n  steps:\n    - ${step}\n`,
  });
  const uses = workflow(steps("test", ["uses: ./.github/actions/suite"]) + ship());
  expectEach([
    {
      name: "a workflow of the repository",
      files: {
        ...workflow(call("./.github/workflows/checks.yml") + ship()),
        ...called(job("inner", "go test ./...")),
      },
      verdict: "required",
    },
    {
      name: "a workflow of the repository whose job may fail",
      files: {
        ...workflow(call("./.github/workflows/checks.yml") + ship()),
        ...called(job("inner", "go test ./...", "    continue-on-error: true\n")),
      },
      verdict: "advisory",
    },
    {
      name: "a workflow of another repository",
      files: workflow(call("org/ci/.github/workflows/checks.yml@main") + ship()),
      verdict: "unknown",
    },
    {
      name: "a command that the caller gives",
      files: {
        ...workflow(
          call("./.github/workflows/checks.yml", "    with: { command: ./gradlew check }\n") + ship(),
        ),
        ...called(job("inner", "${{ inputs.command }}"), "\n    inputs: { command: { type: string } }"),
      },
      verdict: "required",
    },
    {
      name: "tests that the caller switches off",
      files: {
        ...workflow(
          call("./.github/workflows/checks.yml", "    with: { skip: true }\n") +
            ship("    needs: [test]\n    if: ${{ !failure() }}\n"),
        ),
        ...called(
          job("inner", "go test ./...", "    if: ${{ !inputs.skip }}\n"),
          "\n    inputs: { skip: { type: boolean, default: false } }",
        ),
      },
      verdict: "not-on-trigger",
    },
    {
      name: "an action of the repository",
      files: { ...uses, ...action("run: go test ./...\n      shell: bash") },
      verdict: "required",
    },
    {
      name: "an action of the repository whose step may fail",
      files: { ...uses, ...action("run: go test ./...\n      shell: bash\n      continue-on-error: true") },
      verdict: "advisory",
    },
  ]);
});

describe("what is no gate, and what is no deploy", () => {
  expectEach([
    {
      name: "a deploy of pull requests",
      files: workflow(job("deploy", SHIP), "pull_request: {}"),
      verdict: "none",
    },
    {
      name: "an approval",
      files: workflow(
        steps("approve", ["run: echo approved"], "    environment: production\n") +
          ship("    needs: approve\n"),
      ),
      verdict: "absent",
    },
    {
      name: "an approval after the deploy, with tests before it",
      files: workflow(
        ship("") +
          steps(
            "final",
            ["run: echo approved"],
            "    needs: deploy-production\n    environment: production\n",
          ) +
          unit("    needs: final\n"),
      ),
      verdict: "post",
    },
    {
      name: "a cluster of the job's own",
      files: workflow(steps("e2e", ["uses: helm/kind-action@v1", `run: ${SHIP}`, "run: helm test shop"])),
      verdict: "none",
    },
  ]);
});
