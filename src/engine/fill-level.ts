import { alertsOf, type Alert } from "./alerts.ts";
import { metricOf, readExpression, type Expression } from "./promql.ts";
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

const METRICS: Readonly<Record<string, { readonly store: Store; readonly part: "free" | "used" | "size" }>> = {
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
  if (expression.name === "AggregateExpr" || expression.name === "FunctionCall") return undefined;
  const operator = expression.name === "BinaryExpr" ? expression.parts[1]?.text : undefined;
  const [left, right] = [expression.parts[0], expression.parts.at(-1)];
  if (operator === undefined || !left || !right) return undefined;
  if (/^and$/i.test(operator)) return levelOf(left) ?? levelOf(right);
  if (/^unless$/i.test(operator)) return levelOf(left);
  const [one, other] = [lineOf(left), lineOf(right)];
  if (!SIGNS.includes(operator) || !one || !other) return undefined;
  const slope = one.a - other.a;
  const store = one.store ?? other.store;
  // It must fire when it is fuller, not when it is emptier.
  if (store === undefined || slope === 0 || slope > 0 !== operator.startsWith(">")) return undefined;
  const percent = Math.round(((other.b - one.b) / slope) * 1000) / 10;
  return percent > 0 && percent <= 100 ? { store, percent } : undefined;
}

const TRANSPARENT: readonly string[] = ["max", "min", "avg", "sum", "any", "group"];

function lineOf(expression: Expression): Line | undefined {
  if (expression.value !== undefined) return { a: 0, b: expression.value };
  const [left, operator] = expression.parts;
  if (expression.name === "AggregateExpr" && TRANSPARENT.includes(left?.text.toLowerCase() ?? "")) {
    const body = expression.parts.find(({ name }) => name === "FunctionCallBody")?.parts[0];
    return body && lineOf(body);
  }
  const right = expression.parts.at(-1);
  if (expression.name !== "BinaryExpr" || !left || !operator || !right) return undefined;
  const ratio = operator.text === "/" ? ratioOf(left, right) : undefined;
  if (ratio) return ratio;
  const [one, other] = [lineOf(left), lineOf(right)];
  return one && other ? combine(operator.text, one, other) : undefined;
}

function combine(operator: string, one: Line, other: Line): Line | undefined {
  const store = one.store ?? other.store;
  if (operator === "+") return { a: one.a + other.a, b: one.b + other.b, store };
  if (operator === "-") return { a: one.a - other.a, b: one.b - other.b, store };
  if (operator === "*" && other.a === 0) return { a: one.a * other.b, b: one.b * other.b, store };
  if (operator === "*" && one.a === 0) return { a: other.a * one.b, b: other.b * one.b, store };
  if (operator === "/" && other.a === 0 && other.b !== 0) return { a: one.a / other.b, b: one.b / other.b, store };
  return undefined;
}

/** Free or used bytes against the size. */
function ratioOf(left: Expression, right: Expression): Line | undefined {
  const [part, whole] = [amountOf(left), amountOf(right)];
  if (!part || whole?.part !== "size" || part.store !== whole.store || part.part === "size") return undefined;
  return part.part === "used" ? { a: 1, b: 0, store: part.store } : { a: -1, b: 1, store: part.store };
}

function amountOf(expression: Expression): { store: Store; part: "free" | "used" | "size" } | undefined {
  if (expression.name === "VectorSelector") return METRICS[metricOf(expression) ?? ""];
  const [left, operator] = expression.parts;
  if (expression.name === "AggregateExpr") {
    const body = expression.parts.find(({ name }) => name === "FunctionCallBody")?.parts[0];
    return body && TRANSPARENT.includes(left?.text.toLowerCase() ?? "") ? amountOf(body) : undefined;
  }
  const right = expression.parts.at(-1);
  if (expression.name !== "BinaryExpr" || operator?.text !== "-" || !left || !right) return undefined;
  const [all, free] = [amountOf(left), amountOf(right)];
  return all?.part === "size" && free?.part === "free" && all.store === free.store ? { store: all.store, part: "used" } : undefined;
}
