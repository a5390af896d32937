import { RUNS, type CheckRunName, type Report } from "../engine/types.ts";
import { clamp, count } from "./clean.ts";
import { code, prose } from "./escape.ts";
import { fidelitySection } from "./fidelity.ts";
import { existingSection, fixedSection, freshSection, notesSection, waivedSection } from "./sections.ts";
import { select } from "./select.ts";
import { floorsSection, gapsSection, protectionsSection, stagesSection, type Drawing } from "./tables.ts";
import { titleOf } from "./title.ts";

export { commentBody, marker, markerOf } from "./comment.ts";

/** GitHub's limit for a check run's summary. UTF-16 units, which are at least as many as characters. */
const MAX_SUMMARY = 65_535;

/** Output of one check run, ready for GitHub: everything from the repository escaped, nothing over GitHub's limits. */
export function checkRunOutput(
  report: Report,
  run: CheckRunName,
): { title: string; summary: string; text?: string } {
  return { title: titleOf(report, run), summary: clamp(body(report, run, "text"), MAX_SUMMARY) };
}

/** The whole report as one Markdown document. */
export function markdown(report: Report): string {
  const parts = RUNS.flatMap((run) => [
    `## nines / ${run}: ${report.verdicts[run]}`,
    `**${prose(titleOf(report, run), MAX_SUMMARY)}**`,
    body(report, run, "mermaid"),
  ]);
  return `${parts.join("\n\n")}\n`;
}

/** What stands before each production deploy, as a document. */
export function stagesMarkdown(report: Report): string {
  const parts = [
    `## What stands before production: ${report.verdicts["test-stages"]}`,
    ...gapsSection(report),
    ...stagesSection(report, "mermaid"),
    ...fidelitySection(report),
    ...notesSection(report, "test-stages"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function body(report: Report, run: CheckRunName, drawing: Drawing): string {
  const chosen = select(report, run);
  const own =
    run === "zero-downtime"
      ? [...floorsSection(report, chosen), ...protectionsSection(report)]
      : stagesSection(report, drawing);
  return [
    ...(run === "test-stages" ? gapsSection(report) : []),
    ...freshSection(chosen),
    ...own,
    ...(run === "test-stages" ? fidelitySection(report) : []),
    ...waivedSection(chosen),
    ...fixedSection(chosen),
    ...existingSection(chosen),
    ...notesSection(report, run),
    scope(report, run),
  ].join("\n\n");
}

/** What was looked at, so that "nothing to check" can be told from "nothing found". */
function scope({ base, head, scope: seen }: Report, run: CheckRunName): string {
  const what =
    run === "zero-downtime"
      ? `${count(seen.manifests, "manifest")} in ${count(seen.units, "unit")}`
      : count(seen.pipelines, "pipeline");
  return `<sub>Looked at ${what}; compared ${code(short(base))} with ${code(short(head))}.</sub>`;
}

/** Full commit names are cut as git cuts them; labels stay. */
function short(commit: string): string {
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 10) : commit;
}
