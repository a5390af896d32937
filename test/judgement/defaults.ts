import { get, isValues, places, set, text, type Value, type Values } from "./values.ts";

/** What the API server writes where nothing is written (core, apps, batch, autoscaling, networking, policy: defaults.go). */
const DEFAULTS: readonly (readonly [kinds: RegExp, path: string, value: Value])[] = [
  [/^(Deployment|StatefulSet|DaemonSet)$/, "spec.revisionHistoryLimit", 10],
  [/^Deployment$/, "spec.progressDeadlineSeconds", 600],
  [/^Deployment$/, "spec.minReadySeconds", 0],
  [/^Deployment$/, "spec.strategy.type", "RollingUpdate"],
  [/^StatefulSet$/, "spec.podManagementPolicy", "OrderedReady"],
  [/^(StatefulSet|DaemonSet)$/, "spec.updateStrategy.type", "RollingUpdate"],
  [/^StatefulSet$/, "spec.updateStrategy.rollingUpdate.partition", 0],
  [/^DaemonSet$/, "spec.updateStrategy.rollingUpdate.maxUnavailable", 1],
  [/^DaemonSet$/, "spec.updateStrategy.rollingUpdate.maxSurge", 0],
  [/^(Deployment|StatefulSet|DaemonSet)$/, "spec.template.spec.restartPolicy", "Always"],
  [/^(Deployment|StatefulSet|DaemonSet|Rollout)$/, "spec.template.spec.dnsPolicy", "ClusterFirst"],
  [/^(Deployment|StatefulSet|DaemonSet|Rollout)$/, "spec.template.spec.terminationGracePeriodSeconds", 30],
  [/^(Deployment|StatefulSet|DaemonSet|Rollout)$/, "spec.template.spec.schedulerName", "default-scheduler"],
  [/./, "spec.template.spec.containers.*.ports.*.protocol", "TCP"],
  [/./, "spec.template.spec.containers.*.imagePullPolicy", "IfNotPresent"],
  [/./, "spec.template.spec.containers.*.readinessProbe.timeoutSeconds", 1],
  [/./, "spec.template.spec.containers.*.readinessProbe.successThreshold", 1],
  [/./, "spec.template.spec.containers.*.readinessProbe.failureThreshold", 3],
  [/./, "spec.template.spec.containers.*.readinessProbe.periodSeconds", 10],
  [/./, "spec.template.spec.containers.*.livenessProbe.timeoutSeconds", 1],
  [/./, "spec.template.spec.containers.*.livenessProbe.periodSeconds", 10],
  [/./, "spec.volumeClaimTemplates.*.spec.volumeMode", "Filesystem"],
  [/^PersistentVolumeClaim$/, "spec.volumeMode", "Filesystem"],
  [/^Service$/, "spec.type", "ClusterIP"],
  [/^Service$/, "spec.sessionAffinity", "None"],
  [/^Service$/, "spec.internalTrafficPolicy", "Cluster"],
  [/^Service$/, "spec.publishNotReadyAddresses", false],
  [/^Service$/, "spec.ports.*.protocol", "TCP"],
  [/^CronJob$/, "spec.suspend", false],
  [/^CronJob$/, "spec.successfulJobsHistoryLimit", 3],
  [/^HorizontalPodAutoscaler$/, "spec.minReplicas", 1],
  [/^ScaledObject$/, "spec.pollingInterval", 30],
  [/^HTTPRoute$/, "spec.rules.*.backendRefs.*.weight", 1],
  [/^HTTPRoute$/, "spec.rules.*.backendRefs.*.kind", "Service"],
  [/^HTTPRoute$/, "spec.rules.*.backendRefs.*.group", ""],
];

export function writeDefaults(object: Values): void {
  const kind = text(object, "kind");
  for (const [kinds, path, value] of DEFAULTS) if (kinds.test(kind)) writeDefault(object, path, value);
  if (kind === "Service") writeTargets(object);
  if (kind === "Deployment" && text(object, "spec.strategy.type") === "RollingUpdate") {
    writeDefault(object, "spec.strategy.rollingUpdate.maxSurge", "25%");
    writeDefault(object, "spec.strategy.rollingUpdate.maxUnavailable", "25%");
  }
}

/** Only into what is there: a probe that is not written gets no defaults. */
function writeDefault(object: Values, path: string, value: Value): void {
  const steps = path.split(".");
  if (
    !path.includes("*") &&
    steps
      .slice(0, 2)
      .every((_, depth) => get(object, steps.slice(0, depth).join(".") || "kind") !== undefined)
  ) {
    if (get(object, path) === undefined) set(object, path, value);
    return;
  }
  for (const { holder, key } of places(object, path)) {
    if (isValues(holder) && holder[key] === undefined) holder[key] = value;
  }
}

function writeTargets(object: Values): void {
  for (const { holder, key } of places(object, "spec.ports.*")) {
    const port = isValues(holder) ? holder[key] : holder[Number(key)];
    if (isValues(port) && port["port"] !== undefined) port["targetPort"] ??= port["port"];
  }
}
