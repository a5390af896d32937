import { object } from "../../engine/json.ts";
import { earliestFailure, probeOf, startupBudget } from "../../engine/probes.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const ledger = (probes: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ledger, namespace: bank }
spec:
  selector: { matchLabels: { app: ledger } }
  template:
    metadata: { labels: { app: ledger } }
    spec:
      containers:
        - name: api
          image: ledger:6
          ports: [{ containerPort: 8080 }]
          ${probes}
`;

const READY = (delay: number) =>
  `readinessProbe: { httpGet: { path: /ready, port: 8080 }, initialDelaySeconds: ${delay} }`;
const live = (settings: string, mark = "") =>
  `livenessProbe: { httpGet: { path: /live, port: 8080 }${settings} }${mark}`;
const startup = (failures: number, mark = "") => `startupProbe:
            httpGet: { path: /live, port: 8080 }
            failureThreshold: ${failures}${mark}`;
const lines = (...parts: readonly string[]) => parts.join("\n          ");

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "liveness-kills-startup",
  title: "A container can be killed before it has started",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A liveness probe that gives up before the program has started kills it, and the next one, and the next. It happens on the day when the start is slow: after the loss of a node, under load, with a cold cache, when every pod is needed.",
  fix: "Add a startupProbe that gives twice the time that the slowest start takes (failureThreshold × periodSeconds), and leave the liveness probe alone.",
  references: [
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes",
    "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
  ],
  unsafe: [
    {
      title: "a liveness probe is added that gives up before the readiness probe even begins",
      before: ledger(READY(60)),
      after: ledger(lines(READY(60), live("", MARK))),
    },
    {
      title: "the time for the start is cut",
      before: ledger(startup(30)),
      after: ledger(startup(6, MARK)),
    },
    {
      title: "the startup probe goes, and the liveness probe is left alone with a slow start",
      before: ledger(lines(startup(30), live(""))),
      after: ledger(live("", MARK)),
    },
    {
      title: "the liveness probe begins at once instead of after a minute",
      before: ledger(live(", initialDelaySeconds: 60")),
      after: ledger(live(", initialDelaySeconds: 5", MARK)),
    },
  ],
  safe: [
    {
      title: "a startup probe holds it back",
      before: ledger(READY(60)),
      after: ledger(lines(READY(60), startup(30), live(""))),
    },
    {
      title: "it begins long after the readiness probe",
      before: ledger(READY(10)),
      after: ledger(lines(READY(10), live(", initialDelaySeconds: 60"))),
    },
    { title: "more time for the start", before: ledger(startup(6)), after: ledger(startup(30)) },
    {
      title: "a startup probe takes the place of the delay",
      before: ledger(live(", initialDelaySeconds: 60")),
      after: ledger(lines(startup(30), live(""))),
    },
    {
      title: "it was like that before",
      before: ledger(lines(READY(60), live(""))),
      after: ledger(lines(READY(60), live(""))).replace("ledger:6", "ledger:7"),
    },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    for (const { before: old, after: now } of changes) {
      const is = now && old?.object !== now.object ? after.workload(now) : undefined;
      if (!is || is.runsToCompletion) continue;
      const was = old && before.workload(old);
      const known = new Map((was?.containers ?? []).map((container) => [container.name, container]));
      for (const container of is.containers) {
        if (container.role !== "init") yield* judge(is, container, known.get(container.name));
      }
    }
  },
});

function* judge(
  workload: Workload,
  container: Container,
  previous: Container | undefined,
): Iterable<Problem> {
  const now = patienceOf(container) ?? NaN;
  const was = (previous && patienceOf(previous)) ?? NaN;
  const declared = declaredStart(container);
  if (now <= declared) {
    if (was <= now) return;
    const what = `can be killed ${now} s after its start (livenessProbe), and its readiness probe first asks after ${declared} s (initialDelaySeconds)`;
    yield problem({ workload, container, seconds: now }, what);
  } else if (now < was * LESS && was >= SLOW) {
    const what = `gets ${now} s to start before it is killed, instead of ${was} s`;
    yield { ...problem({ workload, container, seconds: now }, what), atMost: "notice" };
  }
}

/** What the author says that the start takes, where no startup probe holds the liveness probe back: -1 where nothing says it. */
function declaredStart(container: Container): number {
  const delay = container.spec["startupProbe"] ? 0 : (probeOf(container, "readinessProbe")?.delay ?? 0);
  return delay > 0 ? delay : -1;
}

/** Less than this part of the time is a cut that can hurt; under half a minute nobody measured a slow start. */
const LESS = 0.7;
const SLOW = 30;

/** Seconds from the start to the earliest kill; undefined where nothing kills. */
function patienceOf(container: Container): number | undefined {
  const startup = probeOf(container, "startupProbe");
  if (startup) return startupBudget(startup);
  const liveness = probeOf(container, "livenessProbe");
  return liveness && earliestFailure(liveness);
}

interface Place {
  readonly workload: Workload;
  readonly container: Container;
  /** That it has to start. */
  readonly seconds: number;
}

function problem({ workload, container, seconds }: Place, what: string): Problem {
  const probe = container.spec["startupProbe"] ? "startupProbe" : "livenessProbe";
  const written = object(container.spec[probe])["failureThreshold"] !== undefined;
  return {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, probe, ...(written ? ["failureThreshold"] : [])),
    message: `Container ${container.name} of ${workload.manifest.ref} ${what}. A start that takes longer, after a crash or under load, ends in a restart loop.`,
    fix:
      probe === "startupProbe"
        ? `Give the startupProbe of ${container.name} more than ${seconds} s: failureThreshold × periodSeconds, twice what its slowest start takes.`
        : `Add a startupProbe to container ${container.name} with the same request, periodSeconds: 10 and failureThreshold: 30, and leave the liveness probe alone.`,
  };
}
