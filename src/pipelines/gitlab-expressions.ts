import type { Expr } from "./expressions.ts";
import { and, equal, literal, matches, not, OPAQUE, or, run } from "./reading.ts";

/** Conditions deeper or longer than this are not read. */
const TOKENS_AT_MOST = 500;
const DEPTH = 50;

const TOKEN =
  /\s*(?:(?<operator>&&|\|\||==|!=|=~|!~|\(|\))|(?<variable>\$\w+|\$\{\w+\})|(?<text>"[^"]*"|'[^']*')|(?<regex>\/(?:[^/\\\n]|\\.)*\/[ims]*)|(?<word>null))/uy;

interface Token {
  readonly kind: "operator" | "variable" | "text" | "regex" | "word";
  readonly text: string;
}

/** Reads the `if` of a rule: https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions */
export function parseRule(source: string): Expr {
  const tokens = tokenize(source);
  if (!tokens) return OPAQUE;
  const state = { tokens, at: 0 };
  const expr = either(state, 0);
  return state.at === tokens.length ? expr : OPAQUE;
}

function tokenize(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  const text = source.trim();
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const groups = match?.groups;
    if (!match || !groups || tokens.length > TOKENS_AT_MOST) return undefined;
    const kind = (["operator", "variable", "text", "regex", "word"] as const).find(
      (name) => groups[name] !== undefined,
    );
    if (!kind) return undefined;
    tokens.push({ kind, text: groups[kind] ?? "" });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

interface State {
  readonly tokens: readonly Token[];
  at: number;
}

const takes = (state: State, operator: string): boolean => {
  const token = state.tokens[state.at];
  if (token?.kind !== "operator" || token.text !== operator) return false;
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
  if (takes(state, "(")) {
    const inner = either(state, depth + 1);
    takes(state, ")");
    return inner;
  }
  const left = value(state);
  if (takes(state, "==")) return equal(left, value(state));
  if (takes(state, "!=")) return not(equal(left, value(state)));
  if (takes(state, "=~")) return pattern(left, state);
  if (takes(state, "!~")) return not(pattern(left, state));
  // A variable alone asks whether it is there and not empty.
  return left;
}

function pattern(left: Expr, state: State): Expr {
  const token = state.tokens[state.at];
  state.at += 1;
  const regex = token?.kind === "regex" ? /^\/(.*)\/[ims]*$/s.exec(token.text)?.[1] : undefined;
  return regex === undefined ? OPAQUE : matches(left, regex.replaceAll(String.raw`\/`, "/"));
}

/** What starts a pipeline, in the words of the model. */
const SOURCES: Readonly<Record<string, string>> = {
  merge_request_event: "pull_request",
  web: "workflow_dispatch",
};

const VARIABLES: Readonly<Record<string, Expr>> = {
  CI_COMMIT_BRANCH: run("branch"),
  CI_COMMIT_TAG: run("tag"),
  CI_PIPELINE_SOURCE: run("source"),
  CI_COMMIT_REF_NAME: or(run("branch"), run("tag")),
  CI_DEFAULT_BRANCH: literal("main"),
  CI_MERGE_REQUEST_IID: equal(run("source"), literal("pull_request")),
  CI_MERGE_REQUEST_ID: equal(run("source"), literal("pull_request")),
  CI_OPEN_MERGE_REQUESTS: OPAQUE,
};

function value(state: State): Expr {
  const token = state.tokens[state.at];
  state.at += 1;
  if (!token) return OPAQUE;
  if (token.kind === "word") return { kind: "literal", value: null };
  if (token.kind === "text") return literal(SOURCES[token.text.slice(1, -1)] ?? token.text.slice(1, -1));
  if (token.kind !== "variable") return OPAQUE;
  const name = token.text.replaceAll(/[${}]/g, "");
  // A variable of one's own may be given with the start, as an input is.
  return (
    VARIABLES[name] ??
    (name.startsWith("CI_") ? OPAQUE : { kind: "path", path: ["inputs", name.toLowerCase()] })
  );
}
