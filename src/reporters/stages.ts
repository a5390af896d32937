import {
  STAGES,
  type GateVerdict,
  type Report,
  type Stage,
  type StageCell,
  type StageDemand,
  type StageRow,
} from "../engine/types.ts";
import { count } from "./clean.ts";

/** How a stage stands before a deploy, in words with a symbol. */
export const GATE: Readonly<Record<GateVerdict, string>> = {
  required: "✓ gates",
  "required-external": "✓ required before the merge",
  skippable: "⚠ can be skipped",
  bypassable: "⚠ can be bypassed",
  "not-on-trigger": "⚠ misses a trigger",
  advisory: "⚠ cannot block",
  post: "⚠ after the deploy",
  unlinked: "⚠ not linked",
  capability: "○ by hand or schedule",
  unknown: "? cannot be read",
  absent: "✗ absent",
};

/** A required stage that does not gate a production deploy, or of which that cannot be told. */
export interface Gap {
  readonly row: StageRow;
  readonly cell: StageCell;
}

/** The cell of a stage; a stage of which nothing is said is absent. */
export function cellOf(row: StageRow, stage: Stage): StageCell {
  return (
    row.cells.find((cell) => cell.stage === stage) ?? {
      stage,
      verdict: "absent",
      reason: "no test of this stage was found",
    }
  );
}

/** What the policy demands of a stage before this deploy. */
export function demandOf(report: Pick<Report, "demands">, row: StageRow, stage: Stage): StageDemand {
  return (row.demands ?? report.demands)[stage];
}

/** What the policy demands of a stage, in a word or two, where the deploys shown share a column. */
export function demandWords(
  report: Pick<Report, "demands" | "upcoming">,
  rows: readonly StageRow[],
  stage: Stage,
): string {
  const demands = new Set(rows.map((row) => demandOf(report, row, stage)));
  const [only, another] = [...demands];
  const from = report.upcoming?.[stage];
  if (from !== undefined) return `advised, required from ${from}`;
  if (another === undefined) return only ?? report.demands[stage];
  const tiers = new Set(
    rows.flatMap((row) => (demandOf(report, row, stage) === "required" && row.tier ? [row.tier] : [])),
  );
  return `required for ${[...tiers].sort().join(", ")}`;
}

/** What the policy requires and the pipelines do not show, unreadable ones last. Staging and development may do without. */
export function gapsOf(report: Report): Gap[] {
  const rows = report.stages.filter(
    ({ environment }) => environment === "production" || environment === "unknown",
  );
  const gaps = rows.flatMap((row) =>
    STAGES.filter((stage) => demandOf(report, row, stage) === "required").map((stage) => ({
      row,
      cell: cellOf(row, stage),
    })),
  );
  const missing = gaps.filter(({ cell }) => !stands(cell));
  return [...missing.filter(isCertain), ...missing.filter((gap) => !isCertain(gap))];
}

/** Whether nothing is missing: the deploy cannot happen unless the stage passed, by the files or by a setting. */
export const stands = ({ verdict }: StageCell): boolean =>
  verdict === "required" || verdict === "required-external";

/** Whether something is missing for certain, and not only unread. */
export function isCertain({ cell }: Gap): boolean {
  return cell.verdict !== "unknown";
}

/** What is said where no production deploy was found. */
export function withoutDeploy({ scope }: Pick<Report, "scope">): string {
  if (scope.pipelines === 0) return "No pipeline was found.";
  return `No job that deploys to production was found in ${count(scope.pipelines, "pipeline")}. If there is one, name it in the policy under \`deploys\`.`;
}
