import { describe, expect, test } from "@jest/globals";
import type { CheckRunName, Finding, Report } from "../../src/engine/types.ts";
import { VERDICTS } from "../../src/pipelines/rank.ts";
import { checkRunOutput, commentBody } from "../../src/reporters/markdown.ts";
import { text } from "../../src/reporters/text.ts";
import { clean, finding, rich, subject } from "./report.ts";

const title = (report: Report, run: CheckRunName = "zero-downtime") => checkRunOutput(report, run).title;
const waiver = { check: "x", subject: "*", until: "2027-01-31", reason: "r", by: "b" };

describe("a title", () => {
  test.each<[string, Partial<Report>, CheckRunName, string]>([
    [
      "says the worst first",
      { findings: [finding({ severity: "warning", message: "Mild." }), finding()] },
      "zero-downtime",
      "1 error, 1 warning: Service/shop/web selects app=web-v2, which no pod has any more",
    ],
    [
      "knows nothing changed",
      { scope: { manifests: 0, units: 0, pipelines: 0 } },
      "zero-downtime",
      "Nothing to check: no Kubernetes manifest changed",
    ],
    ["knows nothing was found", {}, "zero-downtime", "No new risk to availability"],
    [
      "counts notices",
      { findings: [finding({ severity: "notice" })] },
      "zero-downtime",
      "No new risk to availability, 1 notice",
    ],
    [
      "tells of waived and fixed",
      { findings: [finding({ waiver }), finding({ standing: "fixed" })] },
      "zero-downtime",
      "No new risk to availability (1 waived, 1 fixed)",
    ],
    [
      "tells of what was not judged",
      { notes: [{ path: "a.yaml", message: "m" }] },
      "zero-downtime",
      "No new risk to availability (1 note on what was not judged)",
    ],
    [
      "leaves old findings out",
      { findings: [finding({ standing: "existing" })] },
      "zero-downtime",
      "No new risk to availability",
    ],
    [
      "knows there is no pipeline",
      { scope: { manifests: 1, units: 1, pipelines: 0 } },
      "test-stages",
      "Nothing to check: no pipeline found",
    ],
    [
      "knows there is no deploy",
      { scope: { manifests: 1, units: 1, pipelines: 2 } },
      "test-stages",
      "No production deploy found in 2 pipelines",
    ],
    [
      "counts gates",
      { stages: rich.stages },
      "test-stages",
      "No gate weakened; 1 of 7 test stages gate every production deploy",
    ],
    [
      "is content with what is required",
      { stages: rich.stages, demands: { ...clean.demands, unit: "required" } },
      "test-stages",
      "1 required stage gates every production deploy",
    ],
    [
      "names the missing gate",
      {
        stages: rich.stages,
        demands: { ...clean.demands, performance: "required", penetration: "required", rollback: "required" },
      },
      "test-stages",
      "Required tests do not gate .github/workflows/release.yml#ship: performance, penetration",
    ],
    [
      "names what cannot be told",
      { stages: rich.stages, demands: { ...clean.demands, rollback: "required" } },
      "test-stages",
      "Could not tell whether required tests gate .github/workflows/release.yml#ship: rollback",
    ],
    [
      "puts an error before a missing gate",
      {
        stages: rich.stages,
        demands: { ...clean.demands, stress: "required" },
        findings: [finding({ pillar: "testing", message: "Gone. Really." })],
      },
      "test-stages",
      "1 error: Gone",
    ],
    [
      "says why nothing could be verified",
      {
        verdicts: { "zero-downtime": "unverified", "test-stages": "unverified" },
        notes: [{ path: "", message: "The tree is too large. Split it." }],
      },
      "zero-downtime",
      "Could not verify this change: The tree is too large",
    ],
  ])("%s", (_, different, run, expected) => {
    expect(title({ ...clean, ...different }, run)).toBe(expected);
  });

  test.each([
    [243, "😀…"],
    [244, "x…"],
  ])("is cut between code points (%i)", (length, end) => {
    const cut = title({ ...clean, findings: [finding({ message: "x".repeat(length) + "😀".repeat(300) })] });
    expect(cut.length).toBeLessThanOrEqual(255);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.endsWith(end)).toBe(true);
  });
});

/** More of everything than fits, each as long and as costly to escape as can be. */
function flood(): Report {
  const long = (index: number) => `${index} ${"@|😀`".repeat(3_000)}`;
  const findings: Finding[] = (["introduced", "existing", "fixed"] as const).flatMap((standing) =>
    Array.from({ length: 300 }, (_, index) =>
      finding({
        standing,
        pillar: index % 2 === 0 ? "testing" : "data",
        title: long(index),
        message: long(index),
        fix: long(index),
        subject: subject(`Deployment/${long(index)}/web`),
        units: [long(1), long(2)],
        ...(standing === "existing" &&
          index < 100 && { waiver: { ...waiver, reason: long(index), by: long(index) } }),
      }),
    ),
  );
  const rows = rich.floors.flatMap((row) =>
    Array.from({ length: 100 }, (_, index) => ({ ...row, workload: long(index) })),
  );
  return {
    ...rich,
    findings,
    floors: rows.map((row) => ({
      ...row,
      ...(row.after && "events" in row.after && { after: { ...row.after, stuck: { rollout: long(1) } } }),
    })),
    protections: Array.from({ length: 50 }, (_, index) => ({
      ...{ route: long(index), workload: long(index), unit: long(1) },
      after: { retry: long(1), timeout: long(1), ejection: long(1), stale: long(1), limit: long(1) },
    })),
    stages: Array.from({ length: 40 }, (_, index) => ({
      ...rich.stages[0]!,
      deploy: long(index),
      cells: rich.stages[0]!.cells.map((cell) => ({ ...cell, reason: long(index) })),
      practices: rich.stages[0]!.practices.map((practice) => ({ ...practice, reason: long(index) })),
      path: rich.stages[0]!.path.flatMap((node) =>
        [1, 2, 3].map((number) => ({ ...node, id: `${node.id}${number}`, name: long(number) })),
      ),
    })),
    fidelity: Array.from({ length: 40 }, (_, index) => ({
      staging: long(index),
      production: long(index),
      differences: rich.fidelity[0]!.differences.map((one) => ({ ...one, aspect: long(index) })),
    })),
    notes: Array.from({ length: 300 }, (_, index) => ({
      path: "a",
      message: long(index),
      run: index % 2 === 0 ? "zero-downtime" : "test-stages",
    })),
  };
}

describe.each(["zero-downtime", "test-stages"] as const)("a flood in %s", (run) => {
  const { title: cut, summary } = checkRunOutput(flood(), run);

  test("stays within GitHub's limits and loses no part", () => {
    expect(cut.length).toBeLessThanOrEqual(255);
    expect(summary.length).toBeLessThanOrEqual(65_535);
    for (const heading of [
      "### What this change brings",
      "### Waived",
      "### Fixed by this change",
      "findings were here before",
    ]) {
      expect(summary).toContain(heading);
    }
    expect(summary).toMatch(/<sub>Looked at .*<\/sub>$/);
    expect(summary.split("<details>").length).toBe(summary.split("</details>").length);
  });

  test("says how much is not shown", () => {
    const shown = summary.split("\n#### ").length - 1;
    expect(shown).toBeGreaterThan(0);
    expect(summary).toContain(`… ${150 - shown} more findings are not shown here.`);
  });
});

test("of what a change took away, every format says where it stood", () => {
  const was = { ...finding().at, side: "base" as const, path: "deploy/kustomization.yaml", line: 7 };
  const report = { ...clean, findings: [finding({ was })] };
  expect(text(report, { colour: false, width: 200 })).toContain(
    "(deploy/kustomization.yaml:7 before the change)",
  );
  expect(checkRunOutput(report, "zero-downtime").summary).toContain(
    "`deploy/kustomization.yaml:7` before the change",
  );
});

test("a comment's body stays within GitHub's limit", () => {
  const nasty = "@|😀`".repeat(20_000);
  const body = commentBody(finding({ title: nasty, message: nasty, fix: nasty, subject: subject(nasty) }));
  expect(body.length).toBeLessThan(65_536);
  expect(body.endsWith("<!-- nines:finding 00000000000000a1 -->")).toBe(true);
});

test("few findings are all shown, and nothing is said to be missing", () => {
  const { summary } = checkRunOutput(rich, "zero-downtime");
  expect(summary.match(/^#### /gm)).toHaveLength(3);
  expect(summary).not.toContain("not shown");
});

test("floors: what got worse stands first, what did not change is counted", () => {
  const rows = Array.from({ length: 30 }, (_, index) => ({
    ...rich.floors[2]!,
    workload: `Deployment/shop/new-${index}`,
  }));
  const { summary } = checkRunOutput({ ...clean, floors: [...rows, ...rich.floors] }, "zero-downtime");
  const table = summary.split("\n").filter((line) => line.startsWith("| `"));
  expect(table).toHaveLength(20);
  expect(table[0]).toBe(
    "| `Deployment/shop/web` (critical, in `deploy/production`) | 3 | 3 → 1 ▼ | 2 → stuck ▼ | 2 | 2 → 3 ▲ | 2 → 0 ▼ |",
  );
  expect(summary).toContain("and 14 more that changed, 1 workload unchanged.");
});

test("floors: an unchanged workload with a finding is shown", () => {
  const about = finding({ subject: subject("Deployment/shop/cart") });
  const { summary } = checkRunOutput({ ...clean, findings: [about] }, "zero-downtime");
  expect(summary).toContain(
    "| `Deployment/shop/cart` (standard, in `deploy/production`) | 3 | 3 | 2 | 2 | 1 | 2 |",
  );
});

test("every way in which a stage can stand has words and a symbol", () => {
  for (const verdict of VERDICTS) {
    const stages = [{ ...rich.stages[0]!, cells: [{ stage: "unit" as const, verdict, reason: "r" }] }];
    expect(checkRunOutput({ ...clean, stages }, "test-stages").summary).toMatch(
      /\| unit \| advised \| [✓⚠○?✗] [a-z ]+ \|/,
    );
  }
});
