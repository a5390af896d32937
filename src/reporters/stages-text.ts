import { STAGES, type Report, type StageRow } from "../engine/types.ts";
import { plain } from "./clean.ts";
import { fidelityText } from "./fidelity.ts";
import { KEPT, pathLines, PRACTICE } from "./path.ts";
import { notesOf, placeOf } from "./select.ts";
import { cellOf, demandWords, GATE, withoutDeploy } from "./stages.ts";
import { aligned, palette, wrap, type Palette } from "./terminal.ts";
import { titleOf } from "./title.ts";

/** All that `nines stages` prints. */
export function stagesPage(report: Report, options: { colour: boolean; width: number }): string {
  const paint = palette(options.colour);
  const width = Math.max(40, options.width);
  const shown = stagesText(report, { paint, width });
  const notes = notesOf(report, "test-stages").flatMap((note) =>
    wrap(plain(`${placeOf(note)}: ${note.message}`), "  ", width),
  );
  const blocks = [
    shown.length > 0 ? shown : wrap(withoutDeploy(report), "", width),
    fidelityText(report, paint.bold),
    notes.length > 0 ? [paint.bold("Not judged"), ...notes] : [],
    [`nines / test-stages: ${report.verdicts["test-stages"]}  ${titleOf(report, "test-stages")}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

interface Paper {
  readonly paint: Palette;
  /** In characters. */
  readonly width: number;
}

/** The checklist, the practices and the way of every production deploy, for a terminal. */
export function stagesText(
  report: Pick<Report, "stages" | "demands" | "upcoming">,
  { paint, width }: Paper,
): string[] {
  if (report.stages.length === 0) return [];
  const tables = report.stages.flatMap((row) => [
    `  before ${plain(row.deploy)}`,
    ...checklist(row, report, width),
    ...practices(row, width),
    ...(row.path.length > 0 ? ["    the way there", ...pathLines(row.path, "      ")] : []),
  ]);
  return [paint.bold("Test stages before production"), ...tables];
}

function checklist(row: StageRow, report: Pick<Report, "demands" | "upcoming">, width: number): string[] {
  const found = STAGES.map((stage) => cellOf(row, stage));
  const lines = found.map(({ stage, verdict: gate }) => [
    stage,
    demandWords(report, [row], stage),
    GATE[gate],
  ]);
  const [head = "", ...starts] = aligned([["stage", "policy", "here"], ...lines], "    ");
  const reasons = found.map(({ reason }, index) => hang(`${starts[index] ?? ""}  `, plain(reason), width));
  return [`${head}  why`, ...reasons.flat()];
}

function practices(row: StageRow, width: number): string[] {
  if (row.practices.length === 0) return [];
  const lines = row.practices.map(({ practice, kept }) => [PRACTICE[practice], KEPT[kept]]);
  const [head = "", ...starts] = aligned([["practice", "here"], ...lines], "    ");
  const reasons = row.practices.map(({ reason }, index) =>
    hang(`${starts[index] ?? ""}  `, plain(reason), width),
  );
  return [`${head}  why`, ...reasons.flat()];
}

/** Text behind a start, its further lines under the place where it begins. */
function hang(start: string, what: string, width: number): string[] {
  const indent = " ".repeat(start.length);
  const [first = "", ...others] = wrap(what, indent, width);
  return [start + first.slice(indent.length), ...others];
}
