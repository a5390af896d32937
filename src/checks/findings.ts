import { fingerprint } from "../engine/fingerprint.ts";
import { byText, SEVERITY_ORDER, STANDING_ORDER } from "../engine/order.ts";
import type { Environment, Finding, Policy, Severity, Subject, Tier, Waiver } from "../engine/types.ts";
import { listText } from "../engine/words.ts";
import type { RawFinding } from "./standing.ts";

type TierOf = (policy: Policy, subject: Subject, place: { unit: string; environment: Environment }) => Tier;
type WaiverFor = (policy: Policy, check: string, subject: Subject) => Waiver | undefined;

/** What the policy has to say of a finding before those that are the same become one. */
interface Decisions {
  readonly tierOf: TierOf;
  readonly waiverFor: WaiverFor;
}

const TIER: Record<Tier, number> = { critical: 0, standard: 1, "best-effort": 2 };

/** Gives raw findings their tier and severity, makes one of what stands in many units, and sorts: worst and newest first. */
export function findingsOf(
  raw: readonly RawFinding[],
  policy: Policy,
  { tierOf, waiverFor }: Decisions,
): Finding[] {
  const findings = raw.map((item) => ({ ...item, finding: findingOf(item, policy, tierOf) }));
  const groups = Map.groupBy(findings, ({ finding, names }) =>
    sameEverywhere(finding, names, waiverFor(policy, finding.check, finding.subject) !== undefined),
  );
  return [...groups.values()]
    .map((group) => together(group.map(({ finding }) => finding)))
    .sort(compareFindings);
}

function findingOf(
  { check, problem, standing, unit, environment, ...rest }: RawFinding,
  policy: Policy,
  tierOf: TierOf,
) {
  const tier = tierOf(policy, problem.subject, { unit, environment });
  const finding: Finding = {
    check: check.id,
    title: check.title,
    pillar: check.pillar,
    severity: least(check.severity[tier], problem.atMost ?? "error"),
    tier,
    standing,
    subject: subjectOf(problem.subject),
    units: unit === "" ? [] : [unit],
    environment,
    at: problem.at,
    message: problem.message,
    fix: problem.fix ?? check.fix,
    fingerprint: rest.fingerprint,
    ...(problem.was && { was: problem.was }),
    ...(problem.suggestion && { suggestion: problem.suggestion }),
  };
  return finding;
}

/** A manifest is a subject too; the report keeps only what tells it apart. */
function subjectOf({ ref, kind, namespace, name, labels }: Subject): Subject {
  return { ref, kind, namespace, name, labels };
}

function least(a: Severity, b: Severity): Severity {
  return SEVERITY_ORDER[a] > SEVERITY_ORDER[b] ? a : b;
}

/**
 * One base, five overlays, or five folders with the same edit: the same words about the same object are one finding, as
 * bad as where it is worst. Namespaces differ from environment to environment, and names from release to release of one
 * chart: both make no other words.
 */
function sameEverywhere(
  { check, standing, subject, message }: Finding,
  releases: readonly string[],
  isWaived: boolean,
): string {
  const { namespace } = subject;
  const words = namespace === "" ? message : message.replaceAll(`/${namespace}/`, "/");
  const plain = (text: string) => releases.reduce((left, name) => left.replaceAll(name, "\0"), text);
  return JSON.stringify([check, standing, subject.kind, plain(subject.name), plain(words), isWaived]);
}

function together(group: readonly Finding[]): Finding {
  const sorted = [...group].sort(
    (a, b) =>
      SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
      TIER[a.tier] - TIER[b.tier] ||
      byText(a.units.join(), b.units.join()),
  );
  const [first, ...others] = sorted;
  if (!first) throw new Error("a group of findings has at least one");
  if (others.length === 0) return first;
  const refs = new Set(sorted.map(({ subject }) => subject.ref));
  refs.delete(first.subject.ref);
  const more = refs.size === 0 ? "" : ` The same is so for ${listText([...refs], 5)}.`;
  return {
    ...first,
    units: [...new Set(group.flatMap((finding) => finding.units))].sort(),
    message: first.message + more,
    fingerprint: fingerprint(...[...new Set(group.map((one) => one.fingerprint))].sort()),
  };
}

function compareFindings(a: Finding, b: Finding): number {
  return (
    STANDING_ORDER[a.standing] - STANDING_ORDER[b.standing] ||
    SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
    byText(a.at.path, b.at.path) ||
    a.at.line - b.at.line ||
    byText(a.check, b.check) ||
    byText(a.fingerprint, b.fingerprint)
  );
}
