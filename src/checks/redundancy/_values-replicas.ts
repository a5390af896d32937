import { object, type JsonObject } from "../../engine/json.ts";
import type { Location, Problem } from "../../engine/types.ts";
import { locateKey } from "../../engine/values-parts.ts";
import {
  countOf,
  flagOf,
  isGone,
  pods,
  problemOf,
  whose,
  type ValuesChange,
} from "../../engine/values-words.ts";

/** Keys that charts name a number of pods with. `maxReplicas`, `number_of_replicas` (of an index) are none. */
const COUNT =
  /^(replicas|replicaCount|replica_count|instances|numberOfInstances|clusterSize|members|(?!(max|min|revision|number|default))[a-z]\w*?(Replicas|ReplicaCount|_replicas|_replica_count))$/;
const SCALER = /^(autoscaling|autoscaler|hpa|horizontalPodAutoscal(er|ing)|keda|scaling)$/i;
const MINIMUM = ["minReplicas", "minReplicaCount", "min_replicas"];
const MAXIMUM = ["maxReplicas", "maxReplicaCount", "max_replicas"];
const CHECK = "values-fewer-replicas";

/** What a map says of automatic scaling. */
interface Scaler {
  readonly key: string;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
}

export function* replicaProblems(part: ValuesChange): Iterable<Problem> {
  const was = scalerIn(part.before);
  const is = scalerIn(part.after);
  if (was && !is) yield* switchedOff(part, was);
  if (!was && is) yield* handedOver(part, is);
  if (!was && !is) for (const key of countKeys(part)) yield* fewer(part, key);
  if (flagOf(part.after["enabled"]) !== false) {
    yield* lowerBound(part);
    yield* upperBound(part);
  }
}

function countKeys({ before }: ValuesChange): string[] {
  return Object.keys(before).filter((key) => COUNT.test(key));
}

/** The part's autoscaler, if it is on: it decides the number of pods, and the number that is written does not. */
function scalerIn(map: JsonObject): Scaler | undefined {
  const key = Object.keys(map).find((one) => SCALER.test(one) && isOn(object(map[one])));
  if (key === undefined) return undefined;
  const bounds = object(map[key]);
  return { key, minimum: firstCount(bounds, MINIMUM), maximum: firstCount(bounds, MAXIMUM) };
}

function isOn(map: JsonObject): boolean {
  const flag = map["enabled"];
  return flag === undefined ? firstCount(map, MAXIMUM) !== undefined : flagOf(flag) !== false;
}

function firstCount(map: JsonObject, keys: readonly string[]): number | undefined {
  return keys.map((key) => countOf(map[key])).find((count) => count !== undefined);
}

function* fewer(part: ValuesChange, key: string): Iterable<Problem> {
  const from = countOf(part.before[key]);
  const to = countOf(part.after[key]);
  if (from === undefined || from < 1) return;
  if (isGone(part, key)) {
    if (from >= 2) yield unset(part, key, from);
  } else if (to !== undefined && to < from) {
    yield fall(part, key, { from, to });
  }
}

/** A third of the pods or more: what is left has half as much again to carry. */
const isLarge = ({ from, to }: { from: number; to: number }) => to < 2 || (from - to) * 3 >= from;

function fall(part: ValuesChange, key: string, step: { from: number; to: number; at?: Location }): Problem {
  const { from, to, at } = step;
  const left =
    to === 0
      ? "from this deploy on nobody answers."
      : to === 1
        ? "whenever that one crashes or its node is drained, nobody answers until it is back."
        : `each of the ${to} left carries more load, and fewer are left when a node is lost.`;
  return problemOf(part, {
    ...{ check: CHECK, key, ...(at && { at }) },
    severity: isLarge(step) ? "warning" : "notice",
    message: `${whose(part)} goes from ${from} to ${pods(to)}: ${left}`,
    fix:
      to >= 2
        ? `Keep ${key}: ${from}, or lower it in steps while you watch latency and errors.`
        : `Keep ${key}: ${from}${to === 1 && from > 2 ? ", or 2 at least" : ""}.`,
  });
}

function unset(part: ValuesChange, key: string, from: number): Problem {
  return problemOf(part, {
    ...{ check: CHECK, key, severity: "warning" },
    message: `${whose(part)} no longer asks for ${pods(from)}: the default of the chart decides, and that is mostly 1.`,
    fix: `Keep ${key}: ${from}.`,
  });
}

/** Without its autoscaler a workload stays at the number that is written. */
function* switchedOff(part: ValuesChange, { key, minimum, maximum }: Scaler): Iterable<Problem> {
  const replicas = countKeys({ ...part, before: part.after }).map((one) => countOf(part.after[one]))[0];
  if (maximum === undefined || (replicas !== undefined && replicas >= maximum)) return;
  if (part.after[key] === undefined && !isGone(part, key)) return;
  const stays = replicas === undefined ? "the chart's own number of pods" : pods(replicas);
  const range = minimum === undefined ? `up to ${maximum} pods` : `${minimum} to ${maximum} pods`;
  yield problemOf(part, {
    ...{ check: CHECK, key, severity: "warning" },
    message: `${whose(part)} is no longer scaled to ${range}: it stays at ${stays} when load rises.`,
    fix: "Keep the autoscaler on, or write as many replicas as the highest load needs.",
  });
}

/** An autoscaler takes over, and its minimum is below the number that was written. */
function* handedOver(part: ValuesChange, { key, minimum }: Scaler): Iterable<Problem> {
  const [count] = countKeys(part);
  const from = countOf(count === undefined ? undefined : part.before[count]);
  if (from === undefined || minimum === undefined || !(minimum < from)) return;
  const at = locateKey(part, key);
  yield fall(part, `${key}.minReplicas`, { from, to: minimum, at: inMap(part, key, MINIMUM) ?? at });
}

function inMap(
  { set, path, after }: ValuesChange,
  key: string,
  keys: readonly string[],
): Location | undefined {
  const written = keys.find((one) => object(after[key])[one] !== undefined);
  return written === undefined ? undefined : set.locate([...path.after, key, written]);
}

function* lowerBound(part: ValuesChange): Iterable<Problem> {
  for (const key of MINIMUM) {
    const [from, to] = [countOf(part.before[key]), countOf(part.after[key])];
    if (from !== undefined && to !== undefined && to < from) yield fall(part, key, { from, to });
    else if (from !== undefined && from >= 2 && isGone(part, key)) yield unset(part, key, from);
  }
}

function* upperBound(part: ValuesChange): Iterable<Problem> {
  const minimum = (map: JsonObject) => firstCount(map, MINIMUM) ?? 1;
  for (const key of MAXIMUM) {
    const [from, to] = [countOf(part.before[key]), countOf(part.after[key])];
    if (from === undefined || to === undefined) continue;
    if (!(to < from)) continue;
    const off = to <= minimum(part.after) && from > minimum(part.before);
    yield off ? cannotScale(part, key, { from, to }) : lowered(part, key, { from, to });
  }
}

function cannotScale(part: ValuesChange, key: string, { from, to }: { from: number; to: number }): Problem {
  return problemOf(part, {
    ...{ check: CHECK, key, severity: "warning" },
    message: `${whose(part)} stops at ${pods(to)}, which is its minimum too, instead of ${from}: no pod is added when load rises.`,
    fix: `Leave room above the minimum: write ${key}: ${from}.`,
  });
}

function lowered(part: ValuesChange, key: string, { from, to }: { from: number; to: number }): Problem {
  return problemOf(part, {
    ...{ check: CHECK, key, severity: "notice" },
    message: `${whose(part)} stops at ${pods(to)} instead of ${from}: a peak that needed more now overloads them.`,
    fix: `Keep ${key}: ${from}, unless no peak of the last weeks came near ${to}.`,
  });
}
