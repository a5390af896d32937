import { isObject, list, object, string, type JsonObject } from "./json.ts";
import { wholeNumber } from "./progressive.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/**
 * What makes an analysis of Argo Rollouts fail. Defaults: failureLimit 0, inconclusiveLimit 0, consecutiveErrorLimit 4;
 * a negative failureLimit never fails, and is meant for consecutiveSuccessLimit; with neither condition each measurement that gives a value is a success
 * (argo-rollouts, pkg/apis/rollouts/v1alpha1/analysis_types.go, analysis/analysis.go, docs/features/analysis.md).
 */
export interface Loosening {
  /** Path below the metric; empty for the metric as a whole. */
  readonly field: FieldPath;
  /** What was, what is: `failureLimit 3 instead of 0`. */
  readonly text: string;
  /** The analysis of this metric cannot fail any more. */
  readonly toothless: boolean;
}

const LIMITS: Readonly<Record<string, number>> = {
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
};

/** What lets a metric pass that did not pass before. */
export function loosenings(was: JsonObject, is: JsonObject): Loosening[] {
  const limits = Object.keys(LIMITS).flatMap((field) => limitLoosened(field, was, is) ?? []);
  const conditions = conditionLoosened(was, is);
  return [...limits, ...(conditions ? [conditions] : [])];
}

function limitLoosened(field: string, was: JsonObject, is: JsonObject): Loosening | undefined {
  if (isUnknown(was[field]) || isUnknown(is[field])) return undefined;
  const limit = (metric: JsonObject) => wholeNumber(metric[field]) ?? LIMITS[field] ?? 0;
  const [from, to] = [limit(was), limit(is)];
  if (from < 0 || (to >= 0 && to <= from)) return undefined;
  const toothless = field === "failureLimit" && isNeverReached(to, is);
  return { field: [field], text: `${field} is ${to} instead of ${from}`, toothless };
}

/** More failures are allowed than there are measurements. Without a count an interval goes on as long as the analysis. */
function isNeverReached(limit: number, metric: JsonObject): boolean {
  if (limit < 0) return metric["consecutiveSuccessLimit"] === undefined;
  const measured = wholeNumber(metric["count"]) ?? (metric["interval"] === undefined ? 1 : Infinity);
  return limit >= measured;
}

const CONDITIONS = ["successCondition", "failureCondition"] as const;

function conditionLoosened(was: JsonObject, is: JsonObject): Loosening | undefined {
  const gone = CONDITIONS.filter((name) => string(was[name]) && !string(is[name]));
  const left = CONDITIONS.some((name) => string(is[name]));
  if (gone.length > 0 && !left)
    return { field: [gone[0] ?? ""], text: `it has no ${gone.join(" and no ")} any more`, toothless: true };
  for (const name of CONDITIONS) {
    const [old, now] = [string(was[name]), string(is[name])];
    if (old !== undefined && now !== undefined && isLooser(name, old, now))
      return { field: [name], text: `${name} is ${now} instead of ${old}`, toothless: false };
  }
  return undefined;
}

const COMPARISON = /(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)/g;

/** Only numbers differ, and each one that differs lets more pass. What is written in other words is not judged. */
function isLooser(name: (typeof CONDITIONS)[number], old: string, now: string): boolean {
  const words = (text: string) => text.replace(COMPARISON, "$1 #").replace(/\s+/g, " ").trim();
  if (words(old) !== words(now) || /!\s*\(/.test(old)) return false;
  const numbers = (text: string) =>
    Array.from(text.matchAll(COMPARISON), ([, sign = "", n]) => ({ sign, n: Number(n) }));
  const before = numbers(old);
  const changes = numbers(now).flatMap(({ sign, n }, index) => {
    const from = before[index]?.n ?? n;
    if (from === n) return [];
    // A success that needs less, or a failure that needs more.
    const needsLess = sign.startsWith(">") ? n < from : n > from;
    return [name === "successCondition" ? needsLess : !needsLess];
  });
  return changes.length > 0 && changes.every((looser) => looser);
}

/** A metric of a template, with its name and place. */
export interface Metric {
  readonly name: string;
  readonly spec: JsonObject;
  readonly path: FieldPath;
  /** Its result is written down and decides nothing. */
  readonly dry: boolean;
}

/** The metrics of an AnalysisTemplate that have a name. */
export function metricsOf(template: Manifest): Metric[] {
  const dry = list(template.get("spec", "dryRun")).map((item) => string(object(item)["metricName"]) ?? "");
  return list(template.get("spec", "metrics")).flatMap((item, index): Metric[] => {
    const name = isObject(item) ? string(item["name"]) : undefined;
    if (name === undefined || !isObject(item)) return [];
    const isDry = dry.some((pattern) => pattern === name || matchesPattern(pattern, name));
    return [{ name, spec: item, path: ["spec", "metrics", index], dry: isDry }];
  });
}

/** `dryRun` takes regular expressions; of those only `.*` and a name's beginning or end are read. */
function matchesPattern(pattern: string, name: string): boolean {
  const [start = "", end, ...more] = pattern.split(".*");
  return end !== undefined && more.length === 0 && name.startsWith(start) && name.endsWith(end);
}

/** Whether two metrics ask the same, whatever they are called. */
export function asksTheSame(a: Metric, b: Metric): boolean {
  const ask = (value: Json | undefined) => JSON.stringify(value ?? null);
  return ask(a.spec["provider"]) === ask(b.spec["provider"]);
}
