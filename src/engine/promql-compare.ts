import { matcherOf, metricOf, operationOf, type Expression, type Matcher } from "./promql.ts";

/** One way in which an alert's expression fires less, or more, than before. */
export interface Difference {
  readonly kind: "threshold" | "narrowed" | "widened";
  /** `from 0.9 to 0.95`, `only where job="api"`. */
  readonly text: string;
  /** Of a threshold: how it was written, and how it is. */
  readonly before?: string;
  readonly after?: string;
}

/** Where in the expression the comparison is: some places turn a narrower selector into a wider alert. */
interface Context {
  /** A smaller selection can make the alert fire more: `count(up) < 3`, `absent(up)`. */
  readonly inverted: boolean;
}

/**
 * What differs between two expressions, as far as it can be told in which direction; undefined where it cannot, for
 * instance where another function or metric is used. Equal expressions have no differences.
 */
export function differences(before: Expression, after: Expression): Difference[] | undefined {
  return compare(before, after, { inverted: false });
}

const COMPARISONS: readonly string[] = [">", ">=", "<", "<="];
const SET_OPERATORS: readonly string[] = ["and", "or", "unless"];

function compare(before: Expression, after: Expression, context: Context): Difference[] | undefined {
  if (before.key === after.key) return [];
  const joined = compareSets(before, after, context);
  if (joined) return joined === "unknown" ? undefined : joined;
  const limited = compareLimits(before, after, context);
  if (limited) return limited === "unknown" ? undefined : limited;
  if (before.name === "VectorSelector" && after.name === "VectorSelector")
    return compareSelectors(before, after, context);
  if (before.name !== after.name || before.parts.length !== after.parts.length || before.parts.length === 0)
    return undefined;
  return compareParts(before, after, context);
}

/** The same operation or function over other parts. */
function compareParts(before: Expression, after: Expression, context: Context): Difference[] | undefined {
  const operator = operatorOf(before);
  if (operator !== operatorOf(after) || functionOf(before) !== functionOf(after)) return undefined;
  const inner = { inverted: context.inverted || canRise(before) };
  const parts = before.parts.map((part, index) => compare(part, after.parts[index] ?? part, inner));
  if (parts.some((part) => part === undefined)) return undefined;
  // A quotient or difference falls when its right side grows: what only the right side lost can go either way.
  const [first = [], last = []] = [parts[0], parts.at(-1)];
  if ((operator === "/" || operator === "-") && last.length > 0 && first.length === 0) return undefined;
  return distinct(parts.flat().filter((part) => part !== undefined));
}

/** Whether it can grow when it sees fewer series. */
function canRise(expression: Expression): boolean {
  const name = functionOf(expression) ?? "";
  return expression.name === "AggregateExpr" ? !FALLING.includes(name) : name.startsWith("absent");
}

/** Aggregations that never grow when they see fewer series. */
const FALLING: readonly string[] = ["sum", "count", "max", "group", "topk", "limitk"];

function distinct(items: readonly Difference[]): Difference[] {
  return [...new Map(items.map((item) => [item.text, item])).values()];
}

function operatorOf(expression: Expression): string | undefined {
  return operationOf(expression)?.operator;
}

function functionOf({ name, parts }: Expression): string | undefined {
  return name === "FunctionCall" || name === "AggregateExpr" ? parts[0]?.text.toLowerCase() : undefined;
}

/** `and`, `or` and `unless`: what a further condition takes away, and what a lost alternative did. */
function compareSets(
  before: Expression,
  after: Expression,
  { inverted }: Context,
): Difference[] | "unknown" | undefined {
  const operators = [operatorOf(before), operatorOf(after)];
  if (!operators.some((operator) => SET_OPERATORS.includes(operator ?? ""))) return undefined;
  if (inverted) return "unknown";
  if (operators.includes("or")) return compareAlternatives(before, after);
  const { lost, added, only } = unmatched(conditionsOf(before), conditionsOf(after));
  if (lost.length === 0)
    return added.map(({ sign, text }) =>
      narrowed(`only ${sign === "and" ? "where" : "unless"} ${short(text)}`),
    );
  if (added.length === 0)
    return lost.map(({ text }) => ({ kind: "widened", text: `no longer only where ${short(text)}` }));
  if (!only || only.lost.sign !== only.added.sign) return "unknown";
  const context = { inverted: only.lost.sign === "unless" };
  return compare(only.lost.expression, only.added.expression, context) ?? "unknown";
}

interface Unmatched<T> {
  readonly lost: readonly T[];
  readonly added: readonly T[];
  /** Where one gave way to one. */
  readonly only?: { readonly lost: T; readonly added: T };
}

/** What only one of two lists holds. */
function unmatched<T extends { readonly key: string }>(old: readonly T[], now: readonly T[]): Unmatched<T> {
  const lost = old.filter(({ key }) => !now.some((one) => one.key === key));
  const added = now.filter(({ key }) => !old.some((one) => one.key === key));
  const [one, other] = [lost[0], added[0]];
  const single = lost.length === 1 && added.length === 1;
  return { lost, added, ...(single && one && other && { only: { lost: one, added: other } }) };
}

interface Condition {
  readonly sign: "and" | "unless";
  readonly key: string;
  readonly text: string;
  readonly expression: Expression;
}

/** `a and b unless c`: a, b and not c. What `on (…)` joins by is part of the condition. */
function conditionsOf(expression: Expression): Condition[] {
  const operation = operationOf(expression);
  if (operation?.operator !== "and" && operation?.operator !== "unless") {
    return [{ sign: "and", key: expression.key, text: expression.text, expression }];
  }
  const { operator, left, right, modifiers } = operation;
  if (operator === "and" && modifiers.length === 0) return [...conditionsOf(left), ...conditionsOf(right)];
  const key = [operator, ...modifiers.map((part) => part.key), right.key].join(" ");
  return [...conditionsOf(left), { sign: operator, key, text: right.text, expression: right }];
}

function compareAlternatives(before: Expression, after: Expression): Difference[] | "unknown" {
  const { lost, added, only } = unmatched(alternativesOf(before), alternativesOf(after));
  if (added.length === 0) return lost.map(({ text }) => narrowed(`no longer for ${short(text)}`));
  if (lost.length === 0)
    return added.map(({ text }) => ({ kind: "widened", text: `also for ${short(text)}` }));
  return (only && compare(only.lost, only.added, { inverted: false })) ?? "unknown";
}

function alternativesOf(expression: Expression): Expression[] {
  const operation = operationOf(expression);
  if (operation?.operator !== "or" || operation.modifiers.length > 0) return [expression];
  return [...alternativesOf(operation.left), ...alternativesOf(operation.right)];
}

interface Limit {
  /** As if the constant stood on the right. */
  readonly operator: string;
  readonly watched: Expression;
  readonly value: number;
  readonly text: string;
}

const MIRRORED: Readonly<Record<string, string>> = { ">": "<", ">=": "<=", "<": ">", "<=": ">=" };

function limitOf(expression: Expression): Limit | undefined {
  const operation = operationOf(expression);
  if (!operation || !COMPARISONS.includes(operation.operator) || operation.modifiers.length > 0)
    return undefined;
  const { operator, left, right } = operation;
  if (right.value !== undefined) return { operator, watched: left, value: right.value, text: right.text };
  if (left.value === undefined) return undefined;
  return { operator: MIRRORED[operator] ?? "", watched: right, value: left.value, text: left.text };
}

const isUpward = ({ operator }: Limit) => operator.startsWith(">");

/** Something against a constant, on both sides. */
function compareLimits(
  before: Expression,
  after: Expression,
  { inverted }: Context,
): Difference[] | "unknown" | undefined {
  const was = limitOf(before);
  const is = limitOf(after);
  if (!was || !is) return undefined;
  if (isUpward(was) !== isUpward(is) || inverted) return "unknown";
  const context = { inverted: !isUpward(was) && hasAggregate(is.watched) };
  const inner = compare(was.watched, is.watched, context);
  if (inner === undefined) return "unknown";
  return was.value === is.value && was.operator === is.operator ? inner : [thresholdOf(was, is), ...inner];
}

function thresholdOf(was: Limit, is: Limit): Difference {
  const rises = is.value > was.value;
  const stricter =
    is.value === was.value ? is.operator.length < was.operator.length : rises === isUpward(was);
  return {
    kind: stricter ? "threshold" : "widened",
    text: `only at ${is.operator} ${is.text} instead of ${was.operator} ${was.text}`,
    before: was.text,
    after: is.text,
  };
}

function hasAggregate(expression: Expression): boolean {
  return (
    expression.name === "AggregateExpr" ||
    operatorOf(expression) !== undefined ||
    expression.parts.some(hasAggregate)
  );
}

/** The same metric with other matchers. */
function compareSelectors(
  before: Expression,
  after: Expression,
  { inverted }: Context,
): Difference[] | undefined {
  const metric = metricOf(after);
  if (inverted || metric === undefined || metricOf(before) !== metric) return undefined;
  const [old, now] = [matchersOf(before), matchersOf(after)];
  if (!old || !now) return undefined;
  const { lost, added, only } = unmatched(old, now);
  if (lost.length === 0) return [narrowed(`only where ${textsOf(added)}`)];
  if (added.length === 0) return [{ kind: "widened", text: `no longer only where ${textsOf(lost)}` }];
  return only && compareMatchers(only.lost, only.added);
}

const textsOf = (matchers: readonly Matcher[]) => matchers.map(({ text }) => text).join(", ");

function matchersOf({ parts }: Expression): Matcher[] | undefined {
  const written = parts.find(({ name }) => name === "LabelMatchers")?.parts ?? [];
  const matchers = written.flatMap((part) => matcherOf(part) ?? []);
  return matchers.length === written.length ? matchers : undefined;
}

/** `a|b|c` became `a|b`: fewer values match, or, negated, more are left out. */
function compareMatchers(before: Matcher, after: Matcher): Difference[] | undefined {
  const negated = before.operator.startsWith("!");
  if (before.label !== after.label || negated !== after.operator.startsWith("!")) return undefined;
  const old = valuesOf(before);
  const now = valuesOf(after);
  if (!old || !now) return undefined;
  const fewer = now.every((value) => old.includes(value));
  const more = old.every((value) => now.includes(value));
  if (fewer === more) return undefined;
  return fewer === negated
    ? [{ kind: "widened", text: `also beyond ${before.text}` }]
    : [narrowed(`only where ${after.text} instead of ${before.text}`)];
}

/** The values that a matcher lists; undefined where it holds a pattern. */
function valuesOf({ operator, value }: Matcher): string[] | undefined {
  if (!operator.endsWith("~")) return [value];
  const bare = value.replace(/^\^?\((\?:)?(.*)\)\$?$/, "$2");
  return /^[\w.:/ -]+(\|[\w.:/ -]+)*$/.test(bare) && !bare.includes(".") ? bare.split("|") : undefined;
}

function narrowed(text: string): Difference {
  return { kind: "narrowed", text };
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 77)}…` : line;
}
