import { RUNS, type Finding, type Report, type Severity, type Verdict } from "../engine/types.ts";
import { clamp, count, plain } from "./clean.ts";
import { fidelityText } from "./fidelity.ts";
import { cells, DISRUPTIONS, floorsToShow, remarks, stuckReasons } from "./floors.ts";
import { MEANS_NAMES, meansToShow, protectionCell, protectionsToShow } from "./protections.ts";
import { placeOf, select, stoodAt, worstFirst, type Selection } from "./select.ts";
import { stagesText } from "./stages-text.ts";
import { aligned, palette, wrap, type Palette } from "./terminal.ts";
import { titleOf } from "./title.ts";

const MAX_FLOORS = 40;
const MAX_OLD = 20;
const MAX_NAME = 60;

interface Page {
  readonly report: Report;
  readonly paint: Palette;
  /** In characters. */
  readonly width: number;
}

/** The report for a terminal: findings by file, the tables, and one verdict line for each check run at the end. */
export function text(report: Report, options: { colour: boolean; width: number }): string {
  const page: Page = { report, paint: palette(options.colour), width: Math.max(40, options.width) };
  const chosen = RUNS.map((run) => select(report, run));
  const blocks = [
    ...findings(page, chosen.flatMap(({ fresh }) => fresh).sort(worstFirst)),
    floors(page, chosen),
    protections(page),
    stagesText(report, page),
    fidelityText(report, page.paint.bold),
    waived(
      page,
      chosen.flatMap((selection) => selection.waived),
    ),
    old(
      page,
      "Fixed by this change",
      chosen.flatMap(({ fixed }) => fixed),
    ),
    old(
      page,
      "Here before this change",
      chosen.flatMap(({ existing }) => existing),
    ),
    notes(page),
    RUNS.map((run) => verdict(page, run)),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** By file, the file with the worst finding first. */
function findings(page: Page, fresh: readonly Finding[]): string[][] {
  const files = Map.groupBy(fresh, ({ at }) => at.path);
  return [...files].map(([path, found]) => [
    page.paint.bold(plain(path)),
    ...found.flatMap((finding) => block(page, finding)),
  ]);
}

function block({ paint, width }: Page, finding: Finding): string[] {
  const { severity, title, check, subject, at, tier, units, message, fix, standing } = finding;
  const when = at.side === "base" ? " (before the change)" : stoodAt(finding);
  const place = plain(`${at.path}:${at.line}:${at.column}${when}`);
  const facts = [subject.ref, tier, ...(standing === "worsened" ? ["worse than before"] : [])];
  if (units.length > 0)
    facts.push(
      units.length > 3 ? `${units.slice(0, 3).join(", ")} and ${units.length - 3} more` : units.join(", "),
    );
  return [
    `  ${place}  ${severityWord(paint, severity)}  ${plain(title)}  ${paint.dim(plain(check))}`,
    ...wrap(plain(facts.join(" · ")), "    ", width).map(paint.dim),
    ...wrap(plain(message), "    ", width),
    ...wrap(`fix: ${plain(fix)}`, "    ", width),
  ];
}

function severityWord(paint: Palette, severity: Severity): string {
  const colour = { error: paint.red, warning: paint.yellow, notice: paint.blue }[severity];
  return colour(severity);
}

function floors({ report, paint, width }: Page, chosen: readonly Selection[]): string[] {
  if (report.floors.length === 0) return [];
  const fresh = chosen.flatMap((selection) => selection.fresh);
  const { shown, unshown, unchanged } = floorsToShow(report.floors, fresh, MAX_FLOORS);
  const head = ["workload", "normally", ...DISRUPTIONS.map(({ name }) => name), ""];
  const rows = shown.map((row) => {
    const place = row.unit === "" || row.unit === "." ? [] : [`in ${row.unit}`];
    return [
      clamp(plain(row.workload), MAX_NAME),
      ...cells(row),
      plain([...remarks(row), ...place].join(", ")),
    ];
  });
  const stuck = shown.flatMap((row) =>
    stuckReasons(row).flatMap(({ name, reason }) =>
      wrap(plain(`${row.workload}: ${name} never ends: ${reason}`), "  ", width),
    ),
  );
  const rest = [
    ...(unshown > 0 ? [`and ${unshown} more that changed`] : []),
    ...(unchanged > 0 ? [`${count(unchanged, "workload")} unchanged`] : []),
  ];
  return [
    paint.bold("Pods that stay ready"),
    ...(rows.length > 0 ? aligned([head, ...rows], "  ").map((line) => line.trimEnd()) : []),
    ...stuck,
    ...(rest.length > 0 ? [`  ${rest.join(", ")}`] : []),
  ];
}

function protections({ report, paint, width }: Page): string[] {
  if (report.protections.length === 0) return [];
  const shown = protectionsToShow(report.protections).slice(0, MAX_FLOORS);
  const lines = shown.flatMap((row) => {
    const place = row.unit === "" || row.unit === "." ? "" : ` in ${row.unit}`;
    const cells = meansToShow(shown).map((means) => `${MEANS_NAMES[means]}: ${protectionCell(row, means)}`);
    return [
      ...wrap(plain(`${row.route} to ${row.workload}${place}`), "  ", width),
      ...wrap(plain(cells.join("; ")), "    ", width),
    ];
  });
  const more = report.protections.length - shown.length;
  return [
    paint.bold("What stands between a failed dependency and the user"),
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function waived({ paint, width }: Page, accepted: readonly Finding[]): string[] {
  if (accepted.length === 0) return [];
  const lines = accepted.flatMap(({ severity, check, subject, waiver }) => {
    const why = waiver ? `${waiver.reason} (accepted by ${waiver.by} until ${waiver.until})` : "";
    return wrap(plain(`${severity} ${check} for ${subject.ref}: ${why}`), "  ", width);
  });
  return [paint.bold("Waived"), ...lines];
}

function old({ paint, width }: Page, heading: string, known: readonly Finding[]): string[] {
  if (known.length === 0) return [];
  const lines = known
    .slice(0, MAX_OLD)
    .flatMap(({ severity, title, subject, at, check }) =>
      wrap(
        `${placeOf(at)}  ${severity}  ${plain(title)} (${plain(subject.ref)}, ${plain(check)})`,
        "  ",
        width,
      ),
    );
  const more = known.length - MAX_OLD;
  return [paint.bold(heading), ...lines, ...(more > 0 ? [`  … and ${more} more`] : [])];
}

function notes({ report, paint, width }: Page): string[] {
  if (report.notes.length === 0) return [];
  const lines = report.notes.flatMap((note) => {
    const where = placeOf(note);
    return wrap(`${where === "" ? "" : `${where}: `}${plain(note.message)}`, "  ", width);
  });
  return [paint.bold("Not judged"), ...lines];
}

const MARK: Readonly<Record<Verdict, string>> = { pass: "✓", warn: "!", fail: "✗", unverified: "?" };

function verdict({ report, paint }: Page, run: (typeof RUNS)[number]): string {
  const value = report.verdicts[run];
  const colour = { pass: paint.green, warn: paint.yellow, fail: paint.red, unverified: paint.red }[value];
  return `nines / ${run}: ${colour(`${MARK[value]} ${value}`)}  ${titleOf(report, run)}`;
}
