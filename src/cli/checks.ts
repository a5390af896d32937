import type { Check } from "../checks/define.ts";
import type { Severity } from "../engine/types.ts";
import { painter, type Terminal } from "./terminal.ts";

const STYLE = { error: "red", warning: "yellow", notice: "blue" } as const satisfies Record<Severity, string>;

/** All checks by pillar, one a line: id, severity in the standard tier, title. */
export function listChecks(checks: readonly Check[], terminal: Terminal): string {
  const paint = painter(terminal);
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  const lines = [...Map.groupBy(checks, ({ pillar }) => pillar)].flatMap(([pillar, group]) => [
    paint("bold", pillar),
    ...group
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      .map(({ id, title, severity: { standard } }) =>
        `  ${id.padEnd(width)}  ${paint(STYLE[standard], standard.padEnd(7))}  ${title}`.trimEnd(),
      ),
    "",
  ]);
  return [...lines, `${checks.length} checks. nines explain ID tells more of one.`, ""].join("\n");
}
