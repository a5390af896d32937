import { describe, expect, test } from "@jest/globals";
import { worldsOf } from "../../src/checks/worlds.ts";
import type { ValuesSet } from "../../src/engine/types.ts";
import { layered, releasedValues } from "../../src/engine/values.ts";
import { changedParts, locateKey } from "../../src/engine/values-parts.ts";
import type { World } from "../../src/engine/world.ts";
import { branches, environmentsIn } from "../../src/renderers/helmfile-text.ts";
import { fileLayer, fileSet } from "../../src/renderers/values.ts";
import { readAll } from "./files.ts";

function set(text: string, path = "values.yaml"): ValuesSet {
  const layer = fileLayer(path, text, "head");
  const all = layer && fileSet(path, [layer]);
  if (!all) throw new Error("expected values");
  return all;
}

function worlds(before: string, after: string): { before: World; after: World } {
  const unit = (text: string) => ({
    units: [{ id: "u", environment: "unknown" as const, manifests: [], values: [set(text)] }],
    notes: [],
  });
  return worldsOf({ before: unit(before), after: unit(after) }, { cluster: {}, values: [] })[0]!;
}

const parts = (before: string, after: string) => {
  const { before: left, after: right } = worlds(before, after);
  return [...changedParts(left, right)];
};

describe("layers of values", () => {
  const layer = (text: string, path = "values.yaml") => fileLayer(path, text, "head")!;

  test("maps merge, anything else is replaced, null takes away", () => {
    const merged = layered([
      layer("a: { x: 1, y: [1, 2] }\nb: 1\n"),
      layer("a: { x: 2, y: [3] }\nb: null\n", "prod.yaml"),
    ]);
    expect(merged?.values).toEqual({ a: { x: 2, y: [3] } });
  });

  test("a key is where the layer that decides it writes it", () => {
    const merged = layered([layer("a:\n  x: 1\n  y: 2\n"), layer("a:\n  y: 3\n", "prod.yaml")]);
    const place = (...path: string[]) => {
      const { path: file, line } = merged!.locate(path);
      return `${file}:${line}`;
    };
    expect(place("a", "x")).toBe("values.yaml:2");
    expect(place("a", "y")).toBe("prod.yaml:2");
    expect(place("a", "z")).toBe("prod.yaml:1");
  });
});

describe("values of releases", () => {
  const read = (text: string) => releasedValues(readAll(text).manifests)[0];

  test("a ConfigMap is below what the HelmRelease says itself", () => {
    const values = read(`apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: shop }
spec:
  valuesFrom: [{ kind: ConfigMap, name: web-values }, { kind: Secret, name: web-keys }]
  values: { replicas: 2 }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web-values, namespace: shop }
data:
  values.yaml: |
    replicas: 5
    tag: "1.0"
`);
    expect(values?.values).toEqual({ replicas: 2, tag: "1.0" });
    expect(values?.locate(["tag"]).line).toBe(14);
    expect(values?.locate(["replicas"]).line).toBe(6);
  });

  test("parameters of an Application are on top, as --set reads them", () => {
    const values = read(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: web }
spec:
  sources:
    - chart: web
      helm:
        values: |
          web:
            replicas: 5
        parameters:
          - { name: web.replicas, value: "2" }
          - { name: 'annotations.example\\.com/on', value: "true" }
`);
    expect(values?.values).toEqual({ web: { replicas: 2 }, annotations: { "example.com/on": true } });
    expect(values?.locate(["web", "replicas"]).line).toBe(12);
  });
});

describe("what differs between two sets", () => {
  test("items of lists are told apart by their names, wherever they stand", () => {
    const found = parts(
      "apps:\n  - { name: a, replicas: 1 }\n  - { name: b, replicas: 2 }\n",
      "apps:\n  - { name: b, replicas: 1 }\n  - { name: a, replicas: 1 }\n",
    );
    expect(found.map(({ steps }) => steps.join("."))).toEqual(["", "apps.b"]);
  });

  test("a key that is gone is shown where it stood", () => {
    const [part] = parts("a: 1\nb:\n  x: 1\n  y: 2\nc: 3\nd: 4\n", "a: 1\nb:\n  x: 1\n  y: 2\nd: 4\n");
    expect(locateKey(part!, "c").line).toBe(5);
  });

  test("a key with its value somewhere else is not gone", () => {
    const { before, after } = worlds("replicas: 3\n", "web: { replicas: 3 }\n");
    expect(after.countValue("replicas", 3)).toBe(before.countValue("replicas", 3));
  });
});

describe("helmfile's values by environment", () => {
  const text = `replicas: {{ if eq .Environment.Name "production" }} 4 {{ else if eq .Environment.Name "staging" }} 2 {{ else }} 1 {{ end }}
{{- if ne .Environment.Name "production" }}
debug: true
{{- end }}
host: {{ .Values.host }}
`;
  const valuesIn = (environment: string) =>
    fileLayer("a.yaml.gotmpl", branches(text, environment), "head")?.values;

  test("the environments that are compared with are the ones that there are", () => {
    expect(environmentsIn([text])).toEqual(["production", "staging"]);
    expect(environmentsIn(["a: 1\n"])).toEqual([undefined]);
  });

  test("each environment has its own branches; the lines stay", () => {
    expect(valuesIn("production")).toMatchObject({ replicas: 4 });
    expect(valuesIn("production")).not.toHaveProperty("debug");
    expect(valuesIn("staging")).toMatchObject({ replicas: 2, debug: true });
    expect(branches(text, "staging").length).toBe(text.length);
    expect(branches(text, "staging").split("\n").length).toBe(text.split("\n").length);
  });
});
