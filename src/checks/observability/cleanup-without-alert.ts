import { cleanersOf, type Cleaner } from "../../engine/cleaners.ts";
import { fillAlertsOf, type FillAlert } from "../../engine/fill-level.ts";
import { oncePer } from "../../engine/once.ts";
import { RULE_FILE } from "../../engine/prometheus-files.ts";
import type { Problem } from "../../engine/types.ts";
import { capital } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const sweeper = (limit: number, mark = "") => `apiVersion: batch/v1
kind: CronJob
metadata: { name: log-sweeper, namespace: platform }
spec:
  schedule: "*/10 * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: sweep
              image: busybox:1.37
              command:
                - sh
                - -c
                - 'used=$(df --output=pcent /logs | tail -1 | tr -dc 0-9); [ "$used" -gt ${limit} ] && find /logs -mtime +1 -delete'${mark}
              volumeMounts: [{ name: logs, mountPath: /logs }]
          volumes: [{ name: logs, hostPath: { path: /var/log } }]
`;

const alerts = (...limits: readonly number[]) => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: disks, namespace: platform }
spec:
  groups:
    - name: disks
      rules:
${limits
  .map(
    (limit) => `        - alert: DiskFull${limit}
          expr: (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes) * 100 > ${limit}
`,
  )
  .join("")}`;

const KUBELET = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
metadata: { name: workers }
imageGCHighThresholdPercent: 85
`;

const prometheus = (size: string) => `apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: { name: main, namespace: platform }
spec:
  retentionSize: ${size}
  storage:
    volumeClaimTemplate: { spec: { resources: { requests: { storage: 100Gi } } } }
`;

const nodes = (free: string, mark = "") => `apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: { name: workers }
spec:
  kubelet:
    evictionHard:
      nodefs.available: ${free}${mark}
`;

const VOLUME_ALERT = `groups:
  - name: volumes
    rules:
      - alert: VolumeFull
        expr: kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.15
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "cleanup-without-alert",
  title: "No alert is left above the level at which a clean-up works",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A clean-up that works at 90 % keeps the disk below it, until the day on which it fails. On that day only an alert above it, at 95 %, tells anybody before the disk is full and everything that writes to it stops. An alert at or below the level of the clean-up fires on ordinary days, so by then it is ignored.",
  fix: "Add an alert between the level at which the clean-up works and full: at 95 % for a clean-up at 90 %.",
  references: [
    "https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-lifecycle",
    "https://prometheus.io/docs/prometheus/latest/storage/#right-sizing-retention-size",
    "https://sre.google/sre-book/monitoring-distributed-systems/",
  ],
  unsafe: [
    {
      title: "the alert above the clean-up is lowered to its level",
      before: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(95) },
      after: { "sweeper.yaml": sweeper(90, MARK), "alerts.yaml": alerts(90) },
    },
    {
      title: "the clean-up now works above the only alert",
      before: { "sweeper.yaml": sweeper(80), "alerts.yaml": alerts(85) },
      after: { "sweeper.yaml": sweeper(90, MARK), "alerts.yaml": alerts(85) },
    },
    {
      title: "the higher of two alerts goes",
      before: { "kubelet.yaml": KUBELET, "alerts.yaml": alerts(80, 95) },
      after: { "kubelet.yaml": KUBELET.replace("85", `85${MARK}`), "alerts.yaml": alerts(80) },
    },
    {
      title: "the only alert goes",
      before: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(95) },
      after: { "sweeper.yaml": sweeper(90, MARK), "alerts.yaml": alerts() },
    },
    {
      title: "Prometheus is to keep as much as nearly fills its volume, above the alert on volumes",
      before: { "prometheus.yaml": prometheus("80GB"), "volumes.yaml": VOLUME_ALERT },
      after: { "prometheus.yaml": prometheus(`92GB${MARK}`), "volumes.yaml": VOLUME_ALERT },
    },
    {
      title: "the first alert is set where the clean-up begins",
      before: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts() },
      after: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(90).replace("> 90", `> 90${MARK}`) },
    },
    {
      title: "nodes are to be filled further before the kubelet evicts pods",
      before: { "nodes.yaml": nodes("20%"), "alerts.yaml": alerts(85) },
      after: { "nodes.yaml": nodes("10%", MARK), "alerts.yaml": alerts(85) },
    },
  ],
  safe: [
    {
      title: "an alert stands above the new clean-up",
      after: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(80, 95) },
    },
    {
      title: "the level was like that before, and the low alert too",
      before: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(80) },
      after: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(80).replace("disks", "discs") },
    },
    {
      title: "a low alert is added beside one above",
      before: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(95) },
      after: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts(80, 95) },
    },
    {
      title: "no alert on disks is in this repository",
      after: { "sweeper.yaml": sweeper(90), "alerts.yaml": alerts() },
    },
    {
      title: "the alert is written as free space",
      after: {
        "kubelet.yaml": KUBELET,
        "alerts.yaml": alerts(80).replace(
          /expr: .*/,
          "expr: node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 10 and node_filesystem_readonly == 0",
        ),
      },
    },
    {
      title: "it removes what is old, at whatever level",
      after: {
        "sweeper.yaml": sweeper(90).replace(/- 'used=.*/, "- find /logs -mtime +7 -delete"),
        "alerts.yaml": alerts(80),
      },
    },
  ],

  *run({ before, after }) {
    const cleaners = cleanersOf(after);
    if (cleaners.length === 0 || bringsRules(after)) return;
    const old = new Map(cleanersOf(before).map((cleaner) => [nameOf(cleaner), cleaner]));
    const alerts = { before: alertsOn(before), after: alertsOn(after) };
    const known = new Set(alerts.before.map(levelName));
    for (const cleaner of cleaners) {
      const highest = { was: highestOf(alerts.before, cleaner), is: highestOf(alerts.after, cleaner) };
      if (isUncovered(cleaner, old.get(nameOf(cleaner)), highest)) yield problem(cleaner, highest);
      else if (highest.is && highest.is.percent <= cleaner.percent && !known.has(levelName(highest.is)))
        yield tooLow(cleaner, highest.is);
    }
  },
});

/**
 * Whether this change leaves the clean-up without an alert above it. Without any alert on its store, before and after,
 * alerts live elsewhere; and what had none above it before is not this change's doing.
 */
function isUncovered({ percent }: Cleaner, old: Cleaner | undefined, { was, is }: Highest): boolean {
  if (is ? is.percent > percent : !was) return false;
  if (was && old && was.percent <= old.percent) return false;
  const isRaised = !old || old.percent < percent;
  return isRaised || (was !== undefined && was.percent > (is?.percent ?? 0));
}

const levelName = ({ alert, percent }: FillAlert) => `${alert.name} ${percent}`;

const nameOf = ({ manifest, path }: Cleaner) => `${manifest.id} ${path.join(".")}`;

const HOLDERS = ["PrometheusRule", "VMRule", RULE_FILE, "ConfigMap", "HelmRelease", "Application"];

const fillAlertsOn = oncePer(fillAlertsOf);

/** Alerts watch the whole cluster, from whatever unit. */
function alertsOn(world: World): FillAlert[] {
  return HOLDERS.flatMap((kind) => fillAlertsOn(world.everywhere(kind)));
}

/** Charts that bring alerts on full disks at 97 %, without a word in this repository. */
const STACKS = /^(kube-prometheus(-stack)?|prometheus-operator|victoria-metrics-k8s-stack)$/;

function bringsRules(world: World): boolean {
  const charts = [
    ...world
      .everywhere("HelmRelease")
      .flatMap((one) => [one.get("spec", "chart", "spec", "chart"), one.get("spec", "chartRef", "name")]),
    ...world.everywhere("Application").map((one) => one.get("spec", "source", "chart")),
  ];
  return charts.some((chart) => typeof chart === "string" && STACKS.test(chart.split("/").at(-1) ?? ""));
}

function highestOf(alerts: readonly FillAlert[], { store }: Cleaner): FillAlert | undefined {
  return alerts
    .filter((one) => one.store === store)
    .reduce<FillAlert | undefined>(
      (most, one) => (most && most.percent >= one.percent ? most : one),
      undefined,
    );
}

const NAMES = { node: "the disks of nodes", volume: "volumes" };

interface Highest {
  readonly was: FillAlert | undefined;
  readonly is: FillAlert | undefined;
}

function problem({ manifest, does, store, percent, path }: Cleaner, { was, is }: Highest): Problem {
  const wanted = Math.min(98, Math.round((percent + 100) / 2));
  const full = percent >= 100 ? `${does} only when its volume is full` : `${does} at ${percent} % full`;
  const highest = is
    ? `the highest alert on ${NAMES[store]} (${is.alert.name}) fires at ${is.percent} %`
    : `the alert above that (${was?.alert.name ?? ""} at ${was?.percent ?? ""} %) is gone`;
  return {
    subject: manifest,
    key: path.join("."),
    at: manifest.locate(...path),
    message: `${capital(full)}, and ${highest}: on the day that the clean-up fails, no ${is ? "further " : ""}alert fires before the disk is full.`,
    fix:
      percent >= 95
        ? `Let it work earlier, at 85 % or less, and add an alert on ${NAMES[store]} above that.`
        : `Add an alert on ${NAMES[store]} at ${wanted} %, above the clean-up at ${percent} %.`,
  };
}

/** The highest alert there is, new in this change, and yet below. */
function tooLow({ manifest, does, store, percent }: Cleaner, { alert, percent: level }: FillAlert): Problem {
  const wanted = Math.min(98, Math.round((percent + 100) / 2));
  return {
    subject: alert.manifest,
    key: alert.name,
    at: alert.locate("expr"),
    atMost: "notice",
    message: `Alert ${alert.name} fires at ${level} % full, and ${does} only at ${percent} %${does.includes(manifest.ref) ? "" : ` (${manifest.ref})`}: it fires on ordinary days, and says nothing new on the day that the clean-up fails.`,
    fix: `Let an alert on ${NAMES[store]} fire at ${wanted} %, above the clean-up at ${percent} %.`,
  };
}
