import { expect, test } from "@jest/globals";
import { parseAllDocuments } from "yaml";
import { afterChange, benchRepository } from "../../scripts/bench/manifests.ts";
import { afterNewRunner, benchWorkflows, workflowsBelow } from "../../scripts/bench/workflows.ts";

const changes = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) =>
  [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);

test.each([1, 100, 1000])("writes exactly %i valid manifests, the same every time", (count) => {
  const { files, manifests } = benchRepository(count);
  const documents = [...files.values()].flatMap((text) => parseAllDocuments(text));
  const kinds = documents.map((document) => (document as { get(key: string): unknown }).get("kind"));
  expect(manifests).toBe(count);
  expect(documents).toHaveLength(count);
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  expect(kinds.every((kind) => typeof kind === "string")).toBe(true);
  expect(benchRepository(count)).toEqual({ files, manifests });
});

test("half of the objects are plain services", () => {
  const paths = [...benchRepository(1200).files];
  const objects = (prefix: string) =>
    paths.filter(([path]) => path.startsWith(`apps/${prefix}-`)).flatMap(([, text]) => text.split("\n---\n"))
      .length;
  expect([objects("service"), objects("store")]).toEqual([600, 600]);
});

test("a change touches about one file in a hundred, and no file appears or goes", () => {
  const before = benchRepository(1000);
  const after = afterChange(before);
  const touched = changes(before.files, after);
  expect([...after.keys()]).toEqual([...before.files.keys()]);
  expect(touched.length).toBeGreaterThanOrEqual(8);
  expect(touched.length).toBeLessThanOrEqual(11);
});

test("writes 30 workflows that GitHub could read, the same every time", () => {
  const workflows = benchWorkflows();
  expect(workflows.size).toBe(30);
  for (const text of workflows.values()) {
    const [document, ...more] = parseAllDocuments(text);
    expect([document?.errors, more]).toEqual([[], []]);
    expect(Object.keys(document?.toJS() as object)).toEqual(expect.arrayContaining(["name", "on", "jobs"]));
  }
  expect(benchWorkflows()).toEqual(workflows);
  expect(changes(workflows, afterNewRunner(workflows))).toHaveLength(1);
});

test("refuses a folder with too few workflows by its name", () => {
  expect(() => workflowsBelow("examples")).toThrow(/^examples holds \d+ workflows; 30 are measured\.$/);
});
