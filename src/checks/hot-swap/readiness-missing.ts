import { ignoresReadiness, isHeadless, portOwners } from "../../engine/serving.ts";
import { decode } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const pricing = (...containers: string[]) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: pricing, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: pricing } }
  template:
    metadata: { labels: { app: pricing } }
    spec:
      containers:
${containers.map((container) => `        - ${container}\n`).join("")}---
`;

const service = (spec = "ports: [{ port: 80, targetPort: http }]") => `apiVersion: v1
kind: Service
metadata: { name: pricing, namespace: shop }
spec: { selector: { app: pricing }, ${spec} }
`;

const PORTS = "ports: [{ name: http, containerPort: 8080 }]";
const PROBE = "readinessProbe: { httpGet: { path: /ready, port: http } }";
const JOB = `apiVersion: batch/v1
kind: Job
metadata: { name: pricing, namespace: shop }
spec:
  template:
    metadata: { labels: { app: pricing } }
    spec: { restartPolicy: Never, containers: [{ name: import, image: pricing:1 }] }
---
`;

export default defineCheck({
  kind: "state",
  id: "readiness-missing",
  title: "A container answers a Service and has no readiness probe",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Without a readiness probe a pod counts as ready as soon as its process starts. On every rollout, and whenever the autoscaler adds a pod, users are sent to pods that cannot answer yet, whatever the rollout strategy says.",
  fix: "Give the container that listens on the Service's target port a readiness probe that fails until it can answer.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
  ],
  unsafe: [
    {
      title: "a new workload has no probe",
      after: pricing(`{ name: api, image: pricing:3, ${PORTS} } # <- finding`) + service(),
    },
    {
      title: "a liveness probe restarts the container, and holds no traffic back",
      after:
        pricing(
          `{ name: api, image: pricing:3, ${PORTS}, livenessProbe: { tcpSocket: { port: http } } } # <- finding`,
        ) + service(),
    },
    {
      title: "only the sidecar has one, and the Service sends to the other container",
      after:
        pricing(
          `{ name: api, image: pricing:3, ${PORTS} } # <- finding`,
          "{ name: metrics, image: exporter:2, ports: [{ containerPort: 9102 }], readinessProbe: { tcpSocket: { port: 9102 } } }",
        ) + service(),
    },
    {
      title: "a Service starts to send to pods without a probe",
      before: pricing(`{ name: api, image: pricing:3, ${PORTS} }`),
      after: pricing(`{ name: api, image: pricing:3, ${PORTS} } # <- finding`) + service(),
    },
  ],
  safe: [
    {
      title: "the probe is there",
      after: pricing(`{ name: api, image: pricing:3, ${PORTS}, ${PROBE} }`) + service(),
    },
    { title: "no Service sends to it", after: pricing(`{ name: api, image: pricing:3, ${PORTS} }`) },
    {
      title: "the container without a probe does not listen on the target port",
      after:
        pricing(
          `{ name: api, image: pricing:3, ${PORTS}, ${PROBE} }`,
          "{ name: log-shipper, image: shipper:2 }",
        ) + service(),
    },
    {
      title: "the Service wants pods before they are ready",
      after:
        pricing(`{ name: api, image: pricing:3, ${PORTS} }`) +
        service("publishNotReadyAddresses: true, ports: [{ port: 80, targetPort: http }]"),
    },
    {
      title: "a startup probe holds the pod back until it has answered once",
      after:
        pricing(
          `{ name: api, image: pricing:3, ${PORTS}, startupProbe: { httpGet: { path: /ready, port: http } } }`,
        ) + service(),
    },
    { title: "a Job ends by itself", after: JOB + service() },
    {
      title: "there never was a probe",
      before: pricing(`{ name: api, image: pricing:3, ${PORTS} }`) + service(),
      after: pricing(`{ name: api, image: pricing:4, ${PORTS} }`) + service(),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) yield* unprobed(workload, world);
  },
});

function* unprobed(workload: Workload, world: World): Iterable<Problem> {
  const services = world.servicesOf(workload).filter((service) => !ignoresReadiness(service));
  const [service] = services;
  if (!service) return;
  // Clients of a headless Service often keep trying the addresses that they know.
  const atMost = services.every(isHeadless) ? ({ atMost: "notice" } as const) : {};
  for (const container of portOwners(workload, services)) {
    if (!holdsBack(container)) yield { ...problem(workload, container, service.ref), ...atMost };
  }
}

/** A pod is not ready before its startup probes have succeeded either (kubelet, prober_manager.go). */
function holdsBack({ spec }: Container): boolean {
  return Boolean(spec["readinessProbe"] ?? spec["startupProbe"]);
}

function problem(workload: Workload, container: Container, service: string): Problem {
  const { ref } = workload.manifest;
  return {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container),
    message: `Container ${decode(container.name)} of ${ref} gets the requests of ${service} and has no readiness probe: on every rollout users are sent to pods that have only just started.`,
    fix: `Give container ${decode(container.name)} a readinessProbe on the port that ${service} sends to, which fails until the application can answer.`,
  };
}
