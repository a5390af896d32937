import { expect, test } from "@jest/globals";
import type { Finding, Location } from "../../src/engine/types.ts";
import { planComments } from "../../src/github/comment-plan.ts";

const at = (place: Partial<Location>): Location => ({
  side: "head",
  path: "a.yaml",
  line: 2,
  column: 1,
  endLine: 2,
  endColumn: 9,
  ...place,
});

const finding = (more: Partial<Finding> = {}): Finding => ({
  check: "some-check",
  title: "Something happens",
  pillar: "redundancy",
  severity: "error",
  tier: "standard",
  standing: "introduced",
  subject: { ref: "Deployment/a", kind: "Deployment", namespace: "", name: "a", labels: {} },
  units: ["."],
  environment: "unknown",
  at: at({}),
  message: "It happens.",
  fix: "Do something.",
  fingerprint: "0123456789abcdef",
  ...more,
});

const PATCH = "@@ -1,3 +1,4 @@\n a\n+b\n c\n d\n@@ -20,3 +21,2 @@\n x\n-y\n z";
const FILES = [{ path: "a.yaml", patch: PATCH }];

const added = (one: Finding, files: Parameters<typeof planComments>[2] = FILES) =>
  planComments({ findings: [one] }, { comments: "error" }, files, []).add;

test("a finding on one shown line is commented there", () => {
  expect(added(finding())).toMatchObject([{ path: "a.yaml", line: 2, side: "RIGHT" }]);
  expect(added(finding())[0]).not.toHaveProperty("start_line");
});

test("a finding over several shown lines spans them, one that ends at a line's start does not hold it", () => {
  expect(added(finding({ at: at({ endLine: 4 }) }))).toMatchObject([
    { start_line: 2, line: 4, start_side: "RIGHT" },
  ]);
  expect(added(finding({ at: at({ endLine: 4, endColumn: 1 }) }))).toMatchObject([
    { start_line: 2, line: 3 },
  ]);
});

test("a range that leaves its hunk, or is long, is pinned to its first line", () => {
  expect(added(finding({ at: at({ endLine: 21 }) }))).toMatchObject([{ line: 2 }]);
  const long = [{ path: "a.yaml", patch: "@@ -0,0 +1,90 @@\n" }];
  expect(added(finding({ at: at({ endLine: 60 }) }), long)).toMatchObject([{ line: 2 }]);
});

test("a line that the diff does not show, or a file without a patch, gets no comment", () => {
  expect(added(finding({ at: at({ line: 10, endLine: 10 }) }))).toEqual([]);
  expect(added(finding(), [{ path: "a.yaml" }])).toEqual([]);
  expect(added(finding({ at: at({ path: "b.yaml" }) }))).toEqual([]);
});

test("what is gone is commented on the left, under the file's new name", () => {
  const moved = [{ path: "new.yaml", previous: "a.yaml", patch: PATCH }];
  expect(added(finding({ at: at({ side: "base", line: 21, endLine: 21 }) }), moved)).toMatchObject([
    { path: "new.yaml", line: 21, side: "LEFT" },
  ]);
});

test("where the diff does not show the line, the comment goes to what is gone", () => {
  const hidden = at({ line: 10, endLine: 10 });
  const was = at({ side: "base", line: 21, endLine: 21 });
  expect(added(finding({ at: hidden, was }))).toMatchObject([{ line: 21, side: "LEFT" }]);
  expect(added(finding({ was }))).toMatchObject([{ line: 2, side: "RIGHT" }]);
});

test("a suggestion stands on exactly its lines, or is left out where the diff does not show them all", () => {
  const suggestion = { path: "a.yaml", line: 3, endLine: 4, text: "c2" };
  expect(added(finding({ suggestion }))).toMatchObject([
    { start_line: 3, line: 4, body: expect.stringContaining("```suggestion\nc2\n```") },
  ]);
  const [off] = added(finding({ suggestion: { ...suggestion, endLine: 21 } }));
  expect(off).toMatchObject({ line: 2, body: expect.not.stringContaining("```suggestion") });
});

test("only what is new, not accepted and bad enough is commented", () => {
  const waiver = { check: "some-check", subject: "*", until: "2027-01-01", reason: "later", by: "ann" };
  expect(added(finding({ standing: "worsened" }))).toHaveLength(1);
  expect(added(finding({ standing: "existing" }))).toEqual([]);
  expect(added(finding({ waiver }))).toEqual([]);
  expect(added(finding({ severity: "warning" }))).toEqual([]);
  const plan = (comments: "warning" | "off") =>
    planComments({ findings: [finding()] }, { comments }, FILES, []).add;
  expect([plan("warning").length, plan("off").length]).toEqual([1, 0]);
});

test("two findings with one fingerprint are one comment", () => {
  const report = { findings: [finding(), finding({ at: at({ line: 3, endLine: 3 }) })] };
  expect(planComments(report, { comments: "error" }, FILES, []).add).toHaveLength(1);
});
