import { isObject, list, object, type JsonObject } from "../../engine/json.ts";
import type { Json, Problem } from "../../engine/types.ts";
import {
  countOf,
  flagOf,
  isGone,
  mapsOf,
  problemOf,
  whose,
  type ValuesChange,
} from "../../engine/values-words.ts";

const BUDGET = /^(pdb|podDisruptionBudget|disruptionBudget|pod_disruption_budget)$/i;
/** `pdbEnabled`, `createPodDisruptionBudget`, `podDisruptionBudget.enabled`. */
const SWITCH =
  /^(pdb|podDisruptionBudget|createPodDisruptionBudget|enablePodDisruptionBudget|createPdb|enablePdb)(Enabled)?$/i;
const CHECK = "values-budget-weakened";

/** A disruption budget that is switched off or removed, that lets all pods go, or that lets none go. */
export function* budgetProblems(part: ValuesChange): Iterable<Problem> {
  for (const budget of mapsOf(part, BUDGET)) yield* ofBudget(part, budget);
  // Within a budget's map the switch is the budget's own, and was told with it.
  if (BUDGET.test(part.steps.at(-1) ?? "")) return;
  for (const key of Object.keys(part.before).filter((one) => SWITCH.test(one))) {
    if (flagOf(part.before[key]) === true && flagOf(part.after[key]) === false)
      yield lost(part, key, "is off");
  }
  yield* spread(part);
}

function* ofBudget(
  part: ValuesChange,
  { key, before, after }: ReturnType<typeof mapsOf>[number],
): Iterable<Problem> {
  if (!before || !limits(before)) {
    if (after) yield* unfit(part, key, { before: before ?? {}, after });
  } else if (!after) {
    if (isGone(part, key)) yield lost(part, key, "is gone");
  } else if (limits(after)) {
    yield* unfit(part, key, { before, after });
  } else {
    yield lost(part, key, "is off");
  }
}

/** Whether it is a budget that is on. */
function limits(map: JsonObject): boolean {
  const flags = Object.entries(map).flatMap(([key, value]) =>
    /^(enabled|create|pdbEnabled)$/i.test(key) ? [flagOf(value)] : [],
  );
  if (flags.length > 0) return flags.every((flag) => flag !== false);
  return map["minAvailable"] !== undefined || map["maxUnavailable"] !== undefined;
}

function lost(part: ValuesChange, key: string, what: string): Problem {
  return problemOf(part, {
    ...{ check: CHECK, key, severity: "warning" },
    at: placeOf(part, key),
    message: `the disruption budget of ${whose(part)} ${what}: a node drain can now evict all pods that share the node at once.`,
    fix: "Keep the disruption budget, with maxUnavailable: 1 if it blocked drains.",
  });
}

/** The switch within the budget's map, where it has one. */
function placeOf({ set, path, after }: ValuesChange, key: string) {
  const map = after[key];
  const flag = isObject(map) ? Object.keys(map).find((one) => /enabled|create/i.test(one)) : undefined;
  return map === undefined
    ? undefined
    : set.locate([...path.after, key, ...(flag === undefined ? [] : [flag])]);
}

interface Budgets {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

function* unfit(part: ValuesChange, key: string, budgets: Budgets): Iterable<Problem> {
  yield* toothless(part, key, budgets);
  yield* blocking(part, key, budgets);
}

function* toothless(part: ValuesChange, key: string, { before, after }: Budgets): Iterable<Problem> {
  const field = letsAllGo(after);
  if (field === undefined || letsAllGo(before) !== undefined) return;
  // What protected nothing before was only a default that this key now overrides.
  const had = before["minAvailable"] !== undefined || before["maxUnavailable"] !== undefined;
  yield problemOf(part, {
    ...{ check: CHECK, key: `${key}.${field}`, severity: had ? "warning" : "notice" },
    at: part.set.locate([...part.path.after, key, field]),
    message: `the disruption budget of ${whose(part)} now lets all its pods be evicted at once: a drain of the node that they share leaves nobody to answer.`,
    fix: `Run two pods or more, and write maxUnavailable: 1 in ${key} as its only limit.`,
  });
}

const replicasIn = (map: JsonObject) => countOf(map["replicas"] ?? map["replicaCount"]);

function* blocking(part: ValuesChange, key: string, { before, after }: Budgets): Iterable<Problem> {
  const replicas = replicasIn(part.after) ?? 0;
  const least = countOf(after["minAvailable"]);
  if (least === undefined || replicas < 1 || !(least >= replicas)) return;
  const was = countOf(before["minAvailable"]);
  if (was !== undefined && was >= (replicasIn(part.before) ?? Infinity)) return;
  yield problemOf(part, {
    ...{ check: CHECK, key: `${key}.minAvailable`, severity: "warning" },
    at: part.set.locate([...part.path.after, key, "minAvailable"]),
    message: `the disruption budget of ${whose(part)} keeps ${least} of ${replicas} pods: no pod may be evicted, and a drain of their nodes hangs.`,
    fix: `Write maxUnavailable: 1 instead of minAvailable in ${key}.`,
  });
}

function letsAllGo(map: JsonObject): string | undefined {
  const none = (value: Json | undefined) => value === 0 || value === "0" || value === "0%";
  if (none(map["minAvailable"])) return "minAvailable";
  return map["maxUnavailable"] === "100%" ? "maxUnavailable" : undefined;
}

/** Rules that kept the pods apart: gone, or now only a wish. */
function* spread(part: ValuesChange): Iterable<Problem> {
  const rules = "topologySpreadConstraints";
  if (list(part.before[rules]).length > 0 && list(part.after[rules]).length === 0 && !hasMoved(part, rules)) {
    yield together(part, rules);
  }
  const affinity = (map: JsonObject) => object(object(map["affinity"])["podAntiAffinity"]);
  const [was, is] = [affinity(part.before), affinity(part.after)];
  if (Object.keys(was).length > 0 && Object.keys(is).length === 0 && list(part.after[rules]).length === 0) {
    if (part.after["affinity"] !== undefined || isGone(part, "affinity")) yield together(part, "affinity");
  }
}

function hasMoved(part: ValuesChange, key: string): boolean {
  return part.after[key] === undefined && !isGone(part, key);
}

function together(part: ValuesChange, key: string): Problem {
  return problemOf(part, {
    ...{ check: CHECK, key, severity: "notice" },
    message: `nothing keeps the pods of ${whose(part)} on different nodes any more: all of them may be lost with one node.`,
    fix: `Keep ${key}.`,
  });
}
