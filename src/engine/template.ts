/**
 * Go template actions (`{{ … }}`) in files that something other than Helm expands. What stands around them is read as
 * YAML; what they make is unknown, and rules stay silent about unknown values.
 */

/** Characters of an action are moved to a private range, so that YAML takes them as letters and the text can be shown again. */
const PRIVATE = 0xe000;
const ENCODED = /[\uE000-\uE0FF]+/g;

/** Whether a value holds something that only an expansion would tell: a template action, or a `${variable}`. */
export function isUnknown(value: unknown): boolean {
  return typeof value === "string" && /[\uE000-\uE0FF]|\$\{[^}]+\}|\{\{/.test(value);
}

/** Text as its author wrote it. */
export function decode(text: string): string {
  return text.replace(ENCODED, (run) =>
    Array.from(run, (character) => String.fromCharCode(character.charCodeAt(0) - PRIVATE)).join(""),
  );
}

function encode(text: string): string {
  return Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\n" || character === "\r") return character;
    return code < 0x100 ? String.fromCharCode(PRIVATE + code) : "_";
  }).join("");
}

export function hasActions(text: string): boolean {
  return text.includes("{{");
}

interface Action {
  readonly start: number;
  readonly end: number;
  readonly keyword: string;
  /** Nothing else stands on its lines. */
  readonly alone: boolean;
}

/**
 * The YAML around the actions, of the same length and with the same lines: positions stay true. Conditions are taken
 * as true: of `if … else … end` the first branch is kept, and the body of `range` and `with` stands once.
 */
export function skeleton(text: string): string {
  let result = "";
  let from = 0;
  // For every open block: whether the text in it is dropped because it is not the first branch.
  const dropped: boolean[] = [];
  const emit = (part: string) => {
    result += dropped.includes(true) ? blank(part) : part;
  };
  for (const action of actionsOf(text)) {
    emit(text.slice(from, action.start));
    const source = text.slice(action.start, action.end);
    if (OPENING.has(action.keyword)) dropped.push(false);
    else if (action.keyword === "else" && dropped.length > 0) dropped[dropped.length - 1] = action.alone;
    const inside = dropped.includes(true);
    if (action.keyword === "end") dropped.pop();
    result += action.alone || inside ? blank(source) : encode(source);
    from = action.end;
  }
  emit(text.slice(from));
  return result;
}

/** Only what other templates can include: the `define` blocks of a template. */
export function definitions(text: string): string {
  let depth = 0;
  let start: number | undefined;
  const blocks: string[] = [];
  for (const { keyword, start: from, end } of actionsOf(text)) {
    if (OPENING.has(keyword)) {
      if (keyword === "define" && depth === 0) start = from;
      depth++;
    }
    if (keyword !== "end") continue;
    depth--;
    if (depth === 0 && start !== undefined) {
      blocks.push(text.slice(start, end));
      start = undefined;
    }
  }
  return blocks.join("\n");
}

const OPENING = new Set(["if", "range", "with", "define", "block"]);

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

function actionsOf(text: string): Action[] {
  return Array.from(text.matchAll(/\{\{-?\s*(?:\/\*[\s\S]*?\*\/|([A-Za-z]*)[\s\S]*?)\s*-?\}\}/g), (match) => {
    const start = match.index;
    const end = start + match[0].length;
    return { start, end, keyword: match[1] ?? "", alone: isAlone(text, start, end) };
  });
}

/** Values that stand alone on a line (`{{ toYaml . }}`) cannot be read as YAML either, so they too are left out. */
function isAlone(text: string, start: number, end: number): boolean {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", end);
  const before = text.slice(lineStart, start);
  const after = text.slice(end, lineEnd < 0 ? text.length : lineEnd);
  const OTHERS = /^\s*(\{\{.*?\}\}\s*)*$/;
  return OTHERS.test(before) && OTHERS.test(after);
}
