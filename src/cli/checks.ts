import type { Check } from "../checks/define.ts";
import type { Severity } from "../engine/types.ts";
import { aligned, palette } from "../reporters/terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Longest severity, so that coloured words line up: a style's escapes have no width. */
const SEVERITY_WIDTH = "warning".length;

/** All checks by pillar, one a line: id, severity in the standard tier, title. */
export function listChecks(checks: readonly Check[], terminal: Terminal): string {
  const { bold, red, yellow, blue } = palette(terminal.colour);
  const styles = { error: red, warning: yellow, notice: blue } as const;
  const word = (severity: Severity) => styles[severity](severity.padEnd(SEVERITY_WIDTH));
  const sorted = checks.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const width = Math.max(0, ...checks.map(({ id }) => id.length));
  const lines = [...Map.groupBy(sorted, ({ pillar }) => pillar)].flatMap(([pillar, group]) => [
    bold(pillar),
    ...aligned(
      group.map(({ id, title, severity }) => [id.padEnd(width), word(severity.standard), title]),
      "  ",
    ).map((line) => line.trimEnd()),
    "",
  ]);
  return [...lines, `${checks.length} checks. nines explain ID tells more of one.`].join("\n");
}
