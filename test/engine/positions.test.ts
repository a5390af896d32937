import { describe, expect, test } from "@jest/globals";
import { one, readAll, shown, valueText } from "./files.ts";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  "name": 'web'
  labels: {app: web, "tier": "front end"}   # flow
  annotations:
    empty:
    nothing: ~
    none: null # said twice
    note: |  # keep
      first
      second

    folded: >-
      one
      two
spec:
  replicas: 3 # three
  template:
    spec:
      containers:
        # the one
        - name: web
          args: [ "--port", '80', ]
          ports:
          - containerPort: 80
          -
            containerPort: 81
          -
          - 82
        - image: "a
            b"
      volumes: []
      affinity: {}
`;

describe("a field is shown from its key to the end of its value, on the line of its key", () => {
  const manifest = one(DEPLOYMENT);
  test.each([
    ["the name without a path", [], `"name": 'web'`],
    ["a plain value", ["spec", "replicas"], "replicas: 3"],
    ["a flow mapping with its bracket", ["metadata", "labels"], `labels: {app: web, "tier": "front end"}`],
    ["a quoted key in a flow mapping", ["metadata", "labels", "tier"], `"tier": "front end"`],
    ["an empty value: its key", ["metadata", "annotations", "empty"], "empty"],
    ["a written null", ["metadata", "annotations", "nothing"], "nothing: ~"],
    ["null in words", ["metadata", "annotations", "none"], "none: null"],
    ["a block scalar", ["metadata", "annotations", "note"], "note: |  # keep"],
    ["a folded one", ["metadata", "annotations", "folded"], "folded: >-"],
    ["a block collection: its first line", ["spec", "template"], "template:"],
    [
      "a flow list with its bracket",
      ["spec", "template", "spec", "containers", 0, "args"],
      `args: [ "--port", '80', ]`,
    ],
    ["an item of it", ["spec", "template", "spec", "containers", 0, "args", 1], "'80'"],
    ["an item of a block list", ["spec", "template", "spec", "containers", 0], "name: web"],
    [
      "an item below its dash",
      ["spec", "template", "spec", "containers", 0, "ports", 1],
      "containerPort: 81",
    ],
    ["an empty item: its dash", ["spec", "template", "spec", "containers", 0, "ports", 2], "-"],
    ["the item behind an empty one", ["spec", "template", "spec", "containers", 0, "ports", 3], "82"],
    ["a value on two lines: the first", ["spec", "template", "spec", "containers", 1, "image"], `image: "a`],
    ["an empty list", ["spec", "template", "spec", "volumes"], "volumes: []"],
    ["an empty mapping", ["spec", "template", "spec", "affinity"], "affinity: {}"],
  ])("%s", (_, path, text) => {
    expect(shown(manifest, ...path)).toBe(text);
  });

  test.each([
    ["an absent field: its parent", ["spec", "strategy", "type"], "spec:"],
    ["an absent item: its list", ["spec", "template", "spec", "containers", 7, "name"], "containers:"],
    ["a field of a scalar: the scalar", ["spec", "replicas", "x"], "replicas: 3"],
    ["a name where an index belongs", ["spec", "template", "spec", "containers", "web"], "containers:"],
    ["nothing of the path: the object's first line", ["status", "x"], "apiVersion: apps/v1"],
  ])("%s", (_, path, text) => {
    expect(shown(manifest, ...path)).toBe(text);
  });
});

describe("a value's own place", () => {
  const manifest = one(DEPLOYMENT);
  test.each([
    ["a quoted one with its quotes", ["metadata", "name"], "'web'"],
    ["a plain one without its comment", ["spec", "replicas"], "3"],
    ["a flow mapping whole", ["metadata", "labels"], `{app: web, "tier": "front end"}`],
    [
      "a flow list with a comma at its end",
      ["spec", "template", "spec", "containers", 0, "args"],
      `[ "--port", '80', ]`,
    ],
    ["an empty one", ["metadata", "annotations", "empty"], ""],
    ["an empty list", ["spec", "template", "spec", "volumes"], "[]"],
    ["an empty mapping", ["spec", "template", "spec", "affinity"], "{}"],
    [
      "a block scalar from its bar on",
      ["metadata", "annotations", "note"],
      "|  # keep\n      first\n      second\n\n",
    ],
    [
      "a block list",
      ["spec", "template", "spec", "containers", 0, "ports"],
      "- containerPort: 80\n          -\n            containerPort: 81\n          -\n          - 82",
    ],
    ["a value on two lines", ["spec", "template", "spec", "containers", 1, "image"], `"a\n            b"`],
  ])("%s", (_, path, text) => {
    expect(valueText(manifest, ...path)).toBe(text);
  });

  test("none for what is not written", () => {
    expect(valueText(manifest, "spec", "strategy")).toBeUndefined();
    expect(valueText(manifest, "spec", "replicas", 0)).toBeUndefined();
  });

  test("nested flow collections end with their own brackets", () => {
    const flow =
      one(`{apiVersion: v1, kind: X, metadata: {name: a, labels: {b: [1, {c: ~}, ], d: }}, spec: {e: [ # ]
  ], f: ""}}\n`);
    expect(valueText(flow, "metadata")).toBe("{name: a, labels: {b: [1, {c: ~}, ], d: }}");
    expect(valueText(flow, "metadata", "labels", "b")).toBe("[1, {c: ~}, ]");
    expect(valueText(flow, "spec", "e")).toBe("[ # ]\n  ]");
    expect(valueText(flow, "spec", "f")).toBe('""');
  });
});

describe("Windows line ends and byte order marks", () => {
  const unix = one(DEPLOYMENT);
  const windows = one(DEPLOYMENT.replaceAll("\n", "\r\n"));
  const marked = one(`\uFEFF${DEPLOYMENT}`);
  const paths = [
    [],
    ["spec"],
    ["spec", "replicas"],
    ["metadata", "labels"],
    ["metadata", "annotations", "empty"],
    ["metadata", "annotations", "note"],
    ["spec", "template", "spec", "containers", 0, "ports", 2],
    ["spec", "template", "spec", "containers", 1, "image"],
  ];
  test.each(paths.map((path) => [path.join(".") || "name", path] as const))(
    "%s is shown alike",
    (_, path) => {
      expect(windows.locate(...path)).toEqual(unix.locate(...path));
      expect(marked.locate(...path)).toEqual(unix.locate(...path));
    },
  );

  test("a value never takes the line end with it", () => {
    expect(valueText(windows, "spec", "replicas")).toBe("3");
    expect(valueText(windows, "metadata", "labels")).toBe(`{app: web, "tier": "front end"}`);
  });
});

test("every field of every object of a file is where it says", () => {
  const text = ["a", "b", "c"].map((name) => DEPLOYMENT.replace("'web'", name)).join("---\n");
  const { manifests } = readAll(text);
  expect(manifests.map((manifest) => [shown(manifest), manifest.locate("spec", "replicas").line])).toEqual([
    [`"name": a`, 18],
    [`"name": b`, 18 + 35],
    [`"name": c`, 18 + 70],
  ]);
});
