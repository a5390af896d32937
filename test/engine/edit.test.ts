import { describe, expect, test } from "@jest/globals";
import { insertInto, setEntry, setScalar } from "../../src/engine/edit.ts";
import { applied, one, readAll } from "./files.ts";

const BUDGET = `# keep me
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web } # inline
spec:
  minAvailable: "100%"   # all of them
  # the selector
  selector:
    matchLabels:
      app: web
  list:
    - name: a # first
      value: 1
    - { name: b, value: 2 }
`;

describe.each([
  ["\n", BUDGET],
  ["\r\n", BUDGET.replaceAll("\n", "\r\n")],
])("with %j at line ends", (end, text) => {
  const manifest = one(text);
  const changed = (from: string, to: string) => text.replace(from, to.replaceAll("\n", end));

  test("a scalar is replaced, its comment stays", () => {
    expect(applied(text, setScalar(manifest, ["spec", "minAvailable"], "1"))).toBe(changed(`"100%"`, "1"));
  });

  test("a scalar in a flow mapping is replaced, its neighbours stay", () => {
    expect(applied(text, setScalar(manifest, ["metadata", "name"], "api"))).toBe(
      changed("{ name: web }", "{ name: api }"),
    );
    expect(applied(text, setScalar(manifest, ["spec", "list", 1, "value"], "9"))).toBe(
      changed("value: 2", "value: 9"),
    );
  });

  test("a key and its value are replaced, their comment stays", () => {
    expect(applied(text, setEntry(manifest, ["spec", "minAvailable"], "maxUnavailable: 1"))).toBe(
      changed(`minAvailable: "100%"`, "maxUnavailable: 1"),
    );
  });

  test("entries are put below a block mapping's key", () => {
    expect(applied(text, insertInto(manifest, ["spec"], ["unhealthyPodEvictionPolicy: AlwaysAllow"]))).toBe(
      changed("  minAvailable", "  unhealthyPodEvictionPolicy: AlwaysAllow\n  minAvailable"),
    );
  });

  test("several entries, and into a list's item", () => {
    expect(applied(text, insertInto(manifest, ["spec", "list", 0], ["probe:", "  port: 80"]))).toBe(
      changed("    - name: a", "    - probe:\n        port: 80\n      name: a"),
    );
  });

  test("no suggestion holds a line end of its own", () => {
    expect(setScalar(manifest, ["spec", "minAvailable"], "1")?.text).not.toMatch(/\r|\n/);
    expect(insertInto(manifest, ["spec"], ["a: 1"])?.text).not.toContain("\r");
  });
});

test("the last line of a file without a line end can be edited", () => {
  const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a";
  expect(applied(text, setScalar(one(text), ["metadata", "name"], "b"))).toBe(
    text.replace("name: a", "name: b"),
  );
});

test("the right document of a file is edited", () => {
  const text = `${BUDGET}---\n${BUDGET.replace("name: web", "name: api")}`;
  const second = readAll(text).manifests[1]!;
  const result = applied(text, setScalar(second, ["spec", "minAvailable"], "1"));
  expect(result.indexOf('"100%"')).toBe(text.indexOf('"100%"'));
  expect(result.lastIndexOf('"100%"')).toBe(text.indexOf('"100%"'));
});

describe("an edit that would not be exact is not made", () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata:
  name: &name a
  labels: *labels
spec:
  empty:
  block: |
    one
  last: !!str 3
  pair: { a: 1 }
  twice: "x
    y"
`.replace("labels: *labels", "labels: { app: *name }");
  const manifest = one(text);
  test.each([
    ["an absent field", ["spec", "absent"]],
    ["an empty value", ["spec", "empty"]],
    ["a block scalar", ["spec", "block"]],
    ["a value on two lines", ["spec", "twice"]],
    ["an anchor, whose aliases would change too", ["metadata", "name"]],
    ["a tag, which says another type", ["spec", "last"]],
  ])("%s", (_, path) => {
    expect(setScalar(manifest, path, "1")).toBeUndefined();
  });

  test("nothing is put into a flow mapping, a scalar or nothing", () => {
    expect(insertInto(manifest, ["spec", "pair"], ["b: 2"])).toBeUndefined();
    expect(insertInto(manifest, ["spec", "last"], ["b: 2"])).toBeUndefined();
    expect(insertInto(manifest, ["spec", "empty"], ["b: 2"])).toBeUndefined();
    expect(insertInto(manifest, ["absent"], ["b: 2"])).toBeUndefined();
  });

  test("an alias is replaced where it stands", () => {
    expect(applied(text, setScalar(manifest, ["metadata", "labels", "app"], "b"))).toBe(
      text.replace("*name }", "b }"),
    );
  });
});
