import { byText } from "../engine/order.ts";
import type { Report } from "../engine/types.ts";

/** The report as JSON for machines: `version` first, all other keys in alphabetical order, two spaces, a newline at the end. */
export function json(report: Report): string {
  const { version, ...rest } = report;
  return `${JSON.stringify({ version, ...rest }, sorted, 2)}\n`;
}

/** What stands before each production deploy, for machines, in the same form. */
export function stagesJson(report: Report): string {
  const { version, head, stages, demands, upcoming, fidelity, verdicts, notes } = report;
  const rest = { commit: head, stages, demands, upcoming, fidelity, verdict: verdicts["test-stages"], notes };
  return `${JSON.stringify({ version, ...rest }, sorted, 2)}\n`;
}

/** JSON.stringify keeps the order of keys, so each object is rebuilt in order; the report itself has its version first. */
function sorted(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => byText(a, b));
  if (key !== "") return Object.fromEntries(entries);
  return Object.fromEntries([
    ...entries.filter(([name]) => name === "version"),
    ...entries.filter(([name]) => name !== "version"),
  ]);
}
