import { alertsOf, type Alert } from "./alerts.ts";
import {
  aggregateOf,
  metricOf,
  operationOf,
  readExpression,
  type Expression,
  type Operation,
} from "./promql.ts";
import type { Manifest } from "./types.ts";

/** What fills up: the disks of nodes, or the volumes of claims. */
export type Store = "node" | "volume";

/** An alert on how full something is. */
export interface FillAlert {
  readonly alert: Alert;
  readonly store: Store;
  /** Used part, in percent, from which it fires. */
  readonly percent: number;
}

/** Alerts on how full the disks of nodes or the volumes of claims are, of some objects. */
export function fillAlertsOf(manifests: readonly Manifest[]): FillAlert[] {
  return manifests.flatMap(alertsOf).flatMap((alert) => {
    const expression = readExpression(alert.expression);
    const level = expression && levelOf(expression);
    return level ? [{ alert, ...level }] : [];
  });
}

type Level = Omit<FillAlert, "alert">;

/** `a · used + b`, with `used` between 0 and 1; a constant where `a` is 0. */
interface Line {
  readonly a: number;
  readonly b: number;
  readonly store?: Store | undefined;
}

const METRICS: Readonly<Record<string, Omit<Amount, "factor">>> = {
  node_filesystem_avail_bytes: { store: "node", part: "free" },
  node_filesystem_free_bytes: { store: "node", part: "free" },
  node_filesystem_size_bytes: { store: "node", part: "size" },
  kubelet_volume_stats_available_bytes: { store: "volume", part: "free" },
  kubelet_volume_stats_used_bytes: { store: "volume", part: "used" },
  kubelet_volume_stats_capacity_bytes: { store: "volume", part: "size" },
};

const SIGNS: readonly string[] = [">", ">=", "<", "<="];

/** Solves `a · used + b > limit` for the used part. Of several conditions the first that speaks of fullness counts. */
function levelOf(expression: Expression): Level | undefined {
  const operation = operationOf(expression);
  if (!operation) return undefined;
  const { operator, left, right } = operation;
  if (operator === "and") return levelOf(left) ?? levelOf(right);
  if (operator === "unless") return levelOf(left);
  const difference = SIGNS.includes(operator) ? subtract(lineOf(left), lineOf(right)) : undefined;
  return difference && levelAt(difference, operator);
}

/** It must fire when the store is fuller, not when it is emptier. */
function levelAt({ a, b, store }: Line, operator: string): Level | undefined {
  if (store === undefined || a === 0 || a > 0 !== operator.startsWith(">")) return undefined;
  const percent = Math.round((-b / a) * 1000) / 10;
  return percent > 0 && percent <= 100 ? { store, percent } : undefined;
}

/** Aggregations that leave a share a share. */
const TRANSPARENT: readonly string[] = ["max", "min", "avg", "sum", "group"];

/** What an aggregation is over; the expression itself where it is none. Undefined for aggregations that count or rank. */
function bare(expression: Expression): Expression | undefined {
  const aggregate = aggregateOf(expression);
  if (!aggregate) return expression.name === "AggregateExpr" ? undefined : expression;
  return TRANSPARENT.includes(aggregate.operator) ? bare(aggregate.body) : undefined;
}

function lineOf(expression: Expression): Line | undefined {
  const inner = bare(expression);
  if (!inner) return undefined;
  if (inner.value !== undefined) return { a: 0, b: inner.value };
  const operation = operationOf(inner);
  if (!operation) return undefined;
  return ratioOf(operation) ?? combine(operation.operator, lineOf(operation.left), lineOf(operation.right));
}

function subtract(one: Line | undefined, other: Line | undefined): Line | undefined {
  return combine("-", one, other);
}

function combine(operator: string, one: Line | undefined, other: Line | undefined): Line | undefined {
  if (!one || !other) return undefined;
  const store = one.store ?? other.store;
  if (operator === "+") return { a: one.a + other.a, b: one.b + other.b, store };
  if (operator === "-") return { a: one.a - other.a, b: one.b - other.b, store };
  if (operator === "*" && one.a === 0) return { a: other.a * one.b, b: other.b * one.b, store };
  if (other.a !== 0) return undefined;
  if (operator === "*") return { a: one.a * other.b, b: one.b * other.b, store };
  return operator === "/" && other.b !== 0 ? { a: one.a / other.b, b: one.b / other.b, store } : undefined;
}

/** Free or used bytes against the size. */
function ratioOf({ operator, left, right }: Operation): Line | undefined {
  const [part, whole] = [amountOf(left), amountOf(right)];
  if (operator !== "/" || part?.store !== whole?.store || whole?.part !== "size") return undefined;
  if (!part || part.part === "size") return undefined;
  const factor = part.factor / whole.factor;
  return part.part === "used"
    ? { a: factor, b: 0, store: part.store }
    : { a: -factor, b: factor, store: part.store };
}

interface Amount {
  readonly store: Store;
  readonly part: "free" | "used" | "size";
  /** `avail * 100`. */
  readonly factor: number;
}

/** A metric of bytes, or the size less what is free, or either times a constant. */
function amountOf(expression: Expression): Amount | undefined {
  const inner = bare(expression);
  if (!inner) return undefined;
  if (inner.name === "VectorSelector") {
    const metric = METRICS[metricOf(inner) ?? ""];
    return metric && { ...metric, factor: 1 };
  }
  const operation = operationOf(inner);
  if (operation?.operator === "*")
    return (
      scaledAmount(operation) ?? scaledAmount({ ...operation, left: operation.right, right: operation.left })
    );
  return operation?.operator === "-" ? usedAmount(operation) : undefined;
}

function scaledAmount({ left, right }: Operation): Amount | undefined {
  const amount = right.value === undefined || right.value === 0 ? undefined : amountOf(left);
  return amount && { ...amount, factor: amount.factor * (right.value ?? 1) };
}

function usedAmount({ left, right }: Operation): Amount | undefined {
  const [all, free] = [amountOf(left), amountOf(right)];
  const isUsed = all?.part === "size" && free?.part === "free" && all.store === free.store;
  return isUsed && all.factor === free.factor ? { ...all, part: "used" } : undefined;
}
