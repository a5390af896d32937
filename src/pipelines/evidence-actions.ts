import type { Purpose } from "./evidence-table.ts";

type Arguments = Readonly<Record<string, string>>;

/** What an action is, by the name before its `@`. */
export interface ActionRule {
  readonly purpose: Purpose;
  readonly tool: string;
  readonly is: RegExp;
  readonly confidence: number;
  /** Arguments that make it something else. */
  readonly not?: (given: Arguments) => boolean;
  /** Why it cannot fail for what it finds; undefined where it can. */
  readonly blunt?: (given: Arguments) => string | undefined;
  /** The argument that lets it fail when it is true. */
  readonly failsWith?: string;
}

const unlessTrue =
  (argument: string, reason: string) =>
  (given: Arguments): string | undefined =>
    given[argument] === "true" ? undefined : reason;

/** Actions, orbs, pipes and tasks that test, by their names. */
export const ACTION_RULES: readonly ActionRule[] = [
  {
    purpose: "acceptance",
    tool: "cypress",
    is: /^cypress-io\/github-action$/,
    confidence: 0.85,
    not: (given) => given["runTests"] === "false" || given["component"] === "true",
  },
  { purpose: "acceptance", tool: "newman", is: /newman-action$|^matt-ball\/newman/, confidence: 0.85 },
  { purpose: "acceptance", tool: "schemathesis", is: /^schemathesis\/action$/, confidence: 0.85 },
  {
    purpose: "performance",
    tool: "k6",
    is: /^grafana\/(run-k6|k6)-action$/,
    confidence: 0.85,
    not: (given) => given["only-verify-scripts"] === "true",
  },
  {
    purpose: "performance",
    tool: "lighthouse",
    is: /^treosh\/lighthouse-ci-action$/,
    confidence: 0.85,
    blunt: (given) =>
      given["budgetPath"] === undefined && given["configPath"] === undefined
        ? "it has neither `budgetPath` nor `configPath`, so it measures and never fails"
        : undefined,
  },
  { purpose: "performance", tool: "artillery", is: /^artilleryio\/action-cli$/, confidence: 0.85 },
  { purpose: "performance", tool: "codspeed", is: /^codspeedhq\/action$/, confidence: 0.7 },
  {
    purpose: "performance",
    tool: "benchmark",
    is: /^benchmark-action\/github-action-benchmark$/,
    confidence: 0.85,
    // Default of `fail-on-alert`: https://github.com/benchmark-action/github-action-benchmark/blob/master/action.yml
    blunt: unlessTrue("fail-on-alert", "`fail-on-alert` is not true, so it never fails"),
    failsWith: "fail-on-alert",
  },
  {
    purpose: "stress",
    tool: "chaos",
    is: /^(litmuschaos\/github-chaos-actions|chaos-mesh\/chaos-mesh-action|steadybit\/\S*)$/,
    confidence: 0.9,
  },
  {
    purpose: "penetration",
    tool: "ZAP",
    is: /^zaproxy\/action-(full-scan|baseline|api-scan|af)$/,
    confidence: 0.85,
    // Default of `fail_action`: https://github.com/zaproxy/action-full-scan/blob/master/action.yml
    blunt: (given) =>
      /^(true|1)$/i.test(given["fail_action"] ?? "")
        ? undefined
        : "`fail_action` is not true, so it never fails",
    failsWith: "fail_action",
  },
  { purpose: "penetration", tool: "nuclei", is: /^projectdiscovery\/nuclei-action$/, confidence: 0.85 },
  { purpose: "penetration", tool: "StackHawk", is: /^stackhawk\/hawkscan-action$/, confidence: 0.9 },
  {
    purpose: "penetration",
    tool: "Burp",
    is: /^portswigger(-cloud)?\/(dastardly|\S*burp)\S*$/,
    confidence: 0.9,
  },
  { purpose: "acceptance", tool: "chart tests", is: /^helm\/chart-testing-run$/, confidence: 0.6 },
  {
    purpose: "security-scan",
    tool: "security scan",
    is: /^(aquasecurity\/(trivy|tfsec)-action|snyk\/actions|anchore\/scan-action|(returntocorp|semgrep)\/semgrep-action|gitleaks\/gitleaks-action|trufflesecurity\/trufflehog|bridgecrewio\/checkov-action|github\/codeql-action\/analyze|dependency-check\/dependency-check_action|actions\/dependency-review-action|google\/osv-scanner-action|veracode\/\S+|checkmarx\/\S+|securego\/gosec|golang\/govulncheck-action|pypa\/gh-action-pip-audit)/,
    confidence: 0.8,
  },
  {
    purpose: "lint",
    tool: "lint",
    is: /^(golangci\/golangci-lint-action|hadolint\/hadolint-action|pre-commit\/action|super-linter\/super-linter|github\/super-linter|reviewdog\/\S+|ibiqlik\/action-yamllint|stackrox\/kube-linter-action|azure\/k8s-lint|wagoid\/commitlint-github-action|ludeeus\/action-shellcheck)/,
    confidence: 0.8,
  },
];

/** A name says little: never enough to call a stage present, but enough not to call it absent. */
export const NAME_RULES: readonly { readonly purpose: Purpose; readonly is: RegExp }[] = [
  { purpose: "stress", is: /\b(stress|chaos|soak)[ _-]?tests?\b|\bchaos\b/i },
  { purpose: "performance", is: /\b(performance|load|perf)[ _-]?tests?\b|\blighthouse\b|\bbenchmarks?\b/i },
  { purpose: "penetration", is: /\b(pen(etration)?[ _-]?tests?|dast|zap)\b/i },
  { purpose: "rollback", is: /\b(rollback[ _-]?tests?|test[ _-]?rollback)\b/i },
  { purpose: "data-restore", is: /\b(restore[ _-]?tests?|test[ _-]?restore)\b/i },
  {
    purpose: "acceptance",
    is: /\b(e2e|end[ _-]to[ _-]end|acceptance|integration[ _-]?tests?|smoke[ _-]?tests?|functional[ _-]?tests?|cypress|playwright|ui[ _-]?tests?)\b/i,
  },
  { purpose: "unit", is: /\b(unit[ _-]?tests?|tests?|specs?)\b/i },
];

/** Here "test" is the name of an environment, or of an artefact, and not something that is run. */
export const NOT_A_TEST =
  /\b(deploys?|deployment|deploying|promote|release|publish|upgrade|rollout)[ _(-]*(to[ _-])?(the[ _-])?tests?\b|\btests?[ _-](deploys?|deployment|environment|env|namespace|cluster)\b|\b(upload|download|archive|publish|comment|notify|report|install|setup|set up|cache|build|prepare)\b/i;
