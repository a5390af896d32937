import type { Stage } from "../engine/types.ts";
import { WRAPPERS } from "./evidence-wrappers.ts";
import { withoutExclusions } from "./exclusions.ts";

/** What a step is for: one of the seven stages, or a check that is none of them, or a deploy that is a rehearsal. */
export type Purpose = Stage | "security-scan" | "lint" | "staging";

/** What a command is, by its text (wrappers taken off). First match wins, so the more special rule stands first. */
export interface CommandRule {
  readonly purpose: Purpose;
  readonly tool: string;
  readonly is: RegExp;
  /** What looks alike and is something else. */
  readonly not?: RegExp;
  /** It goes by what the tests are called: words of what is left out say nothing. */
  readonly byName?: boolean;
  /** How sure; from 0.6 a stage counts as present, below it only as "perhaps". */
  readonly confidence: number;
  /** Why the tool cannot fail for what it measures; undefined where it can. */
  readonly blunt?: (text: string) => string | undefined;
}

/** Arguments that aim a general test runner at a running system, or at a suite that does. */
const AIMED =
  /https?:\/\/|--[a-z-]*url[= ]|(^|[^a-z])(e2e|smoke|acceptance|functional|integration|uat|end-to-end|system-?tests?)([^a-z]|$)|-Dit\.test|failsafe:/i;
/** Whether a command names tests that speak for more than units. */
export const isAimed = (text: string): boolean => AIMED.test(text);

/** Asking a runner for something other than a run. */
const NO_RUN = / (--collect-only|--version|--help|-h|--list|--listTests|--showConfig|--init)\b/;

const RUNNERS: readonly (readonly [tool: string, is: RegExp, confidence: number])[] = [
  ["go test", /^(go test|gotestsum|ginkgo)\b(?!.* -bench)/, 0.8],
  ["cargo test", /^cargo (\+\S+ )?(test|nextest run|llvm-cov)\b/, 0.8],
  ["pytest", /^(pytest|py\.test)\b/, 0.8],
  [
    "tox",
    /^(tox|nox|unittest|django-admin test|manage\.py test)\b|^(python3? )?(\.\/)?manage\.py test\b/,
    0.8,
  ],
  ["rspec", /^(rspec|rake (test|spec)|rails (test|spec)|rake$)\b/, 0.8],
  ["phpunit", /^(phpunit|pest|paratest|(php )?artisan test|composer (run(-script)? )?test)\b/, 0.8],
  ["dotnet test", /^dotnet (test|vstest)\b/, 0.8],
  [
    "jest",
    /^(jest|vitest|mocha|ava|jasmine|tap|karma start|node --test|bun test|deno test|ng test|react-scripts test|vue-cli-service test:unit|c8|nyc)\b/,
    0.8,
  ],
  ["ctest", /^(ctest|bazel(isk)? test|swift test|xcodebuild .*\btest|prove)\b/, 0.8],
  [
    "sbt test",
    /^(sbt .*\btest|mix test|flutter test|dart test|lein test|stack test|cabal (v2-)?test)\b/,
    0.8,
  ],
  ["nx test", /^(nx|turbo|lerna) (.* )?(--targets?[= ])?test\b/, 0.7],
  ["bats", /^bats\b/, 0.7],
];

const BUILDS: readonly CommandRule[] = [
  {
    purpose: "acceptance",
    tool: "gradle",
    is: /^(gradle|gradlew)\b.* :?(\S+:)?(integrationTest|e2eTest|functionalTest|acceptanceTest|smokeTest|uiTest|endToEndTest|cucumber)\b/i,
    byName: true,
    confidence: 0.8,
  },
  {
    purpose: "unit",
    tool: "gradle",
    is: /^(gradle|gradlew)\b.* :?(\S+:)?(test|check|build|verify|jacocoTestReport|koverVerify)\b/,
    not: / (-x|--exclude-task) :?(\S+:)?(test|check)\b|-DskipTests/,
    confidence: 0.7,
  },
  {
    purpose: "acceptance",
    tool: "maven",
    is: /^(mvn|mvnw)\b.*(failsafe:integration-test|-Dit\.test|-P\s?\S*(integration|e2e|acceptance))/,
    not: /-DskipITs|-DskipTests(?!=false)|-Dmaven\.test\.skip(?!=false)/,
    byName: true,
    confidence: 0.7,
  },
  {
    purpose: "unit",
    tool: "maven",
    is: /^(mvn|mvnw)\b.* (test|verify|install|package|deploy)\b/,
    not: /-DskipTests(?!=false)|-Dmaven\.test\.skip(?!=false)/,
    confidence: 0.7,
  },
];

const runners = (purpose: Purpose, aimed: boolean): CommandRule[] =>
  RUNNERS.map(([tool, is, confidence]) => ({
    purpose,
    tool,
    is: aimed ? new RegExp(`(?=${is.source})(?=.*(?:${AIMED.source}))`, "i") : is,
    not: NO_RUN,
    byName: aimed,
    confidence,
  }));

const ACCEPTANCE: readonly CommandRule[] = [
  { purpose: "acceptance", tool: "cypress", is: /^cypress run\b/, not: /--component\b/, confidence: 0.85 },
  { purpose: "acceptance", tool: "playwright", is: /^playwright test\b/, not: / --list\b/, confidence: 0.85 },
  {
    purpose: "acceptance",
    tool: "browser tests",
    is: /^(wdio|nightwatch|testcafe|codeceptjs run|protractor|detox test|maestro test)\b/,
    confidence: 0.85,
  },
  {
    purpose: "acceptance",
    tool: "scenarios",
    is: /^(cucumber(-js)?|behave|robot|behat|karate|gauge run|tavern-ci|hurl .*--test|hurl --test)\b/,
    confidence: 0.85,
  },
  { purpose: "acceptance", tool: "newman", is: /^newman run\b/, confidence: 0.85 },
  { purpose: "acceptance", tool: "API contract", is: /^(schemathesis run|st run|dredd)\b/, confidence: 0.85 },
  {
    purpose: "acceptance",
    tool: "cluster tests",
    is: /^(helm test|ct install|ct lint-and-install|chainsaw test|(kubectl )?kuttl test|sonobuoy run)\b/,
    confidence: 0.85,
  },
];

/** Contracts between services: whether what others expect still holds. */
const CONTRACTS: readonly CommandRule[] = [
  {
    purpose: "acceptance",
    tool: "contract tests",
    is: /^(gradlew?|mvnw?)\b.*[ :]pact(:verify|\w*(Test|Verify)\w*)|^pact(-provider-verifier|_verifier_cli| broker can-i-deploy|-broker can-i-deploy)\b|^rake pact:verify\b/,
    confidence: 0.8,
  },
];

const slow = (): string => "it reports slowness and does not fail on it";
const PERFORMANCE: readonly CommandRule[] = [
  { purpose: "performance", tool: "k6", is: /^k6 run\b/, confidence: 0.85 },
  {
    purpose: "performance",
    tool: "gatling",
    is: /^(gatling\S*|gradlew? .*gatlingRun|mvnw? .*gatling:test)\b/,
    confidence: 0.85,
  },
  { purpose: "performance", tool: "jmeter", is: /^jmeter\b.* -[a-z]*n/, confidence: 0.85 },
  { purpose: "performance", tool: "locust", is: /^locust\b.*--headless/, confidence: 0.85 },
  { purpose: "performance", tool: "artillery", is: /^artillery run\b/, confidence: 0.85 },
  { purpose: "performance", tool: "lighthouse", is: /^lhci (autorun|assert)\b/, confidence: 0.85 },
  {
    purpose: "performance",
    tool: "load generator",
    is: /^(wrk2?|vegeta attack|hey|ab|bombardier|fortio load|oha|siege|autocannon|ghz|pgbench) /,
    confidence: 0.85,
    blunt: slow,
  },
  {
    purpose: "performance",
    tool: "benchmark",
    is: /^(cargo bench|go test\b.* -bench|hyperfine)\b/,
    confidence: 0.4,
  },
];

const STRESS: readonly CommandRule[] = [
  {
    purpose: "stress",
    tool: "chaos",
    is: /^(stress-ng|litmusctl run|chaos run|gremlin attack|pumba|chaosd attack|blade create|toxiproxy-cli toxic|steadybit|aws fis start-experiment|krkn\S*)\b/,
    confidence: 0.9,
  },
  { purpose: "stress", tool: "chaos", is: /^kubectl (apply|create)\b.*chaos/i, confidence: 0.8 },
  {
    purpose: "stress",
    tool: "load to the limit",
    is: /^(k6 run|gatling|locust|artillery run)\b.*(stress|spike|soak|breakpoint)/i,
    confidence: 0.8,
  },
];

const RESTORE: readonly CommandRule[] = [
  {
    purpose: "data-restore",
    tool: "restore",
    is: /^(velero (create restore|restore create)|pg_restore|restic .*\brestore|wal-g .*backup-fetch|pgbackrest .*\brestore|barman recover|mongorestore|xtrabackup .*--copy-back|mariabackup .*--copy-back|etcdctl .*snapshot restore|etcdutl snapshot restore|clickhouse-backup restore|k8up restore|kanctl .*restore|aws rds restore-db-\S+|gcloud sql backups restore|mysqlsh .*loadDump)\b/,
    not: / (--list|-l|--help|--version)\b/,
    confidence: 0.85,
  },
];

const PENETRATION: readonly CommandRule[] = [
  {
    purpose: "penetration",
    tool: "ZAP",
    is: /^zap-(full-scan|api-scan|baseline)\.py\b|^zap\.sh .*-cmd/,
    confidence: 0.8,
    // Every rule warns unless a rules file says FAIL: https://www.zaproxy.org/docs/docker/baseline-scan/
    blunt: (text) =>
      / -I( |$)/.test(text) && !/ -[cu] /.test(text)
        ? "`-I` passes over warnings, and without a rules file all that it finds are warnings"
        : undefined,
  },
  {
    purpose: "penetration",
    tool: "attack tool",
    is: /^(nuclei|hawk scan|sqlmap(\.py)?|nikto(\.pl)?|wapiti|msfconsole|kube-hunter|(\.\/)?testssl\.sh|dastardly|arachni|dalfox|ffuf) /,
    not: / (-update-templates|--version|-version|--help)\b/,
    confidence: 0.8,
  },
];

const AUXILIARY: readonly CommandRule[] = [
  {
    purpose: "security-scan",
    tool: "security scan",
    is: /^(trivy|grype|snyk (test|iac|container|code)|brakeman|bandit|semgrep|checkov|gosec|npm audit|yarn (npm )?audit|pnpm audit|pip-audit|safety (check|scan)|bundler?-audit|bundle audit|cargo (audit|deny)|govulncheck|osv-scanner|gitleaks|trufflehog|tfsec|terrascan|kics|dependency-check(\.sh)?|kubesec|kube-bench|detect-secrets|codeql)\b/,
    not: / (--version|--help)\b/,
    confidence: 0.8,
  },
  {
    purpose: "lint",
    tool: "lint",
    is: /^(eslint|yamllint|kubeconform|kubeval|hadolint|golangci-lint run|ruff (check)?|flake8|mypy|pylint|tsc|helm lint|ct lint|prettier .*--check|rubocop|shellcheck|terraform (validate|fmt)|actionlint|conftest|kube-linter|kube-score|polaris|pre-commit run|stylelint|ktlint|detekt|cargo (clippy|fmt)|go vet|markdownlint\S*|black --check|isort .*--check|pluto|datree|opa test|promtool|amtool)\b/,
    not: / (--version|--help)\b/,
    confidence: 0.8,
  },
];

const COMMAND_RULES: readonly CommandRule[] = [
  ...STRESS,
  ...RESTORE,
  ...PENETRATION,
  ...PERFORMANCE,
  ...CONTRACTS,
  ...ACCEPTANCE,
  ...BUILDS,
  ...runners("acceptance", true),
  { purpose: "unit", tool: "helm unittest", is: /^helm unittest\b/, confidence: 0.6 },
  ...runners("unit", false),
  ...AUXILIARY,
  ...WRAPPERS,
];

/** What a command is: the first rule that fits. */
export function commandRule(text: string): CommandRule | undefined {
  const named = withoutExclusions(text);
  return COMMAND_RULES.find(({ is, not, byName }) => {
    const seen = byName ? named : text;
    return is.test(seen) && !(not?.test(seen) ?? false);
  });
}
