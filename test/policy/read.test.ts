import { expect, test } from "@jest/globals";
import { defaultPolicy, readPolicy, type PolicyIssue, type PolicySource } from "../../src/policy/index.ts";
import { processorSeconds } from "../support/cost.ts";

const CHECKS = ["pdb-missing", "pdb-deadlock", "single-replica"];
const TODAY = "2026-11-23";

const repository = (text: string): PolicySource => ({
  origin: "repository",
  path: ".github/nines.yml",
  text,
});

function issuesOf(text: string): readonly PolicyIssue[] {
  const result = readPolicy([repository(text)], TODAY, CHECKS);
  return result.ok ? [] : result.issues;
}

test("a file that uses every key is read as it is written", () => {
  const result = readPolicy(
    [
      repository(`version: 1
tiers:
  - match: { namespace: "payments-*", kind: Deployment, name: "*", environment: production, unit: "*", labels: { team: pay } }
    tier: critical
checks:
  pdb-missing: error
  single-replica: { severity: warning, tiers: [critical] }
stages: { unit: required, stress: off }
deploys:
  - { workflow: release.yml, job: ship }
cluster: { version: "1.35", nodes: 6, zones: 3 }
waivers:
  - check: single-replica
    subject: Deployment/legacy/importer
    until: 2027-01-31
    reason: moves to a Job in Q1
    by: "@platform-team"
comments: warning
unverified: neutral
`),
    ],
    TODAY,
    CHECKS,
  );
  expect(result).toEqual({
    ok: true,
    warnings: [],
    policy: {
      ...defaultPolicy(TODAY),
      tiers: [
        {
          match: {
            namespace: "payments-*",
            kind: "Deployment",
            name: "*",
            environment: "production",
            unit: "*",
            labels: { team: "pay" },
          },
          tier: "critical",
        },
        { match: { environment: "development" }, tier: "best-effort" },
      ],
      checks: {
        "pdb-missing": { severity: "error" },
        "single-replica": { severity: "warning", tiers: ["critical"] },
      },
      stages: { ...defaultPolicy(TODAY).stages, unit: { demand: "required" }, stress: { demand: "off" } },
      deploys: [{ workflow: "release.yml", job: "ship" }],
      cluster: { version: "1.35", nodes: 6, zones: 3 },
      waivers: [
        {
          check: "single-replica",
          subject: "Deployment/legacy/importer",
          until: "2027-01-31",
          reason: "moves to a Job in Q1",
          by: "@platform-team",
        },
      ],
      comments: "warning",
      unverified: "neutral",
    },
  });
});

test("no file at all gives the default policy", () => {
  expect(readPolicy([], TODAY, CHECKS)).toEqual({ ok: true, policy: defaultPolicy(TODAY), warnings: [] });
});

test("all issues of a file come together, in the order of its lines", () => {
  const issues = issuesOf("version: 2\ntires: []\nchecks:\n  foo: error\ncomments: loud");
  expect(issues.map(({ line }) => line)).toEqual([1, 2, 4, 5]);
});

test("an alias bomb is refused at once", () => {
  const letters = "abcdefghij".split("");
  const rows = letters
    .slice(1)
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${letters[index]}`).join(", ")}]`);
  const cost = processorSeconds(() => {
    const [issue] = issuesOf(["version: 1", "a: &a [x, x, x, x, x, x, x, x, x, x]", ...rows].join("\n"));
    expect(issue?.message).toContain("the aliases of this file cannot be expanded");
  });
  expect(cost).toBeLessThan(2);
});

test.each([
  ["unknown keys", "version: 1", (index: number) => `pdb-missing-${index}: 1`],
  [
    "wrong values",
    "version: 1\ntiers:\n- tier: critical\n  match:\n    labels:",
    (index: number) => `      l${index}: 1`,
  ],
])("thousands of %s are answered briefly and soon", (_, start, line) => {
  const text = [start, ...Array.from({ length: 9_000 }, (_value, index) => line(index))].join("\n");
  const cost = processorSeconds(() => {
    const issues = issuesOf(text);
    expect(issues).toHaveLength(50);
    expect(issues.at(-1)?.message).toContain("more problems follow");
  });
  // Finding the place of each would take minutes.
  expect(cost).toBeLessThan(8);
});

test("anchors and aliases, a byte order mark and Windows line ends are fine", () => {
  const text =
    "\uFEFFversion: 1\r\nchecks:\r\n  pdb-missing: &strict { severity: error }\r\n  single-replica: *strict\r\n";
  const result = readPolicy([repository(text)], TODAY, CHECKS);
  expect(result).toMatchObject({
    ok: true,
    policy: { checks: { "pdb-missing": { severity: "error" }, "single-replica": { severity: "error" } } },
  });
});

test("a mistake behind an alias is placed where it is written", () => {
  const [issue] = issuesOf("version: 1\nchecks:\n  pdb-missing: &x { severity: eror }\n");
  expect(issue).toMatchObject({ line: 3, column: 31 });
});

test("one invalid file makes the whole policy invalid, and both files' issues are told", () => {
  const result = readPolicy(
    [{ origin: "organisation", path: "nines.yml", text: "version: 3" }, repository("version: 1\nfoo: 1")],
    TODAY,
    CHECKS,
  );
  expect(result).toMatchObject({
    ok: false,
    issues: [
      { origin: "organisation", path: "nines.yml", line: 1 },
      { origin: "repository", path: ".github/nines.yml", line: 2 },
    ],
  });
});
