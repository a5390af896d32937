import type { Waiver } from "../engine/types.ts";
import { issueOf, type Layer, type PolicyIssue } from "./read.ts";

/** So many days before its end a waiver is warned about, so that two weekly rounds of work see it. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** Waivers of one file that hold no longer, or not much longer. */
export function waiverWarnings(layer: Layer, today: string, except: ReadonlySet<number>): PolicyIssue[] {
  return (layer.file.waivers ?? []).flatMap((waiver, index) => {
    const message = except.has(index) ? undefined : warningOf(waiver, today);
    if (message === undefined) return [];
    return [issueOf(layer.source, { ...layer.parsed.at(["waivers", index, "until"]), message })];
  });
}

function warningOf({ check, subject, until }: Waiver, today: string): string | undefined {
  const what = `the waiver of ${check} for ${subject}`;
  const days = Math.round((Date.parse(until) - Date.parse(today)) / DAY_MS);
  if (days < 0) {
    return `${what} ended on ${until} and holds no longer; remove it, or agree on a new day with who accepted it`;
  }
  if (days > SOON_DAYS) return undefined;
  const when = days === 0 ? "today" : `on ${until}, in ${days === 1 ? "1 day" : `${days} days`}`;
  return `${what} ends ${when}; mend what it excuses, or agree on a new day with who accepted it`;
}
