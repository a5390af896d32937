import type { Change } from "../../engine/pair.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, workloadOf } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: cart }
spec:
  selector: { app: cart }
  ports: [{ port: 80, targetPort: 8080 }]
`;

const cart = (container: string, service = SERVICE) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: cart }
spec:
  replicas: 3
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart } }
    spec:
      containers:
        - ${container}
---
${service}`;

const PROBE = "readinessProbe: { httpGet: { path: /ready, port: 8080 } }";

export default defineCheck({
  kind: "transition",
  id: "readiness-removed",
  title: "A container that serves traffic loses its readiness probe",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Without a readiness probe a pod counts as ready as soon as its process starts. A rollout then sends it traffic, and stops an old pod for it, before it can answer: users get errors on every deploy.",
  fix: "Keep the readiness probe; if it fails for the wrong reason, mend the endpoint that it asks.",
  references: ["https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes"],
  unsafe: [
    {
      title: "the probe is dropped",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart("{ name: web, image: cart:1 } # <- finding"),
    },
    {
      title: "the probe is set to nothing",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart("{ name: web, image: cart:1, readinessProbe: null } # <- finding"),
    },
    {
      title: "only a liveness probe is left",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart("{ name: web, image: cart:1, livenessProbe: { httpGet: { path: /, port: 8080 } } } # <- finding"),
    },
  ],
  safe: [
    {
      title: "there never was one",
      before: cart("{ name: web, image: cart:1 }"),
      after: cart("{ name: web, image: cart:2 }"),
    },
    {
      title: "no Service sends traffic to it",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`, ""),
      after: cart("{ name: web, image: cart:1 }", ""),
    },
    {
      title: "its container is gone too",
      before: cart(`{ name: old, image: cart:1, ${PROBE} }`),
      after: cart(`{ name: web, image: cart:1, ${PROBE} }`),
    },
  ],

  *run({ changes, before, after }) {
    for (const change of changes) {
      if (change.kind === "kept") yield* lostProbes(change, before, after);
    }
  },
});

function* lostProbes(change: Extract<Change, { kind: "kept" }>, before: World, after: World): Iterable<Problem> {
  const was = before.workload(change.before);
  const is = after.workload(change.after) ?? workloadOf(change.after);
  if (!was || !is || after.servicesOf(is).length === 0) return;
  const probed = new Set(was.containers.filter(({ spec }) => spec["readinessProbe"]).map(({ name }) => name));
  for (const container of is.containers) {
    if (!probed.has(container.name) || container.spec["readinessProbe"]) continue;
    yield {
      subject: is.manifest,
      at: locateIn(is, container),
      key: container.name,
      message: `Container ${container.name} of ${is.manifest.ref} no longer has a readiness probe: during a rollout its pods get traffic before they can answer.`,
    };
  }
}
