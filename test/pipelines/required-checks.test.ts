import { describe, expect, test } from "@jest/globals";
import type { BranchRules, StageCell } from "../../src/engine/types.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { cellOf, job, treeOf, workflow } from "./trees.ts";

const BY = 'the ruleset "main"';
const rules = (...names: string[]): BranchRules => ({
  branch: "main",
  checks: names.map((name) => ({ name, by: BY, app: 15_368 })),
  workflows: [],
  queue: false,
});
const deploy = job("deploy-production", "helm upgrade --install shop ./chart");

/** The unit tests before a deploy on pushes to main, where another workflow runs them on pull requests. */
function unit(
  jobs: string,
  known: BranchRules | string | undefined,
  { on = "pull_request", more = {}, deploys = "push: { branches: [main] }" } = {},
): StageCell | undefined {
  const files = {
    ".github/workflows/ci.yml": `name: ci\non: ${on}\njobs:\n${jobs}`,
    ...workflow(deploy, deploys),
    ...more,
  };
  const tree = { ...treeOf(files), ...(known === undefined ? {} : { facts: { rules: known } }) };
  return cellOf(readDelivery(tree, { deploys: [], tests: [], bypasses: [] }, "head"), "unit");
}
const TEST = job("test", "go test ./...");

describe("what the rules of the branch require", () => {
  test("a test in another workflow gates the deploy when its check is required, and the link is named", () => {
    expect(unit(TEST, undefined)?.verdict).toBe("unlinked");
    expect(unit(TEST, rules("lint"))).toMatchObject({
      verdict: "unlinked",
      reason: expect.stringContaining("nor do the rules of main"),
    });
    expect(unit(TEST, rules("test"))).toMatchObject({
      verdict: "required-external",
      reason: 'go test in job test is required by the ruleset "main" as check "test" (on a push to main)',
    });
  });

  test("what could not be read is said, and proves nothing", () => {
    expect(unit(TEST, "the rules of main could not be read")).toMatchObject({
      verdict: "unlinked",
      reason: expect.stringContaining("the rules of main could not be read"),
    });
  });

  test("a required workflow gates as a whole", () => {
    const whole = { ...rules(), workflows: [{ path: ".github/workflows/ci.yml", by: BY }] };
    expect(unit(TEST, whole)?.verdict).toBe("required-external");
  });

  test.each<[string, string, string]>([
    ["a job's name", job("test", "go test ./...", "    name: Unit tests\n"), "Unit tests"],
    [
      "a leg of a matrix",
      job("test", "go test ./...", "    strategy: { matrix: { go: ['1.22', '1.23'], os: [linux] } }\n"),
      "test (1.23, linux)",
    ],
    [
      "a leg in a name",
      job(
        "test",
        "go test ./...",
        "    name: Go ${{ matrix.go }}\n    strategy: { matrix: { go: ['1.22', '1.23'] } }\n",
      ),
      "Go 1.22",
    ],
    [
      "an aggregator that looks at all results",
      TEST +
        job("ok", "exit 1", "    needs: [test]\n    if: always() && contains(needs.*.result, 'failure')\n"),
      "test",
    ],
  ])("%s is the name of the check", (_, jobs, name) => {
    expect(unit(jobs, rules(name))?.verdict).toBe("required-external");
  });

  test("a called workflow reports under its caller's name", () => {
    const more = {
      ".github/workflows/tests.yml": `on: workflow_call\njobs:\n${job("unit", "go test ./...")}`,
    };
    const caller = "  ci:\n    uses: ./.github/workflows/tests.yml\n";
    expect(unit(caller, rules("ci / unit"), { more })?.verdict).toBe("required-external");
    expect(unit(caller, rules("unit"), { more })?.verdict).toBe("unlinked");
  });

  test("a job that may fail in the eyes of others still fails its own check", () => {
    const allowed = job("test", "go test ./...", "    continue-on-error: true\n");
    expect(unit(allowed, rules("test"))?.verdict).toBe("required-external");
    expect(unit(job("test", "go test ./... || true"), rules("test"))?.verdict).toBe("advisory");
  });

  test("a required job that is skipped passes", () => {
    const lint = job("lint", "golangci-lint run");
    const after = job("test", "go test ./...", "    needs: lint\n");
    const hole = unit(lint + after, rules("test"));
    expect(hole).toMatchObject({ verdict: "skippable", reason: expect.stringContaining("when lint fails") });
    expect(unit(lint + after, rules("test", "lint"))?.verdict).toBe("required-external");
    const filtered = job(
      "test",
      "go test ./...",
      "    if: needs.changes.outputs.go == 'true'\n    needs: changes\n",
    );
    expect(unit(job("changes", "echo") + filtered, rules("test", "changes"))?.verdict).toBe("skippable");
    const draft = job("test", "go test ./...", "    if: ${{ !github.event.pull_request.draft }}\n");
    expect(unit(draft, rules("test"))?.verdict).toBe("required-external");
  });

  test("an aggregator speaks for the tests before it only if it fails with them", () => {
    const alls = `  ok:\n    needs: test\n    if: always()\n    runs-on: x\n    steps:\n      - uses: re-actors/alls-green@v1\n        with: { jobs: "\${{ toJSON(needs) }}" }\n`;
    const after = job("ok", "echo", "    needs: test\n");
    expect(unit(TEST + alls, rules("ok"))?.verdict).toBe("required-external");
    const skipped = job("test", "go test ./...", "    if: vars.TESTS\n");
    expect(unit(skipped + alls, rules("ok"))?.verdict).toBe("skippable");
    expect(unit(TEST + after, rules("ok"))?.verdict).toBe("unlinked");
  });

  test.each<[string, string]>([
    ["by hand", "workflow_dispatch"],
    ["of another branch", "push: { branches: [production] }"],
    ["of a tag", "push: { tags: ['v*'] }"],
  ])("a deploy %s is not behind the rules of main", (_, deploys) => {
    expect(unit(TEST, rules("test"), { deploys })?.verdict).toBe("unlinked");
  });

  test("tests of other branches' pull requests do not report on main's", () => {
    expect(unit(TEST, rules("test"), { on: "{ pull_request: { branches: [develop] } }" })?.verdict).toBe(
      "unlinked",
    );
  });

  test("a check that another app must report is not the job of that name", () => {
    const other = { ...rules(), checks: [{ name: "test", by: BY, app: 7 }] };
    expect(unit(TEST, other)?.verdict).toBe("unlinked");
  });
});
