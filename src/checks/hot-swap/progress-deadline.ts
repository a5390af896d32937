import { setScalar } from "../../engine/edit.ts";
import { probeOf, startupBudget } from "../../engine/probes.ts";
import { scaled } from "../../engine/quantity.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const catalog = (spec: string, probe = "readinessProbe: { httpGet: { port: 8080 } }") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: catalog, namespace: shop }
spec:
  ${spec}
  selector: { matchLabels: { app: catalog } }
  template:
    metadata: { labels: { app: catalog } }
    spec:
      containers:
        - name: api
          image: catalog:11
          ${probe}
`;

const SLOW = "startupProbe: { httpGet: { port: 8080 }, failureThreshold: 60, periodSeconds: 15 }";
const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "progress-deadline",
  title: "A rollout is given up before its pods can be ready, or cannot be undone",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Deploy tools wait for the rollout until its deadline, then report a failure, and some roll back: a version that is only slow to start never gets through. And without old ReplicaSets there is nothing that kubectl rollout undo could return to in the minutes in which users have errors.",
  fix: "Give the deadline more time than the start of a pod plus minReadySeconds, and keep some old ReplicaSets (10 by default).",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#revision-history-limit",
  ],
  unsafe: [
    {
      title: "the deadline is shorter than the start may take",
      before: catalog("progressDeadlineSeconds: 1200", SLOW),
      after: catalog(`progressDeadlineSeconds: 300${MARK}`, SLOW),
    },
    {
      title: "a pod must be ready for longer than the deadline",
      before: catalog("minReadySeconds: 10\n  progressDeadlineSeconds: 60"),
      after: catalog(`minReadySeconds: 90\n  progressDeadlineSeconds: 60${MARK}`),
    },
    {
      title: "no old version is kept",
      before: catalog("revisionHistoryLimit: 5"),
      after: catalog(`revisionHistoryLimit: 0${MARK}`),
    },
  ],
  safe: [
    { title: "there is time enough", after: catalog("progressDeadlineSeconds: 1200", SLOW) },
    {
      title: "the default of ten minutes is enough",
      after: catalog("minReadySeconds: 30", SLOW.replace("60", "20")),
    },
    {
      title: "one old version is kept",
      before: catalog("revisionHistoryLimit: 5"),
      after: catalog("revisionHistoryLimit: 1"),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      if (workload.kind !== "Deployment" || workload.manifest.group !== "apps") continue;
      yield* deadline(workload);
      yield* history(workload.manifest);
    }
  },
});

/** Seconds where `progressDeadlineSeconds` is not written (apps/v1 SetDefaults_Deployment). */
const DEFAULT = 600;

function* deadline(workload: Workload): Iterable<Problem> {
  const { manifest } = workload;
  const seconds = scaled(manifest.get("spec", "progressDeadlineSeconds"), NaN, "up") ?? DEFAULT;
  const minimum = scaled(manifest.get("spec", "minReadySeconds"), NaN, "up") ?? 0;
  const start = startOf(workload);
  const refused = seconds <= minimum;
  if (!refused && !(seconds < start + minimum)) return;
  const written = manifest.get("spec", "progressDeadlineSeconds") !== undefined;
  const needed = Math.ceil((Math.max(start, 60) + minimum) * 1.5);
  const suggestion = setScalar(manifest, ["spec", "progressDeadlineSeconds"], String(needed));
  yield {
    subject: manifest,
    key: "deadline",
    at: manifest.locate("spec", written ? "progressDeadlineSeconds" : "minReadySeconds"),
    measure: (start + minimum) / Math.max(1, seconds),
    message: refused
      ? `${manifest.ref}: progressDeadlineSeconds ${seconds} is not more than minReadySeconds ${minimum}. The API server refuses that, and the deploy fails.`
      : `${manifest.ref} gives up a rollout after ${seconds} s, and its probes let a pod take ${start + minimum} s to be ready: a version that starts slowly counts as failed though it works.`,
    fix: `Write progressDeadlineSeconds: ${needed}.`,
    ...(suggestion && { suggestion }),
  };
}

/** What the author says that a start may take: the longest startup budget, else the longest wait of a readiness probe. */
function startOf({ containers }: Workload): number {
  const running = containers.filter(({ role }) => role !== "init");
  return running.reduce((most, container) => {
    const [startup, readiness] = [probeOf(container, "startupProbe"), probeOf(container, "readinessProbe")];
    return Math.max(most, startup ? startupBudget(startup) : (readiness?.delay ?? 0));
  }, 0);
}

function* history(manifest: Manifest): Iterable<Problem> {
  const path = ["spec", "revisionHistoryLimit"];
  if (manifest.get(...path) !== 0) return;
  const suggestion = setScalar(manifest, path, "3");
  yield {
    subject: manifest,
    key: "history",
    atMost: "notice",
    at: manifest.locate(...path),
    message: `${manifest.ref} keeps no old version (revisionHistoryLimit 0): when a deploy goes wrong, kubectl rollout undo has nothing to return to.`,
    fix: "Write revisionHistoryLimit: 3 or more.",
    ...(suggestion && { suggestion }),
  };
}
