import { parser } from "@prometheus-io/lezer-promql";
import type { SyntaxNode } from "@lezer/common";
import { isUnknown } from "./template.ts";

/**
 * A PromQL expression without what does not matter: white space, brackets, the order of matchers, and arithmetic on
 * constants, which is worked out. Equal `key`s mean equal expressions.
 */
export interface Expression {
  /** The grammar's name of the node (`BinaryExpr`, `VectorSelector`, …); `Number` for every constant. */
  readonly name: string;
  readonly parts: readonly Expression[];
  readonly key: string;
  /** Of a constant. */
  readonly value?: number;
  /** As it is written. */
  readonly text: string;
}

/** Reads an expression with Prometheus' own grammar; undefined where it is none, or where an expansion would tell. */
export function readExpression(text: string): Expression | undefined {
  if (isUnknown(text)) return undefined;
  const known = cache.get(text);
  if (known !== undefined) return known ?? undefined;
  const expression = text.length > LONGEST ? null : parse(text);
  if (cache.size > 5_000) cache.clear();
  cache.set(text, expression);
  return expression ?? undefined;
}

/** Characters and levels beyond which an expression is no alert that a person wrote. */
const LONGEST = 20_000;
const DEEPEST = 200;

function parse(text: string): Expression | null {
  const tree = parser.parse(text);
  const top = tree.topNode.firstChild;
  let depth = 0;
  let broken = top === null;
  tree.iterate({
    enter: (node) => {
      depth++;
      broken ||= node.type.isError || depth > DEEPEST;
    },
    leave: () => {
      depth--;
    },
  });
  return top && !broken ? convert(top, text) : null;
}

/** Both sides and every unit hold the same expressions. */
const cache = new Map<string, Expression | null>();

function convert(node: SyntaxNode, source: string): Expression {
  if (node.name === "ParenExpr" && node.firstChild) return convert(node.firstChild, source);
  const text = source.slice(node.from, node.to);
  const value = numberOf(node.name, text);
  if (value !== undefined) return constant(value, text);
  const parts = childrenOf(node).map((child) => convert(child, source));
  const folded = fold(node.name, parts);
  if (folded !== undefined) return constant(folded, text);
  const ordered = node.name === "LabelMatchers" ? [...parts].sort((a, b) => (a.key < b.key ? -1 : 1)) : parts;
  const inner = ordered.length === 0 ? text : ordered.map(({ key }) => key).join(" ");
  return { name: node.name, parts: ordered, key: `(${node.name} ${inner})`, text };
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function constant(value: number, text: string): Expression {
  return { name: "Number", parts: [], key: `(Number ${value})`, value, text };
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** `0.9`, `1e6`, `1h30m` (as seconds), `Inf`. Windows such as `[5m]` are something else in the grammar. */
function numberOf(name: string, text: string): number | undefined {
  if (name !== "NumberDurationLiteral") return undefined;
  return (
    durationSeconds(text) ?? (/^[+-]?inf$/i.test(text) ? Infinity : finite(Number(text.replaceAll("_", ""))))
  );
}

/** A Prometheus duration (`5m`, `1h30m`) in seconds; undefined where it is none. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * (SECONDS[unit ?? ""] ?? 0),
    0,
  );
}

const finite = (value: number) => (Number.isNaN(value) ? undefined : value);

function fold(name: string, parts: readonly Expression[]): number | undefined {
  if (name === "UnaryExpr") {
    const [sign, operand] = parts;
    return operand?.value === undefined ? undefined : (sign?.text === "-" ? -1 : 1) * operand.value;
  }
  const operation = operationOf({ name, parts });
  const [left, right] = [operation?.left.value, operation?.right.value];
  if (!operation || left === undefined || right === undefined) return undefined;
  return ARITHMETIC[operation.operator]?.(left, right);
}

/** `left operator right`. */
export interface Operation {
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  /** What stands between: `bool`, `on (…)`, `group_left (…)`. */
  readonly modifiers: readonly Expression[];
}

export function operationOf({ name, parts }: Pick<Expression, "name" | "parts">): Operation | undefined {
  const [left, operator, ...rest] = parts;
  const right = rest.at(-1);
  if (name !== "BinaryExpr" || !left || !operator || !right) return undefined;
  return { operator: operator.text.toLowerCase(), left, right, modifiers: rest.slice(0, -1) };
}

/** What an aggregation (`sum by (pod) (…)`) is over, with its name. */
export function aggregateOf({ name, parts }: Expression): { operator: string; body: Expression } | undefined {
  if (name !== "AggregateExpr") return undefined;
  const body = parts.find((part) => part.name === "FunctionCallBody")?.parts.at(-1);
  return body && { operator: parts[0]?.text.toLowerCase() ?? "", body };
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
};

/** Names and matchers of every selector in an expression, sorted: two alerts with the same ones watch the same thing. */
export function selectorsOf(expression: Expression): string[] {
  const found = new Set<string>();
  const visit = (one: Expression) => {
    if (one.name === "VectorSelector") found.add(one.key);
    else one.parts.forEach(visit);
  };
  visit(expression);
  return [...found].sort();
}

/** Names of the metrics that an expression reads. */
export function metricsOf(expression: Expression): string[] {
  const found = new Set<string>();
  const visit = (one: Expression) => {
    const metric = one.name === "VectorSelector" ? metricOf(one) : undefined;
    if (metric !== undefined) found.add(metric);
    one.parts.forEach(visit);
  };
  visit(expression);
  return [...found].sort();
}

/** The metric that a selector names; undefined where a pattern or nothing does. */
export function metricOf({ parts }: Expression): string | undefined {
  const name = parts.find((part) => part.name === "Identifier");
  if (name) return name.text;
  const matcher = parts
    .find((part) => part.name === "LabelMatchers")
    ?.parts.map(matcherOf)
    .find((one) => one?.label === "__name__" && one.operator === "=");
  return matcher?.value;
}

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
  readonly text: string;
  /** As an expression's. */
  readonly key: string;
}

/** `job="api"` of a selector's braces; undefined for other things that can stand there. */
export function matcherOf({ parts, text, key }: Expression): Matcher | undefined {
  const [label, operator, value] = parts;
  if (!label || !operator || value?.name !== "StringLiteral") return undefined;
  return { label: label.text, operator: operator.text, value: value.text.slice(1, -1), text, key };
}

/** Every matcher of every selector in an expression, in order. */
export function matchersOf(expression: Expression): Matcher[] {
  const own =
    expression.name === "LabelMatchers" ? expression.parts.flatMap((part) => matcherOf(part) ?? []) : [];
  return [...own, ...expression.parts.flatMap(matchersOf)];
}
