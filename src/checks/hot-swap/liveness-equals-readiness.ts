import { list, object, text } from "../../engine/json.ts";
import { probeOf, type Probe } from "../../engine/probes.ts";
import type { Json, Problem } from "../../engine/types.ts";
import { locateIn, predecessor, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const stock = (probes: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: stock, namespace: shop }
spec:
  selector: { matchLabels: { app: stock } }
  template:
    metadata: { labels: { app: stock } }
    spec:
      containers:
        - name: web
          image: stock:5
          ports: [{ name: http, containerPort: 8080 }]
          ${probes}
---
apiVersion: v1
kind: Service
metadata: { name: stock, namespace: shop }
spec: { selector: { app: stock }, ports: [{ port: 80, targetPort: http }] }
`;

const readiness = (path = "/health") => `readinessProbe: { httpGet: { path: ${path}, port: http } }`;
const liveness = (path: string, { port = "http", more = "", mark = "" } = {}) =>
  `${readiness()}\n          livenessProbe: { httpGet: { path: ${path}, port: ${port} }${more} }${mark}`;
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "liveness-equals-readiness",
  title: "A failure that takes a pod out of traffic now restarts it as well",
  pillar: "hot-swap",
  severity: severities("warning", "notice", "notice"),
  confidence: "possible",
  why: "The readiness probe is there for a pod that cannot answer for a while: a database is away, or load is too high. Where the liveness probe makes the same request and gives up as soon, all pods restart at that moment, lose what they have in memory, and come back under the full load.",
  fix: "Let the liveness probe ask only whether the process is alive, or give it three times as long.",
  references: ["https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"],
  unsafe: [
    {
      title: "a liveness probe is added that asks what the readiness probe asks",
      before: stock(readiness()),
      after: stock(liveness("/health", { mark: MARK })),
    },
    {
      title: "the liveness probe turns to the path of the readiness probe",
      before: stock(liveness("/alive")),
      after: stock(liveness("/health", { mark: MARK })),
    },
    {
      title: "the port is written as a number",
      before: stock(readiness()),
      after: stock(liveness("/health", { port: "8080", mark: MARK })),
    },
  ],
  safe: [
    {
      title: "it asks for less",
      before: stock(readiness()),
      after: stock(liveness("/alive")),
    },
    {
      title: "it has three times as long",
      before: stock(readiness()),
      after: stock(liveness("/health", { more: ", failureThreshold: 9" })),
    },
    {
      title: "it was like that before",
      before: stock(liveness("/health")),
      after: stock(liveness("/health")).replace("stock:5", "stock:6"),
    },
  ],

  *run({ changes, before, after }) {
    for (const { before: old, after: now } of changes) {
      const is = now && old?.object !== now.object ? after.workload(now) : undefined;
      const [service] = is ? after.servicesOf(is) : [];
      if (is && service) yield* newlyKilled(is, old && before.workload(old), service.ref);
    }
  },
});

function* newlyKilled(is: Workload, was: Workload | undefined, service: string): Iterable<Problem> {
  for (const container of is.containers) {
    const previous = was && predecessor(container, is, was);
    if (kills(container) && !(previous && kills(previous))) yield problem(is, container, service);
  }
}

/** Its liveness probe asks what its readiness probe asks, and does not wait three times as long. */
function kills(container: Container): boolean {
  const [liveness, readiness] = [probeOf(container, "livenessProbe"), probeOf(container, "readinessProbe")];
  if (!liveness || !readiness || question(liveness, container) !== question(readiness, container))
    return false;
  return liveness.failures * liveness.period < 3 * readiness.failures * readiness.period;
}

/** What a probe asks, with the names of ports as numbers. */
function question({ spec, handlers }: Probe, container: Container): string {
  return JSON.stringify(
    handlers.map((handler) => {
      const { port, ...others } = object(spec[handler]);
      return [handler, port === undefined ? null : numberOf(port, container), Object.entries(others).sort()];
    }),
  );
}

function numberOf(port: Json, { spec }: Container): string {
  const found = list(spec["ports"]).find((item) => object(item)["name"] === port);
  return text(found === undefined ? port : object(found)["containerPort"]);
}

function problem(workload: Workload, container: Container, service: string): Problem {
  return {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, "livenessProbe"),
    message: `The liveness probe of container ${container.name} of ${workload.manifest.ref} makes the same request as its readiness probe, and gives up about as soon. When that fails in all pods at once, because of a database or of load, all of them restart, and ${service} has nobody to answer until they are back.`,
    fix: `Let the liveness probe of ${container.name} ask only whether the process is alive (another path, without its dependencies), or give it three times the failureThreshold of the readiness probe.`,
  };
}
