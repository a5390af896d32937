import { describe, expect, test } from "@jest/globals";
import type { GateVerdict } from "../../src/engine/types.ts";
import { cellOf, deliveryOf, job, workflow } from "./trees.ts";

const deploy = (head: string): string =>
  job("deploy-production", "helm upgrade --install shop ./chart", head);
const unit = job("test", "go test ./...");
const verdict = (jobs: string, on?: string): GateVerdict | undefined =>
  cellOf(deliveryOf(workflow(jobs, on)), "unit")?.verdict;
const needs = (condition = "", list = "[test]"): string =>
  `    needs: ${list}\n${condition === "" ? "" : `    if: ${condition}\n`}`;

describe("conditions of the deploy", () => {
  test.each<[string, GateVerdict]>([
    ["", "required"],
    ["github.ref == 'refs/heads/main'", "required"],
    ["success() || github.ref == 'refs/heads/other'", "required"],
    ["always()", "advisory"],
    ["${{ always() }}", "advisory"],
    ["${{ !cancelled() }}", "advisory"],
    ["success() || failure()", "advisory"],
    ["always() && needs.test.result == 'success'", "required"],
    ["${{ !cancelled() && needs.test.result == 'success' }}", "required"],
    ["${{ !failure() && !cancelled() }}", "required"],
    ["always() && needs.test.result != 'failure'", "required"],
    ["${{ always() && !contains(needs.*.result, 'failure') }}", "required"],
    ["always() && fromJSON('[1]')[0]", "advisory"],
    ["${{ always() }} && needs.test.result == 'success'", "advisory"],
  ])("%j: %s", (condition, expected) => {
    expect(verdict(unit + deploy(needs(condition)))).toBe(expected);
  });

  test("what runs only after a failure is repair, and no way to production", () => {
    expect(
      deliveryOf(workflow(unit + deploy(needs("always() && contains(needs.*.result, 'failure')")))).rows,
    ).toEqual([]);
    expect(deliveryOf(workflow(unit + deploy(needs("failure()")))).rows).toEqual([]);
  });

  test("a test nobody needs is beside the deploy", () => {
    expect(verdict(unit + deploy(""))).toBe("advisory");
  });

  test("a test that may be skipped lets a careless condition pass", () => {
    const maybe = job("test", "go test ./...", "    if: vars.RUN == 'yes'\n");
    expect(verdict(maybe + deploy(needs()))).toBe("required");
    expect(verdict(maybe + deploy(needs("${{ !failure() && !cancelled() }}")))).toBe("skippable");
    expect(verdict(maybe + deploy(needs("always() && needs.test.result == 'success'")))).toBe("required");
  });

  test("an input lets the deploy pass the test by", () => {
    const on = "workflow_dispatch: { inputs: { skip: { type: boolean } } }";
    const condition = "${{ always() && (inputs.skip || needs.test.result == 'success') }}";
    expect(verdict(unit + deploy(needs(condition)), on)).toBe("bypassable");
    const skipped = job("test", "go test ./...", "    if: ${{ !inputs.skip }}\n");
    expect(verdict(skipped + deploy(needs("${{ !failure() }}")), on)).toBe("bypassable");
  });
});

describe("the way between", () => {
  const middle = (head: string): string => job("image", "docker build .", head);

  test("through another job", () => {
    expect(verdict(unit + middle("    needs: test\n") + deploy(needs("", "image")))).toBe("required");
  });

  test("all ancestors count, even behind a job that always runs", () => {
    expect(verdict(unit + middle(needs("always()")) + deploy(needs("", "image")))).toBe("required");
    expect(
      verdict(
        unit +
          middle(needs("always()")) +
          deploy(needs("needs.image.result == 'success' && always()", "image")),
      ),
    ).toBe("advisory");
  });

  test("an aggregator that refuses failures hands them on", () => {
    const ask = needs("always() && needs.all.result == 'success'", "all");
    const refuses = `  all:\n    needs: test\n    if: always()\n    runs-on: x\n    steps:\n      - if: contains(needs.*.result, 'failure')\n        run: exit 1\n`;
    const shell = `  all:\n    needs: test\n    if: always()\n    runs-on: x\n    steps:\n      - run: '[ "\${{ needs.test.result }}" = success ] || exit 1'\n`;
    const green = `  all:\n    needs: test\n    if: always()\n    runs-on: x\n    steps:\n      - uses: re-actors/alls-green@release/v1\n        with: { jobs: "\${{ toJSON(needs) }}" }\n`;
    const prints = `  all:\n    needs: test\n    if: always()\n    runs-on: x\n    steps:\n      - run: echo done\n`;
    for (const all of [refuses, shell, green]) expect(verdict(unit + all + deploy(ask))).toBe("required");
    expect(verdict(unit + prints + deploy(ask))).toBe("advisory");
  });

  test("job ids are matched without case", () => {
    expect(verdict(unit + deploy("    needs: [TEST]\n"))).toBe("required");
  });

  test("a test after the deploy gates nothing", () => {
    expect(verdict(deploy("") + job("test", "go test ./...", "    needs: deploy-production\n"))).toBe("post");
  });
});

describe("tests that cannot block", () => {
  test.each<[string, string, GateVerdict]>([
    ["the job may fail", job("test", "go test ./...", "    continue-on-error: true\n"), "advisory"],
    ["the step may fail", `${unit}        continue-on-error: true\n`, "advisory"],
    ["the shell hides it", job("test", "go test ./... || true"), "advisory"],
    ["it never runs", job("test", "go test ./...", "    if: false\n"), "not-on-trigger"],
    ["the step never runs", `${unit}        if: \${{ false && always() }}\n`, "not-on-trigger"],
  ])("%s", (_, test_, expected) => {
    expect(verdict(test_ + deploy(needs("always() && needs.test.result != 'failure'")))).toBe(expected);
  });

  test("a later step that asks for the outcome makes it count again", () => {
    const idiom = `  test:\n    runs-on: x\n    steps:\n      - id: unit\n        continue-on-error: true\n        run: go test ./...\n      - if: steps.unit.outcome != 'success'\n        run: exit 1\n`;
    expect(verdict(idiom + deploy(needs()))).toBe("required");
  });

  test("of a matrix, one leg that must pass is enough", () => {
    const legs = (values: string): string =>
      job(
        "test",
        "go test ./...",
        `    continue-on-error: \${{ matrix.new }}\n    strategy: { matrix: { new: ${values} } }\n`,
      );
    expect(verdict(legs("[true, false]") + deploy(needs()))).toBe("required");
    expect(verdict(legs("[true]") + deploy(needs()))).toBe("advisory");
  });
});

describe("one job", () => {
  const steps = (...list: string[]): string =>
    `  deploy-production:\n    runs-on: x\n    steps:\n${list.map((step) => `      - ${step}\n`).join("")}`;
  const ship = "run: helm upgrade --install shop ./chart";

  test("an earlier step stops the later", () => {
    expect(verdict(steps("run: go test ./...", ship))).toBe("required");
    expect(verdict(steps("run: go test ./...", `${ship}\n        if: always()`))).toBe("advisory");
    expect(verdict(steps(ship, "run: go test ./..."))).toBe("post");
  });

  test("a step in the background is not waited for", () => {
    expect(verdict(steps("run: go test ./...\n        background: true", ship))).toBe("advisory");
    expect(verdict(steps("run: go test ./...\n        background: true", "wait-all: true", ship))).toBe(
      "required",
    );
  });
});

describe("events", () => {
  test("a test that does not run on the event that deploys", () => {
    const on = "push: { branches: [main] }\n  pull_request: {}";
    const test_ = job("test", "go test ./...", "    if: github.event_name == 'pull_request'\n");
    const condition = "${{ !failure() && github.event_name == 'push' }}";
    expect(verdict(test_ + deploy(needs(condition)), on)).toBe("not-on-trigger");
  });

  test("the worst event counts", () => {
    const on = "push: { branches: [main] }\n  workflow_dispatch: {}";
    const condition = "${{ github.event_name == 'workflow_dispatch' && always() || success() }}";
    expect(verdict(unit + deploy(needs(condition)), on)).toBe("advisory");
  });

  test("tests elsewhere are not linked, or only a capability", () => {
    const other = (on: string): Record<string, string> => ({
      ...workflow(deploy("")),
      ".github/workflows/ci.yml": `on: ${on}\njobs:\n${unit}`,
    });
    expect(cellOf(deliveryOf(other("pull_request")), "unit")?.verdict).toBe("unlinked");
    expect(cellOf(deliveryOf(other("workflow_dispatch")), "unit")?.verdict).toBe("capability");
  });

  test("a step that waits for the test's check run links the two", () => {
    const waiting = (name: string): GateVerdict | undefined => {
      const wait = `      - uses: lewagon/wait-on-check-action@v1\n        with: { check-name: ${name} }\n`;
      const jobs = `  deploy-production:\n    runs-on: x\n    steps:\n${wait}      - run: helm upgrade shop .\n`;
      const ci = `on: push\njobs:\n${unit}`;
      return cellOf(deliveryOf({ ...workflow(jobs), ".github/workflows/ci.yml": ci }), "unit")?.verdict;
    };
    expect(waiting("test")).toBe("required");
    expect(waiting("lint")).toBe("unlinked");
  });

  const linked = (condition: string, upstream = "[ci]"): GateVerdict | undefined => {
    const files = workflow(deploy(condition), `workflow_run: { workflows: ${upstream}, types: [completed] }`);
    const ci = `name: ci\non: push\njobs:\n${unit}`;
    return cellOf(deliveryOf({ ...files, ".github/workflows/ci.yml": ci }), "unit")?.verdict;
  };
  test("workflow_run links only where the conclusion is asked for", () => {
    expect(linked("    if: github.event.workflow_run.conclusion == 'success'\n")).toBe("required");
    expect(linked("")).toBe("advisory");
    expect(linked("    if: github.event.workflow_run.conclusion == 'success'\n", "[ci, lint]")).toBe(
      "unlinked",
    );
  });
});

describe("calls", () => {
  const called = (condition = ""): Record<string, string> => ({
    ...workflow(
      `  checks:\n    uses: ./.github/workflows/checks.yml\n    with: { command: go test ./... }\n${deploy(needs(condition, "checks"))}`,
    ),
    ".github/workflows/checks.yml": `on:\n  workflow_call:\n    inputs: { command: { type: string } }\njobs:\n${job("inner", "${{ inputs.command }}")}`,
  });

  test("a called workflow's tests gate as its call does, with its inputs put in", () => {
    expect(cellOf(deliveryOf(called()), "unit")?.verdict).toBe("required");
    expect(cellOf(deliveryOf(called("always()")), "unit")?.verdict).toBe("advisory");
    expect(cellOf(deliveryOf(called("always() && needs.checks.result == 'success'")), "unit")?.verdict).toBe(
      "required",
    );
  });

  test("a local action's steps are its job's", () => {
    const files = {
      ...workflow(
        `  test:\n    runs-on: x\n    steps:\n      - uses: ./.github/actions/suite\n        with: { dir: api }\n${deploy(needs())}`,
      ),
      ".github/actions/suite/action.yml":
        "inputs: { dir: { default: . } }\nruns:\n  using: composite\n  steps:\n    - run: cd ${{ inputs.dir }} && go test ./...\n      shell: bash\n",
    };
    const cell = cellOf(deliveryOf(files), "unit");
    expect(cell?.verdict).toBe("required");
    expect(cell?.at).toMatchObject({ path: ".github/actions/suite/action.yml", line: 5 });
  });

  test("what cannot be read makes nothing absent", () => {
    const jobs = `  checks:\n    uses: org/ci/.github/workflows/quality.yml@v1\n${deploy(needs("", "checks"))}`;
    expect(verdict(jobs)).toBe("unknown");
    expect(verdict(deploy(""))).toBe("absent");
  });
});
