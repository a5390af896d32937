import { STAGES, type FloorRow, type Report, type StageRow } from "../engine/types.ts";
import { count } from "./clean.ts";
import { code, fit, htmlCode, prose } from "./escape.ts";
import { cells, DISRUPTIONS, floorsToShow, remarks, stuckReasons } from "./floors.ts";
import { folded } from "./sections.ts";
import { placeOf, type Selection } from "./select.ts";
import { cellOf, GATE, gapsOf, isCertain } from "./stages.ts";

const MAX_FLOORS = 20;
const MAX_DEPLOYS = 4;
const ROOM = { floors: 6_000, stuck: 2_500, gaps: 2_500, reasons: 3_000 };

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
    row([`… and ${left} more`, "", "", "", "", ""]),
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
export function stagesSection(report: Report): Lines {
  const heading = "### Test stages before production";
  if (report.stages.length === 0) return [heading, noDeploy(report)];
  const shown = report.stages.slice(0, MAX_DEPLOYS);
  const head = row(["stage", "policy", ...shown.map(({ deploy }) => code(deploy))]);
  const body = STAGES.map((stage) =>
    row([stage, report.demands[stage], ...shown.map((deploy) => GATE[cellOf(deploy, stage).verdict])]),
  );
  const more = report.stages.length - shown.length;
  return [
    heading,
    [head, row(Array<string>(shown.length + 2).fill("---")), ...body].join("\n"),
    ...(more > 0 ? [`… ${count(more, "more deploy")} not shown here.`] : []),
    ...shown.flatMap(reasons),
  ];
}

function noDeploy({ scope }: Report): string {
  if (scope.pipelines === 0) return "No pipeline was found.";
  return `No job that deploys to production was found in ${count(scope.pipelines, "pipeline")}. If there is one, name it in the policy under ${code("deploys")}.`;
}

function reasons(deploy: StageRow): Lines {
  const lines = STAGES.map((stage) => {
    const { verdict, reason, at } = cellOf(deploy, stage);
    return `- ${stage}: ${GATE[verdict]} · ${prose(reason, 400)}${at ? ` (${code(placeOf(at))})` : ""}`;
  });
  return folded(
    `Why, for ${htmlCode(deploy.deploy)}`,
    fit(lines, ROOM.reasons, (left) => `- … and ${left} more`).join("\n"),
  );
}
