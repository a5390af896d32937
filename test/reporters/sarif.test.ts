import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { Report } from "../../src/engine/types.ts";
import { sarif } from "../../src/reporters/sarif.ts";
import { clean, finding, rich } from "./report.ts";

const schema = JSON.parse(await readFile(new URL("sarif-schema.json", import.meta.url), "utf8")) as object;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const CHECKS = [
  {
    id: "service-selects-nothing",
    title: "A Service selects no pod",
    why: "Its users get errors.",
    fix: "Select pods.",
  },
  { id: "pdb-removed", title: "A budget goes away", why: "A drain evicts all pods.", fix: "Keep it." },
];

interface Log {
  runs: [
    {
      tool: { driver: { rules: { id: string }[] } };
      results: Record<string, unknown>[];
      invocations: unknown[];
    },
  ];
}
const log = (report: Report) => JSON.parse(sarif(report, CHECKS)) as Log;
const first = (report: Report) => log(report).runs[0].results[0]!;

test.each([
  ["a rich report", rich],
  ["an empty one", clean],
  [
    "one with odd paths",
    { ...clean, findings: [finding({ at: { ...finding().at, path: "k8s/a b#c?d%/ü\ud800.yaml" } })] },
  ],
])("%s is valid SARIF 2.1.0", (_, report) => {
  validate(JSON.parse(sarif(report, CHECKS)));
  expect(validate.errors).toBeNull();
});

test("the validation of this test refuses what is not SARIF", () => {
  expect(validate({ ...log(rich), version: "2.0.0" })).toBe(false);
  expect(
    validate({
      version: "2.1.0",
      runs: [{ tool: { driver: { name: "x" } }, results: [{ level: "fatal" }] }],
    }),
  ).toBe(false);
});

test("every check is a rule with help, and results point at theirs", () => {
  const [run] = log(rich).runs;
  expect(run.tool.driver.rules).toEqual([
    expect.objectContaining({
      id: "pdb-removed",
      help: {
        text: "A drain evicts all pods. Keep it.",
        markdown: "A drain evicts all pods.\n\n**Fix:** Keep it.",
      },
    }),
    expect.objectContaining({
      id: "service-selects-nothing",
      shortDescription: { text: "A Service selects no pod" },
    }),
  ]);
  for (const { ruleId, ruleIndex } of run.results) {
    if (ruleIndex !== undefined) expect(run.tool.driver.rules[Number(ruleIndex)]?.id).toBe(ruleId);
  }
  expect(run.results.filter(({ ruleIndex }) => ruleIndex !== undefined)).toHaveLength(2);
});

test.each([
  ["introduced", "new"],
  ["worsened", "updated"],
  ["existing", "unchanged"],
  ["fixed", "absent"],
] as const)("%s is %s against the baseline", (standing, baselineState) => {
  expect(first({ ...clean, findings: [finding({ standing })] })).toMatchObject({ baselineState });
});

test("a finding keeps place, fingerprint, level and subject", () => {
  expect(first({ ...clean, findings: [finding({ severity: "notice" })] })).toMatchObject({
    level: "note",
    partialFingerprints: { "nines/v1": "00000000000000a1" },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "deploy/production/service.yaml", uriBaseId: "%SRCROOT%" },
          region: { startLine: 9, startColumn: 5, endLine: 9, endColumn: 16 },
        },
        logicalLocations: [{ fullyQualifiedName: "Service/shop/web" }],
      },
    ],
  });
});

test("a waived finding is suppressed with its reason, a suggestion is a fix", () => {
  const waiver = { check: "x", subject: "*", until: "2027-01-31", reason: "soon gone", by: "@ops" };
  const suggestion = { path: "a b.yaml", line: 2, endLine: 3, text: "x: 1" };
  expect(first({ ...clean, findings: [finding({ waiver, suggestion })] })).toMatchObject({
    suppressions: [
      {
        kind: "external",
        status: "accepted",
        justification: "soon gone (accepted by @ops until 2027-01-31)",
      },
    ],
    fixes: [
      {
        artifactChanges: [
          {
            artifactLocation: { uri: "a%20b.yaml" },
            replacements: [
              { deletedRegion: { startLine: 2, endLine: 3 }, insertedContent: { text: "x: 1" } },
            ],
          },
        ],
      },
    ],
  });
});

test("what a repository says becomes no link, and notes are notifications", () => {
  const report: Report = {
    ...clean,
    findings: [finding({ message: "see [this](https://evil.example)" })],
    notes: rich.notes,
  };
  expect(JSON.stringify(first(report)["message"])).not.toContain("](");
  expect(log(report).runs[0].invocations).toMatchObject([
    {
      executionSuccessful: true,
      toolExecutionNotifications: [{ message: { text: rich.notes[0]!.message } }, { level: "warning" }],
    },
  ]);
});
