import { expect, test } from "@jest/globals";
import { pair } from "../../src/engine/pair.ts";
import { readAll } from "./files.ts";

const config = (name: string, data = "1") =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { key: "${data}" }\n---\n`;
const base = (text: string, path = "app.yaml") => readAll(text, { path, side: "base" }).manifests;
const head = (text: string, path = "app.yaml") => readAll(text, { path, side: "head" }).manifests;
const said = (changes: ReturnType<typeof pair>) =>
  changes.map(({ kind, before, after }) => [kind, before?.path, after?.path]);

test("objects pair by kind, namespace and name, wherever they are written", () => {
  const changes = pair(
    base(config("a") + config("b"), "old.yaml"),
    head(config("b") + config("c"), "new.yaml"),
  );
  expect(said(changes)).toEqual([
    ["kept", "old.yaml", "new.yaml"],
    ["added", undefined, "new.yaml"],
    ["removed", "old.yaml", undefined],
  ]);
});

test("a new apiVersion is the same object, and so is one that left extensions; another namespace is not", () => {
  const ingress = (version: string, namespace: string) =>
    `apiVersion: ${version}\nkind: Ingress\nmetadata: { name: web, namespace: ${namespace} }\n`;
  const kinds = (a: string, b: string) => pair(base(a), head(b)).map(({ kind }) => kind);
  expect(
    kinds(ingress("networking.k8s.io/v1beta1", "shop"), ingress("networking.k8s.io/v1", "shop")),
  ).toEqual(["kept"]);
  expect(kinds(ingress("extensions/v1beta1", "shop"), ingress("networking.k8s.io/v1", "shop"))).toEqual([
    "kept",
  ]);
  expect(kinds(ingress("networking.k8s.io/v1", "shop"), ingress("networking.k8s.io/v1", "test"))).toEqual([
    "added",
    "removed",
  ]);
});

test("of an object that is written twice, the same file's is preferred, and each pairs once", () => {
  const before = [...base(config("a", "1"), "x.yaml"), ...base(config("a", "2"), "y.yaml")];
  const after = [...head(config("a", "2"), "y.yaml"), ...head(config("a", "1"), "x.yaml")];
  expect(said(pair(before, after))).toEqual([
    ["kept", "y.yaml", "y.yaml"],
    ["kept", "x.yaml", "x.yaml"],
  ]);
  expect(said(pair(before, after.slice(0, 1)))).toEqual([
    ["kept", "y.yaml", "y.yaml"],
    ["removed", "x.yaml", undefined],
  ]);
});

test("a copy that comes first does not take the original's partner", () => {
  const after = [...head(config("a", "2"), "copy.yaml"), ...head(config("a", "1"), "x.yaml")];
  expect(said(pair(base(config("a"), "x.yaml"), after))).toEqual([
    ["added", undefined, "copy.yaml"],
    ["kept", "x.yaml", "x.yaml"],
  ]);
});

test("sides stay apart: what is gone is placed in base, what is there in head", () => {
  const [kept, gone] = pair(base(config("a") + config("b")), head(config("a", "2")));
  expect(kept?.before?.locate().side).toBe("base");
  expect(kept?.after?.locate().side).toBe("head");
  expect(gone?.before?.locate().side).toBe("base");
});

test("a namespace that is written out makes no other object, unless two could be meant", () => {
  const placed = (namespace: string) => config("a").replace("name: a", `name: a, namespace: ${namespace}`);
  const kinds = (a: string, b: string) => pair(base(a), head(b)).map(({ kind }) => kind);
  expect(kinds(config("a"), placed("shop"))).toEqual(["kept"]);
  expect(kinds(placed("shop"), config("a"))).toEqual(["kept"]);
  expect(kinds(config("a"), placed("shop") + placed("test"))).toEqual(["added", "added", "removed"]);
  expect(kinds(config("a"), config("a") + placed("shop"))).toEqual(["kept", "added"]);
});
