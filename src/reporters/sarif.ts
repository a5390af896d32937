import { byText } from "../engine/order.ts";
import type { Finding, Location, Note, Report, Severity, Standing } from "../engine/types.ts";
import { plain } from "./clean.ts";
import { worstFirst } from "./select.ts";

/** What SARIF says of a check. */
interface Rule {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
}

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

const LEVEL: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", notice: "note" };

/** SARIF 2.1.0, § 3.27.24: how a result relates to the earlier run. */
const BASELINE: Readonly<Record<Standing, string>> = {
  introduced: "new",
  worsened: "updated",
  existing: "unchanged",
  fixed: "absent",
};

/** The report as SARIF 2.1.0, with every check as a rule. The same report gives the same bytes. */
export function sarif(report: Report, checks: readonly Rule[]): string {
  const rules = checks.toSorted((a, b) => byText(a.id, b.id));
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "nines", rules: rules.map(ruleOf) } },
        invocations: [
          { executionSuccessful: isVerified(report), toolExecutionNotifications: report.notes.map(noteOf) },
        ],
        columnKind: "utf16CodeUnits",
        results: report.findings.toSorted(worstFirst).map((finding) => result(finding, rules)),
        properties: { base: report.base, head: report.head, verdicts: report.verdicts },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function isVerified({ verdicts }: Report): boolean {
  return Object.values(verdicts).every((verdict) => verdict !== "unverified");
}

function ruleOf({ id, title, why, fix }: Rule) {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: `${why} ${fix}`, markdown: `${why}\n\n**Fix:** ${fix}` },
  };
}

function noteOf({ path, line, message }: Note) {
  const location =
    path === ""
      ? {}
      : {
          locations: [
            { physicalLocation: { ...artifact(path), ...(line && { region: { startLine: line } }) } },
          ],
        };
  return { level: "warning", message: { text: messageText(message) }, ...location };
}

function result(finding: Finding, rules: readonly Rule[]) {
  const { check, severity, message, fix, at, subject, fingerprint, standing, suggestion, waiver } = finding;
  const ruleIndex = rules.findIndex(({ id }) => id === check);
  return {
    ruleId: check,
    ...(ruleIndex >= 0 && { ruleIndex }),
    level: LEVEL[severity],
    message: { text: messageText(`${message} Fix: ${fix}`) },
    locations: [
      {
        physicalLocation: { ...artifact(at.path), region: region(at) },
        logicalLocations: [{ name: subject.name, fullyQualifiedName: subject.ref, kind: "resource" }],
      },
    ],
    partialFingerprints: { "nines/v1": fingerprint },
    baselineState: BASELINE[standing],
    ...(waiver && { suppressions: [suppression(waiver)] }),
    ...(suggestion && { fixes: [replacement(suggestion, fix)] }),
    properties: { side: at.side, tier: finding.tier, environment: finding.environment, units: finding.units },
  };
}

/** SARIF reads `[text](target)` as a link even in plain text (§ 3.11.6): what a repository says must not become one. */
function messageText(text: string): string {
  return plain(text).replaceAll("](", "] (");
}

function suppression({ reason, by, until }: NonNullable<Finding["waiver"]>) {
  return {
    kind: "external",
    status: "accepted",
    justification: plain(`${reason} (accepted by ${by} until ${until})`),
  };
}

/** Whole lines are replaced: from the first column of the first to the last one's end, whose newline stays. */
function replacement({ path, line, endLine, text }: NonNullable<Finding["suggestion"]>, fix: string) {
  const deletedRegion = { startLine: line, endLine };
  return {
    description: { text: messageText(fix) },
    artifactChanges: [{ ...artifact(path), replacements: [{ deletedRegion, insertedContent: { text } }] }],
  };
}

/** Paths are relative to the repository's root; SARIF wants them as URI references. */
function artifact(path: string) {
  const uri = path
    .split("/")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");
  return { artifactLocation: { uri, uriBaseId: "%SRCROOT%" } };
}

function region({ line, column, endLine, endColumn }: Location) {
  return { startLine: line, startColumn: column, endLine, endColumn };
}
