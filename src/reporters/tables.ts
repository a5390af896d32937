import { PRACTICES, STAGES, type FloorRow, type Report, type StageRow } from "../engine/types.ts";
import { count } from "./clean.ts";
import { code, fenced, fit, htmlCode, prose } from "./escape.ts";
import { cells, DISRUPTIONS, floorsToShow, remarks, stuckReasons } from "./floors.ts";
import { KEPT, mermaid, pathLines, PRACTICE } from "./path.ts";
import { MEANS_NAMES, meansToShow, protectionCell, protectionsToShow } from "./protections.ts";
import { folded } from "./sections.ts";
import { placeOf, type Selection } from "./select.ts";
import { cellOf, demandWords, GATE, gapsOf, isCertain, withoutDeploy } from "./stages.ts";

const MAX_FLOORS = 20;
const MAX_PROTECTIONS = 10;
const MAX_DEPLOYS = 4;
const ROOM = { floors: 6_000, stuck: 2_500, protections: 4_000, gaps: 2_500, reasons: 3_000, path: 1_200 };

/** Mermaid is drawn in Markdown files and comments; that it is in check runs is documented nowhere, so text stands there. */
export type Drawing = "mermaid" | "text";

type Lines = readonly string[];

const row = (parts: Lines) => `| ${parts.join(" | ")} |`;

/** How many pods stay ready in each event, before → after; only where that changed or something was found. */
export function floorsSection(report: Report, { fresh }: Selection): Lines {
  if (report.floors.length === 0) return [];
  const { shown, unshown, unchanged } = floorsToShow(report.floors, fresh, MAX_FLOORS);
  const rest = [
    ...(unshown > 0 ? [`and ${unshown} more that changed`] : []),
    ...(unchanged > 0 ? [`${count(unchanged, "workload")} unchanged`] : []),
  ].join(", ");
  const heading = "### Pods that stay ready";
  if (shown.length === 0) return [heading, `No workload keeps fewer pods ready than before: ${rest}.`];
  const head = row(["workload", "normally", ...DISRUPTIONS.map(({ name }) => name)]);
  const body = fit(shown.map(floorLine), ROOM.floors, (left) =>
    row([`… and ${left} more`, ...Array<string>(DISRUPTIONS.length + 1).fill("")]),
  );
  const stuck = shown.flatMap(stuckLines);
  return [
    heading,
    [head, row(["---", ...Array<string>(DISRUPTIONS.length + 1).fill("---:")]), ...body].join("\n"),
    ...(stuck.length > 0 ? [fit(stuck, ROOM.stuck, (left) => `- … and ${left} more`).join("\n")] : []),
    ...(rest === "" ? [] : [`${rest}.`]),
  ];
}

function floorLine(floor: FloorRow): string {
  const place = floor.unit === "" || floor.unit === "." ? [] : [`in ${code(floor.unit)}`];
  return row([`${code(floor.workload)} (${[...remarks(floor), ...place].join(", ")})`, ...cells(floor)]);
}

function stuckLines(floor: FloorRow): string[] {
  return stuckReasons(floor).map(
    ({ name, reason }) => `- ${code(floor.workload)}, ${name} never ends: ${prose(reason, 400)}`,
  );
}

/** What stands between a failed dependency and the users of critical workloads; nothing where there are none. */
export function protectionsSection({ protections }: Report): Lines {
  if (protections.length === 0) return [];
  const shown = protectionsToShow(protections).slice(0, MAX_PROTECTIONS);
  const means = meansToShow(shown);
  const head = row(["route", ...means.map((one) => MEANS_NAMES[one])]);
  const lines = shown.map((line) => {
    const place = line.unit === "" || line.unit === "." ? "" : `, in ${code(line.unit)}`;
    const cells = means.map((one) => prose(protectionCell(line, one), 160));
    return row([`${code(line.route)} to ${code(line.workload)}${place}`, ...cells]);
  });
  const more = (left: number) => row([`… and ${left} more`, ...means.map(() => "")]);
  const body = fit(lines, ROOM.protections, more);
  const rest = protections.length - shown.length;
  return [
    "### What stands between a failed dependency and the user",
    [head, row(Array<string>(means.length + 1).fill("---")), ...body].join("\n"),
    ...(rest > 0 ? [`… ${count(rest, "more route")} of critical workloads not shown here.`] : []),
  ];
}

/** What the policy requires and the pipelines do not show. */
export function gapsSection(report: Report): Lines {
  const gaps = gapsOf(report).map((gap) => {
    const says = isCertain(gap) ? GATE[gap.cell.verdict] : "cannot be told";
    return `- ${gap.cell.stage} before ${code(gap.row.deploy)}: **${says}** · ${prose(gap.cell.reason, 400)}`;
  });
  if (gaps.length === 0) return [];
  return [
    "### Required by the policy, and not shown to gate",
    fit(gaps, ROOM.gaps, (left) => `- … and ${left} more`).join("\n"),
  ];
}

/** Stage by deploy: the checklist, always shown. */
export function stagesSection(report: Report, drawing: Drawing): Lines {
  const heading = "### Test stages before production";
  if (report.stages.length === 0) return [heading, prose(withoutDeploy(report), 400)];
  const shown = report.stages.slice(0, MAX_DEPLOYS);
  const head = row(["stage", "policy", ...shown.map(({ deploy }) => code(deploy))]);
  const body = STAGES.map((stage) =>
    row([
      stage,
      demandWords(report, shown, stage),
      ...shown.map((deploy) => GATE[cellOf(deploy, stage).verdict]),
    ]),
  );
  const more = report.stages.length - shown.length;
  return [
    heading,
    [head, row(Array<string>(shown.length + 2).fill("---")), ...body].join("\n"),
    ...(more > 0 ? [`… ${count(more, "more deploy")} not shown here.`] : []),
    ...practicesSection(shown),
    ...shown.flatMap(reasons),
    ...shown.flatMap((deploy) => pathSection(deploy, drawing)),
  ];
}

/** How production is deployed, beside its tests: what is there, and nothing that this change must answer for. */
function practicesSection(deploys: readonly StageRow[]): Lines {
  const told = deploys.filter(({ practices }) => practices.length > 0);
  if (told.length === 0) return [];
  const head = row(["practice", ...told.map(({ deploy }) => code(deploy))]);
  const body = PRACTICES.map((practice) =>
    row([
      PRACTICE[practice],
      ...told.map(
        ({ practices }) => KEPT[practices.find((one) => one.practice === practice)?.kept ?? "unknown"],
      ),
    ]),
  );
  return [[head, row(Array<string>(told.length + 1).fill("---")), ...body].join("\n")];
}

function pathSection({ deploy, path }: StageRow, drawing: Drawing): Lines {
  if (path.length === 0) return [];
  const picture =
    drawing === "mermaid"
      ? fenced("mermaid", mermaid(path))
      : fenced("text", fit(pathLines(path, ""), ROOM.path, (left) => `… and ${left} more`).join("\n"));
  return folded(`The way to ${htmlCode(deploy)}`, picture);
}

function reasons(deploy: StageRow): Lines {
  const lines = STAGES.map((stage) => {
    const { verdict, reason, at } = cellOf(deploy, stage);
    return `- ${stage}: ${GATE[verdict]} · ${prose(reason, 400)}${at ? ` (${code(placeOf(at))})` : ""}`;
  });
  const practices = deploy.practices.map(
    ({ practice, kept, reason }) => `- ${PRACTICE[practice]}: ${KEPT[kept]} · ${prose(reason, 300)}`,
  );
  return folded(
    `Why, for ${htmlCode(deploy.deploy)}`,
    fit([...lines, ...practices], ROOM.reasons, (left) => `- … and ${left} more`).join("\n"),
  );
}
