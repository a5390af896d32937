import type { Finding, Note, Report } from "../../src/engine/types.ts";
import type { Label } from "./case.ts";
import { fitting } from "./categories.ts";
import { distance, NEAR } from "./nearness.ts";
import { aboutResource } from "./resource.ts";

export type Outcome = "named" | "lost" | "unverifiable" | "quiet" | "false-alarm";

/** Files whose notes speak for everything in and below their folder. */
const ROOT_FILE = /(^|\/)(Chart\.ya?ml|kustomization\.ya?ml|Kustomization|helmfile\.ya?ml(\.gotmpl)?)$/;

/** How a report counts for a labelled change. */
export function outcomeOf(label: Label, report: Report): Outcome {
  if (label.label === "hazard") {
    if (naming(label, report.findings).length > 0) return "named";
    return report.notes.some((note) => coversChange(note, label)) ? "unverifiable" : "lost";
  }
  const fails = Object.values(report.verdicts).includes("fail");
  const warns =
    label.label === "neutral" &&
    report.findings.some(
      (finding) => isNew(finding) && finding.severity !== "notice" && isAbout(finding, label),
    );
  return fails || warns ? "false-alarm" : "quiet";
}

export function isNew({ standing }: Finding): boolean {
  return standing === "introduced" || standing === "worsened";
}

/** The findings that name a hazard: new ones about it, from a check that fits its category. What is no hazard has none. */
export function naming(label: Label, findings: readonly Finding[]): Finding[] {
  if (label.label !== "hazard") return [];
  const noticeIsEnough = label.severity === "low" || label.deliberate;
  const checks = fitting([label.category, ...label.secondary_categories]);
  return findings.filter(
    (finding) =>
      isNew(finding) &&
      (finding.severity !== "notice" || noticeIsEnough) &&
      checks.has(finding.check) &&
      isAbout(finding, label),
  );
}

function isAbout(finding: Finding, label: Label): boolean {
  return aboutResource(label.resource)(finding) || distance(finding.at, label) <= NEAR;
}

/** A note about a changed file, or about the chart or kustomization that holds one. */
function coversChange({ path }: Note, { changed }: Label): boolean {
  const folder = ROOT_FILE.test(path) ? path.slice(0, path.lastIndexOf("/") + 1) : `${path}/`;
  return changed.some(([, ...paths]) => paths.some((file) => file === path || file.startsWith(folder)));
}
