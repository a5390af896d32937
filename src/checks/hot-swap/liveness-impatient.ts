import { probeOf, type Probe } from "../../engine/probes.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, predecessor, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const billing = (probe: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: billing, namespace: bank }
spec:
  selector: { matchLabels: { app: billing } }
  template:
    metadata: { labels: { app: billing } }
    spec:
      containers:
        - name: api
          image: billing:6
          ${probe}
`;

const live = (settings: string) => `livenessProbe:
            httpGet: { path: /live, port: 8080 }
            initialDelaySeconds: 20${settings === "" ? "" : `\n            ${settings}`}`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "liveness-impatient",
  title: "A short pause is enough to restart a container",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A program that collects garbage, is short of CPU or waits for a slow disk misses a probe now and then. A liveness probe that gives up after the first few seconds kills it for that, under load in many pods at once, and the pods that are left get the load of all.",
  fix: "Let a liveness probe fail several times before it acts: failureThreshold: 3 with periodSeconds: 10 (the defaults) bears 20 seconds. A readiness probe may be quicker: it takes the pod out of traffic, and kills nothing.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes",
  ],
  unsafe: [
    {
      title: "one missed answer is enough",
      before: billing(live("")),
      after: billing(live(`failureThreshold: 1${MARK}`)),
    },
    {
      title: "it asks every second",
      before: billing(live("periodSeconds: 15")),
      after: billing(live(`periodSeconds: 1${MARK}`)),
    },
    {
      title: "a probe is added that bears nothing",
      before: billing("ports: [{ containerPort: 8080 }]"),
      after: billing(live(`failureThreshold: 1${MARK}`)),
    },
    {
      title: "a new workload has such a probe",
      after: billing(live(`failureThreshold: 1${MARK}`)),
    },
  ],
  safe: [
    { title: "a probe with the defaults is added", before: billing("tty: false"), after: billing(live("")) },
    {
      title: "one failure is enough, after half a minute without an answer",
      before: billing(live("")),
      after: billing(live("failureThreshold: 1\n            timeoutSeconds: 30")),
    },
    {
      title: "it was as impatient before",
      before: billing(live("failureThreshold: 1")),
      after: billing(live("failureThreshold: 1\n            timeoutSeconds: 2")),
    },
    {
      title: "a readiness probe may be quick",
      before: billing(live("").replace("liveness", "readiness")),
      after: billing(live("failureThreshold: 1").replace("liveness", "readiness")),
    },
    {
      title: "it gives up somewhat earlier",
      before: billing(live("failureThreshold: 6")),
      after: billing(live("failureThreshold: 3")),
    },
  ],

  *run({ changes, before, after }) {
    for (const { before: old, after: now } of changes) {
      const is = now && old?.object !== now.object ? after.workload(now) : undefined;
      if (!is || is.runsToCompletion) continue;
      const was = old && before.workload(old);
      for (const container of is.containers) {
        const probe = probeOf(container, "livenessProbe");
        const previous = was && predecessor(container, is, was);
        if (probe && container.role !== "init") yield* judge(is, { container, probe, previous });
      }
    }
  },
});

/** Seconds without an answer that a garbage collection or a throttled CPU easily takes. */
const SHORT = 5;

/** The shortest silence, in seconds, that restarts the container: one that begins just before the probe asks. */
const silenceOf = ({ period, failures, timeout }: Probe) => (failures - 1) * period + timeout;

interface Place {
  readonly container: Container;
  readonly probe: Probe;
  readonly previous: Container | undefined;
}

function* judge(workload: Workload, { container, probe, previous }: Place): Iterable<Problem> {
  const now = silenceOf(probe);
  const old = previous && probeOf(previous, "livenessProbe");
  const was = old ? silenceOf(old) : Infinity;
  if (!(now <= SHORT) || !(now * 2 <= was) || Object.values(probe.spec).some(isUnknown)) return;
  const field = ["failureThreshold", "periodSeconds", "timeoutSeconds"].find(
    (name) => probe.spec[name] !== undefined && probe.spec[name] !== old?.spec[name],
  );
  const times = probe.failures === 1 ? "one missed answer" : `${probe.failures} missed answers in a row`;
  yield {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, "livenessProbe", ...(field ? [field] : [])),
    ...(previous ? {} : { atMost: "notice" as const }),
    message: `The liveness probe of container ${container.name} of ${workload.manifest.ref} restarts it after ${times}: a pause of ${now} s is enough (failureThreshold ${probe.failures}, periodSeconds ${probe.period}, timeoutSeconds ${probe.timeout})${old ? `, and it was ${was} s` : ""}. Under load that hits many pods at once, and the rest get their requests too.`,
    fix: `Write failureThreshold: 3 and periodSeconds: 10 in the livenessProbe of ${container.name}, or more; for quick reactions use the readinessProbe, which restarts nothing.`,
  };
}
