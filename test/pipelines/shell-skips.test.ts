import { describe, expect, test } from "@jest/globals";
import { expectFound, weakened } from "./changes.ts";
import { DISPATCH, ship, SHIP, steps, unit } from "./rows.ts";
import { cellOf, deliveryOf, job, workflow } from "./trees.ts";

type Files = Readonly<Record<string, string>>;

const MAIN = "push: { branches: [main] }";
/** A workflow whose test job runs this script, and whose deploy needs the job. */
const running = (script: string, head = "", on = MAIN): Files =>
  workflow(`  test:\n    runs-on: x\n${head}    steps:\n      - run: |\n${indented(script)}${ship()}`, on);
const indented = (script: string): string =>
  script.replaceAll(/^(?=.)/gm, " ".repeat(10)).replace(/\n?$/, "\n");
const base = running("npm ci\ngo test ./...");
const circle = (command: string): Files => ({
  ".circleci/config.yml": `version: 2.1
parameters: { fast: { type: boolean, default: false } }
jobs:
  test: { docker: [], steps: [{ run: '${command}' }] }
  deploy-production: { docker: [], steps: [{ run: '${SHIP}' }] }
workflows: { release: { jobs: [test, { deploy-production: { requires: [test] } }] } }
`,
});
const azure = (command: string): Files => ({
  "azure-pipelines.yml": `trigger: [main]
stages:
- stage: Test
  jobs: [{ job: unit, steps: [{ bash: '${command}' }] }]
- stage: Production
  jobs: [{ job: production, steps: [{ script: '${SHIP}' }] }]
`,
});
const verdictOf = (files: Files) => cellOf(deliveryOf(files), "unit")?.verdict;

describe("a test that its script may pass by", () => {
  test.each([
    [
      "an if",
      'if [ "$SKIP_TESTS" != "true" ]; then # <- here\n  go test ./...\nfi',
      /only if `\[ \$SKIP_TESTS != true \]`.*variable/,
    ],
    ["an alternative", '[ -n "$SKIP" ] || go test ./... # <- here', /unless `\[ -n \$SKIP \]`/],
    [
      "an exit before",
      "[[ $SKIP == 1 ]] && exit 0 # <- here\ngo test ./...",
      /unless `\[\[ \$SKIP == 1 \]\]`/,
    ],
    [
      "an exit in an if",
      'if [ -n "$SKIP" ]; then # <- here\n  echo skipped\n  exit 0\nfi\ngo test ./...',
      /unless/,
    ],
    [
      "an exit in a group",
      'test "$SKIP" = 1 && { echo skipped; exit 0; } # <- here\ngo test ./...',
      /unless/,
    ],
    ["a condition that is not the last", '[ "$SKIP" != 1 ] && go test ./... # <- here\necho done', /only if/],
    [
      "a case",
      'case "$SKIP" in # <- here\n  true|1) echo skipped ;;\n  *) go test ./... ;;\nesac',
      /only if/,
    ],
    ["a default", 'if [ "${SKIP:-false}" = false ]; then go test ./...; fi # <- here', /only if/],
    [
      "a value of its own",
      "SKIP=${SKIP_TESTS:-no}\nif [ $SKIP = no ]; then go test ./...; fi # <- here",
      /only if/,
    ],
    ["a variable as a command", "if ! $SKIP; then go test ./...; fi # <- here", /only if/],
    ["both of two", 'if [ -f go.mod ] && [ -z "$SKIP" ]; then go test ./...; fi # <- here', /only if/],
    [
      "an opt-in",
      'if [ "$RUN_TESTS" = true ]; then # <- here\n  go test ./...\nfi',
      /only if.*can be skipped/,
    ],
    ["an else", 'if [ "$SKIP" = 1 ]; then # <- here\n  echo skipped\nelse\n  go test ./...\nfi', /unless/],
  ])("%s", (_, script, words) => {
    expectFound(base, running(`npm ci\n${script}`), words);
  });

  test("an input decides in the script", () => {
    const script = 'if [ "${{ inputs.skip-tests }}" != "true" ]; then # <- here\n  go test ./...\nfi';
    expectFound(running("go test ./...", "", DISPATCH), running(script, "", DISPATCH), /only if.*bypass it/);
  });

  test("an input decides through the environment", () => {
    const head = "    env:\n      SKIP: ${{ inputs.skip-tests }}\n";
    const script = 'if [ "$SKIP" != "true" ]; then # <- here\n  go test ./...\nfi';
    expectFound(running("go test ./...", head, DISPATCH), running(script, head, DISPATCH), /bypass it/);
  });

  test("what every CI system sets passes it by in each run", () => {
    const skipped = '[ -n "$CI" ] && exit 0 # <- here\ngo test ./...';
    expectFound(base, running(skipped), /unless `\[ -n \$CI \]`.*does not run on this event/);
    expect(weakened(base, running('if [ -n "$CI" ]; then go test ./...; fi'))).toEqual([]);
    expect(weakened(base, running(`CI=$(./ask.sh)\n${skipped}`))).toEqual([]);
  });

  test("on the event that deploys it does not run at all", () => {
    const on = `${MAIN}\n  pull_request: {}`;
    const script = 'if [ "$GITHUB_EVENT_NAME" = pull_request ]; then # <- here\n  go test ./...\nfi';
    expectFound(running("go test ./...", "", on), running(script, "", on), /does not run on this event/);
    const fenced = script.replace("$GITHUB_EVENT_NAME", "${{ github.event_name }}");
    expectFound(running("go test ./...", "", on), running(fenced, "", on), /does not run on this event/);
  });

  test("the message decides", () => {
    const script =
      '[[ "${{ github.event.head_commit.message }}" == *"[skip tests]"* ]] && exit 0 # <- here\ngo test ./...';
    expectFound(base, running(script), /bypass it/);
  });
});

describe("a script that does not pass the tests by", () => {
  test.each([
    ["a file is asked for", "if [ -f package.json ]; then go test ./...; fi"],
    ["a file is asked for first", "[ -d tests ] || exit 0\ngo test ./..."],
    ["a program is asked for", "if command -v go >/dev/null; then go test ./...; fi"],
    [
      "the files that changed are asked for",
      "if git diff --name-only HEAD~1 | grep -q '\\.go$'; then go test ./...; fi",
    ],
    ["the test is the condition", "if go test ./...; then echo ok; else exit 1; fi"],
    ["it is repeated", "for i in 1 2 3; do go test ./... && exit 0; done\nexit 1"],
    [
      "it is repeated, and the last time counts",
      "n=0\nuntil [ $n -ge 3 ]; do go test ./... && break; n=$((n+1)); done\n[ $n -lt 3 ]",
    ],
    ["both ways test", 'if [ -n "$DEBUG" ]; then go test -v ./...; else go test ./...; fi'],
    ["both ways test, in one line", '[ -n "$DEBUG" ] && go test -v ./... || go test ./...'],
    [
      "both ways test, one of them and ends",
      'if [ -n "$DEBUG" ]; then go test -v ./...; exit 0; fi\ngo test ./...',
    ],
    ["all cases test", 'case "$MODE" in race) go test -race ./... ;; *) go test ./... ;; esac'],
    ["the other way fails", 'if [ -n "$DATABASE_URL" ]; then go test ./...; else echo missing; exit 1; fi'],
    [
      "what is missing fails before",
      'if [ -z "$DATABASE_URL" ]; then echo missing; exit 1; fi\ngo test ./...',
    ],
    [
      "what is missing fails before, in one line",
      '[ -n "$DATABASE_URL" ] || { echo missing; exit 1; }\ngo test ./...',
    ],
    ["to leave it out fails", '[ "$SKIP" != 1 ] && go test ./...'],
    [
      "the value is computed",
      'CHANGED=$(git diff --name-only)\nif [ -n "$CHANGED" ]; then go test ./...; fi',
    ],
    [
      "the value is computed by a loop",
      'SKIP=0\nfor a in "$@"; do [ "$a" = --fast ] && SKIP=1; done\nif [ $SKIP = 0 ]; then go test ./...; fi',
    ],
    ["the value is the script's own", 'SKIP=false\nif [ "$SKIP" != true ]; then go test ./...; fi'],
    ["the machine is asked for", 'if [ "`uname`" = Linux ]; then go test ./...; fi'],
    ["the runner is asked for", 'if [ "$RUNNER_OS" = Linux ]; then go test ./...; fi'],
    ["an argument is asked for", 'if [ "$1" != --fast ]; then go test ./...; fi'],
    ["the branch is the one that deploys", 'if [ "$GITHUB_REF" = refs/heads/main ]; then go test ./...; fi'],
    ["the branch is another", '[ "$GITHUB_REF_NAME" = docs ] && exit 0\ngo test ./...'],
    ["something else is passed by", 'if [ "$SKIP_LINT" != true ]; then go vet ./...; fi\ngo test ./...'],
    ["a function that nobody skips", "suite() {\n  [ -d x ] || return 0\n  go test ./...\n}\nsuite"],
    ["a shell of its own ends", '( [ "$SKIP_SEED" = 1 ] && exit 0; ./seed )\ngo test ./...'],
  ])("%s", (_, script) => {
    expect(weakened(base, running(`npm ci\n${script}`))).toEqual([]);
  });

  test("the variable is given by the workflow, and lets the tests run", () => {
    const head = "    env: { SKIP_TESTS: 'false' }\n";
    const script = 'if [ "$SKIP_TESTS" != true ]; then go test ./...; fi';
    expect(weakened(running("go test ./...", head), running(script, head))).toEqual([]);
  });

  test("a step before set the variable", () => {
    const set = 'echo "E2E=true" >> "$GITHUB_ENV"';
    const script = '[ "$E2E" = true ] && go test ./...\necho done';
    const files = (test: string): Files =>
      workflow(steps("test", [`run: '${set}'`, `run: |\n${indented(test)}`]) + ship());
    expect(weakened(files("go test ./..."), files(script))).toEqual([]);
  });

  test("what passes the tests by passes the deploy by", () => {
    const one = (script: string): Files =>
      workflow(`  deploy-production:\n    runs-on: x\n    steps:\n      - run: |\n${indented(script)}`);
    const before = one(`go test ./...\n${SHIP}`);
    expect(weakened(before, one(`[ -n "$SKIP" ] && exit 0\ngo test ./...\n${SHIP}`))).toEqual([]);
    expect(weakened(before, one(`if [ "$GO" = yes ]; then\n  go test ./...\n  ${SHIP}\nfi`))).toEqual([]);
    expect(
      weakened(
        before,
        one(`if [ "$GO" = yes ]; then go test ./...; fi\nif [ "$GO" = yes ]; then ${SHIP}; fi`),
      ),
    ).toEqual([]);
    expect(weakened(before, one(`if [ "$GO" = yes ]; then go test ./...; fi\n${SHIP}`))).toHaveLength(1);
  });
});

describe("scripts of the repository", () => {
  const packaged = (script: string): Files => ({
    ...workflow(job("test", "npm test") + ship()),
    "package.json": `{\n  "scripts": {\n    "test": ${JSON.stringify(script)}\n  }\n}\n`,
  });

  test("a script of package.json gains a skip", () => {
    expect(weakened(packaged("jest"), packaged('[ -n "$SKIP_TESTS" ] || jest'))).toEqual([
      expect.stringMatching(/^package.json:3 Job test now runs `jest` unless `\[ -n \$SKIP_TESTS \]`/),
    ]);
    expect(weakened(packaged("jest"), packaged("vitest run"))).toEqual([]);
  });

  test("a shell script gains a skip", () => {
    const shell = (text: string): Files => ({
      ...workflow(job("test", "./ci/test.sh") + ship()),
      "ci/test.sh": text,
    });
    expect(
      weakened(
        shell("set -e\ngo test ./...\n"),
        shell('set -e\n\n[ "$FAST" = 1 ] && exit 0\ngo test ./...\n'),
      ),
    ).toEqual([
      expect.stringMatching(/^ci\/test.sh:3 Job test now runs `go test .\/...` unless `\[ \$FAST = 1 \]`/),
    ]);
  });

  const made = (recipe: string, top = ""): Files => ({
    ...workflow(job("test", "make test") + ship()),
    Makefile: `${top}test:\n${recipe}`,
  });
  test.each([
    ["a shell's condition", '\t@if [ "$(SKIP_TESTS)" != "true" ]; then go test ./...; fi\n', "", 1],
    ["make's own condition", "ifneq ($(SKIP_TESTS),true)\n\tgo test ./...\nendif\n", "", 1],
    ["a default", "ifneq ($(SKIP_TESTS),true)\n\tgo test ./...\nendif\n", "SKIP_TESTS ?= false\n", 1],
    ["a value", "ifneq ($(SKIP_TESTS),true)\n\tgo test ./...\nendif\n", "SKIP_TESTS := false\n", 0],
    ["a line that ends only its own shell", '\t[ -n "$$SKIP" ] && exit 0 || true\n\tgo test ./...\n', "", 0],
    ["both ways test", "ifdef RACE\n\tgo test -race ./...\nelse\n\tgo test ./...\nendif\n", "", 0],
  ])("a recipe of a Makefile: %s", (_, recipe, top, count) => {
    expect(weakened(made("\tgo test ./...\n"), made(recipe, top))).toHaveLength(count);
  });
});

describe("other systems", () => {
  const gitlab = (script: readonly string[], variables = ""): Files => ({
    ".gitlab-ci.yml": `${variables}stages: [test, deploy]
test:
  stage: test
  script:
${script.map((line) => `    - ${line}\n`).join("")}deploy-production:
  stage: deploy
  script: [helm upgrade --install shop ./chart -n production]
`,
  });
  const gated = gitlab(["npm ci", "npm test"]);

  test("an entry of a list ends the shell of those after it", () => {
    const after = gitlab(["npm ci", 'if [ -n "$SKIP" ]; then exit 0; fi # <- here', "npm test"]);
    expectFound(gated, after, /unless `\[ -n \$SKIP \]`/);
  });

  test("a variable of the pipeline", () => {
    const script = ["npm ci", `'[ "$SKIP" = "1" ] || npm test'`];
    expect(weakened(gated, gitlab(script, "variables: { SKIP: '0' }\n"))).toHaveLength(1);
    const branch = ["npm ci", `'[ "$CI_COMMIT_BRANCH" = docs ] || npm test'`];
    expect(weakened(gated, gitlab(branch))).toEqual([]);
  });
});

test.each<[string, string, Files]>([
  ["CircleCI", '[ "<< pipeline.parameters.fast >>" = true ] || npx jest', circle("npx jest")],
  ["Azure Pipelines", '[ "$(fast)" = true ] || npx jest', azure("npx jest")],
])("what %s puts into a script is an input", (_, script, before) => {
  const after = Object.fromEntries(
    Object.entries(before).map(([path, text]) => [path, text.replace("npx jest", () => script)]),
  );
  expect(weakened(before, after)).toEqual([expect.stringMatching(/lets the deploy bypass it/)]);
});

test("the checklist tells that a test can be passed by", () => {
  expect(verdictOf(base)).toBe("required");
  expect(verdictOf(running('[ -n "$SKIP" ] || go test ./...'))).toBe("bypassable");
  expect(verdictOf(running('[ "$RUN" = yes ] && go test ./...\necho done'))).toBe("skippable");
  expect(verdictOf(workflow(unit() + ship()))).toBe("required");
});
