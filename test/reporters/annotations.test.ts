import { describe, expect, test } from "@jest/globals";
import type { Finding, Location, Report, Verdict } from "../../src/engine/types.ts";
import { defaultPolicy } from "../../src/policy/index.ts";
import { annotations, conclusion, MAX_ANNOTATIONS } from "../../src/reporters/annotations.ts";
import { clean, finding } from "./report.ts";

const waiver = { check: "x", subject: "*", until: "2027-01-31", reason: "r", by: "b" };

test.each<[Verdict, string, string]>([
  ["pass", "success", "success"],
  ["warn", "neutral", "neutral"],
  ["fail", "failure", "failure"],
  ["unverified", "failure", "neutral"],
])("%s concludes with %s, or %s where the organisation is lenient", (verdict, strict, lenient) => {
  const report: Report = { ...clean, verdicts: { "zero-downtime": verdict, "test-stages": "pass" } };
  const policy = defaultPolicy("2026-11-23");
  expect(conclusion(report, "zero-downtime", policy)).toBe(strict);
  expect(conclusion(report, "zero-downtime", { ...policy, unverified: "neutral" })).toBe(lenient);
  expect(conclusion(report, "test-stages", policy)).toBe("success");
});

describe("annotations", () => {
  const of = (...findings: Finding[]) => annotations({ ...clean, findings }, "zero-downtime");
  const at = (different: Partial<Location>): Location => ({ ...finding().at, ...different });

  test("are made of what is new and accepted by nobody, for the run's own pillar", () => {
    const all = [
      finding({ check: "a", severity: "notice" }),
      finding({ check: "b", standing: "worsened" }),
      finding({ check: "c", standing: "existing" }),
      finding({ check: "d", standing: "fixed" }),
      finding({ check: "e", waiver }),
      finding({ check: "f", pillar: "testing", title: "T" }),
    ];
    expect(of(...all).map(({ annotation_level: level }) => level)).toEqual(["failure", "notice"]);
    expect(annotations({ ...clean, findings: all }, "test-stages").map((one) => one.title)).toEqual([
      "T (Service/shop/web)",
    ]);
  });

  test("carry message, fix and the suggested text", () => {
    const [one] = of(
      finding({ message: "M.", fix: "F.", suggestion: { path: "a", line: 1, endLine: 1, text: "  x: 1" } }),
    );
    expect(one).toMatchObject({ message: "M.\n\nFix: F.", raw_details: "  x: 1" });
  });

  test("have columns on one line only, and are pinned to the first of many", () => {
    const [one] = of(finding({ at: at({ line: 3, endLine: 3, column: 5, endColumn: 16 }) }));
    expect(one).toMatchObject({ start_line: 3, end_line: 3, start_column: 5, end_column: 15 });
    const [many] = of(finding({ at: at({ line: 3, endLine: 40 }) }));
    expect(many).toMatchObject({ start_line: 3, end_line: 3 });
    expect(many).not.toHaveProperty("start_column");
  });

  test("about what is gone stand at the file's nearest known place, else at its start, and say where it was", () => {
    const gone = finding({ at: at({ side: "base", path: "a.yaml", line: 30 }), severity: "notice" });
    const [alone] = of(gone);
    expect(alone).toMatchObject({ path: "a.yaml", start_line: 1, end_line: 1 });
    expect(alone?.message).toContain("This was at a.yaml:30 before the change.");
    const [left] = of(finding({ was: at({ side: "base", path: "list.yaml", line: 7 }) }));
    expect(left?.message).toContain("This was at list.yaml:7 before the change.");
    const near = [5, 28, 90].map((line) => finding({ at: at({ path: "a.yaml", line, endLine: line }) }));
    expect(of(gone, ...near).at(-1)).toMatchObject({ path: "a.yaml", start_line: 28, end_line: 28 });
  });

  test("stay within GitHub's limits, the worst first", () => {
    const long = "😀".repeat(60_000);
    const many = Array.from({ length: 300 }, (_, index) =>
      finding({
        severity: index < 299 ? "notice" : "error",
        title: long,
        message: long,
        fix: long,
        suggestion: { path: "a", line: 1, endLine: 1, text: long },
      }),
    );
    const made = of(...many);
    expect(made).toHaveLength(MAX_ANNOTATIONS);
    expect(made[0]?.annotation_level).toBe("failure");
    const bytes = (text = "") => new TextEncoder().encode(text).length;
    expect(made[0]?.title.length).toBeLessThanOrEqual(255);
    expect(bytes(made[0]?.message)).toBeLessThanOrEqual(64 * 1024);
    expect(bytes(made[0]?.raw_details)).toBeLessThanOrEqual(64 * 1024);
  });
});
