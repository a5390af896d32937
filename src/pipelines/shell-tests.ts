import type { Expr } from "./expressions.ts";
import { and, equal, literal, matches, not, NO, OPAQUE, or, YES } from "./reading.ts";
import type { Token } from "./shell-tokens.ts";

/**
 * What a command says as a condition: `[ … ]`, `[[ … ]]`, `test …`, `true`, or a variable that holds one of them. A
 * variable is the path `shell.NAME`, an expression of GitHub the call `fenced`; what both stand for is not known here.
 * Everything else is opaque: whether a file is there, or a program found, is nobody's switch.
 */
export function conditionOfCommand([first, ...rest]: readonly Token[]): Expr {
  switch (first?.text) {
    case "[[":
    case "[":
      return read(rest.slice(0, -1), first.text === "[[");
    case "test":
      return read(rest, false);
    case "true":
    case ":":
      return YES;
    case "false":
      return NO;
    default:
      return first?.text.startsWith("$") && rest.length === 0
        ? equal(operand(first), literal("true"))
        : OPAQUE;
  }
}

/** Longer conditions are not read. */
const WORDS_AT_MOST = 200;
const DEPTH = 30;

interface State {
  readonly words: readonly Token[];
  /** `[[ … ]]` takes what stands on the right for a pattern. */
  readonly patterns: boolean;
  at: number;
  depth: number;
}

function read(words: readonly Token[], patterns: boolean): Expr {
  if (words.length > WORDS_AT_MOST) return OPAQUE;
  const state = { words, patterns, at: 0, depth: 0 };
  const expr = either(state);
  return state.at === words.length ? expr : OPAQUE;
}

const peek = ({ words, at }: State, offset = 0): string | undefined => words[at + offset]?.text;

function takes(state: State, ...texts: readonly string[]): boolean {
  const text = peek(state);
  if (text === undefined || !texts.includes(text)) return false;
  state.at += 1;
  return true;
}

function either(state: State): Expr {
  const parts = [both(state)];
  while (takes(state, "||", "-o")) parts.push(both(state));
  return parts.length === 1 ? (parts[0] ?? OPAQUE) : or(...parts);
}

function both(state: State): Expr {
  const parts = [single(state)];
  while (takes(state, "&&", "-a")) parts.push(single(state));
  return parts.length === 1 ? (parts[0] ?? OPAQUE) : and(...parts);
}

function single(state: State): Expr {
  state.depth += 1;
  if (state.depth > DEPTH) return OPAQUE;
  if (takes(state, "!")) return not(single(state));
  if (takes(state, "(")) {
    const inner = either(state);
    takes(state, ")");
    return inner;
  }
  return primary(state);
}

const ENDS = new Set(["&&", "||", "-a", "-o", ")"]);

function primary(state: State): Expr {
  const operator = peek(state, 1);
  const left = state.words[state.at];
  if (!left) return OPAQUE;
  if (/^-[a-zA-Z]$/.test(left.text) && operator !== undefined && !ENDS.has(operator)) {
    const of = state.words[state.at + 1];
    state.at += 2;
    if (!of || !/^-[nz]$/.test(left.text)) return OPAQUE;
    const isEmpty = equal(operand(of), literal(""));
    return left.text === "-z" ? isEmpty : not(isEmpty);
  }
  const right = state.words[state.at + 2];
  if (operator === undefined || ENDS.has(operator) || !right) {
    state.at += 1;
    return not(equal(operand(left), literal("")));
  }
  state.at += 3;
  return comparison(operand(left), operator, right, state.patterns);
}

function comparison(left: Expr, operator: string, right: Token, patterns: boolean): Expr {
  switch (operator) {
    case "=":
    case "==":
    case "-eq":
      return same(left, right, patterns);
    case "!=":
    case "-ne":
      return not(same(left, right, patterns));
    case "=~":
      return right.computed === true || right.text.includes("$") ? OPAQUE : matches(left, right.text);
    default:
      return OPAQUE;
  }
}

/** Whether two words are the same; as a pattern, `*text*`, `text*` and `*text` ask for a part. */
export function same(left: Expr, right: Token, patterns: boolean): Expr {
  if (!patterns || !/[*?]/.test(right.text)) return equal(left, operand(right));
  return right.text === "*" ? YES : fitting(left, right.text);
}

function fitting(left: Expr, pattern: string): Expr {
  const [, before, part = "", after] = /^(\*?)([^*?$]+)(\*?)$/.exec(pattern) ?? [];
  if (part === "") return OPAQUE;
  const name = before === "" ? "startswith" : after === "" ? "endswith" : "contains";
  return { kind: "call", name, args: [left, literal(part)] };
}

const FENCED = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s;
/** A variable of Azure Pipelines; anywhere else, the output of a command. */
const MACRO = /^\$\(([A-Za-z_][\w.]*)\)$/;
const VARIABLE =
  /^\$(?:(?<plain>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)(?:,,|\^\^)?\}|\{(?<defaulted>[A-Za-z_]\w*):?-(?<byDefault>.*)\})$/s;

/** What a word stands for. */
export function operand({ text, computed }: Pick<Token, "text" | "computed">): Expr {
  if (computed === true) return OPAQUE;
  const known = elsewhere(text);
  if (known) return known;
  if (!text.includes("$")) return literal(text);
  const { plain, braced, defaulted, byDefault = "" } = VARIABLE.exec(text)?.groups ?? {};
  const name = plain ?? braced ?? defaulted;
  if (name === undefined) return OPAQUE;
  const variable: Expr = { kind: "path", path: ["shell", name] };
  return defaulted === undefined ? variable : or(variable, operand({ text: unquoted(byDefault) }));
}

/** What the CI system puts in before the shell starts. In a language that is not known here, that is not told. */
function elsewhere(text: string): Expr | undefined {
  const macro = MACRO.exec(text)?.[1];
  if (macro !== undefined) return { kind: "call", name: "macro", args: [literal(macro)] };
  const fenced = /^<<[^<>]*>>$/.test(text) ? text : FENCED.exec(text)?.[1];
  if (fenced !== undefined) return { kind: "call", name: "fenced", args: [literal(fenced)] };
  return /<<|\{\{|\$\[/.test(text) ? OPAQUE : undefined;
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/s, "$2");
