import { expect, test } from "@jest/globals";
import { readYaml } from "../../src/engine/yaml.ts";
import { one, readAll, valueText } from "./files.ts";

const TWICE = `apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { first: "1" }
data: { second: "2" }
`;

test("of a key that is written twice the last one counts, as kubectl and Helm take it", () => {
  const manifest = one(TWICE);
  expect(manifest.get("data")).toEqual({ second: "2" });
  expect(manifest.locate("data").line).toBe(5);
  expect(valueText(manifest, "data", "second")).toBe('"2"');
  expect(manifest.repeats).toEqual([{ path: ["data"], first: TWICE.indexOf("\ndata:") + 1, same: false }]);
});

test("the other documents of the file are read as ever, and lines stay true", () => {
  const { manifests, notes } = readAll(`${TWICE}---\n${TWICE.replace(/data: \{ f.*\n/, "")}`);
  expect(notes).toEqual([]);
  expect(manifests.map(({ repeats }) => repeats.length)).toEqual([1, 0]);
  expect(manifests[1]!.locate("data").line).toBe(10);
});

test("in a List each object has its own", () => {
  const { manifests } = readAll(
    "apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: {}, data: {} }\n- { apiVersion: v1, kind: ConfigMap, metadata: { name: b } }\n",
  );
  expect(manifests.map(({ repeats }) => repeats.map(({ path }) => path))).toEqual([[["data"]], []]);
});

test("merges may stand side by side, and what they bring in may be written again", () => {
  const { documents, problems } = readYaml("a: &a { x: 1 }\nb: { <<: *a, x: 2 }\n");
  expect(problems).toEqual([]);
  expect(documents[0]!.repeats).toBeUndefined();
});

test("what is written the same twice is known as such", () => {
  const { repeats } = one(TWICE.replace('{ first: "1" }', '{ second: "2" }'));
  expect(repeats).toMatchObject([{ same: true }]);
});

test("a file that repeats itself without end costs no more than its length", () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `  k${index % 10_000}: ${index}\n`).join("");
  const again = "  k0: 1\n".repeat(20_000);
  const start = process.cpuUsage();
  const { repeats } = one(
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  k0: { b: [${"1, ".repeat(50_000)}] }\n${again}${lines}`,
  );
  expect(repeats).toHaveLength(20);
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
});
