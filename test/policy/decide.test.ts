import { expect, test } from "@jest/globals";
import type { Finding, GateVerdict, Policy, StageRow } from "../../src/engine/types.ts";
import { applyPolicy } from "../../src/policy/apply.ts";
import { matches } from "../../src/engine/glob.ts";
import { defaultPolicy, severityFor, strictestDemands, tierOf, waiverFor } from "../../src/policy/index.ts";
import { verdicts } from "../../src/policy/verdict.ts";
import { gapsOf, isCertain } from "../../src/reporters/stages.ts";
import { clean, finding, subject } from "../reporters/report.ts";
import { processorSeconds } from "../support/cost.ts";

const policy = (different: Partial<Policy> = {}): Policy => ({
  ...defaultPolicy("2026-11-23"),
  ...different,
});
const waiver = {
  check: "single-replica",
  subject: "Deployment/legacy/*",
  until: "2026-11-23",
  reason: "r",
  by: "b",
};

test.each([
  ["payments-*", "payments-eu", true],
  ["payments-*", "payments", false],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-b-b-d", false],
  ["*/shop/*", "Deployment/shop/web", true],
  ["web", "Web", false],
  ["a.c", "abc", false],
  ["**", "x", true],
])("pattern %j on %j: %s", (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test("a pattern full of stars takes no time", () => {
  const cost = processorSeconds(() =>
    expect(matches(`${"*a".repeat(1_000)}b`, "a".repeat(5_000))).toBe(false),
  );
  expect(cost).toBeLessThan(2);
});

test("every pattern of a tier rule must match, the first rule wins, and no match means standard", () => {
  const rules = policy({
    tiers: [
      { match: { namespace: "pay-*", labels: { app: "api*" } }, tier: "critical" },
      { match: { unit: "previews/*" }, tier: "best-effort" },
      { match: { kind: "StatefulSet", name: "db", environment: "production" }, tier: "critical" },
    ],
  });
  const api = { ...subject("Deployment/pay-eu/api"), labels: { app: "api-v2" } };
  const place = { unit: "prod", environment: "production" } as const;
  expect(tierOf(rules, api, place)).toBe("critical");
  expect(tierOf(rules, { ...api, labels: {} }, place)).toBe("standard");
  expect(tierOf(rules, { ...api, namespace: "shop" }, { ...place, unit: "previews/7" })).toBe("best-effort");
  expect(tierOf(rules, subject("StatefulSet/shop/db"), place)).toBe("critical");
  expect(tierOf(rules, subject("StatefulSet/shop/db"), { unit: "x", environment: "staging" })).toBe(
    "standard",
  );
});

test("without a policy, development is best-effort and all else is standard", () => {
  const web = subject("Deployment/shop/web");
  expect(tierOf(policy(), web, { unit: ".", environment: "development" })).toBe("best-effort");
  expect(tierOf(policy(), web, { unit: ".", environment: "unknown" })).toBe("standard");
});

test("a waiver holds on its last day for its check and subject, and not after", () => {
  const importer = subject("Deployment/legacy/importer");
  expect(waiverFor(policy({ waivers: [waiver] }), "single-replica", importer)).toEqual(waiver);
  expect(
    waiverFor(policy({ waivers: [waiver], today: "2026-11-24" }), "single-replica", importer),
  ).toBeUndefined();
  expect(waiverFor(policy({ waivers: [waiver] }), "pdb-missing", importer)).toBeUndefined();
  expect(
    waiverFor(policy({ waivers: [waiver] }), "single-replica", subject("Deployment/shop/web")),
  ).toBeUndefined();
});

test("a check's setting holds for its tiers; elsewhere the check's own severity does", () => {
  const set = policy({
    checks: { a: { severity: "error" }, b: { severity: "off", tiers: ["best-effort"] } },
  });
  expect(severityFor(set, "a", "standard", "notice")).toBe("error");
  expect(severityFor(set, "b", "best-effort", "error")).toBe("off");
  expect(severityFor(set, "b", "critical", "warning")).toBe("warning");
  expect(severityFor(set, "c", "critical", "warning")).toBe("warning");
});

test("applying a policy sets severities, drops what is off, marks what is waived, and seeks the worst again", () => {
  const findings: Finding[] = [
    finding({ check: "lowered", severity: "error" }),
    finding({ check: "raised", severity: "notice" }),
    finding({ check: "gone", severity: "error" }),
    finding({
      check: "single-replica",
      subject: subject("Deployment/legacy/importer"),
      standing: "existing",
    }),
  ];
  const applied = applyPolicy(
    findings,
    policy({
      checks: { lowered: { severity: "notice" }, raised: { severity: "error" }, gone: { severity: "off" } },
      waivers: [waiver],
    }),
  );
  expect(applied.map(({ check, severity, waiver: by }) => [check, severity, by?.reason])).toEqual([
    ["raised", "error", undefined],
    ["lowered", "notice", undefined],
    ["single-replica", "error", "r"],
  ]);
});

test.each<[string, Partial<Finding>, string, string]>([
  ["an introduced error", {}, "fail", "pass"],
  ["a worsened error", { standing: "worsened" }, "fail", "pass"],
  ["an introduced warning", { severity: "warning" }, "warn", "pass"],
  ["a notice", { severity: "notice" }, "pass", "pass"],
  ["an existing error", { standing: "existing" }, "pass", "pass"],
  ["a fixed error", { standing: "fixed" }, "pass", "pass"],
  ["a waived error", { waiver }, "pass", "pass"],
  ["an error about tests", { pillar: "testing" }, "pass", "fail"],
])("%s", (_, different, zeroDowntime, testStages) => {
  expect(verdicts([finding(different)], [], policy(), [])).toEqual({
    "zero-downtime": zeroDowntime,
    "test-stages": testStages,
  });
});

const row = (verdict: GateVerdict, environment: StageRow["environment"] = "production"): StageRow => ({
  deploy: "release.yml#ship",
  environment,
  at: finding().at,
  cells: [{ stage: "unit", verdict, reason: "" }],
  practices: [],
  path: [],
});
const required = policy({ stages: { ...policy().stages, unit: { demand: "required" } } });

test.each<[GateVerdict, StageRow["environment"], string]>([
  ["required", "production", "pass"],
  ["required-external", "production", "pass"],
  ["skippable", "production", "fail"],
  ["bypassable", "production", "fail"],
  ["not-on-trigger", "production", "fail"],
  ["advisory", "production", "fail"],
  ["post", "production", "fail"],
  ["unlinked", "production", "fail"],
  ["capability", "production", "fail"],
  ["absent", "production", "fail"],
  ["unknown", "production", "warn"],
  ["absent", "unknown", "fail"],
  ["absent", "staging", "pass"],
  ["absent", "development", "pass"],
])("a required stage that is %s before a deploy to %s: %s", (verdict, environment, expected) => {
  const rows = [row(verdict, environment)];
  expect(verdicts([], rows, required, [])["test-stages"]).toBe(expected);
  expect(verdicts([], rows, policy(), [])["test-stages"]).toBe("pass");
  // The report must name a gap exactly where the verdict comes from one.
  const gaps = gapsOf({ ...clean, stages: rows, demands: strictestDemands(required) });
  expect(gaps.length > 0).toBe(expected !== "pass");
  expect(gaps.some(isCertain)).toBe(expected === "fail");
});

test("one gap among many deploys fails, and a required stage without a cell is absent", () => {
  expect(verdicts([], [row("required"), row("absent")], required, [])["test-stages"]).toBe("fail");
  expect(verdicts([], [{ ...row("required"), cells: [] }], required, [])["test-stages"]).toBe("fail");
});

test("a deploy that may hide in an unreadable pipeline warns; other notes do not", () => {
  const ofStages = (path: string) => [{ path, message: "not valid YAML", run: "test-stages" as const }];
  const unread = ofStages(".github/workflows/release.yml");
  expect(verdicts([], [], required, unread)["test-stages"]).toBe("warn");
  expect(verdicts([], [], required, [{ path: "charts/shop", message: "not rendered" }])["test-stages"]).toBe(
    "pass",
  );
  expect(verdicts([], [], required, ofStages(""))["test-stages"]).toBe("pass");
  expect(verdicts([], [], policy(), unread)["test-stages"]).toBe("pass");
});
