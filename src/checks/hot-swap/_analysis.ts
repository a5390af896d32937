import { asksTheSame, loosenings, metricsOf, type Metric } from "../../engine/analysis-conditions.ts";
import { list, object, string, type JsonObject } from "../../engine/json.ts";
import { analysesOf, flaggerAnalysis, wholeNumber } from "../../engine/progressive.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";

interface Pair {
  readonly was: Manifest;
  readonly is: Manifest;
}

/** A Rollout that names fewer analyses at some moment, or none at all. */
export function* fewerAnalyses({ was, is }: Pair): Iterable<Problem> {
  const [before, after] = [analysesOf(was), analysesOf(is)];
  const left = new Set(after.map(({ template }) => template));
  const gone = before.filter(({ template }) => !left.has(template));
  // One template may take over what two did, and another name may be the same template.
  if (gone.length === 0 || after.length >= before.length) return;
  const names = listText([...new Set(gone.map(({ template }) => template))]);
  const moments = listText([...new Set(gone.map(({ moment }) => moment))]);
  const none = after.length === 0;
  yield {
    subject: is,
    key: "analysis",
    at: is.locate(...(gone[0]?.path ?? ["spec", "strategy"])),
    was: was.locate(...(gone[0]?.path ?? [])),
    ...(!none && { atMost: "notice" as const }),
    message: `${is.ref} no longer runs the analysis ${names} ${moments}${none ? ", and no other one is left: a new version that fails goes on to all users, and nothing takes it back." : `: ${listText([...left])} alone decides whether a new version goes on.`}`,
    fix: `Keep the analysis ${names} in ${is.ref}.`,
  };
}

/** An AnalysisTemplate that passes what it did not pass before. */
export function* looserTemplate(pair: Pair, users: readonly Manifest[]): Iterable<Problem> {
  const [before, after] = [metricsOf(pair.was), metricsOf(pair.is)];
  const whose = users.length === 0 ? "whatever Rollout uses it" : listText(users.map(({ ref }) => ref));
  for (const old of before) {
    const now =
      after.find(({ name }) => name === old.name) ?? after.find((metric) => asksTheSame(metric, old));
    const problem = now
      ? looserMetric(pair, old, now, whose)
      : after.length < before.length
        ? lostMetric(pair, old, whose)
        : undefined;
    // Who uses it may be elsewhere.
    if (problem) yield { ...problem, ...(users.length === 0 && { atMost: "notice" }) };
  }
}

function lostMetric({ was, is }: Pair, { name, path }: Metric, whose: string): Problem {
  return {
    subject: is,
    key: name,
    at: is.locate("spec", "metrics"),
    was: was.locate(...path),
    message: `${is.ref} no longer measures ${name}: a version of ${whose} that fails there goes on to all users.`,
    fix: `Keep the metric ${name} in ${is.name}.`,
  };
}

function looserMetric({ was, is }: Pair, old: Metric, now: Metric, whose: string): Problem | undefined {
  const found = loosened(old, now);
  if (!found) return undefined;
  const { text, field, toothless } = found;
  return {
    subject: is,
    key: old.name,
    at: is.locate(...now.path, ...field),
    was: was.locate(...old.path, ...field),
    ...(!toothless && { atMost: "notice" }),
    message: `${is.ref} judges ${old.name} less strictly: ${text}. ${toothless ? "It cannot fail any more, so a" : "A"} worse version of ${whose} goes on to all users.`,
    fix: `Keep the conditions and limits of ${old.name} in ${is.name}.`,
  };
}

function loosened(
  old: Metric,
  now: Metric,
): { text: string; field: FieldPath; toothless: boolean } | undefined {
  if (now.dry && !old.dry)
    return { text: "it is listed under dryRun, where results decide nothing", field: [], toothless: true };
  const found = loosenings(old.spec, now.spec);
  const worst = found.find(({ toothless }) => toothless) ?? found[0];
  return worst && { ...worst, text: found.map(({ text }) => text).join("; ") };
}

/** A Canary of Flagger whose analysis lets more pass, or is skipped. */
export function* looserFlagger({ was, is }: Pair): Iterable<Problem> {
  const [old, now] = [flaggerAnalysis(was), flaggerAnalysis(is)];
  if (!old || skips(was)) return;
  const say: Where["say"] = (key, field, saying) => ({
    subject: is,
    key,
    at: is.locate(...field),
    was: was.locate(...old.path),
    ...saying,
  });
  if (skips(is) || !now) {
    yield say("skip", skips(is) ? ["spec", "skipAnalysis"] : ["spec", "analysis"], {
      message: `${is.ref} ${skips(is) ? "skips the analysis" : "has no analysis any more"}: Flagger promotes a new version at once, whatever it does to its users.`,
      fix: `Keep the analysis of ${is.ref}${skips(is) ? ", with skipAnalysis: false" : ""}.`,
    });
    return;
  }
  const sides: Sides = [old.analysis, now.analysis];
  const where = { say, path: now.path };
  yield* lostEntries(is, sides, where);
  yield* morePatience(is, sides, where);
  yield* wider(is, sides, where);
}

const skips = (canary: Manifest): boolean => canary.get("spec", "skipAnalysis") === true;

/** Failed checks before it goes back: 1 where none is written. */
function* morePatience({ ref }: Manifest, [old, now]: Sides, { say, path }: Where): Iterable<Problem> {
  const read = (side: JsonObject) => Math.max(1, wholeNumber(side["threshold"]) ?? 1);
  const [from, to] = [read(old), read(now)];
  if (to < 2 * from) return;
  yield say("threshold", [...path, "threshold"], {
    atMost: "notice",
    message: `${ref} goes back after ${to} failed checks instead of ${from}: users of a bad version wait ${to === 2 * from ? "twice" : "more than twice"} as long for it.`,
    fix: `Keep threshold: ${from} in ${ref}.`,
  });
}

interface Where {
  readonly say: (
    key: string,
    field: FieldPath,
    saying: Pick<Problem, "message" | "fix" | "atMost">,
  ) => Problem;
  readonly path: FieldPath;
}

type Sides = readonly [old: JsonObject, now: JsonObject];

/** Hooks that can hold a version back (docs.flagger.app/usage/webhooks); `rollout` where no type is written. */
const HOLDING = /^(confirm-rollout|pre-rollout|rollout|confirm-traffic-increase|confirm-promotion|rollback)$/;

function* lostEntries({ ref }: Manifest, [old, now]: Sides, { say, path }: Where): Iterable<Problem> {
  const entries = (side: JsonObject, field: string) => list(side[field]).map(object);
  const kept = (field: string) => new Set(entries(now, field).map((item) => string(item["name"]) ?? ""));
  const gone = (field: string) =>
    entries(now, field).length >= entries(old, field).length
      ? []
      : entries(old, field).filter((item) => !kept(field).has(string(item["name"]) ?? ""));
  const metrics = gone("metrics").map((item) => string(item["name"]) ?? "");
  if (metrics.length > 0)
    yield say("metrics", [...path, "metrics"], {
      ...(kept("metrics").size > 0 && { atMost: "notice" as const }),
      message: `${ref} no longer measures ${listText(metrics)}: a new version that is bad there is promoted all the same.`,
      fix: `Keep ${listText(metrics)} in the metrics of ${ref}.`,
    });
  const hooks = gone("webhooks").filter((item) => HOLDING.test(string(item["type"]) ?? "rollout"));
  if (hooks.length === 0) return;
  const names = listText(
    hooks.map((item) => `${string(item["name"]) ?? ""} (${string(item["type"]) ?? "rollout"})`),
  );
  yield say("webhooks", [...path, "webhooks"], {
    message: `${ref} no longer asks ${names}, which could stop or take back a new version: it goes on to all users without that.`,
    fix: `Keep ${names} in the webhooks of ${ref}.`,
  });
}

/** A metric's range takes in more. */
function* wider({ ref }: Manifest, [old, now]: Sides, { say, path }: Where): Iterable<Problem> {
  for (const [index, item] of list(now["metrics"]).entries()) {
    const name = string(object(item)["name"]) ?? "";
    const before = list(old["metrics"])
      .map(object)
      .find((one) => one["name"] === name);
    const [was, is] = [object(before?.["thresholdRange"]), object(object(item)["thresholdRange"])];
    for (const [end, sign] of [
      ["min", -1],
      ["max", 1],
    ] as const) {
      const [from, to] = [was[end], is[end]];
      if (typeof from !== "number" || typeof to !== "number" || sign * (to - from) <= 0) continue;
      yield say(name, [...path, "metrics", index, "thresholdRange", end], {
        atMost: "notice",
        message: `${ref} accepts ${name} ${end === "min" ? "down to" : "up to"} ${to} instead of ${from}: a new version that is that bad is promoted.`,
        fix: `Keep ${end}: ${from} for ${name} in ${ref}.`,
      });
    }
  }
}
