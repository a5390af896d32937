import type { Problem } from "../../engine/types.ts";
import { pairEvidence } from "../../pipelines/compare.ts";
import type { Change } from "../../pipelines/compare.ts";
import { isStage } from "../../pipelines/evidence.ts";
import type { Evidence } from "../../pipelines/evidence.ts";
import { startsFor, touchable } from "../../pipelines/path-filters.ts";
import type { Touched } from "../../pipelines/path-filters.ts";
import { jobSubject, shown, wordsOf } from "../../pipelines/problems.ts";
import { defineCheck, severities } from "../define.ts";

const CI = ".github/workflows/ci.yml";
const RELEASE = ".github/workflows/release.yml";

const ci = (filter: string, command = "go test ./..."): string => `on:
  pull_request:
${filter}jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: ${command}
`;
const release = (paths: string): string => `on:
  push: { branches: [main], paths: [${paths}] }
jobs:
  deploy-production:
    runs-on: ubuntu-latest
    steps:
      - run: helm upgrade --install shop ./charts/shop --wait
`;
const both = (filter: string, paths = "'src/**', 'charts/**'"): Record<string, string> => ({
  [CI]: ci(filter),
  [RELEASE]: release(paths),
});
const ALL = "    paths: ['src/**', 'charts/**']\n";

export default defineCheck({
  id: "tests-skip-paths",
  title: "Tests no longer run for files that are deployed",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "The next change of these files goes to production although no test looked at it: the tests do not fail, they never start.",
  fix: "Let the tests start for every path for which the deploy starts.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onpushpull_requestpull_request_targetpathspaths-ignore",
  ],
  unsafe: [
    {
      title: "a folder is dropped from the paths",
      before: both(ALL),
      after: both("    paths: ['src/**'] # <- finding\n"),
    },
    {
      title: "a folder is ignored",
      before: both(""),
      after: both("    paths-ignore: ['charts/**'] # <- finding\n"),
    },
    {
      title: "paths are set where there were none",
      before: both(""),
      after: both("    paths: ['src/**'] # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "documents are ignored",
      before: both(""),
      after: both("    paths-ignore: ['docs/**', '**.md']\n"),
    },
    {
      title: "the deploy starts for the same paths only",
      before: both(ALL, "'src/**'"),
      after: both("    paths: ['src/**']\n", "'src/**'"),
    },
    {
      title: "other tests of the kind start for them",
      before: both(ALL),
      after: {
        ...both("    paths: ['src/**']\n"),
        ".github/workflows/charts.yml": ci("    paths: ['charts/**']\n", "helm unittest charts/shop"),
      },
    },
    {
      title: "it was so before",
      before: both("    paths: ['src/**']\n"),
      after: both("    paths: ['src/**', 'go.mod']\n"),
    },
  ],

  run: (change) => {
    const pairs = [...pairEvidence(change)].filter(([before]) => isStage(before.purpose));
    const told = new Set<string>();
    return pairs.flatMap(([before, after]) => {
      const problem = problemOf(before, after, change);
      const key = `${after.pipeline.id} ${after.purpose}`;
      if (!problem || told.has(key)) return [];
      told.add(key);
      return [problem];
    });
  },
});

function problemOf(before: Evidence, after: Evidence, change: Change): Problem | undefined {
  if (change.before.checks.get(before)?.verdict !== "required") return undefined;
  const pipelines = [
    before.pipeline,
    after.pipeline,
    ...change.after.production.map(({ pipeline }) => pipeline),
  ];
  for (const touched of touchable(change.after.paths, pipelines)) {
    if (!isLost(before, after, touched)) continue;
    const deploy = change.after.production.find(({ pipeline }) =>
      startsFor(pipeline, touched.path, /^push$/),
    );
    if (!deploy || isTested(after, touched, change)) continue;
    const tests = `${wordsOf(after.purpose)} (job ${after.job.id}, ${shown(after.at)})`;
    const message = `When only ${touched.shown} changes, the ${tests} no longer start, and ${deploy.root.id} (${shown(deploy.root.at)}) still deploys it to production.`;
    const fix = `Let ${after.pipeline.path} start for ${touched.shown} as well.`;
    const at = filterAt(after);
    return { subject: jobSubject(after.job, after.pipeline.path), at, message, fix, key: after.purpose };
  }
  return undefined;
}

const isLost = (before: Evidence, after: Evidence, { path }: Touched): boolean =>
  startsFor(before.pipeline, path) && !startsFor(after.pipeline, path);

/** Whether any other test of the kind looks at such a change. */
function isTested({ purpose }: Evidence, { path }: Touched, { after }: Change): boolean {
  return [...after.checks].some(
    ([other, { verdict }]) =>
      other.purpose === purpose && verdict === "required" && startsFor(other.pipeline, path),
  );
}

/** Where the filter stands that leaves changes out. */
function filterAt({ pipeline }: Evidence): Problem["at"] {
  const filtered = pipeline.triggers.find(({ pathsAt }) => pathsAt !== undefined);
  return filtered?.pathsAt ?? pipeline.triggersAt;
}
