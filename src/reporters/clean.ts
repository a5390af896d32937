/**
 * Characters that change how text looks without being seen: controls, escapes of terminals, bidirectional overrides,
 * zero-width characters, lone surrogates, private use. A pull request could hide words behind them.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** Whether text, apart from its tabs and line ends, holds characters that cannot be seen. */
export function hasHidden(text: string): boolean {
  return text.replaceAll(/\r?\n|\t/g, "").search(HIDDEN) >= 0;
}

/** One line of plain text: white space becomes one space, what cannot be seen becomes visible as U+FFFD. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/gu, " ").replaceAll(HIDDEN, "\u{fffd}").trim();
}

/** At most `limit` UTF-16 units, cut between code points, with an ellipsis where something is missing. */
export function clamp(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const splits = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return `${text.slice(0, splits ? end - 1 : end)}…`;
}

/** One line of plain text of at most `limit` UTF-16 units. What is far too long is cut first, so that it costs nothing. */
export function line(text: string, limit: number): string {
  return clamp(plain(clamp(text, limit * 4)), limit);
}

/** `1 error`, `2 errors`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first sentence, without its stop and without the marks of code. */
export function firstSentence(text: string): string {
  const [sentence = ""] = line(text, 1_000).split(/(?<=[.!?])\s/u, 1);
  return sentence.replaceAll("`", "").replace(/\.$/, "");
}
