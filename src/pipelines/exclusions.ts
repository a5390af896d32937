/** One argument: a word, in quotes where it stands inside a substitution. */
const ARGUMENT = String.raw`(?:"[^"]*"|'[^']*'|[^\s|)]+)`;

/**
 * Arguments that name tests to leave out. The words of a command are joined by a space, so what was quoted no longer is.
 * https://jestjs.io/docs/cli, https://vitest.dev/guide/cli, https://docs.pytest.org/en/stable/reference/reference.html,
 * https://mochajs.org/, https://docs.gradle.org/current/userguide/command_line_interface.html,
 * https://maven.apache.org/surefire/maven-surefire-plugin/test-mojo.html, https://docs.phpunit.de/en/11.5/textui.html,
 * https://playwright.dev/docs/test-cli, https://pkg.go.dev/cmd/go#hdr-Testing_flags
 */
const EXCLUSIONS: readonly { readonly tool?: RegExp; readonly option: RegExp }[] = [
  // Jest takes all that follows, up to the next option.
  { option: new RegExp(String.raw` --\w+IgnorePatterns[= ]${ARGUMENT}(?: (?!-)${ARGUMENT})*`, "g") },
  {
    option: new RegExp(
      String.raw` --?(?:(?:ignore|exclude|deselect|skip)(?:-[a-z-]+)?|grep-invert|label-exclude|test-skip-pattern|not-tags?)(?:[= ]|:(?=\S))${ARGUMENT}`,
      "g",
    ),
  },
  { option: / --?(?:no|skip|without)-[\w-]+/g },
  { tool: /^(?:gradlew?|flutter|dart)\b/, option: / -x \S+/g },
  { tool: /^ctest\b/, option: / -L?E \S+/g },
  { tool: /^mocha\b.* (?:--invert|-i)\b/, option: / (?:-[gf]|--f?grep)[= ]\S+/g },
  // `not slow and not (e2e or smoke)` of pytest, `not test(e2e)` of nextest, `not @e2e` of Cucumber.
  { option: /\bnot (?:\w*\([^()]*\)|[^\s()]+)/g },
  // `-Dtest=!E2eTest,!SmokeTest`, `--filter=!e2e`, `Category!=E2E`, `--tag ~e2e`, `--test_tag_filters=-e2e`.
  { option: /(?<=[\s=,:])[!~]\S+/g },
  { option: /!(?:=|~)[^\s&|()]+/g },
  { option: / --test_tag_filters=-[^\s,]+(?:,-[^\s,]+)*/g },
  { option: /\(\?!(?:[^()]|\([^()]*\))*\)/g },
  // What a list of packages or files is cleared of: `$(go list ./... | grep -v e2e)`.
  {
    option: new RegExp(
      String.raw`\bgrep (?:-\S+ )*(?:-[^\Wv]*v\w*|--invert-match)(?: -\S+)* ${ARGUMENT}(?: -e ${ARGUMENT})*`,
      "g",
    ),
  },
];

const optionsOf = (text: string): RegExp[] =>
  EXCLUSIONS.flatMap(({ tool, option }) => (tool && !tool.test(text) ? [] : [option]));

/** A command without what it leaves out: `pytest --ignore=tests/e2e` runs no such tests. */
export const withoutExclusions = (text: string): string =>
  optionsOf(text).reduce((rest, option) => rest.replaceAll(option, " "), text);
