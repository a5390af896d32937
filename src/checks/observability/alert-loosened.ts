import { alertChanges, type Alert } from "../../engine/alerts.ts";
import { plainScalar, setScalar } from "../../engine/edit.ts";
import { differences, type Difference } from "../../engine/promql-compare.ts";
import { durationSeconds, readExpression } from "../../engine/promql.ts";
import type { Suggestion } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const alert = (lines: string) => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: orders, namespace: shop }
spec:
  groups:
    - name: orders
      rules:
        - alert: OrdersFailing
          ${lines}
`;

const EXPR = "expr: sum(rate(orders_failed_total[5m])) / sum(rate(orders_total[5m])) > 0.05";
const LABELS = "labels: { severity: critical }";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "alert-loosened",
  title: "An alert fires later, or in fewer cases",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Between the old point and the new one something is already wrong and nobody is told: an outage lasts longer before anybody looks, or is not noticed at all.",
  fix: "Keep the old value, or add a second alert of lower severity at the old one, so that somebody looks while there is time.",
  references: [
    "https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
    "https://prometheus.io/docs/practices/alerting/",
  ],
  unsafe: [
    {
      title: "the threshold is raised",
      before: alert(`${EXPR}\n          ${LABELS}`),
      after: alert(`${EXPR.replace("0.05", "0.2")}${MARK}\n          ${LABELS}`),
    },
    {
      title: "it waits longer",
      before: alert(`${EXPR}\n          for: 2m\n          ${LABELS}`),
      after: alert(`${EXPR}\n          for: 30m${MARK}\n          ${LABELS}`),
    },
    {
      title: "nobody is woken up any more",
      before: alert(`${EXPR}\n          labels: { severity: critical }`),
      after: alert(`${EXPR}\n          labels: { severity: info }${MARK}`),
    },
    {
      title: "a further condition must hold",
      before: alert("expr: disk_free_ratio < 0.1"),
      after: alert(`expr: disk_free_ratio < 0.1 and on (node) node_maintenance == 0${MARK}`),
    },
    {
      title: "it looks at fewer pods",
      before: alert('expr: up{job=~"orders|stock"} == 0'),
      after: alert(`expr: up{job=~"orders"} == 0${MARK}`),
    },
    {
      title: "the limit of free space falls, written as another calculation",
      before: alert("expr: node_filesystem_avail_bytes < 10 * 1024 * 1024 * 1024"),
      after: alert(`expr: (node_filesystem_avail_bytes) < (1024 ^ 3)${MARK}`),
    },
  ],
  safe: [
    {
      title: "it fires earlier",
      before: alert(`${EXPR}\n          for: 10m`),
      after: alert(`${EXPR.replace("0.05", "0.02")}\n          for: 5m`),
    },
    {
      title: "the same is written in another way",
      before: alert('expr: up{job="orders",env="live"} == 0 and (latency > 0.5 * 2)'),
      after: alert('expr: |\n            up{env="live", job="orders"} == 0\n              and latency > 1'),
    },
    {
      title: "it looks at more",
      before: alert('expr: up{job="orders"} == 0'),
      after: alert('expr: up{job=~"orders|stock"} == 0'),
    },
    {
      title: "it is measured in another way, which nobody can compare",
      before: alert("expr: rate(orders_failed_total[5m]) > 0.05"),
      after: alert("expr: increase(orders_failed_total[1h]) > 20"),
    },
    {
      title: "the wait is the same in other units",
      before: alert(`${EXPR}\n          for: 60m`),
      after: alert(`${EXPR}\n          for: 1h`),
    },
  ],

  *run({ changes }) {
    for (const { before, after } of alertChanges(changes).kept) {
      const ways = [
        ...expressionWays(before, after),
        ...waitWays(before, after),
        ...severityWays(before, after),
      ];
      const [first] = ways;
      if (!first) continue;
      const suggestion = first.suggestion;
      yield {
        subject: after.manifest,
        key: after.name,
        at: after.locate(first.field),
        ...(ways.some(({ grave }) => grave) ? {} : { atMost: "notice" as const }),
        message: `Alert ${after.name} of ${after.manifest.ref} now fires ${listText(
          ways.map(({ text }) => text),
          4,
        )}: ${(ways.find(({ field }) => field !== "severity") ?? first).end}.`,
        fix: `Keep ${listText(
          ways.map(({ old }) => old),
          4,
        )} for ${after.name}, or add a second alert of lower severity at the old value.`,
        ...(ways.length === 1 && suggestion && { suggestion }),
      };
    }
  },
});

/** One way in which the alert fires less than before. */
interface Way {
  readonly field: "for" | "expr" | "severity";
  readonly text: string;
  /** What that does to those whom it tells. */
  readonly end: string;
  readonly old: string;
  /** Somebody is woken up by it, and now much later or not. */
  readonly grave: boolean;
  readonly suggestion?: Suggestion | undefined;
}

function expressionWays(before: Alert, after: Alert): Way[] {
  const [old, now] = [readExpression(before.expression), readExpression(after.expression)];
  const found = old && now ? differences(old, now) : undefined;
  // What fires more in one way and less in another is a new balance, not a loss.
  if (!found || found.some(({ kind }) => kind === "widened")) return [];
  return found.map((difference) => ({
    field: "expr",
    text: difference.text,
    end: `${difference.kind === "threshold" ? "between the two" : "in the other cases"} it tells nobody`,
    old: difference.kind === "threshold" ? `the limit ${difference.before ?? ""}` : "the old expression",
    grave: difference.kind === "threshold" && isUrgent(before) && isFar(difference),
    suggestion: found.length === 1 ? restored(before, after) : undefined,
  }));
}

/** Half as much again, or half: more than fine tuning. */
function isFar({ before, after }: Difference): boolean {
  const [was, is] = [readExpression(before ?? "")?.value, readExpression(after ?? "")?.value];
  if (was === undefined || is === undefined) return false;
  return was === 0 || is / was >= 1.5 || is / was <= 0.5;
}

function restored(before: Alert, after: Alert): Suggestion | undefined {
  if (!after.path || before.expression.includes("\n")) return undefined;
  const path = [...after.path, "expr"];
  const span = after.manifest.span(...path);
  const written = span && after.manifest.source.slice(span.start, span.end);
  return written === after.expression ? setScalar(after.manifest, path, before.expression) : undefined;
}

function waitWays(before: Alert, after: Alert): Way[] {
  const [was, is] = [
    durationSeconds(before.wait) ?? (before.wait === "0s" ? 0 : NaN),
    durationSeconds(after.wait) ?? NaN,
  ];
  if (!(is > was)) return [];
  const suggestion =
    after.path && before.wait !== "0s"
      ? setScalar(after.manifest, [...after.path, "for"], plainScalar(before.wait))
      : undefined;
  return [
    {
      field: "for",
      text: `after ${after.wait} instead of ${was === 0 ? "at once" : before.wait}`,
      end: "until then it tells nobody",
      old: was === 0 ? "no wait" : `the wait of ${before.wait}`,
      grave: isUrgent(before) && is - was >= LONG,
      suggestion,
    },
  ];
}

/** Seconds by which an urgent alert can wait longer before it matters: the usual time in which somebody reacts. */
const LONG = 15 * 60;

/** From the least urgent; words that people use in the label `severity`. Unknown words cannot be compared. */
const URGENCY: Readonly<Record<string, number>> = {
  ...{ none: 0, info: 1, informational: 1, notice: 1, debug: 0, low: 1 },
  ...{ warning: 2, warn: 2, medium: 2, ticket: 2, minor: 2 },
  ...{ error: 3, high: 3, major: 3, critical: 4, crit: 4, page: 4, emergency: 5, p1: 4, p2: 3, p3: 2, p4: 1 },
};

const urgencyOf = ({ labels }: Alert) => URGENCY[labels["severity"]?.toLowerCase() ?? ""];

/** Somebody is woken up by it. */
function isUrgent(alert: Alert): boolean {
  return (urgencyOf(alert) ?? 0) >= 3;
}

function severityWays(before: Alert, after: Alert): Way[] {
  const [was, is] = [urgencyOf(before), urgencyOf(after)];
  const [old, now] = [before.labels["severity"] ?? "", after.labels["severity"] ?? ""];
  if (was === undefined || is === undefined || is >= was) return [];
  const suggestion = after.path
    ? setScalar(after.manifest, [...after.path, "labels", "severity"], plainScalar(old))
    : undefined;
  return [
    {
      field: "severity",
      text: `with severity ${now} instead of ${old}`,
      end: `those who are called for ${old} may no longer hear of it`,
      old: `severity ${old}`,
      grave: was >= 3 && is < 3,
      suggestion,
    },
  ];
}
