import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { checks } from "../src/checks/index.ts";
import { policySchema } from "../src/policy/schema.ts";
import { DISRUPTIONS } from "../src/reporters/floors.ts";
import { PRACTICE } from "../src/reporters/path.ts";
import { MEANS_NAMES } from "../src/reporters/protections.ts";
import { GATE } from "../src/reporters/stages.ts";

const ROOT = join(import.meta.dirname, "..");
const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");
const unsaid = (words: readonly string[], page: string) => {
  const text = textOf(page).replaceAll(/\s+/g, " ");
  return words.filter((word) => !text.includes(word));
};

test("all that the environment decides is in the manual for operators", () => {
  const names = [...textOf("src/config.ts").matchAll(/env\["([A-Z_]+)"\]/g)].map(([, name]) => `\`${name}\``);
  expect(names.length).toBeGreaterThan(10);
  expect(unsaid(names, "docs/operating.md")).toEqual([]);
});

test("all metrics are in the manual for operators", () => {
  const names = [...textOf("src/metrics.ts").matchAll(/name: "(nines_\w+)"/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(5);
  expect(unsaid(names, "docs/operating.md")).toEqual([]);
});

test("all keys of a policy have a section", () => {
  const { properties } = policySchema(checks.map(({ id }) => id)) as { properties: object };
  expect(Object.keys(properties).length).toBeGreaterThan(10);
  expect(
    unsaid(
      Object.keys(properties).map((key) => `### \`${key}\``),
      "docs/policy.md",
    ),
  ).toEqual([]);
});

test("the words of a report's tables are explained", () => {
  const heads = [...DISRUPTIONS.map(({ name }) => name), ...Object.values(MEANS_NAMES)];
  expect(unsaid([...Object.values(GATE), ...Object.values(PRACTICE), ...heads], "docs/reading.md")).toEqual(
    [],
  );
});
