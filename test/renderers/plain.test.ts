import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { Tree } from "../../src/engine/types.ts";
import { readPlain } from "../../src/renderers/plain.ts";

const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: { name: shop }\n";
const CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: uploads }\n";
const BROKEN = "apiVersion: v1\nkind: Service\nmetadata: { name: [shop }\n";

function treeOf(files: Record<string, string>): Tree {
  const blobs = Object.entries(files).map(
    ([path, text]) => [path, { text, sha: createHash("sha1").update(text).digest("hex") }] as const,
  );
  return { commit: "any", files: new Map(blobs), notes: [] };
}

function read(base: Record<string, string>, head: Record<string, string>) {
  const rendering = readPlain(treeOf(base), treeOf(head), {
    isManifest: { base: () => true, head: () => true },
    changed: new Set(Object.keys(head)),
  });
  const names = (side: "base" | "head") =>
    rendering[side].units.flatMap(({ manifests }) => manifests.map(({ ref }) => ref)).sort();
  const broken = rendering.head.units.flatMap((unit) => (unit.broken ?? []).map(({ ref }) => ref));
  return { base: names("base"), head: names("head"), notes: rendering.head.notes, broken };
}

test("an object whose document broke counts as unchanged, and the file is said to be broken, once", () => {
  const { head, notes, broken } = read(
    { "a.yaml": `${SERVICE}---\n${CLAIM}` },
    { "a.yaml": `${BROKEN}---\n${CLAIM}` },
  );
  expect(head).toEqual(["PersistentVolumeClaim/uploads", "Service/shop"]);
  expect(broken).toEqual(["a.yaml"]);
  expect(notes).toEqual([]);
});

test("an object whose document is mended counts as unchanged, not as new", () => {
  const { base } = read({ "a.yaml": BROKEN }, { "a.yaml": SERVICE });
  expect(base).toEqual(["Service/shop"]);
});

test("an object that left a readable file is gone, though another file is broken", () => {
  const { head } = read(
    { "a.yaml": CLAIM, "b.yaml": SERVICE },
    { "a.yaml": "# nothing left\n", "b.yaml": BROKEN },
  );
  expect(head).toEqual(["Service/shop"]);
});

test("an object that moved out of a file that broke is there once", () => {
  const { head } = read({ "a.yaml": SERVICE }, { "a.yaml": BROKEN, "b.yaml": SERVICE });
  expect(head).toEqual(["Service/shop"]);
});
