import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Label } from "../../scripts/eval/case.ts";
import { distance, distances, nearness } from "../../scripts/eval/nearness.ts";
import { noteKinds } from "../../scripts/eval/notes.ts";
import type { Finding, Location, Side, Tree } from "../../src/engine/types.ts";
import { temporaryFolder } from "../sources/repository.ts";

const at = (line: number, more: Partial<Location> = {}): Location => ({
  ...{ side: "head", path: "web.yaml", line, column: 1, endLine: line, endColumn: 2 },
  ...more,
});

const label = (lines: Label["lines"]) => ({ lines }) as Label;
const tree = (text: string): Tree => ({
  commit: "",
  files: new Map([["web.yaml", { sha: text, text }]]),
  notes: [],
});

test.each<[string, Location, number]>([
  ["on the line", at(10), 0],
  ["above it", at(7), 3],
  ["inside a range", at(22), 0],
  ["below a range", at(30), 6],
  ["ending just above it", at(1, { endLine: 8 }), 2],
  ["in another file", at(10, { path: "other.yaml" }), Infinity],
  ["on the other side", at(10, { side: "base" }), Infinity],
])("a finding %s", (_, place, lines) => {
  const labelled = label([{ path: "web.yaml", side: "head", ranges: ["10", "20-24"] }]);
  expect(distance(place, labelled)).toBe(lines);
});

test.each<[line: number, lines: number]>([
  [1, 2],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 1],
])("line %i of the base, of which 3 and 4 are gone, stands %i lines from the gap", (line, lines) => {
  const findings = [{ at: at(line, { side: "base" }) } as Finding];
  const one = { base: tree("a\nb\nc\nd\ne\nf"), head: tree("a\nb\ne\nf") };
  const gap = label([{ path: "web.yaml", side: "head-gap", ranges: ["3"] }]);
  expect(distances({ label: gap, ...one }, findings).map((found) => found.lines)).toEqual([lines]);
});

test("what is gone is near where it stood, though the finding stands on what is left", () => {
  const labelled = label([{ path: "web.yaml", side: "head-gap", ranges: ["3"] }]);
  const one = { base: tree("a\nb\nc\nd"), head: tree("a\nb\nd") };
  const finding = { at: at(40, { path: "web.yaml" }), was: at(3, { side: "base" }) } as Finding;
  expect(distances({ label: labelled, ...one }, [finding])[0]?.lines).toBe(0);
});

test("a hazard counts as near with its nearest finding, and each finding for itself", () => {
  const rows = [[2, 80], [5], [6], []].map((all) => ({
    distances: all.map((lines) => ({ lines, finding: {} as Finding })),
  }));
  expect(nearness(rows)).toEqual({ hazards: 3, nearHazards: 2, findings: 4, nearFindings: 2 });
});

test("notes are counted by what they say was not judged", () => {
  const remote =
    "https://x/y is not in the repository, and nines fetches nothing: what it deploys was not judged.";
  const note = (message: string) => ({ path: "a.yaml", message });
  const kinds = noteKinds([
    { notes: [note(remote), note(remote.replace("y", "z")), note("Something new.")] },
    { notes: [note(remote)] },
  ]);
  expect(kinds.map(({ name, notes, cases }) => [name, notes, cases])).toEqual([
    ["remote base or component", 3, 2],
    ["other", 1, 1],
  ]);
});

const deployment = (replicas: number) =>
  `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

function evaluate(dir: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const root = join(import.meta.dirname, "../..");
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/eval.ts", dir, ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

test("prints the share of findings near the labelled lines, those that are not, notes, and whether a second review says the same", async () => {
  using folder = temporaryFolder();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder.dir, path)), { recursive: true });
    writeFileSync(join(folder.dir, path), text);
  };
  const labelled = (id: string, line: number) => {
    const about = { label: "hazard", category: "replicas-reduced", severity: "high", deliberate: false };
    const lines = [{ path: "web.yaml", side: "head", ranges: [String(line)] }];
    const where = { format: "plain", resource: "Deployment/-/web", expected: "", lines };
    write(`${id}/case.json`, JSON.stringify({ id, ...about, ...where, changed: [["M", "web.yaml"]] }));
    for (const side of ["base", "head"] satisfies Side[])
      write(`${id}/${side}/web.yaml`, deployment(side === "base" ? 4 : 2));
  };
  labelled("near", 6);
  labelled("far", 15);
  write("near/head/broken.yaml", "apiVersion: v1\nkind: ConfigMap\n\tbad");

  const { code, output } = await evaluate(folder.dir, "--twice");

  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain("all: 1 of 2 (50.0 %) named hazards have a finding within 5 lines");
  expect(output).toContain("rendered: 0 of 0 named hazards");
  expect(output).toContain("0 changes were rendered: helm and kubectl ran for 0.0 s of 0.0 s");
  expect(output).toMatch(/Farther than 5 lines \(1\)\n {2}far .* 9 lines off\n.*web\.yaml:6\)/);
  expect(output).toMatch(/not YAML\s+1\s+1/);
  expect(output).toContain("Reviewed twice: 2 of 2 reports are the same, byte by byte");
}, 60_000);
