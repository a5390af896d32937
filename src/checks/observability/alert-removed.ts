import { alertChanges, ALERTS, alertsOf, type Alert } from "../../engine/alerts.ts";
import { metricsOf, readExpression, selectorsOf } from "../../engine/promql.ts";
import type { Location, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const ERRORS = `        - alert: CheckoutErrors
          expr: sum(rate(http_requests_total{job="checkout", code=~"5.."}[5m])) > 1
          for: 5m
          labels: { severity: critical }
`;

const LATENCY = `        - alert: CheckoutSlow
          expr: histogram_quantile(0.99, sum by (le) (rate(http_duration_seconds_bucket{job="checkout"}[5m]))) > 2
          for: 10m
`;

const object = (rules: string, name = "checkout") => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: ${name}, namespace: shop }
spec:
  groups:
    - name: checkout
      rules:
${rules}`;

const file = (rules: string) => `groups:
  - name: checkout
    rules:
${rules}`;

const configMap = (rules: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: prometheus-rules, namespace: shop }
data:
  checkout.yaml: |
    groups:
      - name: checkout
        rules:
${rules}`;

const MARK = " # <- finding";
const markedFirst = (text: string, line: string) => text.replace(line, line + MARK);

export default defineCheck({
  kind: "transition",
  id: "alert-removed",
  title: "An alert is removed",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "What the alert watched goes on failing as before, but nobody is told: the next outage of this kind is found by users, and lasts until they complain.",
  fix: "Keep the alert until another one watches the same thing. If it fires for no reason, correct its expression or its wait (for).",
  references: [
    "https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
    "https://sre.google/sre-book/monitoring-distributed-systems/",
  ],
  unsafe: [
    {
      title: "a rule leaves its group",
      before: object(ERRORS + LATENCY),
      after: markedFirst(object(ERRORS), "- alert: CheckoutErrors"),
    },
    {
      title: "a rule leaves a rule file of Prometheus",
      before: { "rules/checkout.yaml": file(ERRORS + LATENCY) },
      after: { "rules/checkout.yaml": markedFirst(file(LATENCY), "- alert: CheckoutSlow") },
    },
    {
      title: "a rule leaves the ConfigMap that Prometheus reads its rules from",
      before: configMap((ERRORS + LATENCY).replace(/^/gm, "  ")),
      after: markedFirst(configMap(LATENCY.replace(/^/gm, "  ")), "- alert: CheckoutSlow"),
    },
    {
      title: "the whole file goes",
      before: {
        "alerts.yaml": markedFirst(object(ERRORS), "- alert: CheckoutErrors"),
        "api.yaml": object(LATENCY, "api"),
      },
      after: { "api.yaml": object(LATENCY, "api") },
    },
    {
      title: "a rule on the same metric takes its place: worth a look",
      before: object(ERRORS),
      after: markedFirst(
        object(
          ERRORS.replace("CheckoutErrors", "CheckoutErrorBudgetBurn")
            .replace("[5m]", "[1h]")
            .replace("> 1", "> 0.1"),
        ),
        "- alert: CheckoutErrorBudgetBurn",
      ),
    },
  ],
  safe: [
    {
      title: "the alert gets another name",
      before: object(ERRORS),
      after: object(
        ERRORS.replace("CheckoutErrors", "CheckoutFailing").replace(
          'job="checkout", code=~"5.."',
          'code=~"5..", job="checkout"',
        ),
      ),
    },
    {
      title: "the alert moves to another file",
      before: { "alerts.yaml": object(ERRORS + LATENCY) },
      after: { "alerts.yaml": object(ERRORS), "latency/alerts.yaml": object(LATENCY, "latency") },
    },
    {
      title: "a rule file becomes an object",
      before: { "rules/checkout.yaml": file(ERRORS) },
      after: { "checkout.yaml": object(ERRORS) },
    },
    {
      title: "a recording rule goes",
      before: object(
        `${ERRORS}        - record: job:errors:rate5m\n          expr: sum by (job) (rate(errors_total[5m]))\n`,
      ),
      after: object(ERRORS),
    },
    {
      title: "what it watched is removed with it",
      before: { "alerts.yaml": object(ERRORS), "checkout.yaml": workload("checkout") },
      after: { "web.yaml": workload("web") },
    },
  ],

  *run(transition) {
    const { removed, added } = alertChanges(transition.changes);
    if (removed.length === 0) return;
    const renamed = new Set(added.map(meaning));
    const heirOf = heirs(added);
    const gone = removed.filter(
      (alert) =>
        !isElsewhere(alert, transition) && !renamed.has(meaning(alert)) && !lostItsReason(alert, transition),
    );
    for (const alerts of Map.groupBy(gone, ({ manifest }) => manifest.id).values()) {
      const byName = [...new Map(alerts.map((alert) => [alert.name, alert])).values()];
      const without = byName.filter((alert) => !heirOf(alert));
      for (const alert of byName) {
        const heir = heirOf(alert);
        if (heir || without.length <= SINGLY) yield problem(alert, heir, transition);
      }
      if (without.length > SINGLY) yield* together(without, transition);
    }
  },
});

/** More alerts of one object than this are one finding: they went with one decision. */
const SINGLY = 3;

function* together(alerts: readonly Alert[], { after }: Transition): Iterable<Problem> {
  const [alert] = alerts;
  if (!alert) return;
  const names = alerts.map(({ name }) => name);
  yield {
    subject: alert.manifest,
    key: "alerts",
    at: whereItWas(alert, after),
    was: alert.locate(),
    message: `${names.length} alerts of ${alert.manifest.ref} are gone (${listText(names, 4)}), and no others here have their expressions: when what they watched fails, no alert of this repository says so.`,
    fix: `Keep ${listText(names, 4)} until other alerts watch the same things.`,
  };
}

function workload(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, image: "shop/${name}:1" }] }
`;
}

/** As many rules of that name as before are in the repository: it moved to another unit. */
function isElsewhere({ name }: Alert, { before, after }: Transition): boolean {
  return after.count(ALERTS, name) >= before.count(ALERTS, name);
}

function meaning({ expression }: Alert): string {
  return readExpression(expression)?.key ?? expression.replace(/\s+/g, " ").trim();
}

/** Finds a new rule that reads the same series, or else the same metrics; one of the same group first. */
function heirs(added: readonly Alert[]): (alert: Alert) => Alert | undefined {
  const readings = [selectorsOf, metricsOf];
  const indexes = readings.map((reading) => Map.groupBy(added, (alert) => readBy(reading, alert)));
  return (alert) => {
    const found = readings.flatMap((reading, index) => {
      const wanted = readBy(reading, alert);
      return wanted === "" ? [] : (indexes[index]?.get(wanted) ?? []);
    });
    const near = ({ manifest, group }: Alert) => manifest.id === alert.manifest.id && group === alert.group;
    return found.find(near) ?? found[0];
  };
}

function readBy(reading: typeof selectorsOf, { expression }: Alert): string {
  const read = readExpression(expression);
  return read ? reading(read).join() : "";
}

/** The rule names one thing by a label (`job`, `deployment`, `namespace`, …), and that thing leaves with it. */
function lostItsReason(alert: Alert, { before, changes }: Transition): boolean {
  const expression = readExpression(alert.expression);
  if (!expression) return false;
  const named = new Set(
    [
      ...expression.text.matchAll(
        /\b(?:job|app|service|deployment|statefulset|daemonset|container|cronjob|namespace)\s*=\s*"([^"]+)"/g,
      ),
    ].map(([, value]) => value ?? ""),
  );
  return changes.some(
    ({ kind, before: gone }) =>
      kind === "removed" &&
      named.has(gone.name) &&
      (gone.kind === "Namespace" || before.workload(gone) !== undefined),
  );
}

function problem(alert: Alert, heir: Alert | undefined, { after }: Transition): Problem {
  const { name, manifest } = alert;
  const place = whereItWas(alert, after);
  const watched = readExpression(alert.expression);
  const metrics = watched ? metricsOf(watched) : [];
  const about = metrics.length > 0 ? ` (${metrics.slice(0, 3).join(", ")})` : "";
  return {
    subject: manifest,
    key: name,
    at: heir?.locate() ?? place,
    was: alert.locate(),
    ...(heir && { atMost: "notice" as const }),
    message: heir
      ? `Alert ${name} of ${manifest.ref} is gone; ${heir.name} watches the same metrics in its place. Compare when each of them fires.`
      : `Alert ${name} of ${manifest.ref} is gone, and no other alert here has its expression: when what it watched${about} fails, no alert of this repository says so.`,
    fix: heir
      ? `Make sure that ${heir.name} fires in every case in which ${name} did, and that it calls the same people.`
      : `Keep ${name} until another alert watches the same thing; if it fires for no reason, correct its expression or its wait (for).`,
  };
}

/** The rule that stood before or behind it, else the object that held it, else what is still in its file, else its old place. */
function whereItWas(alert: Alert, after: World): Location {
  const holder = after.manifests.find(
    ({ id, kind, name }) =>
      id === alert.manifest.id || (kind === alert.manifest.kind && name === alert.manifest.name),
  );
  const left = new Map((holder ? alertsOf(holder) : []).map((one) => [one.name, one]));
  const siblings = alertsOf(alert.manifest);
  const index = siblings.indexOf(alert);
  const order = [...siblings.slice(0, index).reverse(), ...siblings.slice(index + 1)];
  const sibling = [...order.filter(({ group }) => group === alert.group), ...order].find(({ name }) =>
    left.has(name),
  );
  const neighbour = sibling && left.get(sibling.name);
  if (neighbour) return neighbour.locate();
  if (holder) return holder.locate();
  const beside = after.manifests.find(
    (manifest) => manifest.path === alert.manifest.path && alertsOf(manifest).length > 0,
  );
  return beside ? beside.locate() : alert.locate();
}
