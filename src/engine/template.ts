/**
 * Go template actions (`{{ … }}`) in files that something other than Helm expands. What stands around them is read as
 * YAML; what they make is unknown, and rules stay silent about unknown values.
 */

/** Characters of an action are moved to a private range, so that YAML takes them as letters and the text can be shown again. */
const PRIVATE = 0xe000;
const ENCODED = /[\uE000-\uE0FF]+/g;

/** Whether a value holds something that only an expansion would tell: a template action, or a `${variable}`. */
export function isUnknown(value: unknown): boolean {
  return typeof value === "string" && /[\uE000-\uE0FF]|\$\{[^{}]+\}|\{\{/.test(value);
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

/** What stands between the braces of each action. */
export function actionTexts(text: string): string[] {
  return bracesOf(text).map(({ start, end }) => text.slice(start + 2, end - 2));
}

/** Whether a text may hold template actions. */
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
  let drops = 0;
  const close = () => {
    if (dropped.pop()) drops--;
  };
  const open = (drop: boolean) => {
    dropped.push(drop);
    if (drop) drops++;
  };
  const emit = (part: string) => {
    result += drops > 0 ? blank(part) : part;
  };
  for (const action of actionsOf(text)) {
    emit(text.slice(from, action.start));
    const source = text.slice(action.start, action.end);
    if (OPENING.has(action.keyword)) open(false);
    else if (action.keyword === "else" && dropped.length > 0) {
      close();
      open(action.alone);
    }
    const inside = drops > 0;
    if (action.keyword === "end") close();
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

/** One action's place. */
interface Braces {
  readonly start: number;
  readonly end: number;
  readonly keyword: string;
}

/** Every character is looked at a few times at most, however the braces stand: no expression over all of the text. */
function bracesOf(text: string): Braces[] {
  const found: Braces[] = [];
  let comment = -1;
  for (let start = text.indexOf("{{"); start >= 0; start = text.indexOf("{{", found.at(-1)?.end)) {
    const head = matchAt(/-?\s*(\/\*|[A-Za-z]*)/y, text, start + 2);
    const body = start + 2 + head.length;
    const isComment = head.endsWith("/*");
    if (isComment && comment < body) comment = text.indexOf("*/", body);
    if (isComment && comment < 0) comment = text.length;
    const after = isComment ? matchAt(/\s*-?\}\}/y, text, comment + 2) : "";
    const end = after === "" ? text.indexOf("}}", body) + 2 : comment + 2 + after.length;
    // Without closing braces nothing behind this place is an action.
    if (end < body) break;
    found.push({ start, end, keyword: isComment ? "" : head.replace(/^-?\s*/, "") });
  }
  return found;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/**
 * Values that stand alone on a line (`{{ toYaml . }}`) cannot be read as YAML either, so they too are left out: those
 * with nothing but other actions before them on their first line and behind them on their last.
 */
function actionsOf(text: string): Action[] {
  const all = bracesOf(text);
  const gaps = [...all.map(({ start }, index) => text.slice(all[index - 1]?.end ?? 0, start))];
  const before: boolean[] = [];
  for (const [index, gap] of gaps.entries())
    before.push(isClear(gap.split("\n").reverse(), isInLine(text, all[index - 1]) && before[index - 1]));
  const after: boolean[] = [];
  for (let index = all.length - 1; index >= 0; index--) {
    const gap = gaps[index + 1] ?? text.slice(all[index]?.end);
    after[index] = isClear(gap.split("\n"), isInLine(text, all[index + 1]) && after[index + 1]);
  }
  return all.map((braces, index) => ({ ...braces, alone: Boolean(before[index] && after[index]) }));
}

/** Whether an action stands on one line; undefined where there is none. */
const isInLine = (text: string, braces: Braces | undefined): boolean | undefined =>
  braces && !text.slice(braces.start, braces.end).includes("\n");

/**
 * Whether nothing but actions stands between an action and the line's end on one of its sides.
 * @param lines between it and the next action, the nearest first
 * @param beyond the same of that next action, where it is on one line; undefined where there is none
 */
function isClear([nearest = "", ...others]: readonly string[], beyond: boolean | undefined): boolean {
  return nearest.trim() === "" && (others.length > 0 || beyond !== false);
}
