import type { Finding } from "../engine/types.ts";
import { hasHidden } from "./clean.ts";
import { code, fenced, prose } from "./escape.ts";
import { SYMBOL } from "./select.ts";

/** A longer replacement belongs into an editor, and a comment ends at 65,536 characters. UTF-16 units. */
const MAX_SUGGESTION = 40_000;
const MAX_PROSE = 4_000;

/** The last line of a comment of ours: finds it again, whatever became of the lines it stood on. */
export function marker(fingerprint: string): string {
  return `<!-- nines:finding ${fingerprint} -->`;
}

/**
 * The fingerprint in a comment's marker; undefined where there is none. Only the last line counts: what a repository
 * brings into a comment stands above it.
 */
export function markerOf(body: string): string | undefined {
  return /(?:^|\n)<!-- nines:finding ([0-9a-f]+) -->\s*$/.exec(body)?.[1];
}

/**
 * Body of a line comment for one finding. Its suggestion replaces the lines on which the comment stands, so the comment
 * must be anchored on `suggestion.line` to `suggestion.endLine` of the head side; where that cannot be, give a finding
 * without the suggestion.
 */
export function commentBody(finding: Finding): string {
  const { severity, title, subject, message, fix, suggestion, check, fingerprint } = finding;
  return [
    `**${SYMBOL[severity]} ${severity}: ${prose(title, 200)}** · ${code(subject.ref)}`,
    prose(message, MAX_PROSE),
    `**Fix:** ${prose(fix, MAX_PROSE)}`,
    ...(suggestion ? [suggested(suggestion.text)] : []),
    `<sub>${code(check)} · ${code("/nines help")} in a comment says what nines can do here</sub>`,
    marker(fingerprint),
  ].join("\n\n");
}

function suggested(text: string): string {
  if (text.length > MAX_SUGGESTION) return "The exact fix is too long for a suggestion here.";
  if (hasHidden(text))
    return "The exact fix is not suggested here: the lines hold characters that cannot be seen.";
  return fenced("suggestion", text);
}
