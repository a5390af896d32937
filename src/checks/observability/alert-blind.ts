import { alertsOf, type Alert } from "../../engine/alerts.ts";
import { matchersOf, readExpression, type Matcher } from "../../engine/promql.ts";
import { RULE_HOLDERS } from "../../engine/recordings.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import type { Problem } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";
import { renamesOf, type Rename } from "./_renames.ts";

const workload = (name: string, { kind = "Deployment", container = "web" } = {}) => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { matchLabels: { app: basket } }
  template:
    metadata: { labels: { app: basket } }
    spec: { containers: [{ name: ${container}, image: "shop/basket:3" }] }
---
`;

const alert = (expression: string, mark = "") => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: basket, namespace: shop }
spec:
  groups:
    - name: basket
      rules:
        - alert: BasketDown
          expr: ${expression}${mark}
---
`;

const service = (name: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, labels: { app: basket } }
spec: { selector: { app: basket }, ports: [{ name: metrics, port: 9090 }] }
---
`;

const MONITOR = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: basket, namespace: shop }
spec: { selector: { matchLabels: { app: basket } }, endpoints: [{ port: metrics }] }
---
`;

const AVAILABLE = 'kube_deployment_status_replicas_available{deployment="basket"} == 0';
const PODS = 'max by (pod) (kube_pod_container_status_waiting{pod=~"basket-.*", container="web"}) > 0';
const UP = 'up{job="basket"} == 0';
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "alert-blind",
  title: "An alert looks for something that has another name now",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  absence: true,
  why: "An expression that matches no series returns nothing, and that counts as all being well: the alert never fires again, and no error is shown. The next failure of what it watched is found by users.",
  fix: "Write the new name into the alert, in the same change.",
  references: [
    "https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors",
    "https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics",
  ],
  unsafe: [
    {
      title: "the workload gets another name",
      before: workload("basket") + alert(AVAILABLE),
      after: workload("basket-web") + alert(AVAILABLE, MARK),
    },
    {
      title: "the Deployment becomes a StatefulSet",
      before: workload("basket") + alert(AVAILABLE),
      after: workload("basket", { kind: "StatefulSet" }) + alert(AVAILABLE, MARK),
    },
    {
      title: "the container gets another name",
      before: workload("basket") + alert(PODS),
      after: workload("basket", { container: "basket" }) + alert(PODS, MARK),
    },
    {
      title: "the Service that Prometheus names the job after gets another name",
      before: workload("basket") + service("basket") + MONITOR + alert(UP),
      after: workload("basket") + service("basket-metrics") + MONITOR + alert(UP, MARK),
    },
  ],
  safe: [
    {
      title: "both change together",
      before: workload("basket") + alert(AVAILABLE),
      after: workload("basket-web") + alert(AVAILABLE.replace('"basket"', '"basket-web"')),
    },
    {
      title: "for a while the alert looks for both",
      before: workload("basket") + alert(AVAILABLE),
      after:
        workload("basket-web") + alert(`${AVAILABLE} or ${AVAILABLE.replace('"basket"', '"basket-web"')}`),
    },
    {
      title: "the alert is about another namespace",
      before: workload("basket") + alert(AVAILABLE.replace("}", ', namespace="bank"}')),
      after: workload("basket-web") + alert(AVAILABLE.replace("}", ', namespace="bank"}')),
    },
    {
      title: "the pattern fits the new name too",
      before:
        workload("basket") + alert('kube_deployment_status_replicas_available{deployment=~"basket.*"} == 0'),
      after:
        workload("basket-web") +
        alert('kube_deployment_status_replicas_available{deployment=~"basket.*"} == 0'),
    },
    {
      title: "what it watched is gone, and nothing took its place",
      before: workload("basket") + alert(AVAILABLE),
      after: alert(AVAILABLE),
    },
    {
      title: "the new one comes beside the old one",
      before: workload("basket") + alert(AVAILABLE),
      after:
        workload("basket") +
        workload("basket-web").replaceAll("app: basket", "app: basket-web") +
        alert(AVAILABLE),
    },
    {
      title: "the Service gets another name, and is not scraped",
      before: workload("basket") + service("basket") + alert(UP),
      after: workload("basket") + service("basket-web") + alert(UP),
    },
  ],

  *run(transition) {
    const renames = renamesOf(transition);
    if (renames.length === 0) return;
    const alerts = RULE_HOLDERS.flatMap((kind) => transition.after.everywhere(kind)).flatMap(alertsOf);
    for (const alert of alerts) yield* blind(alert, renames);
  },
});

function* blind(alert: Alert, renames: readonly Rename[]): Iterable<Problem> {
  const expression = readExpression(alert.expression);
  // An alert on what is absent fires now, which is seen at once.
  if (!expression || /\babsent(_over_time)?\b/.test(alert.expression)) return;
  const told = new Set<Rename>();
  const matchers = matchersOf(expression);
  for (const matcher of matchers) {
    const rename = renames.find((one) => one.label === matcher.label && loses(matcher, one));
    if (!rename || isMeant(rename, matchers) || told.has(rename)) continue;
    told.add(rename);
    yield {
      subject: alert.manifest,
      key: `${alert.name} ${rename.label}`,
      at: alert.locate("expr"),
      was: rename.manifest.locate(),
      message: `Alert ${alert.name} of ${alert.manifest.ref} looks for ${matcher.text}, and ${rename.text}: the alert finds nothing under the old name, and never fires for it.`,
      fix:
        rename.is === ""
          ? `Rewrite the expression of ${alert.name} with the metrics of the new kind: ${rename.text}.`
          : `Write ${rename.is} instead of ${rename.was} for ${rename.label} in ${alert.name}.`,
    };
  }
}

/** Whether the expression is about another namespace, or looks for the new name as well. */
function isMeant({ manifest, label, is }: Rename, matchers: readonly Matcher[]): boolean {
  const spaces = matchers.filter((one) => one.label === "namespace" && one.operator === "=");
  const elsewhere =
    spaces.length > 0 && !spaces.some(({ value }) => sameNamespace(manifest, { namespace: value }));
  const knows = ({ operator, value }: Matcher) =>
    operator === "=" ? value === is : operator === "=~" && piecesOf(value)?.some(({ text }) => text === is);
  return elsewhere || (is !== "" && matchers.some((one) => one.label === label && knows(one)));
}

function loses({ operator, value }: Matcher, { was, is, prefix }: Rename): boolean {
  if (operator === "=") return !prefix && value === was && value !== is;
  const pieces = operator === "=~" ? piecesOf(value) : undefined;
  if (!pieces) return false;
  const fits = (name: string) => pieces.some((piece) => meets(piece, name, prefix === true));
  return fits(was) && !(is !== "" && fits(is));
}

interface Piece {
  readonly text: string;
  /** It ends in `.*` or `.+`. */
  readonly open: boolean;
}

/** Names and beginnings of names; undefined for patterns that say more, which are not run: they come from the repository. */
function piecesOf(pattern: string): Piece[] | undefined {
  const pieces = pattern
    .replace(/^\((.*)\)$/, "$1")
    .split("|")
    .map((piece) => /^([\w-]+)(\.[*+])?$/.exec(piece));
  const read = pieces.flatMap((match) =>
    match ? [{ text: match[1] ?? "", open: match[2] !== undefined }] : [],
  );
  return read.length === pieces.length ? read : undefined;
}

function meets({ text, open }: Piece, name: string, prefix: boolean): boolean {
  if (!prefix) return open ? name.startsWith(text) : name === text;
  return open && (`${name}-`.startsWith(text) || text.startsWith(`${name}-`));
}
