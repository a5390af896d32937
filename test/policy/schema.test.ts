import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { parse } from "yaml";
import { policySchema, readPolicy } from "../../src/policy/index.ts";

const CHECKS = ["pdb-missing", "single-replica"];
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const validate = ajv.compile(policySchema(CHECKS));

/** The schema for editors and the validation of the app must say the same. */
describe.each([
  ["version: 1", true],
  ["version: 1\nchecks: { pdb-missing: off }", true],
  ["version: 1\nchecks: { pdb-missing: { severity: error, tiers: [critical] } }", true],
  ["version: 1\ntiers: [{ match: { labels: { a: b } }, tier: critical }]", true],
  ['version: 1\ncluster: { version: "1.35", nodes: 3 }', true],
  ["version: 1\nwaivers: [{ check: pdb-missing, subject: s, until: 2027-01-31, reason: r, by: b }]", true],
  ["checks: {}", false],
  ["version: 2", false],
  ["version: 1\nfoo: 1", false],
  ["version: 1\nchecks: { foo: off }", false],
  ["version: 1\nchecks: { pdb-missing: fatal }", false],
  ["version: 1\nstages: { smoke: required }", false],
  ["version: 1\ncluster: { version: 1.35 }", false],
  ["version: 1\ncluster: { nodes: 0 }", false],
  ["version: 1\nwaivers: [{ check: pdb-missing, subject: s, until: 2027-02-30, reason: r, by: b }]", false],
  ["version: 1\nwaivers: [{ check: pdb-missing, subject: s, reason: r, by: b }]", false],
])("%s", (text, valid) => {
  test("the JSON Schema agrees", () => {
    expect(validate(parse(text))).toBe(valid);
  });
  test("the reader agrees", () => {
    expect(readPolicy([{ origin: "repository", path: "nines.yml", text }], "2026-11-23", CHECKS).ok).toBe(
      valid,
    );
  });
});

test("the schema says what each key is for", () => {
  const { properties } = policySchema(CHECKS) as { properties: Record<string, { description?: string }> };
  expect(Object.entries(properties).filter(([, { description }]) => !description)).toEqual([]);
});
