import type { Location, Problem } from "../../engine/types.ts";
import { loweredStatuses, type LoweredStatus } from "../../pipelines/codecov-status.ts";
import { loweredCoverage, type LoweredCoverage } from "../../pipelines/coverage-changes.ts";
import { pairEvidence, type Change } from "../../pipelines/compare.ts";
import type { Evidence } from "../../pipelines/evidence.ts";
import { loosenedLimits } from "../../pipelines/k6-limits.ts";
import { jobSubject, wordsOf } from "../../pipelines/problems.ts";
import { suggestInstead } from "../../pipelines/suggest-line.ts";
import type { Delivery } from "../../pipelines/delivery.ts";
import { defineCheck, severities } from "../define.ts";

const ci = (command: string): Record<string, string> => ({
  ".github/workflows/ci.yml": `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: ${command}
`,
});

const load = (limits: string, mark = ""): Record<string, string> => ({
  ...ci("k6 run load/checkout.js"),
  "load/checkout.js": `export const options = {
  thresholds: {
    http_req_duration: [${limits}],${mark}
  },
};
`,
});

const jest = (limits: string, mark = "", command = "npx jest --coverage"): Record<string, string> => ({
  ...ci(command),
  "jest.config.js": `export default {
  coverageThreshold: { global: { ${limits} } },${mark}
};
`,
});
const codecov = (status: string): Record<string, string> => ({
  ".github/workflows/ci.yml": `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: npx jest --coverage
      - uses: codecov/codecov-action@v5
`,
  "codecov.yml": `coverage:\n  status:\n    project:\n      default:\n${status}`,
});
const python = (least: string, mark = ""): Record<string, string> => ({
  ...ci("pytest --cov=shop"),
  "pyproject.toml": `[tool.coverage.report]\n${least}${mark}\nshow_missing = true\n`,
});
const gradle = (minimum: string, mark = ""): Record<string, string> => ({
  ...ci("./gradlew check"),
  "build.gradle": `jacocoTestCoverageVerification {
  violationRules { rule { limit { minimum = ${minimum} } } }${mark}
}
check.dependsOn jacocoTestCoverageVerification
`,
});

export default defineCheck({
  id: "criterion-lowered",
  title: "A test passes with less than it asked for",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("notice", "notice", "notice"),
  confidence: "likely",
  why: "The job keeps its name and stays green: what the limit stopped until now reaches the next deploy, and nobody sees that the limit moved.",
  fix: "Keep the limit, and mend what falls below it; where it must move, say why, and when it comes back.",
  references: [
    "https://pytest-cov.readthedocs.io/en/latest/config.html",
    "https://trivy.dev/latest/docs/configuration/others/#exit-code",
  ],
  unsafe: [
    {
      title: "the least coverage is lowered",
      before: ci("pytest --cov=shop --cov-fail-under=85"),
      after: ci("pytest --cov=shop --cov-fail-under=60 # <- finding"),
    },
    {
      title: "the least coverage is dropped",
      before: ci("pytest --cov=shop --cov-fail-under=85"),
      after: ci("pytest --cov=shop # <- finding"),
    },
    {
      title: "a scan no longer fails for what it finds",
      before: ci("trivy fs --exit-code 1 ."),
      after: ci("trivy fs --exit-code 0 . # <- finding"),
    },
    {
      title: "a load test may take ten times as long",
      before: load('"p(95)<400"'),
      after: load('"p(95)<4000"', " // # <- finding"),
    },
    {
      title: "one of two limits of a load test is dropped",
      before: load('"p(95)<400", "max<2000"'),
      after: load('"p(95)<400"', " // # <- finding"),
    },
    {
      title: "jest asks for less coverage",
      before: jest("lines: 80, branches: 70"),
      after: jest("lines: 60, branches: 70", " // # <- finding"),
    },
    {
      title: "jest no longer asks for a kind of coverage",
      before: jest("lines: 80, branches: 70"),
      after: jest("branches: 70", " // # <- finding"),
    },
    {
      title: "coverage.py asks for less",
      before: python("fail_under = 85"),
      after: python("fail_under = 60", " # <- finding"),
    },
    {
      title: "Codecov's status only informs",
      before: codecov("        target: 80%\n"),
      after: codecov("        target: 80%\n        informational: true # <- finding\n"),
    },
    {
      title: "Codecov's status asks for less",
      before: codecov("        target: 80%\n"),
      after: codecov("        target: 60% # <- finding\n"),
    },
    {
      title: "JaCoCo asks for less",
      before: gradle("0.8"),
      after: gradle("0.5", " // # <- finding"),
    },
  ],
  safe: [
    {
      title: "jest asks for less, and measures nothing",
      before: jest("lines: 80", "", "npx jest"),
      after: jest("lines: 60", "", "npx jest"),
    },
    {
      title: "Codecov's status goes by what was covered until now",
      before: codecov("        target: 80%\n"),
      after: codecov("        target: auto\n        threshold: 1%\n"),
    },
    { title: "jest asks for more", before: jest("lines: 80"), after: jest("lines: 85, branches: 70") },
    {
      title: "the limits of jest move to another file",
      before: jest("lines: 80"),
      after: {
        ...ci("npx jest --coverage"),
        "jest.config.js": "export default {};\n",
        "jest.preset.js": "export default { coverageThreshold: { global: { lines: 80 } } };\n",
      },
    },
    {
      title: "another runner takes its place, with limits of its own",
      before: jest("lines: 80"),
      after: {
        ...ci("npx vitest run --coverage"),
        "vitest.config.ts": "export default { test: { coverage: { thresholds: { lines: 75 } } } };\n",
      },
    },
    {
      title: "the limit of coverage.py moves to the command",
      before: python("fail_under = 85"),
      after: { ...python(""), ...ci("pytest --cov=shop --cov-fail-under=85") },
    },
    {
      title: "a load test asks for more",
      before: load('"p(95)<400"'),
      after: load('"p(95)<300", "max<2000"'),
    },
    {
      title: "it asks for more",
      before: ci("pytest --cov-fail-under=60"),
      after: ci("pytest --cov-fail-under=85"),
    },
    {
      title: "another command asks for it now",
      before: ci("pytest --cov=shop --cov-fail-under=85"),
      after: ci("pytest --cov=shop\n      - run: coverage report --fail-under=85"),
    },
    { title: "it never asked", before: ci("pytest --cov=shop"), after: ci("pytest --cov=shop -q") },
  ],

  run: (change) => {
    const pairs = [...pairEvidence(change)];
    return [
      ...pairs.flatMap(([before, after]) => [
        ...problemOf(before, after, change.after.text),
        ...looserLoad(before, after, change),
      ]),
      ...loweredCoverage(change).map((lowered) => lessCovered(lowered, change.after.text)),
      ...loweredStatuses(change).map(statusProblem),
    ];
  },
});

/** Options that set a limit below which a tool fails. */
const LIMITS: readonly RegExp[] = [
  / --cov-fail-under[= ](\d+(?:\.\d+)?)/,
  / --(?:coverage-)?fail-under[= ](\d+(?:\.\d+)?)/,
  / --(?:minimum-coverage|min-coverage|min)[= ](\d+(?:\.\d+)?)/,
  / --check-coverage\b.*? --(?:lines|branches|statements)[= ](\d+(?:\.\d+)?)/,
  / --exit-code[= ](\d+)/,
];

/** All that the job's own scripts say: a limit may have moved to another command. */
const scriptsOf = ({ job }: Evidence): string => job.steps.map(({ run = "" }) => run).join("\n");

function problemOf(before: Evidence, after: Evidence, source: Delivery["text"]): Problem[] {
  if (before.tool !== after.tool || before.text === after.text) return [];
  const lowered = loweredLimit(before.text, after.text);
  if (!lowered) return [];
  const { was, is } = lowered;
  if (is === undefined && /fail[-_]under|check-coverage|threshold|exit-code/i.test(scriptsOf(after)))
    return [];
  const now = is === undefined ? "nothing of the kind" : `\`${is.trim()}\``;
  const start = `The ${wordsOf(after.purpose)} of job ${after.job.id}`;
  const message = was.includes("exit-code")
    ? `${start} failed for what it found (\`${was.trim()}\`); now there is ${now}, and it passes whatever it finds.`
    : `${start} failed below \`${was.trim()}\`; now they run with ${now}, and pass with less.`;
  const fix = `Write \`${was.trim()}\` again.`;
  const key = `${after.purpose} ${after.tool}`;
  const problem = { subject: jobSubject(after.job, after.pipeline.path), at: after.at, message, fix, key };
  const suggestion = is === undefined ? undefined : suggestInstead(after.at, { from: is, to: was }, source);
  return [suggestion ? { ...problem, suggestion } : problem];
}

/** A load test's limits stand in its script. */
function looserLoad(before: Evidence, after: Evidence, change: Change): Problem[] {
  if (before.tool !== "k6" || after.tool !== "k6" || before.text !== after.text) return [];
  const { job, pipeline, purpose } = after;
  return loosenedLimits(after.text, change.before.text, change.after.text).map((limit): Problem => {
    const { path, line, metric, was, is } = limit;
    const at: Location = { side: "head", path, line, column: 1, endLine: line, endColumn: 1 };
    const suggestion =
      is === undefined ? undefined : suggestInstead(at, { from: is, to: was }, change.after.text);
    return {
      subject: jobSubject(job, pipeline.path),
      key: `${purpose} ${metric} ${was.replace(/[<>].*$/, "")}`,
      at,
      message: `The ${wordsOf(purpose)} of job ${job.id} failed when ${metric} did not keep \`${was}\`; now ${is === undefined ? "nothing asks for that" : `\`${is}\` is enough`}, and a slower version passes.`,
      fix: `Ask for \`${was}\` of ${metric} again.`,
      ...(suggestion && { suggestion }),
    };
  });
}

/** Least coverages stand in the runner's own configuration. */
function lessCovered({ path, line, tests, limits }: LoweredCoverage, source: Delivery["text"]): Problem {
  const at: Location = { side: "head", path, line, column: 1, endLine: line, endColumn: 1 };
  const { job, pipeline, purpose } = tests;
  const [only, ...more] = limits;
  const change = only?.is && more.length === 0 ? { from: only.is.text, to: only.was.text } : undefined;
  const suggestion = change && suggestInstead(at, change, source);
  const list = limits.map(
    ({ was, is }) => `${was.of} ${String(was.least)} → ${is ? String(is.least) : "none"}`,
  );
  return {
    subject: jobSubject(job, pipeline.path),
    key: `${purpose} ${path}`,
    at,
    message: `The ${wordsOf(purpose)} of job ${job.id} fail when too little is covered, and ${path} now asks for less: ${list.join(", ")}. A change without tests of its own passes more easily.`,
    fix: `Ask in ${path} for as much as before; where it must be less, say why, and when it comes back.`,
    ...(suggestion && { suggestion }),
  };
}

function statusProblem({ name, was, is, at, job, pipeline }: LoweredStatus): Problem {
  const message = `The check ${name} ${was}; now it ${is}. Where it is required, a change without tests of its own passes more easily.`;
  const fix = `Let ${name} ask in ${at.path} for what it did; where it must be less, say why, and when it comes back.`;
  return { subject: jobSubject(job, pipeline.path), key: name, at, message, fix };
}

/** The first limit that fell, as it is written before and after; without `is` where it is gone. */
function loweredLimit(before: string, after: string): { was: string; is?: string } | undefined {
  for (const limit of LIMITS) {
    const was = limit.exec(before);
    const is = limit.exec(after);
    if (!was || Number(is?.[1] ?? 0) >= Number(was[1])) continue;
    return is ? { was: was[0], is: is[0] } : { was: was[0] };
  }
  return undefined;
}
