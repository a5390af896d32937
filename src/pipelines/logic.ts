import type { Expr } from "./expressions.ts";
import { and, equal, literal, matches, not, OPAQUE, or } from "./reading.ts";

/** Conditions deeper or longer than this are not read. */
const TOKENS_AT_MOST = 500;
const DEPTH = 50;

const TOKEN =
  /\s*(?:(?<operator>&&|\|\||==|!=|=~|!~|[=!(),])|(?<name>\$\w+|\$\{\w+\}|[A-Za-z_][\w.-]*)|(?<text>"[^"]*"|'[^']*')|(?<regex>\/(?:[^/\\\n]|\\.)*\/[ims]*|\^[^\s()]*))/uy;

interface Token {
  readonly kind: "operator" | "name" | "text" | "regex";
  readonly text: string;
}

/** How one CI system writes conditions: the operators are much the same everywhere, the names are not. */
export interface Language {
  /** What a name stands for: a variable, a field of the build, or a word without quotes. */
  readonly name: (name: string) => Expr;
  /** What a quoted text stands for; itself where absent. */
  readonly text?: (text: string) => Expr;
}

/**
 * Reads a condition of `&&`, `||`, `!`, `==`, `!=`, `=~` and parentheses; `AND`, `OR`, `NOT`, `=`, `IN (…)` and
 * `IS present` are taken as well. What does not parse is opaque, not an error.
 */
export function parseLogic(source: string, language: Language): Expr {
  const tokens = tokenize(source);
  if (!tokens) return OPAQUE;
  const state = { tokens, at: 0, language };
  const expr = either(state, 0);
  return state.at === tokens.length ? expr : OPAQUE;
}

const WORDS: Readonly<Record<string, string>> = { and: "&&", or: "||", not: "!", in: "in", is: "is" };

function tokenize(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  const text = source.trim();
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const groups = match?.groups;
    if (!match || !groups || tokens.length > TOKENS_AT_MOST) return undefined;
    const kind = (["operator", "name", "text", "regex"] as const).find((name) => groups[name] !== undefined);
    if (!kind) return undefined;
    tokens.push(asToken(kind, groups[kind] ?? ""));
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function asToken(kind: Token["kind"], text: string): Token {
  const word = kind === "name" ? WORDS[text.toLowerCase()] : undefined;
  return word === undefined ? { kind, text } : { kind: "operator", text: word };
}

interface State {
  readonly tokens: readonly Token[];
  readonly language: Language;
  at: number;
}

const takes = (state: State, ...operators: readonly string[]): boolean => {
  const token = state.tokens[state.at];
  if (token?.kind !== "operator" || !operators.includes(token.text)) return false;
  state.at += 1;
  return true;
};

function either(state: State, depth: number): Expr {
  const parts = [both(state, depth)];
  while (takes(state, "||")) parts.push(both(state, depth));
  return parts.length === 1 ? (parts[0] ?? OPAQUE) : or(...parts);
}

function both(state: State, depth: number): Expr {
  const parts = [comparison(state, depth)];
  while (takes(state, "&&")) parts.push(comparison(state, depth));
  return parts.length === 1 ? (parts[0] ?? OPAQUE) : and(...parts);
}

function comparison(state: State, depth: number): Expr {
  if (depth > DEPTH) return OPAQUE;
  if (takes(state, "!")) return not(comparison(state, depth + 1));
  if (takes(state, "(")) {
    const inner = either(state, depth + 1);
    takes(state, ")");
    return inner;
  }
  const left = value(state);
  if (takes(state, "==", "=")) return equal(left, value(state));
  if (takes(state, "!=")) return not(equal(left, value(state)));
  if (takes(state, "=~")) return pattern(left, state);
  if (takes(state, "!~")) return not(pattern(left, state));
  if (takes(state, "in")) return among(left, state);
  if (takes(state, "is")) return presence(left, state);
  // A variable alone asks whether it is there and not empty.
  return left;
}

function pattern(left: Expr, state: State): Expr {
  const token = state.tokens[state.at];
  state.at += 1;
  if (token?.kind !== "regex") return OPAQUE;
  const regex = /^\/(.*)\/[ims]*$/s.exec(token.text)?.[1] ?? token.text;
  return matches(left, regex.replaceAll(String.raw`\/`, "/"));
}

/** `branch IN (main, master)`. */
function among(left: Expr, state: State): Expr {
  const values: Expr[] = [];
  if (!takes(state, "(")) return OPAQUE;
  while (state.at < state.tokens.length && !takes(state, ")")) {
    values.push(equal(left, value(state)));
    takes(state, ",");
  }
  return or(...values);
}

/** `tag IS present`, `tag IS NOT blank`. */
function presence(left: Expr, state: State): Expr {
  const negated = takes(state, "!");
  const token = state.tokens[state.at];
  state.at += 1;
  const there = not(equal(left, { kind: "literal", value: null }));
  if (token?.text === "present") return negated ? not(there) : there;
  return token?.text === "blank" ? (negated ? there : not(there)) : OPAQUE;
}

function value(state: State): Expr {
  const token = state.tokens[state.at];
  state.at += 1;
  if (token?.kind === "text") {
    const text = token.text.slice(1, -1);
    return state.language.text?.(text) ?? literal(text);
  }
  return token?.kind === "name" ? state.language.name(token.text) : OPAQUE;
}
