import { STAGES, type CheckRunName, type Finding, type Report, type Severity } from "../engine/types.ts";
import { count, firstSentence, line } from "./clean.ts";
import { notesOf, select, type Selection } from "./select.ts";
import { cellOf, demandOf, gapsOf, isCertain, stands } from "./stages.ts";

/** GitHub's limit for the title of a check run. UTF-16 units. */
const MAX_TITLE = 255;

/** One line for a check run, the worst thing first. Plain text. */
export function titleOf(report: Report, run: CheckRunName): string {
  return line(title(report, run), MAX_TITLE);
}

function title(report: Report, run: CheckRunName): string {
  return report.verdicts[run] === "unverified" ? unverified(report) : judged(report, run);
}

function unverified({ notes }: Report): string {
  const [first] = notes;
  return `Could not verify this change${first ? `: ${firstSentence(first.message)}` : ""}`;
}

function judged(report: Report, run: CheckRunName): string {
  const chosen = select(report, run);
  const gap = run === "test-stages" ? gapTitle(report) : undefined;
  const [worst] = chosen.fresh.filter(({ severity }) => severity !== "notice");
  if (gap?.certain && worst?.severity !== "error")
    return worst ? `${gap.text}; ${tally(chosen.fresh)}` : gap.text;
  if (worst) return `${tally(chosen.fresh)}: ${firstSentence(worst.message)}`;
  const calm = run === "zero-downtime" ? availability(report, chosen) : (gap?.text ?? stages(report));
  return calm + asides(report, run, chosen);
}

/** `2 errors, 1 warning`; empty where there is nothing. */
export function tally(findings: readonly Finding[]): string {
  const of = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return (["error", "warning", "notice"] as const)
    .filter((severity) => of(severity) > 0)
    .map((severity) => count(of(severity), severity))
    .join(", ");
}

function availability({ scope, findings }: Report, { fresh }: Selection): string {
  if (fresh.length > 0) return `No new risk to availability, ${tally(fresh)}`;
  if (scope.manifests === 0 && findings.length === 0)
    return "Nothing to check: no Kubernetes manifest changed";
  return "No new risk to availability";
}

/** What the policy requires and is not shown to gate: the first deploy with its stages, the rest as a number. */
function gapTitle(report: Report): { text: string; certain: boolean } | undefined {
  const [first] = gapsOf(report);
  if (!first) return undefined;
  const certain = isCertain(first);
  const gaps = gapsOf(report).filter((gap) => isCertain(gap) === certain);
  const same = gaps.filter((gap) => gap.row === first.row);
  const names = same.map(({ cell }) => cell.stage).join(", ");
  const more = gaps.length > same.length ? `, and ${gaps.length - same.length} more` : "";
  const says = certain ? "Required tests do not gate" : "Could not tell whether required tests gate";
  return { text: `${says} ${first.row.deploy}: ${names}${more}`, certain };
}

function stages(report: Report): string {
  if (report.scope.pipelines === 0 && report.stages.length === 0)
    return "Nothing to check: no pipeline found";
  if (report.stages.length === 0)
    return `No production deploy found in ${count(report.scope.pipelines, "pipeline")}`;
  return gating(report);
}

function gating(report: Report): string {
  const { stages: rows } = report;
  const required = STAGES.filter((stage) => rows.some((row) => demandOf(report, row, stage) === "required"));
  if (required.length > 0)
    return `${count(required.length, "required stage")} gate${required.length === 1 ? "s" : ""} every production deploy`;
  const everywhere = STAGES.filter((stage) => rows.every((row) => stands(cellOf(row, stage))));
  return `No gate weakened; ${everywhere.length} of ${STAGES.length} test stages gate every production deploy`;
}

function asides(report: Report, run: CheckRunName, { waived, fixed }: Selection): string {
  const notes = notesOf(report, run);
  const parts = [
    waived.length > 0 ? `${waived.length} waived` : "",
    fixed.length > 0 ? `${fixed.length} fixed` : "",
    notes.length > 0 ? `${count(notes.length, "note")} on what was not judged` : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}
