import { expect, test } from "@jest/globals";
import { readPolicy, type PolicyIssue } from "../../src/policy/index.ts";

const CHECKS = ["pdb-missing", "pdb-deadlock", "single-replica"];

function issuesOf(text: string): readonly PolicyIssue[] {
  const sources = [{ origin: "repository", path: ".github/nines.yml", text }] as const;
  const result = readPolicy(sources, "2026-11-23", CHECKS);
  return result.ok ? [] : result.issues;
}

const WAIVER = (changed: string) => `version: 1
waivers:
  - check: pdb-missing
    subject: Deployment/a/b
    reason: because
    by: me
${changed}`;

test.each([
  ["an unknown key", "version: 1\ntires: []", "2:1", 'unknown key "tires"; did you mean "tiers"?'],
  [
    "a key far from all",
    "version: 1\nzzz: 1",
    "2:1",
    'unknown key "zzz"; the keys here are version, tiers, checks',
  ],
  [
    "an unknown key inside",
    "version: 1\ntiers:\n  - match: { namspace: x }\n    tier: critical",
    "3:14",
    'in tiers[0].match; did you mean "namespace"?',
  ],
  [
    "an unknown check",
    "version: 1\nchecks:\n  pdb-mising: error",
    "3:3",
    'unknown check "pdb-mising" in checks; did you mean "pdb-missing"?',
  ],
  [
    "a test without a job",
    "version: 1\ntests:\n  - { stage: unit, workflow: ci.yml }",
    "3:5",
    "name either a workflow and its job, or a check",
  ],
  [
    "a test that is a job and a check",
    "version: 1\ntests:\n  - { stage: unit, workflow: ci.yml, job: test, check: test }",
    "3:5",
    "name either a workflow and its job, or a check",
  ],
  ["a check far from all", "version: 1\nchecks:\n  foo: error", "3:3", "`nines checks` lists the checks"],
  [
    "an unknown severity",
    "version: 1\nchecks:\n  pdb-missing: errror",
    "3:16",
    '"errror" is not one of error, warning, notice, off; did you mean "error"?',
  ],
  [
    "a severity missing in a map",
    "version: 1\nchecks:\n  pdb-missing: { tiers: [critical] }",
    "3:16",
    '"severity" is missing in checks.pdb-missing',
  ],
  [
    "an unknown tier in a check",
    "version: 1\nchecks:\n  pdb-missing: { severity: error, tiers: [kritical] }",
    "3:43",
    'did you mean "critical"?',
  ],
  [
    "an empty list of tiers",
    "version: 1\nchecks:\n  pdb-missing: { severity: error, tiers: [] }",
    "3:42",
    "name one at least",
  ],
  [
    "a beginning of a tier",
    "version: 1\ntiers:\n  - match: {}\n    tier: crit",
    "4:11",
    'did you mean "critical"?',
  ],
  [
    "an unknown stage",
    "version: 1\nstages:\n  acceptence: required",
    "3:3",
    'unknown key "acceptence" in stages; did you mean "acceptance"?',
  ],
  [
    "a demand that is no text",
    "version: 1\nstages:\n  unit: true",
    "3:9",
    "stages.unit: true is not one of required, advised, off",
  ],
  [
    "a list where a map is due",
    "version: 1\nchecks:\n  - pdb-missing",
    "3:3",
    "checks: a list is not a map; write `key: value` lines under it",
  ],
  [
    "text where a list is due",
    "version: 1\ndeploys: release.yml",
    "2:10",
    '"release.yml" is not a list; start each entry with `- `',
  ],
  [
    "a key without a value",
    "version: 1\nwaivers:",
    "2:9",
    "waivers: there is no value; give it one, or remove the key",
  ],
  [
    "a cluster version without quotes",
    "version: 1\ncluster: { version: 1.30 }",
    "2:21",
    'write it in quotes, such as "1.35"',
  ],
  ["no whole number", "version: 1\ncluster: { nodes: 1.5 }", "2:19", "1.5 is not a whole number"],
  ["too few", "version: 1\ncluster: { zones: 0 }", "2:19", "0 is too little; the least is 1"],
  ["a wrong version", "version: 2", "1:10", "version: 2 is not known; this nines reads `version: 1`"],
  ["no version", "checks: {}", "1:1", '"version" is missing; write `version: 1`'],
  [
    "an impossible date",
    WAIVER("    until: 2027-02-30"),
    "7:12",
    '"2027-02-30" is not a date of the calendar; write it as YYYY-MM-DD',
  ],
  ["a date in another form", WAIVER("    until: 31.01.2027"), "7:12", "write it as YYYY-MM-DD"],
  ["a waiver without an end", WAIVER(""), "3:5", '"until" is missing in waivers[0]; write the last day'],
  [
    "a waiver without a reason",
    WAIVER("    until: 2027-01-31").replace("because", '" "'),
    "5:13",
    'waivers[0].reason: " " is too little; write some text',
  ],
  [
    "a waiver of an unknown check",
    WAIVER("    until: 2027-01-31").replace("pdb-missing", "pdb-mising"),
    "3:12",
    '"pdb-mising" is not a check; did you mean "pdb-missing"?',
  ],
  [
    "an approver who is a number",
    WAIVER("    until: 2027-01-31").replace("by: me", "by: 5"),
    "6:9",
    "5 is not text; put it in quotes",
  ],
  [
    "a double key",
    "version: 1\nchecks:\n  pdb-missing: off\n  pdb-missing: error",
    "4:3",
    'the key "pdb-missing" is written twice (first on line 3); keep one',
  ],
  ["a syntax error", "version: 1\nchecks: [", "2:10", "this is not valid YAML: "],
  [
    "a tab",
    "version: 1\nchecks:\n\tpdb-missing: off",
    "3:1",
    "YAML is indented with spaces; replace the tab",
  ],
  ["two documents", "version: 1\n---\nversion: 1", "2:1", "a policy is one YAML document"],
  ["an unknown tag", "version: 1\ncomments: !env LEVEL", "2:11", "Unresolved tag: !env"],
  ["an unknown anchor", "version: 1\nchecks: *shared", "2:9", "the aliases of this file cannot be expanded"],
  ["an empty file", "", "1:1", "the file is empty; write `version: 1`, or remove the file"],
  ["comments alone", "# nothing\n", "1:1", "the file is empty"],
  ["a list as the file", "- a", "1:1", "the file: a list is not a map"],
  [
    "locks in a repository",
    "version: 1\nlocked: [waivers]",
    "2:1",
    "only the organisation's policy can lock keys; remove `locked` here",
  ],
  [
    "a lock of nothing",
    "version: 1\nlocked: [stage.unit]",
    "2:10",
    '"stage.unit" cannot be locked; did you mean "stages.unit"?',
  ],
  [
    "a lock far from all",
    "version: 1\nlocked: [everything]",
    "2:10",
    "name a key such as waivers, stages.unit or checks.pdb-deadlock",
  ],
  ["a prototype", "version: 1\n__proto__: { a: 1 }", "2:1", 'unknown key "__proto__"'],
  ["too much", `version: 1\n# ${"x".repeat(256 * 1024)}`, "1:1", "the file is larger than 256 KB"],
  ["too deep", "[".repeat(5_000), "1:", "nested too deeply"],
])("refuses %s, with its line and the way out", (_, text, place, message) => {
  const issues = issuesOf(text);
  const found = issues.find((issue) => issue.message.includes(message));
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
  expect(`${found?.line}:${found?.column}`).toContain(place);
  expect(found).toMatchObject({ origin: "repository", path: ".github/nines.yml" });
});
