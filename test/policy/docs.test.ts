import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { checks } from "../../src/checks/index.ts";
import { defaultPolicy, policySchema, readPolicy } from "../../src/policy/index.ts";

const page = await readFile(new URL("../../docs/policy.md", import.meta.url), "utf8");
const ids = checks.map(({ id }) => id);
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
const complete = (text: string) => (text.includes("version: 1") ? text : `version: 1\n${text}`);

test.each(examples)("an example of docs/policy.md is a valid policy: %s", (text) => {
  const result = readPolicy(
    [{ origin: "organisation", path: "nines.yml", text: complete(text) }],
    "2026-11-23",
    ids,
  );
  expect(result).toMatchObject({ ok: true, warnings: [] });
});

test("every key has a heading, and all but those of one word an example", () => {
  const { properties } = policySchema(ids) as { properties: object };
  const headings = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, key]) => key);
  expect(headings.toSorted()).toEqual(Object.keys(properties).toSorted());
  const shown = new Set(examples.flatMap((text) => Object.keys(parse(text) as object)));
  expect(headings.filter((key = "") => !shown.has(key))).toEqual(["comments", "unverified"]);
});

test("the defaults that it names are the defaults", () => {
  const policy = defaultPolicy("2026-11-23");
  expect(page).toContain(`for none. Default: \`${policy.comments}\`.`);
  expect(page).toContain(`or \`neutral\`. Default: \`${policy.unverified}\``);
  expect(new Set(Object.values(policy.stages).map(({ demand }) => demand))).toEqual(new Set(["advised"]));
  expect(page).toContain("Default: `advised` for all.");
});
