import type { Location, Problem } from "../../engine/types.ts";
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
  ],
  safe: [
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
    return pairs.flatMap(([before, after]) => [
      ...problemOf(before, after, change.after.text),
      ...looserLoad(before, after, change),
    ]);
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
  const message = `The ${wordsOf(after.purpose)} of job ${after.job.id} failed below \`${was.trim()}\`; now they run with ${now}, and pass with less.`;
  const fix = `Run them with \`${was.trim()}\` again.`;
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
