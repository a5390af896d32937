import type { Problem } from "../../engine/types.ts";
import { pairEvidence } from "../../pipelines/compare.ts";
import type { Change } from "../../pipelines/compare.ts";
import { isStage } from "../../pipelines/evidence.ts";
import type { Evidence } from "../../pipelines/evidence.ts";
import { failingUnseen, lostSuites } from "../../pipelines/test-legs.ts";
import { jobSubject, shown, wordsOf } from "../../pipelines/problems.ts";
import { WORDS_OF } from "../../pipelines/words.ts";
import { defineCheck, severities } from "../define.ts";

const ci = (job: string, command = "pytest tests/${{ matrix.suite }}"): Record<string, string> => ({
  ".github/workflows/ci.yml": `on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
${job}    steps:
      - run: ${command}
`,
});
const suites = (list: string, mark = ""): string =>
  `    strategy:\n      matrix:\n        suite: [${list}]${mark}\n`;
const SHARDED = "npx playwright test --shard=${{ matrix.shard }}/3";
const shards = (list: string): string => `    strategy:\n      matrix:\n        shard: [${list}]`;
const legs = (database: string, mark = ""): string => `    continue-on-error: \${{ matrix.loose }}
    strategy:
      matrix:
        include:
          - { suite: api, loose: false }
          - { suite: database, loose: ${database} }${mark}
`;
const folder = (name: string): Record<string, string> => ({ [`tests/${name}/package.json`]: "{}" });

export default defineCheck({
  id: "test-leg-lost",
  title: "A part of the tests no longer counts",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "The tests are split over a matrix, and one part of them is gone or may fail. The job keeps its name and stays green, and what that part looked at is tested by nobody.",
  fix: "Keep every part of the tests in the matrix, and let each of them fail the job. Skip the one broken test in its own file, with a date and a reason.",
  references: [
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idcontinue-on-error",
  ],
  unsafe: [
    {
      title: "a suite is dropped",
      before: ci(suites("api, database, mail")),
      after: ci(suites("api, mail", " # <- finding")),
    },
    {
      title: "one of three shards is dropped",
      before: ci(`${shards("1, 2, 3")}\n`, SHARDED),
      after: ci(`${shards("1, 2")} # <- finding\n`, SHARDED),
    },
    {
      title: "a suite is left out by exclude",
      before: ci(suites("api, database")),
      after: ci(`${suites("api, database", " # <- finding")}        exclude: [{ suite: database }]\n`),
    },
    {
      title: "one suite may fail",
      before: ci(legs("false")),
      after: ci(legs("true", " # <- finding")),
    },
    {
      title: "one suite may fail by its name",
      before: ci(suites("api, database")),
      after: ci(
        `    continue-on-error: \${{ matrix.suite == 'database' }} # <- finding\n${suites("api, database")}`,
      ),
    },
  ],
  safe: [
    {
      title: "the tests are split over fewer shards",
      before: ci(`${shards("1, 2, 3")}\n`, SHARDED),
      after: ci(`${shards("1, 2")}\n`, SHARDED.replace("/3", "/2")),
    },
    {
      title: "an old version is no longer supported",
      before: ci('    strategy: { matrix: { python: ["3.9", "3.13"] } }\n', "tox -e py${{ matrix.python }}"),
      after: ci('    strategy: { matrix: { python: ["3.13"] } }\n', "tox -e py${{ matrix.python }}"),
    },
    {
      title: "the service that it tested is removed",
      before: { ...ci(suites("cart, orders")), ...folder("cart"), ...folder("orders") },
      after: { ...ci(suites("cart")), ...folder("cart") },
    },
    {
      title: "a suite gets another name",
      before: ci(suites("api, database")),
      after: ci(suites("api, storage")),
    },
    {
      title: "a suite moves to a job of its own",
      before: ci(suites("api, database")),
      after: ci(
        suites("api"),
        "pytest tests/${{ matrix.suite }}\n  database:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest tests/database",
      ),
    },
    {
      title: "the mark that a suite has works now",
      before: ci(legs("true").replace("    continue-on-error: ${{ matrix.loose }}\n", "")),
      after: ci(legs("true")),
    },
    {
      title: "a new suite may fail",
      before: ci(suites("api, database")),
      after: ci(`    continue-on-error: \${{ matrix.suite == 'mail' }}\n${suites("api, database, mail")}`),
    },
  ],

  run: (change) => [...pairEvidence(change)].flatMap(([before, after]) => problemsOf(before, after, change)),
});

function problemsOf(before: Evidence, after: Evidence, change: Change): Problem[] {
  if (!isStage(after.purpose) || change.before.checks.get(before)?.verdict !== "required") return [];
  const tests = `${wordsOf(after.purpose)} of job ${after.job.id} (${shown(after.job.at)})`;
  const subject = jobSubject(after.job, after.pipeline.path);
  const lost = lostSuites(before, after, change);
  const loose = failingUnseen(before, after);
  const key = after.purpose;
  return [
    ...(lost
      ? [
          {
            ...{ subject, at: lost.at, key },
            message: `The ${tests} no longer run for ${lost.names}: \`${lost.key}\` picks what is tested, and that part is no longer picked.`,
            fix: `Keep ${lost.names} in the matrix, or run it in another job that fails with it.`,
          },
        ]
      : []),
    ...(loose
      ? [
          {
            ...{ subject, at: loose.at, key: `${key} may fail` },
            message: `The ${tests} may now fail for ${loose.names} and stay green: ${WORDS_OF[after.pipeline.provider].allowFailure} holds for that part.`,
            fix: `Let ${loose.names} fail the job again.`,
          },
        ]
      : []),
  ];
}
