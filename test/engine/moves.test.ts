import { expect, test } from "@jest/globals";
import { worldsOf } from "../../src/checks/worlds.ts";
import type { Environment, Unit } from "../../src/engine/types.ts";
import { readAll } from "./files.ts";

const config = (name: string, data: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata:\n  one: a\n  two: b\n  three: "${data}"\n---\n`;

const unit = (
  id: string,
  text: string,
  { environment = "unknown", side = "base" }: { environment?: Environment; side?: "base" | "head" } = {},
): Unit => ({
  ...{ id, environment },
  manifests: readAll(text, { path: `${id}/all.yaml`, side }).manifests,
});

/** Unit → what became of its objects. */
function changes(before: Unit[], after: Unit[]): Record<string, string[]> {
  const worlds = worldsOf(
    { before: { units: before, notes: [] }, after: { units: after, notes: [] } },
    { cluster: {}, values: [] },
  );
  return Object.fromEntries(
    worlds.map((one) => [
      one.unit,
      one.changes.map((change) => {
        const { name } = change.kind === "removed" ? change.before : change.after;
        return `${change.kind} ${name}`;
      }),
    ]),
  );
}

test("what moves from one unit to another is kept, changed or not", () => {
  const before = [unit("old", config("a", "1") + config("b", "1"))];
  expect(changes(before, [unit("new", config("a", "1") + config("b", "2"))])).toEqual({
    new: ["kept a", "kept b"],
  });
});

test("renamed environments keep their objects apart", () => {
  const text = config("a", "1");
  const before = [
    unit("prod", text, { environment: "production" }),
    unit("stg", text, { environment: "staging" }),
  ];
  const after = [
    unit("production", text, { environment: "production" }),
    unit("staging", text, { environment: "staging" }),
  ];
  expect(changes(before, after)).toEqual({ production: ["kept a"], staging: ["kept a"] });
});

test("nothing moves from production to staging", () => {
  const before = [unit("prod", config("a", "1"), { environment: "production" })];
  const after = [unit("stg", config("a", "1"), { environment: "staging" })];
  expect(changes(before, after)).toEqual({ prod: ["removed a"], stg: ["added a"] });
});

test("what only has the same name did not move", () => {
  const other =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { x: y, z: w, u: v, s: t, q: r, o: p, m: n }\n";
  expect(changes([unit("one", config("a", "1"))], [unit("two", other)])).toEqual({
    one: ["removed a"],
    two: ["added a"],
  });
});

test("a copy moves nothing", () => {
  const text = config("a", "1");
  expect(changes([unit("one", text)], [unit("one", text), unit("two", text)])).toEqual({
    one: ["kept a"],
    two: ["added a"],
  });
});
