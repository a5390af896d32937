import type { Expr } from "./expressions.ts";
import { fitsPattern } from "./patterns.ts";
import type { Primitive } from "./yaml.ts";
import { own } from "./own.ts";

/** Stands for a value that the files do not tell: it may be anything, true or false. */
export const ANY = Symbol("any");

/** All values that an expression may have. */
export type Possible = readonly (Primitive | typeof ANY)[];

/** What a condition is judged in: the values of contexts, and the status functions. */
export interface Scope {
  readonly value: (path: readonly string[]) => Possible;
  readonly call: (name: string) => Possible | undefined;
  /** The values of each member of a list such as `needs.*.result`; undefined where the list is not known. */
  readonly members: (path: readonly string[]) => readonly Possible[] | undefined;
}

/** Nothing keeps more values apart than this: beyond it, an expression may be anything. */
const MOST = 16;
const BOTH: Possible = [true, false];
const UNKNOWN: Possible = [ANY];

const truthy = (value: Primitive): boolean =>
  value !== null && value !== false && value !== 0 && value !== "" && !Number.isNaN(value);

/** Whether something can hold, for all that the files tell. */
export const mayBeTrue = (values: Possible): boolean =>
  values.some((value) => value === ANY || truthy(value));
/** Whether something can fail to hold, for all that the files tell. */
export const mayBeFalse = (values: Possible): boolean =>
  values.some((value) => value === ANY || !truthy(value));

/** The values of an expression; three-valued where a context is unknown. */
export function evaluate(expr: Expr, scope: Scope): Possible {
  switch (expr.kind) {
    case "literal":
      return [expr.value];
    case "path":
      return scope.value(expr.path);
    case "not":
      return negate(evaluate(expr.of, scope));
    case "and":
    case "or":
      return logical(expr.kind, expr.args, scope);
    case "compare":
      return compare(expr.operator, evaluate(expr.left, scope), evaluate(expr.right, scope));
    case "call":
      return scope.call(expr.name) ?? contains(expr, scope) ?? apply(expr, scope);
    case "opaque":
      return UNKNOWN;
  }
}

function unique(values: Possible): Possible {
  const set = [...new Set(values)];
  return set.length > MOST ? UNKNOWN : set;
}

function negate(values: Possible): Possible {
  return unique([...(mayBeTrue(values) ? [false] : []), ...(mayBeFalse(values) ? [true] : [])]);
}

/** GitHub's `&&` and `||` give back one of their operands, as in JavaScript. */
function logical(kind: "and" | "or", args: readonly Expr[], scope: Scope): Possible {
  let values: Possible = [];
  let pending: Possible = [kind === "and"];
  for (const arg of args) {
    const ends = kind === "and" ? (value: Primitive) => !truthy(value) : truthy;
    values = [...values, ...pending.filter((value) => value === ANY || ends(value))];
    const goesOn = pending.some((value) => value === ANY || !ends(value));
    if (!goesOn) return unique(values);
    pending = evaluate(arg, scope);
  }
  return unique([...values, ...pending]);
}

function compare(operator: string, left: Possible, right: Possible): Possible {
  const results: boolean[] = [];
  for (const a of left) {
    for (const b of right) {
      if (a === ANY || b === ANY) return BOTH;
      results.push(compareValues(operator, a, b));
    }
  }
  return unique(results);
}

/** GitHub compares strings without case, and turns operands of different types into numbers. */
function compareValues(operator: string, left: Primitive, right: Primitive): boolean {
  const [a, b] = comparable(left, right);
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

function comparable(left: Primitive, right: Primitive): [string | number, string | number] {
  if (typeof left === "string" && typeof right === "string") return [left.toLowerCase(), right.toLowerCase()];
  return [toNumber(left), toNumber(right)];
}

const toNumber = (value: Primitive): number => (value === null ? 0 : Number(value));

/** As GitHub writes a value into a text: null is empty. */
export const asText = (value: Primitive): string => (value === null ? "" : String(value));

const STRINGS: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  contains: (a, b) => a.includes(b),
  startswith: (a, b) => a.startsWith(b),
  endswith: (a, b) => a.endsWith(b),
};

type Call = Extract<Expr, { kind: "call" }>;

/** `contains(needs.*.result, 'failure')` asks for membership, not for a part of a text. */
function contains(expr: Call, scope: Scope): Possible | undefined {
  const [list, wanted] = expr.args;
  if (expr.name !== "contains" || !list || !wanted) return undefined;
  const members = listed(list, scope);
  if (!members) return undefined;
  const value = evaluate(wanted, scope);
  const answers = members.map((member) => compare("==", member, value));
  if (answers.some((answer) => !mayBeFalse(answer))) return [true];
  return answers.some(mayBeTrue) ? BOTH : [false];
}

function listed(expr: Expr, scope: Scope): readonly Possible[] | undefined {
  if (expr.kind === "path") return expr.path.includes("*") ? scope.members(expr.path) : undefined;
  if (expr.kind !== "call") return undefined;
  const [first] = expr.args;
  if (expr.name === "join" && first) return listed(first, scope);
  if (expr.name !== "fromjson" || first?.kind !== "literal") return undefined;
  const parsed = parseJson(first.value);
  return Array.isArray(parsed)
    ? parsed.map((value: unknown) => [isPrimitive(value) ? value : ANY])
    : undefined;
}

function apply(expr: Call, scope: Scope): Possible {
  return call(
    expr.name,
    expr.args.map((arg) => evaluate(arg, scope)),
  );
}

function call(name: string, args: readonly Possible[]): Possible {
  const test = own(STRINGS, name);
  if (test) return strings(test, args);
  if (name === "matches") return matching(args);
  if (name === "text") return (args[0] ?? UNKNOWN).map((value) => (value === ANY ? ANY : asText(value)));
  if (name === "fromjson") return (args[0] ?? UNKNOWN).map((value) => fromJson(value));
  return UNKNOWN;
}

function strings(test: (a: string, b: string) => boolean, [left, right]: readonly Possible[]): Possible {
  if (!left || !right) return UNKNOWN;
  const results: boolean[] = [];
  for (const a of left) {
    for (const b of right) {
      if (a === ANY || b === ANY) return BOTH;
      results.push(test(asText(a).toLowerCase(), asText(b).toLowerCase()));
    }
  }
  return unique(results);
}

/** `matches(text, pattern)`: what other systems write as `/…/` or as a pattern with stars. */
function matching([left, right]: readonly Possible[]): Possible {
  const pattern = right && onlyValue(right);
  if (!left || typeof pattern !== "string") return UNKNOWN;
  const answers = left.map((value) => (value === ANY ? undefined : fitsPattern(pattern, asText(value))));
  return answers.includes(undefined) ? BOTH : unique(answers.filter((answer) => answer !== undefined));
}

function fromJson(value: Primitive | typeof ANY): Primitive | typeof ANY {
  if (typeof value !== "string") return value;
  const parsed = parseJson(value);
  return isPrimitive(parsed) ? parsed : ANY;
}

function parseJson(value: Primitive): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

const isPrimitive = (value: unknown): value is Primitive =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** The one value that an expression has; undefined where there are several, or where it may be anything. */
export function onlyValue(values: Possible): Primitive | undefined {
  const [value] = values;
  return values.length === 1 && value !== ANY ? value : undefined;
}
