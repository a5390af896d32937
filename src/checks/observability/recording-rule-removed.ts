import { alertsOf } from "../../engine/alerts.ts";
import { metricsOf, readExpression } from "../../engine/promql.ts";
import { recordingsOf, RULE_HOLDERS, type Recording } from "../../engine/recordings.ts";
import type { Location, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const rules = (name: string, lines: string) => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: ${name}, namespace: shop }
spec:
  groups:
    - name: ${name}
      rules:
        ${lines}
---
`;

const record = (name: string) =>
  rules("ratios", `- record: ${name}\n          expr: sum by (job) (rate(errors_total[5m]))`);
const RECORD = record("job:errors:rate5m");
const OTHER = rules("others", "- alert: Down\n          expr: up == 0");

const alert = (metric: string, mark = "") =>
  rules("alerts", `- alert: Errors\n          expr: ${metric} > 5${mark}`);

const scaler = (mark = "") => `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: workers, namespace: shop${mark === "" ? " }" : ` }${mark}`}
spec:
  scaleTargetRef: { name: workers }
  triggers:
    - type: prometheus
      metadata: { query: 'job:errors:rate5m{job="shop"}', threshold: "5" }
---
`;

const dashboard = (mark = "") => `apiVersion: v1
kind: ConfigMap
metadata: { name: dashboard, namespace: shop${mark === "" ? " }" : ` }${mark}`}
data:
  shop.json: '{"panels": [{"targets": [{"expr": "max(job:errors:rate5m)"}]}]}'
---
`;

const STACK_RULE = "instance:node_cpu_utilisation:rate5m";
const STACK = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: monitoring, namespace: shop }
spec:
  chart: { spec: { chart: kube-prometheus-stack, sourceRef: { kind: HelmRepository, name: prometheus } } }
---
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "recording-rule-removed",
  title: "A metric is no longer recorded, and something still reads it",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  absence: true,
  why: "Prometheus finds nothing under that name any more, and shows no error: an alert on it never fires, and an autoscaler that reads it stays at the number of pods it has when load rises.",
  fix: "Keep the recording rule until nothing reads its metric, or change the readers in the same change.",
  references: ["https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/"],
  unsafe: [
    {
      title: "the rule gets another name, and an alert reads the old one",
      before: RECORD + alert("job:errors:rate5m"),
      after: record("job:failures:rate5m") + alert("job:errors:rate5m", MARK),
    },
    {
      title: "the rule goes, and an autoscaler reads its metric",
      before: OTHER + RECORD + scaler(),
      after: OTHER + scaler(MARK),
    },
    {
      title: "the rule goes, and a dashboard shows its metric",
      before: OTHER + RECORD + dashboard(),
      after: OTHER + dashboard(MARK),
    },
  ],
  safe: [
    {
      title: "both change together",
      before: RECORD + alert("job:errors:rate5m"),
      after: record("job:failures:rate5m") + alert("job:failures:rate5m"),
    },
    { title: "nothing here reads it", before: OTHER + RECORD, after: OTHER },
    {
      title: "the rule moves to another file",
      before: { "alerts.yaml": alert("job:errors:rate5m"), "rules.yaml": RECORD },
      after: { "alerts.yaml": alert("job:errors:rate5m"), "recorded/rules.yaml": RECORD },
    },
    {
      title: "a chart of rules has one of that name too",
      before: STACK + RECORD.replaceAll("job:errors:rate5m", STACK_RULE) + alert(STACK_RULE),
      after: STACK + OTHER + alert(STACK_RULE),
    },
    {
      title: "what reads a longer name reads something else",
      before: RECORD + alert("job:errors:rate5m_total"),
      after: OTHER + alert("job:errors:rate5m_total"),
    },
  ],

  *run(transition) {
    const gone = transition.changes.flatMap(({ before, after }) =>
      before && before.object !== after?.object ? recordingsOf(before) : [],
    );
    if (gone.length === 0) return;
    const left = new Set(
      RULE_HOLDERS.flatMap((kind) => transition.after.everywhere(kind))
        .flatMap(recordingsOf)
        .map(({ name }) => name),
    );
    const lost = new Map(gone.map((one) => [one.name, one]));
    for (const recording of lost.values()) {
      if (left.has(recording.name) || isKeptByStack(recording.name, transition.after)) continue;
      yield* unread(recording, transition);
    }
  },
});

/** Charts that bring the rules of kubernetes-mixin and node-exporter's with them, and are seldom in a repository. */
const STACKS =
  /\b(kube-prometheus-stack|kube-prometheus|prometheus-operator|victoria-metrics-k8s-stack|rancher-monitoring)\b/;
/** Names of those rules (github.com/kubernetes-monitoring/kubernetes-mixin, rules/; prometheus/node_exporter, node-mixin). */
const THEIRS =
  /^(:node_memory_|node:node_|node_namespace_pod|namespace_workload_pod:|namespace_(cpu|memory):|cluster:(namespace|node|kube|node_cpu)[:_]|instance(_device)?:node_|cluster_quantile:|node_quantile:|apiserver_request:|code(_verb|_resource)?:apiserver_|resource_verb:|count:up[01]$)/;

/** A rule of that name comes with a chart that is deployed and not seen. */
function isKeptByStack(name: string, after: World): boolean {
  return (
    THEIRS.test(name) &&
    ["HelmRelease", "Application", "ApplicationSet", "HelmChart"].some((kind) =>
      after.everywhere(kind).some((release) => STACKS.test(JSON.stringify(release.get("spec") ?? null))),
    )
  );
}

interface Reader {
  readonly text: string;
  readonly at: Location;
  /** It does something by the metric, and does not only show it. */
  readonly acts: boolean;
}

function* unread(recording: Recording, { after }: Transition): Iterable<Problem> {
  const readers = readersOf(recording.name, after);
  const first = readers.find(({ acts }) => acts) ?? readers[0];
  if (!first) return;
  const names = listText([...new Set(readers.map(({ text }) => text))]);
  yield {
    subject: recording.manifest,
    key: recording.name,
    at: first.at,
    was: recording.locate(),
    ...(first.acts ? {} : { atMost: "notice" as const }),
    message: `${recording.manifest.ref} no longer records ${recording.name}, and ${names} still ${readers.length === 1 ? "reads" : "read"} it: ${first.acts ? "whatever acts on it finds nothing from now on, and does not act" : "what it shows stays empty"}.`,
    fix: `Keep the recording of ${recording.name}, or change ${names} in this change.`,
  };
}

/** What works by a metric, besides rules; and what shows it. */
const ACTORS = [
  ...["HorizontalPodAutoscaler", "ScaledObject", "ScaledJob", "AnalysisTemplate", "ClusterAnalysisTemplate"],
  "MetricTemplate",
];
const SHOWS = ["ConfigMap", "GrafanaDashboard"];

function readersOf(metric: string, after: World): Reader[] {
  const rules = RULE_HOLDERS.flatMap((kind) => after.everywhere(kind))
    .flatMap(alertsOf)
    .filter(({ expression }) => {
      const read = readExpression(expression);
      return read !== undefined && metricsOf(read).includes(metric);
    });
  const alerts = rules.map((alert): Reader => ({
    text: `alert ${alert.name}`,
    at: alert.locate("expr"),
    acts: true,
  }));
  const holders = new Set(rules.map(({ manifest }) => manifest));
  const others = (kinds: readonly string[], acts: boolean) =>
    kinds
      .flatMap((kind) => after.everywhere(kind))
      .filter((manifest) => !holders.has(manifest) && speaksOf(manifest, metric))
      .map((manifest): Reader => ({ text: manifest.ref, at: manifest.locate(), acts }));
  return [...alerts, ...others(ACTORS, true), ...others(SHOWS, false)];
}

/** The name stands in it as a word. Without a colon it could be any word. */
function speaksOf({ object, kind }: Manifest, metric: string): boolean {
  if (!metric.includes(":") && SHOWS.includes(kind)) return false;
  const text = JSON.stringify(object);
  for (let start = text.indexOf(metric); start >= 0; start = text.indexOf(metric, start + 1)) {
    const [left = "", right = ""] = [text[start - 1], text[start + metric.length]];
    if (!/[\w:]/.test(left) && !/[\w:]/.test(right)) return true;
  }
  return false;
}
