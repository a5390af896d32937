import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { filesOf, isNew, judge } from "../scripts/generate/examples.ts";
import type { Example } from "../src/checks/define.ts";
import { checks } from "../src/checks/index.ts";
import type { Finding, Suggestion } from "../src/engine/types.ts";

const MARK = "# <- finding";

function marked(side: "base" | "head", files: Record<string, string>): string[] {
  return Object.entries(files).flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) => (line.includes(MARK) ? [`${side} ${path}:${index + 1}`] : [])),
  );
}

const place = ({ at }: Finding) => `${at.side} ${at.path}:${at.line}`;

async function said(example: Example, id: string): Promise<Finding[]> {
  const report = await judge(example);
  expect(report.notes).toEqual([]);
  return report.findings.filter((finding) => finding.check === id && isNew(finding));
}

function apply(
  files: Record<string, string>,
  { path, line, endLine, text }: Suggestion,
): Record<string, string> {
  const lines = (files[path] ?? "").split("\n");
  lines.splice(line - 1, endLine - line + 1, text);
  return { ...files, [path]: lines.join("\n") };
}

describe.each(checks)("$id", (check) => {
  test.each(check.unsafe)("flags: $title", async (example) => {
    const expected = [
      ...marked("head", filesOf(example.after)),
      ...marked("base", filesOf(example.before)),
    ].sort();
    expect(expected).not.toEqual([]);
    const findings = await said(example, check.id);
    expect([...new Set(findings.map(place))].sort()).toEqual(expected);
  });

  test.each(check.safe)("leaves alone: $title", async (example) => {
    expect((await said(example, check.id)).map(place)).toEqual([]);
  });

  test.each(check.unsafe)("its suggestions mend: $title", async (example) => {
    const findings = await said(example, check.id);
    for (const { suggestion, fingerprint } of findings) {
      if (!suggestion) continue;
      const mended = await said({ ...example, after: apply(filesOf(example.after), suggestion) }, check.id);
      expect(mended.map((finding) => finding.fingerprint)).not.toContain(fingerprint);
    }
  });

  test("is written well", () => {
    expect(check.unsafe.length).toBeGreaterThanOrEqual(3);
    expect(check.safe.length).toBeGreaterThanOrEqual(3);
    expect(check.references.length).toBeGreaterThanOrEqual(1);
    expect(check.title).not.toMatch(/\.$|should/);
    expect(check.why).toMatch(/\.$/);
    expect(check.fix).toMatch(/\.$/);
  });
});

test("the registry holds every file of the folder, under its own name", () => {
  const folder = join(import.meta.dirname, "../src/checks");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.includes("/") && file.endsWith(".ts") && !file.includes("/_"),
  );
  expect(checks.map(({ pillar, id }) => `${pillar}/${id}.ts`).sort()).toEqual(files.sort());
});
