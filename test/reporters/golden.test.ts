import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { annotations } from "../../src/reporters/annotations.ts";
import { json } from "../../src/reporters/json.ts";
import { checkRunOutput, commentBody, markdown } from "../../src/reporters/markdown.ts";
import { sarif } from "../../src/reporters/sarif.ts";
import { text } from "../../src/reporters/text.ts";
import type { Report } from "../../src/engine/types.ts";
import { clean, rich } from "./report.ts";

const output = (report: Report) =>
  (["zero-downtime", "test-stages"] as const)
    .map((run) => checkRunOutput(report, run))
    .map(({ title, summary }) => `${title}\n\n${summary}\n`)
    .join("\n\n---\n\n");

/** File in golden/ (without its `.golden`, which keeps formatters away) → what must be in it, byte for byte. UPDATE_GOLDEN=1 writes the files anew; read them before you commit. */
const GOLDEN: Readonly<Record<string, (shuffle: (report: Report) => Report) => string>> = {
  "rich.txt": (shuffle) => text(shuffle(rich), { colour: false, width: 100 }),
  "rich.narrow.txt": (shuffle) => text(shuffle(rich), { colour: false, width: 60 }),
  "clean.txt": (shuffle) => text(shuffle(clean), { colour: false, width: 100 }),
  "rich.md": (shuffle) => markdown(shuffle(rich)),
  "check-runs.md": (shuffle) => output(shuffle(rich)),
  "check-runs.clean.md": (shuffle) => output(shuffle(clean)),
  "rich.json": (shuffle) => json(shuffle(rich)),
  "rich.sarif": (shuffle) => sarif(shuffle(rich), []),
  "annotations.json": (shuffle) =>
    `${JSON.stringify(annotations(shuffle(rich), "zero-downtime"), null, 2)}\n`,
  "comment.md": () => `${commentBody(rich.findings[0]!)}\n`,
};

test.each(Object.entries(GOLDEN))("%s", async (name, write) => {
  const file = new URL(`golden/${name}.golden`, import.meta.url);
  const written = write((report) => report);
  if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(file, written);
  expect(written).toBe(await readFile(file, "utf8"));
});

test.each(Object.entries(GOLDEN).filter(([name]) => name !== "rich.json"))(
  "%s does not depend on the order of the findings",
  (_, write) => {
    const reversed = write((report) => ({ ...report, findings: report.findings.toReversed() }));
    expect(reversed).toBe(write((report) => report));
  },
);

test("JSON has its version first and does not depend on the order of keys", () => {
  const backwards = Object.fromEntries(Object.entries(rich).reverse()) as unknown;
  expect(json(backwards as Report)).toBe(json(rich));
  expect(json(rich)).toMatch(/^\{\n {2}"version": 1,\n {2}"base":/);
  expect(JSON.parse(json(rich))).toEqual(rich);
});

test("colour adds styles and changes no word", () => {
  const coloured = text(rich, { colour: true, width: 100 });
  expect(coloured).toContain("\u001b[31merror\u001b[39m");
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(text(rich, { colour: false, width: 100 }));
});

test("text keeps to its width where words allow it", () => {
  const lines = text(rich, { colour: false, width: 80 }).split("\n");
  const prose = lines.filter((line) => /^ {4}(?!\S+ +(required|advised|off|policy) )/.test(line));
  expect(prose.length).toBeGreaterThan(10);
  expect(prose.filter((line) => line.length > 80)).toEqual([]);
});
