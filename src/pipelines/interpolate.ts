import { ANY, asText, evaluate, onlyValue } from "./evaluate.ts";
import type { Possible, Scope } from "./evaluate.ts";
import { fences, rewrite } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Leg } from "./model.ts";
import { sampleOf } from "./patterns.ts";
import type { Primitive } from "./yaml.ts";

/** What is known while a file is read, before any event: arguments of the call, variables, and the matrix. */
export interface Known {
  /** The arguments of a called workflow or action; absent at the top, where whoever starts it gives them. */
  readonly inputs?: ReadonlyMap<string, Expr>;
  readonly env: Readonly<Record<string, string>>;
  readonly legs: readonly Leg[];
}

/** No text is kept in more forms than this. */
const MOST = 12;
const OPAQUE: Expr = { kind: "opaque" };

function scopeOf(known: Known): Scope {
  return {
    call: () => undefined,
    members: () => undefined,
    value: ([context, name = ""]) => {
      if (context === "env") return envValue(known.env, name);
      return context === "matrix" ? matrixValue(known.legs, name) : [ANY];
    },
  };
}

function envValue(env: Readonly<Record<string, string>>, name: string): Possible {
  const found = Object.entries(env).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined || found.includes("${{") ? [ANY] : [found];
}

/** All values that a key of the matrix has over its legs. */
export function matrixValue(legs: readonly Leg[], name: string): Possible {
  if (legs.length === 0) return [ANY];
  return [...new Set(legs.map(({ values }) => legValue(values, name)))];
}

function legValue(values: Readonly<Record<string, Primitive>>, name: string): Primitive {
  return Object.entries(values).find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
}

/** Puts the arguments of the call into an expression of the callee. */
export function bind(expr: Expr, known: Known): Expr {
  const { inputs } = known;
  if (!inputs) return expr;
  return replacePaths(expr, (path) => {
    if (path.path[0] !== "inputs") return path;
    return inputs.get(path.path[1] ?? "") ?? { kind: "literal", value: null };
  });
}

type Path = Extract<Expr, { kind: "path" }>;

const replacePaths = (expr: Expr, replace: (path: Path) => Expr): Expr =>
  rewrite(expr, (node) => (node.kind === "path" ? replace(node) : undefined));

/** These mean the same in a called workflow as where it is called. */
const EVERYWHERE = new Set(["github", "inputs", "vars"]);

/** An argument of a call as an expression, so that a condition that asks for it can be judged in the callee. */
export function argument(source: Primitive, known: Known): Expr {
  if (typeof source !== "string" || !source.includes("${{")) return { kind: "literal", value: source };
  const found = fences(source);
  const [only] = found;
  if (found.length !== 1 || only?.whole !== source.trim()) return literalOf(interpolate(source, known));
  const value = onlyValue(evaluate(bind(only.expr, known), scopeOf(known)));
  if (value !== undefined) return { kind: "literal", value };
  return replacePaths(bind(only.expr, known), (path) => (EVERYWHERE.has(path.path[0] ?? "") ? path : OPAQUE));
}

const literalOf = (text: string): Expr => (text.includes("${{") ? OPAQUE : { kind: "literal", value: text });

/** The text with every expression put in that can have one value only; the others stay as written. */
export function interpolate(source: string, known: Known): string {
  if (!source.includes("${{")) return source;
  const scope = scopeOf(known);
  return fences(source).reduce((result, { whole, expr }) => {
    const value = onlyValue(evaluate(bind(expr, known), scope));
    return value === undefined ? result : result.replace(whole, () => asText(value));
  }, source);
}

/** All texts that this one can become. */
export function variants(source: string, known: Known): string[] {
  const scope = scopeOf(known);
  let results = [source];
  for (const { whole, expr } of fences(source)) {
    const values = evaluate(bind(expr, known), scope);
    results = results.flatMap((result) =>
      values.map((value) => result.replace(whole, () => shown(value, whole))),
    );
    if (results.length > MOST) return [source];
  }
  return [...new Set(results)];
}

const shown = (value: Primitive | typeof ANY, whole: string): string =>
  value === ANY ? whole : asText(value);

/** Names of branches and tags in an expression: texts that it compares with a ref. */
export function refsIn(expr: Expr): string[] {
  if (expr.kind === "compare") return [...refPair(expr.left, expr.right), ...refPair(expr.right, expr.left)];
  if (expr.kind === "call") {
    const [left, right] = expr.args;
    if (expr.name === "matches") return left && right ? refPair(left, sampled(right)) : [];
    return left && right ? refPair(left, right) : [];
  }
  if (expr.kind === "not") return refsIn(expr.of);
  return expr.kind === "and" || expr.kind === "or" ? expr.args.flatMap(refsIn) : [];
}

/** A name that fits a pattern, if one is easily made. */
function sampled(pattern: Expr): Expr {
  const name = pattern.kind === "literal" ? sampleOf(String(pattern.value)) : undefined;
  return name === undefined ? OPAQUE : { kind: "literal", value: name };
}

function refPair(path: Expr, value: Expr): string[] {
  if (path.kind !== "path" || value.kind !== "literal" || typeof value.value !== "string") return [];
  const name = path.path.join(".");
  if (name === "run.tag") return [`refs/tags/${value.value}`];
  return /^(github\.(ref|ref_name|event\.ref)|run\.(branch|ref))$/.test(name) ? [value.value] : [];
}
