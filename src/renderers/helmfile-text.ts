/**
 * helmfile expands values with Go templates, in which environments mostly differ by one comparison:
 * `{{ if eq .Environment.Name "production" }} 4 {{ else }} 1 {{ end }}`. That much is followed.
 */

const COMPARED = /\.Environment\.Name\s+"([\w-]+)"/g;

/** Names of environments that any of the texts compares with; one undefined where there is none. */
export function environmentsIn(texts: readonly string[]): readonly (string | undefined)[] {
  const names = new Set(
    texts.flatMap((text) => Array.from(text.matchAll(COMPARED), (match) => match[1] ?? "")),
  );
  return names.size === 0 ? [undefined] : [...names].sort().slice(0, MOST);
}

/** More environments than this have no file in common. */
const MOST = 12;

const ACTION = /\{\{-?\s*(if|else if|else|end|range|with|define|block)\b([^{}]*?)-?\}\}/g;

interface Block {
  /** Whether it is a comparison of environments; any other block is left as it is. */
  readonly known: boolean;
  /** A branch before this one was taken. */
  taken: boolean;
  /** Whether the branch that is open is left out. */
  out: boolean;
}

/** The text as one environment has it, of the same length and with the same lines: positions stay true. */
export function branches(text: string, environment: string): string {
  const open: Block[] = [];
  let result = "";
  let from = 0;
  const emit = (part: string, blank: boolean) => {
    result += blank || open.some(({ out }) => out) ? part.replace(/[^\r\n]/g, " ") : part;
  };
  for (const match of text.matchAll(ACTION)) {
    emit(text.slice(from, match.index), false);
    from = match.index + match[0].length;
    emit(match[0], step(open, match[1] ?? "", { condition: match[2] ?? "", environment }));
    if (match[1] === "end") open.pop();
  }
  emit(text.slice(from), false);
  return result;
}

/** Opens, turns or closes a block; whether the action itself is expanded away. */
function step(
  open: Block[],
  keyword: string,
  { condition, environment }: { condition: string; environment: string },
): boolean {
  const holds = holdsIn(condition, environment);
  const last = open.at(-1);
  if (keyword === "end") return last?.known ?? false;
  if (keyword.startsWith("else"))
    return last?.known === true && turn(last, keyword === "else" || holds === true);
  const known = keyword === "if" && holds !== undefined;
  open.push({ known, taken: holds === true, out: known && !holds });
  return known;
}

function turn(block: Block, holds: boolean): true {
  block.out = block.taken || !holds;
  block.taken ||= holds;
  return true;
}

/** `eq .Environment.Name "a"`, `ne …`, and several with `or`; undefined for any other condition. */
function holdsIn(condition: string, environment: string): boolean | undefined {
  const text = condition.trim();
  const single = /^\(?\s*(eq|ne)\s+\.Environment\.Name\s+"([\w-]+)"\s*\)?$/.exec(text);
  if (single) return (single[2] === environment) === (single[1] === "eq");
  if (!/^or\s+(\(\s*eq\s+\.Environment\.Name\s+"[\w-]+"\s*\)\s*)+$/.test(text)) return undefined;
  return Array.from(text.matchAll(COMPARED), (match) => match[1]).includes(environment);
}
