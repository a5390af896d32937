import { line } from "./clean.ts";

/** Names and paths longer than this are cut. UTF-16 units. */
const MAX_CODE = 200;
/** GitHub renders this entity as a zero-width space: nothing to see, and no mention, reference or link beside it. */
const BREAK = "&#8203;";

/**
 * Text of a repository as a Markdown code span, in which GitHub links and mentions nothing.
 * The fence is longer than any run of backticks inside; pipes are escaped because tables split cells before they
 * look for code, and outside of tables the span is built without any.
 */
export function code(text: string): string {
  const content = line(text, MAX_CODE);
  if (content === "") return "(empty)";
  if (content.includes("|")) return `<code>${words(content)}</code>`;
  const longest = Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${content}${pad}${fence}`;
}

/**
 * Text that may hold a repository's words, as inline Markdown that says those words and does nothing: no markup, no
 * HTML, no mention, no reference to issues, no link, no maths. What stands between backticks stays code; runs of
 * backticks become one, so that no two readers of Markdown can pair them differently.
 */
export function prose(text: string, limit: number): string {
  const parts = line(text, limit)
    .replaceAll(/`+/g, "`")
    .split(/(`[^`]+`)/);
  const shown = parts.map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : words(part)));
  return shown.join("").replace(/^(?:(?=[-+=#])|(\d+)(?=[.)](?:\s|$)))/, "$1\\");
}

/** Text of a repository as code inside a block of HTML, where Markdown is not read. */
export function htmlCode(text: string): string {
  const content = line(text, MAX_CODE).replaceAll(/[&<>]/g, (found) => ENTITY[found] ?? found);
  return `<code>${content}</code>`;
}

/** What would do something, in one pass, so that no replacement is replaced again. */
const ACTIVE = /[&<>\\`*_[\]|~$@]|#(?=\d)|gh-(?=\d)|:\/\/|www\./gi;
const ENTITY: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function words(text: string): string {
  return text.replaceAll(ACTIVE, (found) => {
    if (found === "://") return `:${BREAK}//`;
    if (found.length > 1) return `${found.slice(0, 3)}${BREAK}${found.slice(3)}`;
    return ENTITY[found] ?? (found === "@" || found === "#" ? found + BREAK : `\\${found}`);
  });
}

/** A fenced block; the fence is longer than any run of backticks in it. */
export function fenced(info: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${info}\n${text}\n${fence}`;
}

/**
 * As many items as fit, then an honest line about the rest. `limit` counts UTF-16 units, line ends included; the last
 * line needs up to 100 of them.
 */
export function fit(items: readonly string[], limit: number, rest: (left: number) => string): string[] {
  const kept: string[] = [];
  let size = 0;
  for (const item of items) {
    size += item.length + 2;
    if (size > limit - 100) break;
    kept.push(item);
  }
  return kept.length === items.length ? kept : [...kept, rest(items.length - kept.length)];
}
