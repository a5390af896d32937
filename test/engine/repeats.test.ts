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
  expect(manifest.repeats).toEqual([{ path: ["data"], first: TWICE.indexOf("\ndata:") + 1 }]);
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
