import { expect, test } from "@jest/globals";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Finding, Report } from "../../src/engine/types.ts";
import { checks } from "../../src/checks/index.ts";
import { caseFolders, readCase, type Label } from "../../scripts/eval/case.ts";
import { CATEGORIES } from "../../scripts/eval/categories.ts";
import { outcomeOf } from "../../scripts/eval/outcome.ts";
import { aboutResource } from "../../scripts/eval/resource.ts";
import { tally } from "../../scripts/eval/summary.ts";
import { temporaryFolder } from "../sources/repository.ts";

function finding(ref: string, more: Partial<Finding> = {}): Finding {
  const [file = "", job] = ref.split("#");
  const parts = ref.split("/");
  const [kind = "", namespace = "", name = ""] = parts.length === 3 ? parts : [parts[0], "", parts[1]];
  return {
    check: "replica-reduction",
    title: "",
    pillar: "redundancy",
    severity: "warning",
    tier: "standard",
    standing: "introduced",
    subject:
      job === undefined
        ? { ref, kind, namespace, name, labels: {} }
        : { ref, kind: "Job", namespace: "", name: job, labels: {} },
    units: [],
    environment: "unknown",
    at: {
      side: "head",
      path: job === undefined ? "deploy/web.yaml" : file,
      line: 100,
      column: 1,
      endLine: 100,
      endColumn: 2,
    },
    message: "",
    fix: "",
    fingerprint: "",
    ...more,
  };
}

const label = (more: Partial<Label> = {}): Label => ({
  id: "case",
  label: "hazard",
  category: "replicas-reduced",
  secondary_categories: [],
  severity: "medium",
  deliberate: false,
  format: "plain",
  resource: "Deployment/shop/web",
  expected: "",
  lines: [{ path: "deploy/web.yaml", side: "head", ranges: ["10", "20-24"] }],
  changed: [["M", "deploy/web.yaml"]],
  ...more,
});

const report = (findings: readonly Finding[], more: Partial<Report> = {}): Report => ({
  version: 1,
  base: "base",
  head: "head",
  verdicts: { "zero-downtime": "pass", "test-stages": "pass" },
  findings,
  floors: [],
  protections: [],
  stages: [],
  fidelity: [],
  demands: {
    unit: "advised",
    acceptance: "advised",
    performance: "advised",
    stress: "advised",
    rollback: "advised",
    "data-restore": "advised",
    penetration: "advised",
  },
  notes: [],
  scope: { manifests: 1, units: 1, pipelines: 0 },
  ...more,
});

test.each([
  ["Deployment/shop/web", "Deployment/shop/web", true],
  ["Deployment/shop/web", "Deployment/web", true],
  ["Deployment/shop/web", "Deployment/other/web", false],
  ["Deployment/shop/web", "Service/shop/web", false],
  ["Deployment/-/web", "Deployment/shop/web", true],
  ["Deployment/-/web (container nginx)", "Deployment/shop/web", true],
  ["Service+Deployment/-/db", "Service/shop/db", true],
  ["Deployment to StatefulSet/-/db", "StatefulSet/shop/db", true],
  ["Ingress/shop-*/front", "Ingress/shop-production/front", true],
  ["*/shop/thanos-*", "Service/shop/thanos-query", true],
  ["Deployment/kube-system/vpa-{updater,recommender}", "Deployment/kube-system/vpa-updater", true],
  ["Deployment/kube-system/vpa-{updater,recommender}", "Deployment/kube-system/vpa-admission", false],
  ["Deployment/-/{a,b,...}", "Deployment/shop/zzz", true],
  ["CronJob/*, Deployment metrics", "CronJob/shop/mail", true],
  ["CronJob/*, Deployment metrics", "Deployment/shop/metrics", true],
  ["CronJob/*, Deployment metrics", "Deployment/shop/web", false],
  ["values publishing-api workers", "Deployment/apps/publishing-api", true],
  ["values publishing-api workers", "Deployment/apps/api", false],
  [".github/workflows/ci.yml", ".github/workflows/ci.yml#test", true],
  [".github/workflows/ci.yml deploy", ".github/workflows/ci.yml#deploy", true],
  [".github/workflows/ci.yml deploy", ".github/workflows/ci.yml#test", false],
  [".github/workflows/{ci,cd}.yml", ".github/workflows/cd.yml#test", true],
  [".github/workflows/ci.yml", ".github/workflows/cd.yml#test", false],
])("%s and %s: %s", (resource, ref, expected) => {
  expect(aboutResource(resource)(finding(ref))).toBe(expected);
});

test.each([
  ["a fitting warning about the resource", finding("Deployment/shop/web"), {}, "named"],
  ["a worsened one", finding("Deployment/shop/web", { standing: "worsened" }), {}, "named"],
  ["one that stood before", finding("Deployment/shop/web", { standing: "existing" }), {}, "lost"],
  ["a check that does not fit", finding("Deployment/shop/web", { check: "pdb-removed" }), {}, "lost"],
  [
    "a fitting check for a secondary category",
    finding("Deployment/shop/web", { check: "pdb-removed" }),
    { secondary_categories: ["pdb-removed"] },
    "named",
  ],
  ["a notice", finding("Deployment/shop/web", { severity: "notice" }), {}, "lost"],
  [
    "a notice on what is low",
    finding("Deployment/shop/web", { severity: "notice" }),
    { severity: "low" },
    "named",
  ],
  [
    "a notice on what is meant",
    finding("Deployment/shop/web", { severity: "notice" }),
    { deliberate: true },
    "named",
  ],
  ["a finding elsewhere", finding("Deployment/shop/cart"), {}, "lost"],
] satisfies [string, Finding, Partial<Label>, string][])("%s: %#", (_, said, more, outcome) => {
  expect(outcomeOf(label(more), report([said]))).toBe(outcome);
});

test.each([
  [29, "head", "named"],
  [30, "head", "lost"],
  [15, "head", "named"],
  [4, "head", "lost"],
  [10, "base", "lost"],
] as const)("a finding about another object on line %i of the %s: %s", (line, side, outcome) => {
  const at = { side, path: "deploy/web.yaml", line, column: 1, endLine: line, endColumn: 2 };
  expect(outcomeOf(label(), report([finding("Service/shop/front", { at })]))).toBe(outcome);
});

test.each([
  ["deploy/web.yaml", "unverifiable"],
  ["deploy/Chart.yaml", "unverifiable"],
  ["deploy", "unverifiable"],
  ["kustomization.yaml", "unverifiable"],
  ["other/Chart.yaml", "lost"],
  ["deploy/cart.yaml", "lost"],
])("a note on %s makes a hazard that is not named %s", (path, outcome) => {
  expect(outcomeOf(label(), report([], { notes: [{ path, message: "" }] }))).toBe(outcome);
});

test("a fix is a false alarm only where it would fail", () => {
  const fails = { verdicts: { "zero-downtime": "fail", "test-stages": "pass" } } as const;
  const fix = label({ label: "fix", severity: null });
  expect(outcomeOf(fix, report([finding("Deployment/shop/web")]))).toBe("quiet");
  expect(outcomeOf(fix, report([], fails))).toBe("false-alarm");
});

test("a neutral change is a false alarm where it would fail, or where a warning speaks about what is harmless", () => {
  const neutral = label({ label: "neutral", severity: null });
  expect(outcomeOf(neutral, report([finding("Deployment/shop/cart")]))).toBe("quiet");
  expect(outcomeOf(neutral, report([finding("Deployment/shop/web", { severity: "notice" })]))).toBe("quiet");
  expect(outcomeOf(neutral, report([finding("Deployment/shop/web")]))).toBe("false-alarm");
});

test("recall is the share of named hazards among those that can be verified", () => {
  const row = (outcome: "named" | "lost" | "unverifiable") => ({
    label: label(),
    outcome,
    covered: true,
    report: report([]),
    times: { all: 0, rendering: 0 },
    distances: [],
  });
  expect(tally([row("named"), row("named"), row("named"), row("lost"), row("unverifiable")])).toMatchObject({
    hazards: 5,
    named: 3,
    lost: 1,
    unverifiable: 1,
    recall: 0.75,
  });
});

test("reads cases from folders: only relevant files, and an empty side where the folder is missing", () => {
  using folder = temporaryFolder();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder.dir, path)), { recursive: true });
    writeFileSync(join(folder.dir, path), text);
  };
  write("cases/one/case.json", JSON.stringify(label({ id: "one" })));
  write("cases/one/base/deploy/web.yaml", "a: 1\n");
  write("cases/one/base/README.md", "hello");
  write("cases/README.md", "no case");

  const folders = caseFolders(folder.dir);
  const { base, head } = readCase(folders[0]!);

  expect(folders).toEqual([join(folder.dir, "cases", "one")]);
  expect([...base.files].map(([path, { text }]) => [path, text])).toEqual([["deploy/web.yaml", "a: 1\n"]]);
  expect(head.files.size).toBe(0);
});

test("every check that there is can name a hazard of some category", () => {
  const mapped = new Set(Object.values(CATEGORIES).flat());
  expect(checks.map(({ id }) => id).filter((id) => !mapped.has(id))).toEqual([]);
});
