import { describe, expect, test } from "@jest/globals";
import { readYaml, LIMITS } from "../../src/engine/yaml.ts";
import { readAll } from "./files.ts";
import { processorSeconds } from "../support/cost.ts";

const refs = (text: string) => readAll(text).manifests.map(({ ref }) => ref);
const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

describe("documents", () => {
  test("of one file are all read, whatever their separators look like", () => {
    const text = `---\n${config("a")}--- # the second\n${config("b")}...\n---\n# nothing here\n---\n${config("c")}`;
    expect(refs(text)).toEqual(["ConfigMap/a", "ConfigMap/b", "ConfigMap/c"]);
  });

  test("know their line in the file", () => {
    const { manifests } = readAll(
      `---\n${config("a")}--- # the second\n${config("b")}...\n---\n${config("c")}`,
    );
    expect(manifests.map((manifest) => manifest.locate().line)).toEqual([5, 10, 16]);
  });

  test("a broken one is a note with its line, and the others are judged", () => {
    const broken = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: broken\n`;
    const { manifests, notes } = readAll(`${config("a")}--- # next\n${broken}---\n${config("c")}`);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a", "ConfigMap/c"]);
    expect(manifests.map((manifest) => manifest.locate().line)).toEqual([4, 13]);
    expect(notes).toEqual([
      { path: "app.yaml", line: 8, message: expect.stringContaining("could not be read") },
    ]);
  });

  test("each of several broken ones has its own note", () => {
    const text = `kind: [\n---\n${config("a")}---\nkind: {\n---\napiVersion: v1\nmetadata:\n\tname: tab\n`;
    const { manifests, notes } = readAll(text);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a"]);
    expect(notes.map(({ line }) => line)).toEqual([1, 8, 12]);
  });

  test("a directive stands before the document that it belongs to", () => {
    const { manifests, notes } = readAll(`${config("a")}...\n%YAML 1.2\n---\n${config("b")}---\nkind: [\n`);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
    expect(notes.map(({ line }) => line)).toEqual([13]);
  });

  test("separators inside a block scalar's text do not cut it", () => {
    const text = `${config("a")}data:\n  script: |\n    x\n    ---\n    y\n---\n${config("b")}---\nkind: [\n`;
    const { manifests } = readAll(text);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
    expect(manifests[0]!.get("data", "script")).toBe("x\n---\ny\n");
  });
});

describe("forms of files", () => {
  test("JSON is read like YAML", () => {
    const text = JSON.stringify(
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "n" } },
      null,
      2,
    );
    const { manifests, notes } = readAll(text);
    expect(manifests.map(({ id }) => id)).toEqual(["/Secret/n/s"]);
    expect(manifests[0]!.locate("metadata", "namespace").line).toBe(6);
    expect(notes).toEqual([]);
  });

  test("a List is its items, nested or not, in place", () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: a }
  - apiVersion: v1
    kind: ConfigMapList
    items:
      - apiVersion: v1
        kind: ConfigMap
        metadata:
          name: b
        data: { key: value }
  - not: an object
`;
    const { manifests } = readAll(text);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a", "ConfigMap/b"]);
    expect(manifests.map((manifest) => manifest.locate().line)).toEqual([6, 13]);
    expect(manifests[1]!.locate("data", "key").line).toBe(14);
    expect(manifests[1]!.locate("immutable").line).toBe(10);
  });

  test.each([
    ["a byte order mark", `\uFEFF${config("a")}`, 4],
    ["a byte order mark before a comment", `\uFEFF# written on Windows\n${config("a")}`, 5],
    ["Windows line ends", config("a").replaceAll("\n", "\r\n"), 4],
    ["both", `\uFEFF${config("a").replaceAll("\n", "\r\n")}`, 4],
    ["old comments and blanks", `# first\n\n   \n${config("a")}   \n# last`, 7],
    ["tabs behind values", config("a").replace("ConfigMap", "ConfigMap\t# tab"), 4],
    ["no line end at the end", config("a").trimEnd(), 4],
  ])("%s is read, and lines stay true", (_, text, line) => {
    const { manifests, notes } = readAll(text);
    expect(notes).toEqual([]);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a"]);
    expect(manifests[0]!.locate().line).toBe(line);
  });

  test("a namespace makes another object, another version does not", () => {
    const web = (version: string, namespace: string) =>
      readAll(`apiVersion: ${version}\nkind: Deployment\nmetadata: { name: web${namespace} }\n`).manifests[0]!
        .id;
    expect(web("apps/v1beta1", "")).toBe(web("apps/v1", ""));
    expect(web("extensions/v1beta1", "")).not.toBe(web("apps/v1", ", namespace: shop"));
    expect(web("apps/v1", ", namespace: shop")).toBe("apps/Deployment/shop/web");
  });

  test("numbers where names belong do not throw", () => {
    const { manifests } = readAll(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { build: 7, x: null, on: true } }\n",
    );
    expect(manifests[0]!.labels).toEqual({ build: "7", on: "true" });
  });
});

describe("anchors, aliases and merges", () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: &labels
    app: web
spec:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels:
        <<: *labels
        tier: front
`;
  test("are read as what they stand for", () => {
    const manifest = readAll(text).manifests[0]!;
    expect(manifest.get("spec", "selector", "matchLabels")).toEqual({ app: "web" });
    expect(manifest.get("spec", "template", "metadata", "labels")).toEqual({ app: "web", tier: "front" });
  });

  test("are shown where they are used, not where they are written", () => {
    const manifest = readAll(text).manifests[0]!;
    expect(manifest.locate("spec", "selector", "matchLabels", "app").line).toBe(9);
    expect(manifest.locate("spec", "template", "metadata", "labels", "app").line).toBe(12);
    expect(manifest.span("spec", "template", "metadata", "labels", "app")).toBeUndefined();
  });
});

describe("what is not Kubernetes", () => {
  test.each([
    ["a pipeline", "on: push\njobs: { build: { runs-on: ubuntu-latest } }\n"],
    ["values of a chart", "replicaCount: 2\nkind: web\n"],
    ["an object without a name", "apiVersion: v1\nkind: ConfigMap\n"],
    ["a broken file that names no kind", "a: [\n"],
    ["a list of words", "- apiVersion\n- kind\n"],
    ["nothing", ""],
    ["a scalar", "apiVersion and kind"],
  ])("%s is left alone", (_, text) => {
    expect(readAll(text)).toEqual({ manifests: [], notes: [] });
  });
});

describe("hostile input costs little and is said", () => {
  const timed = <T>(run: () => T): { result: T; ms: number } => {
    const results: T[] = [];
    const seconds = processorSeconds(() => results.push(run()));
    return { result: results[0]!, ms: seconds * 1000 };
  };

  test("a billion laughs", () => {
    const lines = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(", ")}]`,
    );
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: lol }\nl0: &l0 lol\n${lines.join("\n")}\n---\n${config("b")}`;
    const { result, ms } = timed(() => readAll(text));
    expect(ms).toBeLessThan(100);
    expect(result.notes.map(({ message }) => message)).toEqual([expect.stringContaining("aliases")]);
    expect(result.manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/b"]);
  });

  test("an alias of itself", () => {
    const { notes, manifests } = readAll(`${config("a")}data: &a { self: *a }\n---\n${config("b")}`);
    expect(notes.map(({ message }) => message)).toEqual([expect.stringContaining("&a names holds itself")]);
    expect(manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/b"]);
  });

  test("depth", () => {
    const deep = "[".repeat(5_000) + "]".repeat(5_000);
    const { result, ms } = timed(() =>
      readAll(`${config("a")}---\napiVersion: v1\nkind: X\nmetadata: { name: deep }\nspec: ${deep}\n`),
    );
    expect(ms).toBeLessThan(200);
    expect(result.manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/a"]);
    expect(result.notes).toHaveLength(1);
  });

  test("depth that real manifests have is read", () => {
    const depth = LIMITS.depth - 4;
    expect(readAll(`${config("a")}spec: ${"[".repeat(depth)}${"]".repeat(depth)}\n`).manifests).toHaveLength(
      1,
    );
  });

  test("documents", () => {
    const many = `${config("a")}---\n`.repeat(LIMITS.documents + 1);
    const { manifests, notes } = readAll(many);
    expect(manifests).toEqual([]);
    expect(notes.map(({ message }) => message)).toEqual([expect.stringContaining(String(LIMITS.documents))]);
  });

  test("documents, the last of them broken", () => {
    const many = `${"---\n".repeat(LIMITS.documents + 1)}kind: [\napiVersion: v1`;
    expect(readAll(many).notes).toEqual([expect.objectContaining({ line: 1 })]);
  });

  test("thousands of broken documents", () => {
    const many = `kind: [ # ${"x".repeat(400)}\n---\n`.repeat(LIMITS.documents - 1) + config("last");
    const { result, ms } = timed(() => readAll(many));
    expect(ms).toBeLessThan(2_000);
    expect(result.manifests.map(({ ref }) => ref)).toEqual(["ConfigMap/last"]);
    expect(result.notes).toHaveLength(LIMITS.documents - 1);
    expect(result.notes.at(-1)?.line).toBe((LIMITS.documents - 1) * 2 - 1);
  });

  test("a row of # before a value that is not written", () => {
    const text = `${config("a")}data:\n  list: [main, ${"#".repeat(60)}\n    &none ]\n  after: x\n`;
    const [document] = readYaml(text).documents;
    const { result, ms } = timed(() => document?.find(["data", "list"]).value);
    expect(ms).toBeLessThan(2_000);
    expect(text.slice(result?.start, result?.end)).toMatch(/^\[main/);
  });

  test("size", () => {
    const { documents, problems } = readYaml(`a: ${"x".repeat(LIMITS.characters)}`);
    expect(documents).toEqual([]);
    expect(problems).toEqual([{ line: 1, message: expect.stringContaining(String(LIMITS.characters)) }]);
  });

  test("places of thousands of objects in one file", () => {
    const many = Array.from({ length: 2_000 }, (_, n) => config(`c${n}`)).join("---\n");
    const { manifests } = readAll(many);
    const { result, ms } = timed(() => manifests.map((manifest) => manifest.locate().line));
    expect(ms).toBeLessThan(3_000);
    expect(result.slice(0, 2)).toEqual([4, 9]);
    expect(result.at(-1)).toBe(1_999 * 5 + 4);
  });

  test("a key that every object has already", () => {
    const { manifests } = readAll(
      `${config("a")}data: { __proto__: { polluted: yes }, constructor: x, toString: y }\n`,
    );
    expect(manifests[0]!.get("data", "constructor")).toBe("x");
    expect(manifests[0]!.get("data", "hasOwnProperty")).toBeUndefined();
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
