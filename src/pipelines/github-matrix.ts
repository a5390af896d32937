import type { Leg } from "./model.ts";
import { entries, field } from "./yaml.ts";
import type { MapNode, Node, Primitive } from "./yaml.ts";

/** GitHub's own limit of jobs that a matrix makes. */
const LEGS_AT_MOST = 256;

type Values = Record<string, Primitive>;

/**
 * The legs of a matrix that stands in the file. Empty without a matrix, and where any of it is computed.
 * Source of the rules for include and exclude:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrixinclude
 */
export function readMatrix(strategy: Node | undefined): readonly Leg[] {
  const matrix = field(strategy, "matrix");
  if (matrix?.kind !== "map" || isComputed(matrix)) return [];
  const original = product(matrix);
  const excluded = maps(field(matrix, "exclude")).map(valuesOf);
  const kept = original.filter(({ values }) => !excluded.some((pattern) => fits(pattern, values)));
  return include(kept, maps(field(matrix, "include"))).slice(0, LEGS_AT_MOST);
}

function isComputed(matrix: MapNode): boolean {
  return entries(matrix).some(({ value }) => value.kind !== "sequence");
}

function product(matrix: MapNode): Leg[] {
  let legs: Leg[] = [];
  for (const { key, value } of entries(matrix)) {
    if (key === "include" || key === "exclude" || value.kind !== "sequence") continue;
    const items = value.items.map((item): Leg => {
      return { values: { [key]: item.kind === "scalar" ? item.value : null }, at: item.at };
    });
    if (legs.length * items.length > LEGS_AT_MOST) return legs;
    legs = legs.length === 0 ? items : legs.flatMap((leg) => items.map((item) => join(leg, item)));
  }
  return legs;
}

const join = (leg: Leg, item: Leg): Leg => ({ values: { ...leg.values, ...item.values }, at: item.at });

/** An entry of `include` joins every leg whose own values it does not change, else it is a leg of its own. */
function include(original: readonly Leg[], additions: readonly MapNode[]): Leg[] {
  const legs = original.map((leg) => ({ own: leg.values, leg }));
  const extra: Leg[] = [];
  for (const addition of additions) {
    const values = valuesOf(addition);
    const joined = legs.filter(({ own }) =>
      Object.entries(own).every(([key, value]) => (values[key] ?? value) === value),
    );
    for (const item of joined) item.leg = { values: { ...item.leg.values, ...values }, at: item.leg.at };
    if (joined.length === 0) extra.push({ values, at: addition.at });
  }
  return [...legs.map(({ leg }) => leg), ...extra];
}

const maps = (node: Node | undefined): MapNode[] =>
  node?.kind === "sequence" ? node.items.filter((item) => item.kind === "map") : [];

function valuesOf(map: MapNode): Values {
  return Object.fromEntries(
    entries(map).flatMap(({ key, value }) => (value.kind === "scalar" ? [[key, value.value]] : [])),
  );
}

const fits = (pattern: Values, values: Readonly<Values>): boolean =>
  Object.entries(pattern).every(([key, value]) => values[key] === value);
