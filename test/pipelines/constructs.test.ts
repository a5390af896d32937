import { describe } from "@jest/globals";
import { SHIP, ship, unit, when, steps, expectEach, MAIN, DISPATCH, THRESHOLDS } from "./rows.ts";
import { job, workflow } from "./trees.ts";

describe("the graph", () => {
  const rehearsed = {
    ...workflow(
      job("deploy-test", `${SHIP} -n test`) +
        job("e2e", "npx playwright test", "    needs: deploy-test\n") +
        job("load", "k6 run load.js", "    needs: deploy-test\n") +
        ship("    needs: [e2e, load]\n"),
    ),
    ...THRESHOLDS,
  };
  const beside = {
    ...workflow(
      job("e2e", "npx playwright test") +
        job("load", "k6 run load.js", "    needs: e2e\n") +
        ship("    needs: e2e\n"),
    ),
    ...THRESHOLDS,
  };
  expectEach([
    {
      name: "a chain over staging, its acceptance tests",
      files: rehearsed,
      stage: "acceptance",
      verdict: "required",
    },
    {
      name: "a chain over staging, its load test",
      files: rehearsed,
      stage: "performance",
      verdict: "required",
    },
    { name: "a test that nobody needs", files: workflow(unit() + ship("")), verdict: "advisory" },
    { name: "a stage beside the way", files: beside, stage: "performance", verdict: "advisory" },
    { name: "the stage on the way beside it", files: beside, stage: "acceptance", verdict: "required" },
    {
      name: "needs in another case",
      files: workflow(job("Unit-Tests", "go test ./...") + ship("    needs: [unit-tests]\n")),
      verdict: "required",
    },
    {
      name: "shards of a matrix",
      files: workflow(unit("    strategy: { matrix: { shard: [1, 2, 3] } }\n") + ship()),
      verdict: "required",
    },
    {
      name: "an anchor that two jobs share",
      files: workflow(
        `  test:\n    runs-on: x\n    steps: &suite\n      - run: go test ./...\n  again:\n    runs-on: x\n    steps: *suite\n${ship("    needs: [again]\n")}`,
      ),
      verdict: "required",
    },
    {
      name: "production in the matrix that holds staging, and the tests after it",
      files: workflow(
        steps(
          "deploy",
          [`run: ${SHIP} -n \${{ matrix.env }}`],
          "    strategy: { matrix: { env: [staging, production] } }\n",
        ) + job("e2e", "npx playwright test", "    needs: deploy\n"),
      ),
      stage: "acceptance",
      verdict: "post",
    },
  ]);
});

describe("conditions", () => {
  const maybe = unit("    if: vars.RUN == 'yes'\n");
  const changed = (condition: string): string =>
    steps(
      "changes",
      ["id: filter\n        uses: dorny/paths-filter@v3"],
      '    outputs: { app: "${{ steps.filter.outputs.app }}" }\n',
    ) +
    unit("    needs: changes\n    if: needs.changes.outputs.app == 'true'\n") +
    when(condition, "[changes, test]");
  expectEach([
    {
      name: "always()",
      files: workflow(unit() + when("always() && github.ref == 'refs/heads/main'")),
      verdict: "advisory",
    },
    {
      name: "always() that asks for success",
      files: workflow(unit() + when("always() && needs.test.result == 'success'")),
      verdict: "required",
    },
    {
      name: "!cancelled() that asks for success",
      files: workflow(unit() + when("${{ !cancelled() && needs.test.result == 'success' }}")),
      verdict: "required",
    },
    {
      name: "neither failed nor cancelled, and skipped passes",
      files: workflow(maybe + when("${{ always() && !failure() && !cancelled() }}")),
      verdict: "skippable",
    },
    {
      name: "not a failure, and skipped passes",
      files: workflow(maybe + when("always() && needs.test.result != 'failure'")),
      verdict: "skippable",
    },
    {
      name: "no failure among all, and skipped passes",
      files: workflow(maybe + when("${{ always() && !contains(needs.*.result, 'failure') }}")),
      verdict: "skippable",
    },
    {
      name: "no failure among all, of a test that always runs",
      files: workflow(unit() + when("${{ !failure() && !cancelled() }}")),
      verdict: "required",
    },
    {
      name: "text around the fence is always true",
      files: workflow(unit() + when("${{ always() }} && needs.test.result == 'success'")),
      verdict: "advisory",
    },
    { name: "a job for after a failure", files: workflow(unit() + when("failure()")), verdict: "none" },
    {
      name: "an input that passes the tests by",
      files: workflow(unit("    if: ${{ !inputs.skip-tests }}\n") + when("${{ !failure() }}"), DISPATCH),
      verdict: "bypassable",
    },
    {
      name: "an input in the deploy's own condition",
      files: workflow(
        unit() + when("always() && (inputs.skip-tests || needs.test.result == 'success')"),
        DISPATCH,
      ),
      verdict: "bypassable",
    },
    {
      name: "a label that passes the tests by",
      files: workflow(
        unit() +
          when(
            "${{ always() && (contains(github.event.pull_request.labels.*.name, 'hotfix') || needs.test.result == 'success') }}",
          ),
        "pull_request: { types: [closed] }",
      ),
      verdict: "bypassable",
    },
    {
      name: "a path filter, and skipped passes",
      files: workflow(changed("${{ !failure() && !cancelled() }}")),
      verdict: "skippable",
    },
    {
      name: "a path filter that the deploy has as well",
      files: workflow(changed("${{ !failure() && !cancelled() && needs.changes.outputs.app == 'true' }}")),
      verdict: "required",
    },
    {
      name: "a path filter, and skipped skips the deploy",
      files: workflow(changed("needs.changes.outputs.app == 'true'")),
      verdict: "required",
    },
    {
      name: "tests on pull requests only",
      files: workflow(
        unit("    if: github.event_name == 'pull_request'\n") +
          when("${{ !failure() && github.event_name == 'push' }}"),
        `${MAIN}\n  pull_request: {}`,
      ),
      verdict: "not-on-trigger",
    },
  ]);
});

describe("aggregators", () => {
  const all = (step: string): string => steps("all", [step], "    needs: test\n    if: always()\n");
  const asks = when("always() && needs.all.result == 'success'", "all");
  expectEach([
    {
      name: "it refuses failures",
      files: workflow(unit() + all("if: contains(needs.*.result, 'failure')\n        run: exit 1") + asks),
      verdict: "required",
    },
    {
      name: "alls-green",
      files: workflow(
        unit() +
          all('uses: re-actors/alls-green@release/v1\n        with: { jobs: "${{ toJSON(needs) }}" }') +
          asks,
      ),
      verdict: "required",
    },
    {
      name: "it only prints",
      files: workflow(unit() + all('run: echo "${{ needs.test.result }}"') + asks),
      verdict: "advisory",
    },
  ]);
});

describe("failures that are passed over", () => {
  const shell = (...lines: string[]): string =>
    steps("test", [`run: |\n${lines.map((line) => `          ${line}\n`).join("")}`]);
  const outcome = (after: string): string =>
    steps("test", ["id: suite\n        run: go test ./...\n        continue-on-error: true", after]);
  expectEach([
    {
      name: "the job's continue-on-error",
      files: workflow(unit("    continue-on-error: true\n") + ship()),
      verdict: "advisory",
    },
    {
      name: "the job's continue-on-error, and a result that is asked for",
      files: workflow(
        unit("    continue-on-error: true\n") + when("always() && needs.test.result == 'success'"),
      ),
      verdict: "advisory",
    },
    {
      name: "a leg's continue-on-error that is false for all",
      files: workflow(
        unit(
          "    continue-on-error: ${{ matrix.next }}\n    strategy: { matrix: { include: [{ v: 1, next: false }, { v: 2, next: false }] } }\n",
        ) + ship(),
      ),
      verdict: "required",
    },
    {
      name: "the step's continue-on-error, asked for later",
      files: workflow(outcome("if: steps.suite.outcome == 'failure'\n        run: exit 1") + ship()),
      verdict: "required",
    },
    {
      name: "the step's continue-on-error, asked for in the shell",
      files: workflow(
        outcome('run: |\n          if [ "${{ steps.suite.outcome }}" != success ]; then exit 1; fi') + ship(),
      ),
      verdict: "required",
    },
    {
      name: "the step's continue-on-error, only printed later",
      files: workflow(outcome("run: echo ${{ steps.suite.outcome }}") + ship()),
      verdict: "advisory",
    },
    {
      name: "|| true",
      files: workflow(shell("go test ./... > out 2>&1 || true", "./coverage.sh out") + ship()),
      verdict: "advisory",
    },
    {
      name: "set +e",
      files: workflow(shell("set +e", "go test ./...", "echo done") + ship()),
      verdict: "advisory",
    },
    {
      name: "set +e, and the status handed on",
      files: workflow(shell("set +e", "go test ./...", "status=$?", "./report.sh", "exit $status") + ship()),
      verdict: "required",
    },
    {
      name: "a pipe without pipefail",
      files: workflow(shell("go test ./... | tee out") + ship()),
      verdict: "advisory",
    },
    {
      name: "a pipe whose status is asked for",
      files: workflow(shell("go test ./... | tee out", "exit ${PIPESTATUS[0]}") + ship()),
      verdict: "required",
    },
    {
      name: "a failure that ends in exit 1",
      files: workflow(shell("go test ./... || { cat log; exit 1; }") + ship()),
      verdict: "required",
    },
  ]);
});
