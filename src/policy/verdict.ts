import {
  STAGES,
  type CheckRunName,
  type Finding,
  type Note,
  type Pillar,
  type Policy,
  type Stage,
  type StageRow,
  type Verdict,
} from "../engine/types.ts";
import { strictestDemands } from "./demands.ts";

/** The check run to which findings of a pillar belong. */
function runOf(pillar: Pillar): CheckRunName {
  return pillar === "testing" ? "test-stages" : "zero-downtime";
}

/** Pass, warn or fail, for each check run, out of everything that was found. */
export function verdicts(
  findings: readonly Finding[],
  rows: readonly StageRow[],
  policy: Policy,
  notes: readonly Note[],
): Record<CheckRunName, Verdict> {
  const stages = worst([ofFindings(findings, "test-stages"), ofStages(rows, policy, notes)]);
  return { "zero-downtime": ofFindings(findings, "zero-downtime"), "test-stages": stages };
}

/** Only what this change introduces or worsens, and nobody accepted, counts. */
function ofFindings(findings: readonly Finding[], run: CheckRunName): Verdict {
  const severities = findings
    .filter(({ pillar, standing, waiver }) => runOf(pillar) === run && !waiver && isNew(standing))
    .map(({ severity }) => severity);
  if (severities.includes("error")) return "fail";
  return severities.includes("warning") ? "warn" : "pass";
}

function isNew(standing: Finding["standing"]): boolean {
  return standing === "introduced" || standing === "worsened";
}

/**
 * Every stage that the policy requires must gate every production deploy. Where something on the way cannot be read,
 * that is said and does not block: a required check must not fail over what nines cannot know.
 */
function ofStages(rows: readonly StageRow[], policy: Policy, notes: readonly Note[]): Verdict {
  const demands = strictestDemands(policy);
  const required = STAGES.filter((stage) => demands[stage] === "required");
  if (required.length === 0) return "pass";
  // A pipeline that could not be read may hide a deploy.
  if (rows.length === 0)
    return notes.some(({ run, path }) => run === "test-stages" && path !== "") ? "warn" : "pass";
  return worst(rows.flatMap((row) => required.map((stage) => ofCell(row, stage))));
}

function ofCell(row: StageRow, stage: Stage): Verdict {
  if (row.demands && row.demands[stage] !== "required") return "pass";
  if (row.environment === "staging" || row.environment === "development") return "pass";
  const verdict = row.cells.find((cell) => cell.stage === stage)?.verdict ?? "absent";
  if (verdict === "required" || verdict === "required-external") return "pass";
  return verdict === "unknown" ? "warn" : "fail";
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.includes("warn") ? "warn" : "pass";
}
