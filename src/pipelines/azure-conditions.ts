import type { Expr } from "./expressions.ts";
import { and, equal, literal, not, OPAQUE, or, resultOf, run, status } from "./reading.ts";
import { own } from "./own.ts";

const TOKENS_AT_MOST = 500;
const DEPTH = 50;

const TOKEN = /\s*(?:(?<mark>[(),\][.])|(?<text>'(?:[^']|'')*')|(?<word>[\w-]+))/uy;

/**
 * Reads a `condition`. Unlike GitHub's, a condition without a status function implies none: the job then runs even if
 * what it waits for failed. Source: https://learn.microsoft.com/azure/devops/pipelines/process/conditions
 */
export function azureCondition(source: string): Expr {
  const tokens = tokenize(source.trim());
  if (!tokens) return OPAQUE;
  const state = { tokens, at: 0, asks: false };
  const expr = term(state, 0);
  if (state.at !== tokens.length) return OPAQUE;
  return state.asks ? expr : and(status("always"), expr);
}

function tokenize(source: string): string[] | undefined {
  const tokens: string[] = [];
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match || tokens.length > TOKENS_AT_MOST) return undefined;
    tokens.push(match[0].trim());
    at = TOKEN.lastIndex;
  }
  return tokens;
}

interface State {
  readonly tokens: readonly string[];
  at: number;
  asks: boolean;
}

function term(state: State, depth: number): Expr {
  const token = state.tokens[state.at] ?? "";
  state.at += 1;
  if (depth > DEPTH || token === "") return OPAQUE;
  if (token.startsWith("'")) return literal(token.slice(1, -1).replaceAll("''", "'"));
  if (state.tokens[state.at] === "(") return call(token.toLowerCase(), argumentsOf(state, depth), state);
  const path = pathOf(token, state);
  return VALUES[path.join(".").toLowerCase()] ?? valueOf(path);
}

function argumentsOf(state: State, depth: number): Expr[] {
  const list: Expr[] = [];
  state.at += 1;
  while (state.at < state.tokens.length && state.tokens[state.at] !== ")") {
    const before = state.at;
    list.push(term(state, depth + 1));
    if (state.tokens[state.at] === ",") state.at += 1;
    if (state.at === before) break;
  }
  state.at += 1;
  return list;
}

/** `variables['Build.Reason']` and `variables.Build` are paths. */
function pathOf(first: string, state: State): string[] {
  const path = [first];
  for (;;) {
    const mark = state.tokens[state.at];
    if (mark === ".") {
      path.push(state.tokens[state.at + 1] ?? "");
      state.at += 2;
    } else if (mark === "[") {
      path.push((state.tokens[state.at + 1] ?? "").replaceAll("'", ""));
      state.at += 3;
    } else return path;
  }
}

const VALUES: Readonly<Record<string, Expr>> = {
  true: { kind: "literal", value: true },
  false: { kind: "literal", value: false },
  "variables.build.sourcebranchname": or(run("branch"), run("tag")),
  "variables.build.sourcebranch": { kind: "path", path: ["run", "ref"] },
  "variables.build.reason": run("source"),
};

/** `dependencies.A.result` is what other systems call `needs.A.result`. */
function valueOf(path: readonly string[]): Expr {
  const [context = "", name = "", what = ""] = path.map((part) => part.toLowerCase());
  if (/^(stage)?dependencies$/.test(context) && what === "result") return resultOf(name);
  return context === "parameters" ? { kind: "path", path: ["inputs", name] } : OPAQUE;
}

/** Azure's words for results and for reasons. */
const WORDS: Readonly<Record<string, string>> = {
  succeeded: "success",
  succeededwithissues: "success",
  failed: "failure",
  skipped: "skipped",
  pullrequest: "pull_request",
  individualci: "push",
  batchedci: "push",
  manual: "workflow_dispatch",
  schedule: "schedule",
};

function translated(expr: Expr): Expr {
  if (expr.kind !== "literal" || typeof expr.value !== "string") return expr;
  return literal(WORDS[expr.value.toLowerCase()] ?? expr.value);
}

function call(name: string, args: readonly Expr[], state: State): Expr {
  if (/^(succeeded|failed|always|succeededorfailed|canceled)$/.test(name)) {
    state.asks = true;
    return statusCall(name, args);
  }
  return (
    own(FUNCTIONS, name)?.(args) ??
    (/^(startswith|endswith|contains)$/.test(name) ? { kind: "call", name, args } : OPAQUE)
  );
}

const same = (left: Expr = OPAQUE, right: Expr = OPAQUE): Expr => equal(translated(left), translated(right));
const among = ([left, ...rest]: readonly Expr[]): Expr => or(...rest.map((value) => same(left, value)));

const FUNCTIONS: Readonly<Record<string, (args: readonly Expr[]) => Expr>> = {
  and: (args) => and(...args),
  or: (args) => or(...args),
  not: ([only = OPAQUE]) => not(only),
  eq: ([left, right]) => same(left, right),
  ne: ([left, right]) => not(same(left, right)),
  in: among,
  notin: (args) => not(among(args)),
};

function statusCall(name: string, args: readonly Expr[]): Expr {
  const names = args.flatMap((arg) => (arg.kind === "literal" ? [String(arg.value)] : []));
  if (name === "always" || name === "succeededorfailed") return status("always");
  if (name === "canceled") return { kind: "call", name: "cancelled", args: [] };
  const word = name === "failed" ? "failure" : "success";
  if (names.length === 0) return status(word);
  return and(status("always"), ...names.map((id) => equal(resultOf(id), literal(word))));
}
