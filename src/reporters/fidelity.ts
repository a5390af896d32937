import type { Fidelity, Report } from "../engine/types.ts";
import { line, plain } from "./clean.ts";
import { code, fit } from "./escape.ts";
import { folded } from "./sections.ts";
import { aligned } from "./terminal.ts";

const ROOM = 2_500;
const MAX_CELL = 60;
/** In a terminal, for each pair. */
const MAX_LINES = 20;

/** Where staging cannot show what production will do: shown, and never held against the change. */
export function fidelitySection({ fidelity }: Pick<Report, "fidelity">): readonly string[] {
  if (fidelity.length === 0) return [];
  const rows = fidelity.flatMap(({ staging, production, differences }) =>
    differences.map(({ subject, aspect, ...sides }) =>
      row([
        code(`${production} / ${staging}`),
        code(subject),
        code(aspect),
        code(sides.staging),
        code(sides.production),
      ]),
    ),
  );
  const head = [
    row(["production / staging", "object", "what", "staging", "production"]),
    row(Array<string>(5).fill("---")),
  ];
  const body = fit(rows, ROOM, (left) => row([`… and ${left} more`, "", "", "", ""]));
  return folded("Where staging is not what production is", [...head, ...body].join("\n"));
}

const row = (parts: readonly string[]): string => `| ${parts.join(" | ")} |`;

/** The same in a terminal. */
export function fidelityText(
  { fidelity }: Pick<Report, "fidelity">,
  heading: (text: string) => string,
): string[] {
  return fidelity.length === 0
    ? []
    : [heading("Where staging is not what production is"), ...fidelity.flatMap(pairText)];
}

function pairText({ staging, production, differences }: Fidelity): string[] {
  const cells = differences
    .slice(0, MAX_LINES)
    .map((one) => [one.subject, one.aspect, one.staging, one.production].map((cell) => line(cell, MAX_CELL)));
  const more = differences.length - cells.length;
  return [
    `  ${plain(production)} against ${plain(staging)}`,
    ...aligned([["object", "what", "staging", "production"], ...cells], "    ").map((text) => text.trimEnd()),
    ...(more > 0 ? [`    … and ${more} more`] : []),
  ];
}
