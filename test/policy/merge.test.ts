import { expect, test } from "@jest/globals";
import type { Policy } from "../../src/engine/types.ts";
import { readPolicy } from "../../src/policy/index.ts";

const CHECKS = ["pdb-missing", "pdb-deadlock", "single-replica"];

function merged(organisation: string, repository: string): { policy: Policy; warnings: readonly string[] } {
  const result = readPolicy(
    [
      { origin: "repository", path: ".github/nines.yml", text: `version: 1\n${repository}` },
      { origin: "organisation", path: "nines.yml", text: `version: 1\n${organisation}` },
    ],
    "2026-11-23",
    CHECKS,
  );
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return {
    policy: result.policy,
    warnings: result.warnings.map((one) => `${one.path}:${one.line} ${one.message}`),
  };
}

/** key, what the organisation says, what the repository says, and whose word holds when the key is open and when it is locked. */
const MATRIX: readonly (readonly [
  key: string,
  theirs: string,
  mine: string,
  open: "mine" | "theirs",
  locked: "mine" | "theirs",
])[] = [
  ["stages.unit", "required", "advised", "mine", "theirs"],
  ["stages.unit", "advised", "required", "mine", "mine"],
  ["stages.unit", "required", "required", "mine", "mine"],
  ["stages.unit", "", "off", "mine", "theirs"],
  ["stages.unit", "", "required", "mine", "mine"],
  ["stages.unit", "required", "", "theirs", "theirs"],
  ["stages.unit", "required", "{ demand: required, tiers: [critical] }", "mine", "theirs"],
  ["stages.unit", "{ demand: required, tiers: [critical] }", "required", "mine", "mine"],
  [
    "stages.unit",
    "{ demand: required, tiers: [critical] }",
    "{ demand: required, tiers: [standard] }",
    "mine",
    "theirs",
  ],
  ["stages.unit", "{ demand: required, from: 2027-03-01 }", "required", "mine", "mine"],
  [
    "stages.unit",
    "{ demand: required, from: 2027-03-01 }",
    "{ demand: required, from: 2027-06-01 }",
    "mine",
    "theirs",
  ],
  ["stages.unit", "advised", "{ demand: required, from: 2027-06-01 }", "mine", "mine"],
  ["checks.pdb-missing", "error", "warning", "mine", "theirs"],
  ["checks.pdb-missing", "error", "off", "mine", "theirs"],
  ["checks.pdb-missing", "warning", "error", "mine", "mine"],
  ["checks.pdb-missing", "off", "notice", "mine", "mine"],
  ["checks.pdb-missing", "", "warning", "mine", "theirs"],
  ["checks.pdb-missing", "", "error", "mine", "mine"],
  ["checks.pdb-missing", "error", "{ severity: error, tiers: [critical] }", "mine", "theirs"],
  ["checks.pdb-missing", "{ severity: error, tiers: [critical] }", "error", "mine", "mine"],
  [
    "checks.pdb-missing",
    "{ severity: warning, tiers: [critical] }",
    "{ severity: error, tiers: [critical] }",
    "mine",
    "mine",
  ],
  ["comments", "warning", "error", "mine", "theirs"],
  ["comments", "error", "notice", "mine", "mine"],
  ["comments", "error", "off", "mine", "theirs"],
  ["unverified", "failure", "neutral", "mine", "theirs"],
  ["unverified", "neutral", "failure", "mine", "mine"],
  ["unverified", "", "neutral", "mine", "theirs"],
  ["cluster.nodes", "6", "3", "mine", "theirs"],
  ["cluster.nodes", "6", "6", "mine", "mine"],
  ["cluster.nodes", "", "9", "mine", "theirs"],
];

const written = (key: string, value: string) => {
  const [group, ...rest] = key.split(".");
  if (value === "") return "";
  return rest.length === 0 ? `${group}: ${value}` : `${group}:\n  ${rest.join(".")}: ${value}`;
};

const valueAt = (policy: Policy, key: string): unknown => {
  const [group = "", name] = key.split(".");
  const value: unknown = policy[group as keyof Policy];
  return name === undefined ? value : (value as Record<string, unknown>)[name];
};

test.each(MATRIX)(
  "%s: organisation %j, repository %j: open %s, locked %s",
  (...[key, theirs, mine, open, locked]) => {
    const alone = {
      theirs: valueAt(merged(written(key, theirs), "").policy, key),
      mine: valueAt(merged(written(key, ""), written(key, mine)).policy, key),
    };
    const free = merged(written(key, theirs), written(key, mine));
    expect(valueAt(free.policy, key)).toEqual(alone[open]);
    expect(free.warnings).toEqual([]);

    for (const lock of [key, key.split(".")[0]]) {
      const bound = merged(`${written(key, theirs)}\nlocked: [${lock}]`, written(key, mine));
      expect(valueAt(bound.policy, key)).toEqual(alone[locked]);
      const refused = locked === "theirs" && mine !== "";
      expect(bound.warnings).toEqual(
        refused ? [expect.stringContaining(`${key} is locked by the organisation`)] : [],
      );
    }
  },
);

test("a refused line is named, with whom to ask", () => {
  const { warnings } = merged("stages: { unit: required }\nlocked: [stages.unit]", "stages:\n  unit: off");
  expect(warnings).toEqual([
    '.github/nines.yml:3 stages.unit is locked by the organisation, and "off" would loosen "required"; this is ignored: ' +
      "remove it, or ask the owners of the organisation's policy (nines.yml)",
  ]);
});

test("a lock of one key leaves its neighbours open", () => {
  const { policy, warnings } = merged(
    "stages: { unit: required, stress: required }\nlocked: [stages.unit]",
    "stages: { stress: off }",
  );
  expect(policy.stages).toMatchObject({ unit: { demand: "required" }, stress: { demand: "off" } });
  expect(warnings).toEqual([]);
});

const TIERS = 'tiers:\n  - match: { namespace: "payments-*" }\n    tier: ';

test("a repository's tiers are asked first", () => {
  const { policy } = merged(`${TIERS}critical`, `${TIERS}best-effort`);
  expect(policy.tiers.map(({ tier }) => tier)).toEqual(["best-effort", "critical", "best-effort"]);
});

test("where tiers are locked, a repository can make critical and nothing else", () => {
  const repository = `${TIERS}best-effort\n  - match: { name: checkout }\n    tier: critical`;
  const { policy, warnings } = merged(`${TIERS}critical\nlocked: [tiers]`, repository);
  expect(policy.tiers.slice(0, -1)).toEqual([
    { match: { name: "checkout" }, tier: "critical" },
    { match: { namespace: "payments-*" }, tier: "critical" },
  ]);
  expect(warnings).toEqual([
    expect.stringContaining('.github/nines.yml:4 tiers is locked by the organisation, so only "critical"'),
  ]);
});

const WAIVER = (check: string) =>
  `waivers:\n  - { check: ${check}, subject: "*", until: 2027-06-30, reason: r, by: b }`;

test.each(["waivers", "checks", "checks.pdb-deadlock"])(
  "a lock of %s refuses a repository's waiver",
  (lock) => {
    const { policy, warnings } = merged(
      `${WAIVER("single-replica")}\nlocked: [${lock}]`,
      WAIVER("pdb-deadlock"),
    );
    expect(policy.waivers.map(({ check }) => check)).toEqual(["single-replica"]);
    expect(warnings).toEqual([
      expect.stringContaining(
        `.github/nines.yml:3 ${lock} is locked by the organisation, so a repository cannot waive pdb-deadlock`,
      ),
    ]);
  },
);

test("a lock of one check leaves waivers of others alone", () => {
  const { policy } = merged("locked: [checks.pdb-deadlock]", WAIVER("single-replica"));
  expect(policy.waivers).toHaveLength(1);
});

test("deploys of both files count, each once", () => {
  const deploys = (job: string) =>
    `deploys:\n  - { workflow: release.yml, job: ship }\n  - { workflow: release.yml, job: ${job} }`;
  const { policy } = merged(deploys("a"), deploys("b"));
  expect(policy.deploys.map(({ job }) => job)).toEqual(["ship", "a", "b"]);
});

test("both files' cluster facts stand beside each other", () => {
  const { policy } = merged("cluster: { nodes: 6, zones: 3 }", "cluster: { nodes: 2 }");
  expect(policy.cluster).toEqual({ nodes: 2, zones: 3 });
});

test.each([
  ["2026-11-22", "ended on 2026-11-22 and holds no longer"],
  ["2026-11-23", "ends today"],
  ["2026-11-24", "ends on 2026-11-24, in 1 day;"],
  ["2026-12-07", "ends on 2026-12-07, in 14 days;"],
])("a waiver until %s is warned about on its line", (until, message) => {
  const waiver = `waivers:\n  - check: pdb-missing\n    subject: Deployment/a/b\n    reason: r\n    by: b\n    until: ${until}`;
  expect(merged("", waiver).warnings).toEqual([expect.stringContaining(message)]);
  expect(merged("", waiver).warnings[0]).toContain(
    ".github/nines.yml:7 the waiver of pdb-missing for Deployment/a/b",
  );
  expect(merged(waiver, "").warnings[0]).toContain("nines.yml:7");
});

test("a waiver that holds for longer is not warned about", () => {
  expect(merged("", WAIVER("pdb-missing")).warnings).toEqual([]);
  expect(merged("", WAIVER("pdb-missing").replace("2027-06-30", "2026-12-08")).warnings).toEqual([]);
});

test("a locked list of units, bypasses and tests takes nothing from a repository but more releases", () => {
  const { policy, warnings } = merged(
    "units: { exclude: [vendor] }\ntests: [{ stage: unit, workflow: ci.yml, job: unit }]\nlocked: [units, bypasses, tests]",
    [
      "units:",
      "  exclude: [apps]",
      "  releases: [{ chart: charts/shop, values: [] }]",
      "bypasses:",
      "  - { workflow: release.yml, input: force, reason: r }",
      "tests:",
      "  - { stage: stress, workflow: ci.yml, job: lint }",
    ].join("\n"),
  );
  expect(policy.tests).toEqual([{ stage: "unit", workflow: "ci.yml", job: "unit" }]);
  expect(policy.units).toMatchObject({ exclude: ["vendor"], releases: [{ chart: "charts/shop" }] });
  expect(policy.bypasses).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining(".github/nines.yml:3 units is locked by the organisation"),
    expect.stringContaining(".github/nines.yml:6 bypasses is locked by the organisation"),
    expect.stringContaining(
      ".github/nines.yml:8 tests is locked by the organisation, so a repository cannot say what its stress test is",
    ),
  ]);
});
