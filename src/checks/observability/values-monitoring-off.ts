import { at, isObject } from "../../engine/json.ts";
import type { Problem } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";
import {
  flagOf,
  isGone,
  problemOf,
  valuesChanges,
  whose,
  type ValuesChange,
} from "../../engine/values-words.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: queue, namespace: platform }
spec:
  chart:
    spec: { chart: rabbitmq, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

const MONITOR =
  /^(serviceMonitor|podMonitor|metrics|prometheusRules?|alerts?|alerting|alertmanager|prometheus|monitoring|exporter)$/i;
const SWITCH = /^(enabled|create)$/;
/** Switches that say themselves what they are of. */
const NAMED_SWITCH = /^(serviceMonitor|alerts|metrics)Enabled$/;

export default defineCheck({
  kind: "transition",
  id: "values-monitoring-off",
  title: "A chart's values switch metrics or alerts off",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "What is not measured fails unseen: the first to notice are users. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Keep metrics and alerts on; silence an alert for a while if it fires too often, and correct its threshold.",
  references: ["https://prometheus.io/docs/practices/alerting/"],
  unsafe: [
    {
      title: "the queue is no longer scraped",
      before: release("metrics:\n  serviceMonitor:\n    enabled: true\n"),
      after: release("metrics:\n  serviceMonitor:\n    enabled: false # <- finding\n"),
    },
    {
      title: "the alerts go",
      before: release("replicas: 3\nprometheusRule:\n  enabled: true\n"),
      after: release("replicas: 3\nprometheusRule:\n  enabled: false # <- finding\n"),
    },
    {
      title: "the switch is dropped, and the chart's default is off",
      before: release("replicas: 3\nserviceMonitor: { enabled: true }\n"),
      after: release("replicas: 3 # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "alerts are switched on",
      before: release("prometheusRule: { enabled: false }\n"),
      after: release("prometheusRule: { enabled: true }\n"),
    },
    {
      title: "the component goes with its metrics",
      before: release("replicas: 3\ncache:\n  metrics: { enabled: true }\n"),
      after: release("replicas: 3\n"),
    },
    {
      title: "the switch moves under metrics, where a newer chart reads it",
      before: release("serviceMonitor: { enabled: true }\n"),
      after: release("metrics: { serviceMonitor: { enabled: true } }\n"),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) yield* monitorProblems(part);
  },
});

function* monitorProblems(part: ValuesChange): Iterable<Problem> {
  const name = part.steps.at(-1) ?? "";
  for (const [key, value] of Object.entries(part.before)) {
    const isSwitch = MONITOR.test(name) ? SWITCH.test(key) : NAMED_SWITCH.test(key);
    if (isSwitch) {
      if (flagOf(value) === true && flagOf(part.after[key]) === false) yield off(part, key, name);
    } else if (MONITOR.test(key) && isObject(value)) {
      if (flagOf(at(value, ["enabled"])) === true && isGone(part, key)) yield off(part, key, key);
    }
  }
}

function off(part: ValuesChange, key: string, name: string): Problem {
  return problemOf(part, {
    ...{ check: "values-monitoring-off", key, severity: "warning" },
    message: `${name === "" ? key : name} of ${whose({ ...part, steps: part.steps.filter((step) => step !== name) })} is switched off: alerts that need it no longer fire.`,
    fix: "Keep it on, or add what watches this instead to the change.",
  });
}
