import type { Finding, Note, Report } from "../../src/engine/types.ts";
import type { Label } from "./case.ts";
import { fitting } from "./categories.ts";
import { aboutResource } from "./resource.ts";

export type Outcome = "named" | "lost" | "unverifiable" | "quiet" | "false-alarm";

/** How far from the labelled lines a finding may stand. */
const NEAR = 5;

/** Files whose notes speak for everything in and below their folder. */
const ROOT_FILE = /(^|\/)(Chart\.ya?ml|kustomization\.ya?ml|Kustomization|helmfile\.ya?ml(\.gotmpl)?)$/;

/** How a report counts for a labelled change. */
export function outcomeOf(label: Label, report: Report): Outcome {
  if (label.label === "hazard") {
    if (report.findings.some((finding) => names(finding, label))) return "named";
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

function names(finding: Finding, label: Label): boolean {
  const noticeIsEnough = label.severity === "low" || label.deliberate;
  return (
    isNew(finding) &&
    (finding.severity !== "notice" || noticeIsEnough) &&
    fitting([label.category, ...label.secondary_categories]).has(finding.check) &&
    isAbout(finding, label)
  );
}

function isAbout(finding: Finding, label: Label): boolean {
  return aboutResource(label.resource)(finding) || onLines(finding, label);
}

function onLines({ at }: Finding, { lines }: Label): boolean {
  return lines.some(({ path, side, ranges }) => {
    if (path !== at.path || (side === "base") !== (at.side === "base")) return false;
    return ranges.some((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return at.line <= last + NEAR && at.endLine >= first - NEAR;
    });
  });
}

/** A note about a changed file, or about the chart or kustomization that holds one. */
function coversChange({ path }: Note, { changed }: Label): boolean {
  const folder = ROOT_FILE.test(path) ? path.slice(0, path.lastIndexOf("/") + 1) : `${path}/`;
  return changed.some(([, ...paths]) => paths.some((file) => file === path || file.startsWith(folder)));
}
