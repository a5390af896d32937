import { isObject, object, string, type JsonObject } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Json, Problem } from "../../engine/types.ts";
import { countOf, flagOf, isGone, isOn, sayer, whose, type ValuesChange } from "../../engine/values-words.ts";

const CHECK = "values-rollout-weakened";
const PROBE = /^(readiness|liveness|startup)(Probe)?$/i;
const STRATEGY =
  /^(strategy|updateStrategy|deploymentStrategy|rolloutStrategy|strategyType|updateStrategyType)$/i;
const GRACE = /^(terminationGracePeriodSeconds|terminationGracePeriod|gracePeriodSeconds)$/;
const HOOK = /^(preStop|preStopHook|lifecycle|lifecycleHooks)$/i;

/** What keeps users from noticing that pods are replaced. */
export function* rolloutProblems(part: ValuesChange): Iterable<Problem> {
  for (const key of Object.keys(part.before)) {
    if (PROBE.test(key)) yield* probe(part, key);
    else if (STRATEGY.test(key)) yield* strategy(part, key);
    else if (GRACE.test(key)) yield* grace(part, key);
    else if (HOOK.test(key)) yield* hook(part, key);
    else if (/^image(s)?$/i.test(key) || key === "tag" || key === "imageTag") yield* image(part, key);
  }
}

const say = sayer(CHECK);

/** A map of probes' own settings: `probes: { readiness: { … } }` has it too. */
function* probe(part: ValuesChange, key: string): Iterable<Problem> {
  if (!isOn(part.before[key]) || isOn(part.after[key])) return;
  if (part.after[key] === undefined && !isGone(part, key)) return;
  const readiness = /^readiness/i.test(key);
  const custom = Object.entries(part.after).some(
    ([other, value]) => other.toLowerCase() === `custom${key.toLowerCase()}` && isOn(value),
  );
  if (custom) return;
  const effect = readiness
    ? "pods get traffic before they can answer, on every rollout."
    : /^liveness/i.test(key)
      ? "a pod that hangs is no longer restarted."
      : "a pod that starts slowly can be restarted before it is up.";
  yield say(part, {
    key,
    severity: readiness ? "warning" : "notice",
    at: switchOf(part, key),
    message: `${whose(part)} loses its ${key}: ${effect}`,
    fix: `Keep ${key}; if it fails for the wrong reason, correct the endpoint that it asks.`,
  });
}

function switchOf({ set, path, after }: ValuesChange, key: string) {
  if (after[key] === undefined) return undefined;
  const flag = object(after[key])["enabled"] === undefined ? [] : ["enabled"];
  return set.locate([...path.after, key, ...flag]);
}

const typeOf = (value: Json | undefined) => string(value) ?? string(object(value)["type"]);

function* strategy(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [typeOf(part.before[key]), typeOf(part.after[key])];
  if (is === "Recreate" && was !== "Recreate" && !isUnknown(was)) {
    yield say(part, {
      key,
      severity: "warning",
      message: `${whose(part)} stops all its pods before it starts new ones: every deploy is an outage.`,
      fix: "Keep RollingUpdate, unless it has a volume that only one pod can mount.",
    });
  }
  const rolling = (map: JsonObject) => object(object(map[key])["rollingUpdate"])["maxUnavailable"];
  if (rolling(part.after) === "100%" && rolling(part.before) !== "100%") {
    yield say(part, {
      key: `${key}.rollingUpdate.maxUnavailable`,
      severity: "warning",
      at: part.set.locate([...part.path.after, key, "rollingUpdate", "maxUnavailable"]),
      message: `${whose(part)} may stop all its pods at once in a rollout.`,
      fix: "Write maxSurge: 1 and maxUnavailable: 0.",
    });
  }
}

function* grace(part: ValuesChange, key: string): Iterable<Problem> {
  const [from, to] = [countOf(part.before[key]), countOf(part.after[key])];
  if (from === undefined) return;
  const gone = isGone(part, key);
  const now = to ?? (gone ? 30 : undefined);
  if (now === undefined || !(now < from)) return;
  yield say(part, {
    key,
    severity: now * 2 <= from ? "warning" : "notice",
    message: `${whose(part)} has ${now} seconds to finish its requests when a pod stops, instead of ${from}${gone ? " (30 is Kubernetes' default)" : ""}: what takes longer is cut off.`,
    fix: `Keep ${key}: ${from}, or show that no request takes longer than ${now} seconds.`,
  });
}

function* hook(part: ValuesChange, key: string): Iterable<Problem> {
  const runs = (value: Json | undefined) =>
    (isObject(value) && Object.keys(value).length > 0 && flagOf(value["enabled"]) !== false) ||
    flagOf(value) === true;
  if (!runs(part.before[key]) || runs(part.after[key])) return;
  if (part.after[key] === undefined && !isGone(part, key)) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `${whose(part)} loses what it does before a pod stops: requests still on their way to it fail on every rollout and drain.`,
    fix: `Keep ${key}.`,
  });
}

/** A fixed version becomes one that can be another tomorrow. */
function* image(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [part.before[key], part.after[key]];
  if (typeof was !== "string" || typeof is !== "string" || isUnknown(was) || isUnknown(is)) return;
  const tag = (text: string) =>
    /^image/.test(key) && key !== "imageTag" ? (/:([\w.-]+)$/.exec(text)?.[1] ?? "latest") : text;
  if (!isFixed(tag(was)) || isFixed(tag(is)) || is.includes("@sha256:")) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `${whose(part)} runs whatever ${is === "" ? "the chart's default" : is} is at the moment, instead of ${was}: two pods can run two versions, and a rollback brings nothing back.`,
    fix: `Write a fixed version, as ${was} was.`,
  });
}

const isFixed = (tag: string) => !/^(latest|stable|main|master|edge|nightly|develop)?$/i.test(tag);
