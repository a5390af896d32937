import { matcherOf, metricOf, type Expression, type Matcher } from "./promql.ts";

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
  if (before.name === "VectorSelector" && after.name === "VectorSelector") return compareSelectors(before, after, context);
  if (before.name !== after.name || before.parts.length !== after.parts.length || before.parts.length === 0) return undefined;
  return compareParts(before, after, context);
}

/** The same operation or function over other parts. */
function compareParts(before: Expression, after: Expression, context: Context): Difference[] | undefined {
  const operator = operatorOf(before);
  if (operator !== operatorOf(after) || functionOf(before) !== functionOf(after)) return undefined;
  const inner = { inverted: context.inverted || /^absent/.test(functionOf(before) ?? "") };
  const parts = before.parts.map((part, index) => compare(part, after.parts[index] ?? part, inner));
  if (parts.some((part) => part === undefined)) return undefined;
  // A quotient or difference falls when its right side grows: what only the right side lost can go either way.
  const [first = [], last = []] = [parts[0], parts.at(-1)];
  if ((operator === "/" || operator === "-") && last.length > 0 && first.length === 0) return undefined;
  return distinct(parts.flatMap((part) => part ?? []));
}

function distinct(items: readonly Difference[]): Difference[] {
  return [...new Map(items.map((item) => [item.text, item])).values()];
}

function operatorOf({ name, parts }: Expression): string | undefined {
  return name === "BinaryExpr" ? parts[1]?.text.toLowerCase() : undefined;
}

function functionOf({ name, parts }: Expression): string | undefined {
  return name === "FunctionCall" || name === "AggregateExpr" ? parts[0]?.text.toLowerCase() : undefined;
}

/** `and`, `or` and `unless`: what a further condition takes away, and what a lost alternative did. */
function compareSets(before: Expression, after: Expression, context: Context): Difference[] | "unknown" | undefined {
  const operators = [operatorOf(before) ?? "", operatorOf(after) ?? ""];
  const [was = "", is = ""] = operators;
  if (!operators.some((operator) => SET_OPERATORS.includes(operator))) return undefined;
  if (context.inverted) return "unknown";
  if (is === "or" || was === "or") return compareAlternatives(before, after, context);
  const old = conditionsOf(before);
  const now = conditionsOf(after);
  const lost = old.filter(({ key }) => !now.some((one) => one.key === key));
  const added = now.filter(({ key }) => !old.some((one) => one.key === key));
  if (lost.length === 0) return added.map(({ sign, text }) => narrowed(`only ${sign === "and" ? "where" : "unless"} ${short(text)}`));
  if (added.length === 0) return lost.map(({ text }) => ({ kind: "widened", text: `no longer only where ${short(text)}` }));
  const [one, other] = [lost[0], added[0]];
  if (lost.length !== 1 || added.length !== 1 || !one || !other || one.sign !== other.sign) return "unknown";
  return compare(one.expression, other.expression, { inverted: one.sign === "unless" }) ?? "unknown";
}

interface Condition {
  readonly sign: "and" | "unless";
  readonly key: string;
  readonly text: string;
  readonly expression: Expression;
}

/** `a and b unless c`: a, b and not c. What `on (…)` joins by is part of the condition. */
function conditionsOf(expression: Expression): Condition[] {
  const operator = operatorOf(expression);
  const [left, , ...rest] = expression.parts;
  const right = rest.at(-1);
  if ((operator !== "and" && operator !== "unless") || !left || !right) {
    return [{ sign: "and", key: expression.key, text: expression.text, expression }];
  }
  const key = rest.map((part) => part.key).join(" ");
  const more: Condition[] =
    operator === "and" && rest.length === 1
      ? conditionsOf(right)
      : [{ sign: operator, key: `${operator} ${key}`, text: right.text, expression: right }];
  return [...conditionsOf(left), ...more];
}

function compareAlternatives(before: Expression, after: Expression, context: Context): Difference[] | "unknown" {
  const old = alternativesOf(before);
  const now = alternativesOf(after);
  const lost = old.filter(({ key }) => !now.some((one) => one.key === key));
  const added = now.filter(({ key }) => !old.some((one) => one.key === key));
  const [one, other] = [lost[0], added[0]];
  if (added.length === 0) return lost.map(({ text }) => narrowed(`no longer for ${short(text)}`));
  if (lost.length === 0) return added.map(({ text }) => ({ kind: "widened", text: `also for ${short(text)}` }));
  if (lost.length !== 1 || added.length !== 1 || !one || !other) return "unknown";
  return compare(one, other, context) ?? "unknown";
}

function alternativesOf(expression: Expression): Expression[] {
  const [left, , ...rest] = expression.parts;
  const right = rest.at(-1);
  if (operatorOf(expression) !== "or" || rest.length !== 1 || !left || !right) return [expression];
  return [...alternativesOf(left), ...alternativesOf(right)];
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
  const operator = operatorOf(expression) ?? "";
  const [left, , ...rest] = expression.parts;
  const right = rest.at(-1);
  if (!COMPARISONS.includes(operator) || rest.length !== 1 || !left || !right) return undefined;
  if (right.value !== undefined) return { operator, watched: left, value: right.value, text: right.text };
  if (left.value === undefined) return undefined;
  return { operator: MIRRORED[operator] ?? "", watched: right, value: left.value, text: left.text };
}

/** Something against a constant, on both sides. */
function compareLimits(before: Expression, after: Expression, context: Context): Difference[] | "unknown" | undefined {
  const was = limitOf(before);
  const is = limitOf(after);
  if (!was || !is) return undefined;
  const upward = was.operator.startsWith(">");
  if (upward !== is.operator.startsWith(">") || context.inverted) return "unknown";
  const inner = compare(was.watched, is.watched, { inverted: !upward && hasAggregate(is.watched) });
  if (inner === undefined) return "unknown";
  if (was.value === is.value && was.operator === is.operator) return inner;
  const stricter = is.value === was.value ? is.operator.length < was.operator.length : upward ? is.value > was.value : is.value < was.value;
  const written = [`${was.operator} ${was.text}`, `${is.operator} ${is.text}`];
  const threshold: Difference = {
    kind: stricter ? "threshold" : "widened",
    text: `only at ${written[1] ?? ""} instead of ${written[0] ?? ""}`,
    before: was.text,
    after: is.text,
  };
  return [threshold, ...inner];
}

function hasAggregate(expression: Expression): boolean {
  return expression.name === "AggregateExpr" || operatorOf(expression) !== undefined || expression.parts.some(hasAggregate);
}

/** The same metric with other matchers. */
function compareSelectors(before: Expression, after: Expression, { inverted }: Context): Difference[] | undefined {
  const metric = metricOf(after);
  if (inverted || metric === undefined || metricOf(before) !== metric) return undefined;
  const old = matchersOf(before);
  const now = matchersOf(after);
  if (!old || !now) return undefined;
  const lost = old.filter(({ text }) => !now.some((one) => one.text === text));
  const added = now.filter(({ text }) => !old.some((one) => one.text === text));
  if (lost.length === 0) return [narrowed(`only where ${added.map(({ text }) => text).join(", ")}`)];
  if (added.length === 0) return [{ kind: "widened", text: `no longer only where ${lost.map(({ text }) => text).join(", ")}` }];
  const [one, other] = [lost[0], added[0]];
  return lost.length === 1 && added.length === 1 && one && other ? compareMatchers(one, other) : undefined;
}

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
  return fewer === negated ? [{ kind: "widened", text: `also beyond ${before.text}` }] : [narrowed(`only where ${after.text}, which was ${before.text}`)];
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
