/** A call in a source text: the texts among its arguments, up to the first that has a name, and what follows. */
export interface CodeCall {
  readonly name: string;
  readonly texts: readonly string[];
  readonly rest: string;
}

/** A call goes on no longer than this. */
const LONGEST = 2_000;
/** More calls than this are not looked at. */
const MOST = 200;
const TEXT = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`/g;

/** All texts in quotes, in order. */
export const textsOf = (source: string): string[] =>
  [...source.matchAll(TEXT)].map(([, double, single, back]) => double ?? single ?? back ?? "");

/** Calls whose opening bracket a pattern ends with; what is commented out is none. */
export function callsOf(source: string, opening: RegExp): CodeCall[] {
  const plain = source.replaceAll(/^\s*(#|\/\/).*$/gm, "");
  return [...plain.matchAll(opening)].slice(0, MOST).map((match) => {
    const all = argumentsAt(plain, match.index + match[0].length);
    const named = all.search(/(^|,)\s*\w+\s*=(?!=)/);
    const own = named === -1 ? all : all.slice(0, named);
    return { name: match[0], texts: textsOf(own), rest: named === -1 ? "" : all.slice(named) };
  });
}

/** From behind a bracket to the one that closes it. */
function argumentsAt(source: string, start: number): string {
  let open = 1;
  let quote = "";
  for (let at = start; at < Math.min(source.length, start + LONGEST); at += 1) {
    const letter = source[at] ?? "";
    if (quote !== "") {
      if (letter === "\\") at += 1;
      else if (letter === quote) quote = "";
    } else if (/["'`]/.test(letter)) quote = letter;
    else if (letter === "(") open += 1;
    else if (letter === ")") open -= 1;
    if (open === 0) return source.slice(start, at);
  }
  return source.slice(start, start + LONGEST);
}
