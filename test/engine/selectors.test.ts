import { describe, expect, test } from "@jest/globals";
import { matchesMap, matchesSelector, sameNamespace } from "../../src/engine/selectors.ts";
import type { Json } from "../../src/engine/types.ts";

const labels = { app: "web", tier: "front", empty: "" };
const expression = (key: string, operator: string, values?: Json) => ({
  matchExpressions: [{ key, operator, ...(values !== undefined && { values }) }],
});

describe("a LabelSelector", () => {
  test.each<[string, Json | undefined, boolean]>([
    ["absent matches nothing", undefined, false],
    ["null matches nothing", null, false],
    ["of a wrong type matches nothing", "app=web", false],
    ["empty matches everything", {}, true],
    ["with empty parts matches everything", { matchLabels: {}, matchExpressions: [] }, true],
    ["of all pairs", { matchLabels: { app: "web", tier: "front" } }, true],
    ["of one pair that differs", { matchLabels: { app: "web", tier: "back" } }, false],
    ["of a pair that is not there", { matchLabels: { app: "web", zone: "a" } }, false],
    ["of an empty value", { matchLabels: { empty: "" } }, true],
    ["In, one of", expression("app", "In", ["api", "web"]), true],
    ["In, none of", expression("app", "In", ["api"]), false],
    ["In, absent key", expression("zone", "In", ["a"]), false],
    ["NotIn, one of", expression("app", "NotIn", ["web"]), false],
    ["NotIn, none of", expression("app", "NotIn", ["api"]), true],
    ["NotIn matches where the key is absent", expression("zone", "NotIn", ["a"]), true],
    ["Exists", expression("tier", "Exists"), true],
    ["Exists, an empty value", expression("empty", "Exists"), true],
    ["Exists, absent key", expression("zone", "Exists"), false],
    ["DoesNotExist", expression("tier", "DoesNotExist"), false],
    ["DoesNotExist, absent key", expression("zone", "DoesNotExist"), true],
    ["of an operator that nobody knows", expression("app", "Like", ["web"]), false],
    [
      "of labels and expressions: both",
      { matchLabels: { app: "web" }, ...expression("tier", "In", ["back"]) },
      false,
    ],
    ["of a number in YAML", { matchLabels: { app: 7 } }, false],
  ])("%s", (_, selector, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected);
  });

  test("numbers and booleans are compared as text", () => {
    expect(matchesSelector({ matchLabels: { build: 7, on: true } }, { build: "7", on: "true" })).toBe(true);
    expect(matchesSelector(expression("build", "In", [7]), { build: "7" })).toBe(true);
  });

  test("an inherited key of an object is no label", () => {
    expect(matchesSelector(expression("constructor", "Exists"), {})).toBe(false);
    expect(matchesSelector(expression("toString", "DoesNotExist"), {})).toBe(true);
  });
});

describe("a Service's selector", () => {
  test.each<[string, Json | undefined, boolean]>([
    ["absent selects nothing", undefined, false],
    ["empty selects nothing", {}, false],
    ["null selects nothing", null, false],
    ["of all pairs", { app: "web", tier: "front" }, true],
    ["of one that differs", { app: "web", tier: "back" }, false],
  ])("%s", (_, selector, expected) => {
    expect(matchesMap(selector, labels)).toBe(expected);
  });
});

test("an unwritten namespace can be any", () => {
  expect(sameNamespace({ namespace: "a" }, { namespace: "a" })).toBe(true);
  expect(sameNamespace({ namespace: "a" }, { namespace: "b" })).toBe(false);
  expect(sameNamespace({ namespace: "a" }, { namespace: "" })).toBe(true);
  expect(sameNamespace({ namespace: "" }, { namespace: "" })).toBe(true);
});
