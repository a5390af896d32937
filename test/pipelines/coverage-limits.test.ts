import { describe, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import { COVERAGE_FILES } from "../../src/pipelines/coverage-limits.ts";
import { readDelivery } from "../../src/pipelines/delivery.ts";
import { ci } from "./rows.ts";
import { job, treeOf } from "./trees.ts";

type Files = Readonly<Record<string, string>>;

/** The limits that a file sets: what is covered, how much, and the line. */
function limitsIn(path: string, source: string): string[] {
  const files = COVERAGE_FILES.filter((one) => one.path.test(path));
  return files.flatMap(({ limits }) =>
    limits(source).map(({ of, least, line }) => `${of} ${String(least)} :${String(line)}`),
  );
}

test.each([
  [
    "jest.config.ts",
    "export default {\n  coverageThreshold: {\n    global: { branches: 70.5 },\n    './src/pay/': {\n      lines: -10,\n    },\n  },\n  lines: 3,\n};\n",
    ["branches 70.5 :3", "lines of ./src/pay/ -10 :5"],
  ],
  [
    "package.json",
    '{\n  "jest": { "coverageThreshold": { "global": { "lines": 80 } } }\n}\n',
    ["lines 80 :2"],
  ],
  [
    "vitest.config.ts",
    "test: { coverage: { thresholds: { perFile: true, lines: 75, 'src/**.ts': { functions: 90 } } } }",
    ["lines 75 :1", "functions of src/**.ts 90 :1"],
  ],
  ["vite.config.ts", "coverage: { thresholds: { 100: true } }", ["everything 100 :1"]],
  [".nycrc", '{\n  "check-coverage": true,\n  "lines": 90\n}\n', ["lines 90 :3"]],
  [".nycrc", '{\n  "check-coverage": false,\n  "lines": 90\n}\n', []],
  ["setup.cfg", "[coverage:report]\nfail_under = 88\n", ["lines 88 :2"]],
  ["pytest.ini", "[pytest]\naddopts = --cov=shop --cov-fail-under=85\n", ["lines 85 :2"]],
  ["build.gradle.kts", 'limit {\n  minimum = "0.75".toBigDecimal()\n}\n', ["code 0.75 :2"]],
  ["pom.xml", "<limit>\n  <minimum>0.80</minimum>\n</limit>", ["code 0.8 :2"]],
  ["spec/spec_helper.rb", "SimpleCov.start do\n  minimum_coverage 95\nend\n", ["lines 95 :2"]],
])("%s: %j", (path, source, expected) => {
  expect(limitsIn(path, source)).toEqual(expected);
});

function said(before: Files, after: Files): string[] {
  const none = { deploys: [], tests: [], bypasses: [] };
  const change = {
    before: readDelivery(treeOf(before), none, "base"),
    after: readDelivery(treeOf(after), none, "head"),
  };
  return checks.flatMap((check) =>
    check.kind === "pipelines"
      ? [...check.run(change)].map(({ at, message }) => `${at.path}:${String(at.line)} ${message}`)
      : [],
  );
}

describe("what is said", () => {
  const project = (scripts: object, limits: object, command = "npm test"): Files => ({
    ...ci(job("test", command), "pull_request: {}"),
    "package.json": `${JSON.stringify({ scripts, jest: limits }, null, 2)}\n`,
  });
  const asking = (lines: number, branches?: number): object => ({
    coverageThreshold: { global: { lines, ...(branches === undefined ? {} : { branches }) } },
  });
  const measured = { test: "jest --coverage" };

  test("one problem lists all that is asked for no longer", () => {
    expect(said(project(measured, asking(80, 70)), project(measured, asking(60)))).toEqual([
      expect.stringMatching(/^package\.json:\d+ .*now asks for less: lines 80 → 60, branches 70 → none\./),
    ]);
  });

  test.each<[string, Files, Files]>([
    ["nothing is measured", project({ test: "jest" }, asking(80)), project({ test: "jest" }, asking(60))],
    ["another runner", project(measured, asking(80)), project({ test: "vitest run --coverage" }, {})],
    ["other settings", project(measured, asking(80)), project(measured, { ...asking(80), verbose: true })],
    [
      "the limit moves to a file of its own",
      project(measured, asking(80)),
      {
        ...project(measured, {}),
        "jest.config.js": "module.exports = { coverageThreshold: { global: { lines: 80 } } };\n",
      },
    ],
    [
      "the tests stop nothing",
      project(measured, asking(80), "npm test || true"),
      project(measured, asking(60), "npm test || true"),
    ],
  ])("nothing where %s", (_, before, after) => {
    expect(said(before, after)).toEqual([]);
  });
});
