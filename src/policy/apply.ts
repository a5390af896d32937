import type { Finding, Policy, Severity, Tier } from "../engine/types.ts";
import { waiverFor } from "./waivers.ts";

/** What the policy makes of a finding that proves `proven` about a workload of this tier. */
export function severityFor(policy: Policy, check: string, tier: Tier, proven: Severity): Severity | "off" {
  const setting = policy.checks[check];
  if (!setting || (setting.tiers && !setting.tiers.includes(tier))) return proven;
  return setting.severity;
}

/** Gives findings the severities that the policy decided, drops what it switched off, and marks what it accepts. */
export function applyPolicy(findings: readonly Finding[], policy: Policy): Finding[] {
  return findings
    .flatMap((finding) => {
      const severity = severityFor(policy, finding.check, finding.tier, finding.severity);
      if (severity === "off") return [];
      const waiver = waiverFor(policy, finding.check, finding.subject);
      return [{ ...finding, severity, ...(waiver && { waiver }) }];
    })
    .sort(byWeight);
}

const STANDING = { introduced: 0, worsened: 0, existing: 1, fixed: 2 } as const;
const SEVERITY = { error: 0, warning: 1, notice: 2 } as const;

/** Severities may have changed, so the worst are sought again; the order among equals stays. */
function byWeight(a: Finding, b: Finding): number {
  return STANDING[a.standing] - STANDING[b.standing] || SEVERITY[a.severity] - SEVERITY[b.severity];
}
