import type { Problem } from "../../engine/types.ts";
import { pairEvidence } from "../../pipelines/compare.ts";
import { isPresent } from "../../pipelines/delivery.ts";
import { isAimed } from "../../pipelines/evidence-table.ts";
import { isStage } from "../../pipelines/evidence.ts";
import type { Evidence } from "../../pipelines/evidence.ts";
import { withoutExclusions } from "../../pipelines/exclusions.ts";
import { jobSubject, wordsOf } from "../../pipelines/problems.ts";
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

export default defineCheck({
  id: "tests-narrowed",
  title: "A test run leaves out tests that it used to run",
  pillar: "testing",
  kind: "pipelines",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "The job stays green and keeps its name, so nobody sees that it looks at less. What is left out breaks first, and users find it.",
  fix: "Mark the single broken test as skipped in its own file, with a date and a reason, instead of leaving a whole group out.",
  references: [
    "https://docs.pytest.org/en/stable/example/markers.html",
    "https://pkg.go.dev/cmd/go#hdr-Testing_flags",
    "https://docs.gradle.org/current/userguide/command_line_interface.html",
  ],
  unsafe: [
    {
      title: "tests are left out by name",
      before: ci("pytest tests/"),
      after: ci("pytest tests/ -k 'not checkout' # <- finding"),
    },
    {
      title: "the long ones are left out",
      before: ci("go test ./..."),
      after: ci("go test -short ./... # <- finding"),
    },
    {
      title: "no tests at all are good enough",
      before: ci("npx jest"),
      after: ci("npx jest --passWithNoTests # <- finding"),
    },
    {
      title: "the integration tests are left out of the list of packages",
      before: ci("go test ./..."),
      after: ci("go test $(go list ./... | grep -v integration) # <- finding"),
    },
    {
      title: "a folder of tests is left out",
      before: ci("npx vitest run"),
      after: ci("npx vitest run --exclude 'e2e/**' # <- finding"),
    },
    {
      title: "a module's tests are left out of the build",
      before: ci("./gradlew check"),
      after: ci("./gradlew check -x :orders:integrationTest # <- finding"),
    },
  ],
  safe: [
    {
      title: "they run in another step",
      before: ci("pytest tests/"),
      after: ci("pytest tests/ -k 'not slow'\n      - run: pytest tests/ -k slow"),
    },
    {
      title: "what is left out has a step of its own",
      before: ci("npx vitest run"),
      after: ci("npx vitest run --exclude 'e2e/**'\n      - run: npx vitest run e2e"),
    },
    {
      title: "what is left out was never this runner's work",
      before: ci("npx vitest run\n      - run: npx playwright test"),
      after: ci("npx vitest run --exclude 'e2e/**'\n      - run: npx playwright test"),
    },
    { title: "options that leave nothing out", before: ci("pytest"), after: ci("pytest -x -q --maxfail=3") },
    {
      title: "it was so before",
      before: ci("go test -short ./..."),
      after: ci("go test -short -race ./..."),
    },
    { title: "fewer are left out", before: ci("pytest -k 'not slow'"), after: ci("pytest") },
  ],

  run: (change) => {
    const pairs = [...pairEvidence(change)];
    const old = new Set(pairs.map(([, after]) => after));
    return pairs.flatMap(([before, after]) => {
      const { purpose } = after;
      const others = change.after.evidence.filter((item) => item !== after && isPresent(item));
      const instead = others.some((item) => item.purpose === purpose && !old.has(item));
      return isStage(purpose) && !instead ? problemOf(before, after, others) : [];
    });
  },
});

/** Options that leave tests out, by tool. */
const NARROWING: readonly { readonly tool: RegExp; readonly option: RegExp }[] = [
  { tool: /^(pytest|tox)$/, option: / (-k|-m) \S.*|--(deselect|ignore)[= ]\S+/ },
  { tool: /^go test$/, option: / -(short|run|skip)\b(?!=false)|grep -[^\Wv]*v\w*( -\S+)* [^\s|)]+/ },
  {
    tool: /^(jest|script)$/,
    option:
      / --(passWithNoTests|testPathIgnorePatterns|testNamePattern|onlyChanged|changedSince)\b| --(exclude|ignore)[= ]\S+/,
  },
  { tool: /^(jest|cypress|playwright)$/, option: / --(grep-invert|grep|invert|only-changed|spec)\b/ },
  { tool: /^(gradle|maven)$/, option: / (-x|--exclude-task) \S*[tT]est\S*|-Dtest=\S+|-DexcludedGroups=\S+/ },
  { tool: /^rspec$/, option: / --tag ~\S+/ },
  { tool: /^(browser tests|scenarios)$/, option: / --(grep|tags?|spec|name|exclude)[= ]\S+/ },
  { tool: /^phpunit$/, option: / --(exclude-group|filter|group)[= ]\S+/ },
  { tool: /^dotnet test$/, option: / --filter \S+/ },
  { tool: /^cargo test$/, option: / --skip \S+/ },
];

function problemOf(before: Evidence, after: Evidence, others: readonly Evidence[]): Problem[] {
  if (before.tool !== after.tool || before.text === after.text) return [];
  const rule = NARROWING.find(({ tool, option }) => tool.test(after.tool) && option.test(after.text));
  const option = rule?.option.exec(after.text)?.[0].trim();
  if (option === undefined || rule?.option.test(before.text)) return [];
  // Tests that are named after another stage run there: a unit runner is often kept from picking them up.
  const elsewhere = isAimed(after.text) && !isAimed(withoutExclusions(after.text));
  if (elsewhere && others.some(({ purpose }) => purpose === "acceptance")) return [];
  const { said, fix } = option === NO_TESTS ? EMPTY : LESS;
  const message = `The ${wordsOf(after.purpose)} of job ${after.job.id} now run with \`${option}\`: ${said}, and the job stays green.`;
  const key = `${after.purpose} ${after.tool}`;
  const subject = jobSubject(after.job, after.pipeline.path);
  return [{ subject, at: after.at, message, key, fix: `Remove \`${option}\`. ${fix}` }];
}

/** It leaves nothing out by itself: https://jestjs.io/docs/cli#--passwithnotests */
const NO_TESTS = "--passWithNoTests";
const EMPTY = {
  said: "a run that finds no tests passes, such as after a folder was renamed",
  fix: "Where a package has no tests yet, leave its run out instead.",
};
const LESS = {
  said: "some of the tests that ran until now no longer do",
  fix: "Mark a single broken test as skipped in its own file, with a date and a reason.",
};
