import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Finding, Report, Tree } from "../src/engine/types.ts";
import { defaultPolicy } from "../src/policy/index.ts";
import { render } from "../src/renderers/index.ts";
import { markdown } from "../src/reporters/markdown.ts";
import { review } from "../src/review.ts";

/** Whole changes, and everything that is said of them: nothing more, nothing less. */
const folder = join(import.meta.dirname, "scenarios");
const scenarios = readdirSync(folder).sort();

function treeOf(side: string, commit: string): Tree {
  const paths = readdirSync(side, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map((path) => {
    const text = readFileSync(path, "utf8");
    const blob = { text, sha: createHash("sha1").update(text).digest("hex") };
    return [path.slice(side.length + 1), blob] as const;
  });
  return { commit, files: new Map(files), notes: [] };
}

function judge(name: string): Promise<Report> {
  const [base, head] = ["base", "head"].map((side) => treeOf(join(folder, name, side), side));
  if (!base || !head) throw new Error("a scenario has two sides");
  return review(base, head, defaultPolicy("2026-01-01"), render);
}

const line = ({ check, severity, standing, subject, at }: Finding) => ({
  ...{ check, severity, standing, subject: subject.ref },
  path: at.side === "base" ? `base ${at.path}` : at.path,
  line: at.line,
});

const sorted = (findings: readonly object[]) => findings.map((one) => JSON.stringify(one)).sort();

describe.each(scenarios)("%s", (name) => {
  test("is judged as expected", async () => {
    const expected = JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8")) as object[];
    const { findings } = await judge(name);
    expect(sorted(findings.map(line))).toEqual(sorted(expected));
  });
});

const reports = scenarios.filter((name) => existsSync(join(folder, name, "report.md")));

test("some have their report written out", () => {
  expect(reports.length).toBeGreaterThanOrEqual(2);
});

test.each(reports)("%s reads as written", async (name) => {
  expect(markdown(await judge(name))).toBe(readFileSync(join(folder, name, "report.md"), "utf8"));
});
