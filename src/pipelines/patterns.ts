/** Patterns come from a stranger. Those that could take long, or that cannot be read, are answered with undefined. */
const LONGEST = 200;
const REPEATS_AT_MOST = 4;

/** Whether a text fits a regular expression; undefined where that is not tried. */
export function fitsPattern(pattern: string, text: string): boolean | undefined {
  return regexOf(pattern)?.test(text.slice(0, LONGEST));
}

function regexOf(pattern: string): RegExp | undefined {
  if (pattern.length > LONGEST || (pattern.match(/[*+{]/g) ?? []).length > REPEATS_AT_MOST) return undefined;
  // A repeated group, or a reference back, can take time that grows with every character.
  if (/\)[*+{]|\\[1-9k]/.test(pattern)) return undefined;
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

/** A text that fits a pattern; undefined where none is found at the first try. */
export function sampleOf(pattern: string): string | undefined {
  const alternative = (text: string): string =>
    /^[^|()]*\|/.test(text) ? (text.split("|")[0] ?? text) : text;
  const text = alternative(pattern)
    .replaceAll(/^\^|\$$/g, "")
    .replaceAll(/\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)\??/g, "$1")
    .replaceAll(/(\\d|\[0-9\])[*+]?/g, "1")
    .replaceAll(/\[0-9\][*+]?/g, "1")
    .replaceAll(/\[[^\]]*\][*+]?/g, "x")
    .replaceAll(/(\\[wS]|(?<!\\)\.)[*+]?/g, "x")
    .replaceAll(/\\(.)/g, "$1")
    .replaceAll(/[?*+^$]/g, "");
  return fitsPattern(pattern, text) === true ? text : undefined;
}

/** A pattern with stars as a regular expression. */
export const globPattern = (glob: string): string =>
  `^${glob
    .replaceAll(/[.+^$(){}|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".")}$`;
