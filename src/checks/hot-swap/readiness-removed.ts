import { isObject, list, object } from "../../engine/json.ts";
import type { Change } from "../../engine/pair.ts";
import { ignoresReadiness, portOwners } from "../../engine/serving.ts";
import { decode } from "../../engine/template.ts";
import type { Json, Problem, Severity } from "../../engine/types.ts";
import { locateIn, podField, predecessor, type Container, type Workload } from "../../engine/workload.ts";
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
const LIVENESS = "livenessProbe: { httpGet: { path: /, port: 8080 } }";
const PORTS = "ports: [{ containerPort: 8080 }]";

export default defineCheck({
  kind: "transition",
  id: "readiness-removed",
  title: "A container loses the probe that keeps traffic from it while it cannot answer",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Without a readiness probe a pod counts as ready as soon as its process starts. A rollout then sends it traffic, and stops an old pod for it, before it can answer: users get errors on every deploy.",
  fix: "Keep the readiness probe; if it fails for the wrong reason, correct the endpoint that it asks.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
  ],
  supersedes: ["readiness-missing"],
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
      after: cart(`{ name: web, image: cart:1, ${LIVENESS} } # <- finding`),
    },
    {
      title: "the probe now succeeds whatever happens",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart(
        '{ name: web, image: cart:1, readinessProbe: { exec: { command: ["true"] } } } # <- finding',
      ),
    },
    {
      title: "a startup probe takes its place: after the start nothing takes a failing pod out of traffic",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart(
        "{ name: web, image: cart:1, startupProbe: { httpGet: { path: /ready, port: 8080 } } } # <- finding",
      ),
    },
    {
      title: "the liveness probe was the only probe, and goes",
      before: cart(`{ name: web, image: cart:1, ${LIVENESS} }`),
      after: cart("{ name: web, image: cart:1 } # <- finding"),
    },
    {
      title: "its container gets another name, and the probe does not come along",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart("{ name: cart, image: cart:2 } # <- finding"),
    },
    {
      title: "rollouts of a queue worker no longer wait until it works",
      before: cart(`{ name: worker, image: cart:1, ${PORTS}, ${PROBE} }`, ""),
      after: cart(`{ name: worker, image: cart:1, ${PORTS} } # <- finding`, ""),
    },
  ],
  safe: [
    {
      title: "there never was one",
      before: cart("{ name: web, image: cart:1 }"),
      after: cart("{ name: web, image: cart:2 }"),
    },
    {
      title: "the liveness probe goes, the readiness probe stays",
      before: cart(`{ name: web, image: cart:1, ${LIVENESS}, ${PROBE} }`),
      after: cart(`{ name: web, image: cart:1, ${PROBE} }`),
    },
    {
      title: "its container is gone too",
      before: cart(`{ name: old, image: cart:1, ${PROBE} }`),
      after: cart(`{ name: web, image: cart:1, ${PROBE} }`),
    },
    {
      title: "the probe asks elsewhere",
      before: cart(`{ name: web, image: cart:1, ${PROBE} }`),
      after: cart("{ name: web, image: cart:1, readinessProbe: { httpGet: { path: /readyz, port: 8080 } } }"),
    },
  ],

  *run({ changes, before, after }) {
    for (const change of changes) {
      if (change.kind === "kept") yield* lostProbes(change, before, after);
    }
  },
});

function* lostProbes(
  change: Extract<Change, { kind: "kept" }>,
  before: World,
  after: World,
): Iterable<Problem> {
  const was = before.workload(change.before);
  const is = after.workload(change.after);
  if (!was || !is || is.runsToCompletion) return;
  for (const container of is.containers) {
    const previous = predecessor(container, is, was);
    if (!previous || container.role === "init") continue;
    if (isGate(previous.spec["readinessProbe"])) {
      if (isGate(container.spec["readinessProbe"])) continue;
      yield { ...withoutReadiness(is, container, after), was: locateIn(was, previous, "readinessProbe") };
    } else if (previous.spec["livenessProbe"] && hasNoProbe(container)) {
      for (const problem of withoutAny(is, container, after)) {
        yield { ...problem, was: locateIn(was, previous, "livenessProbe") };
      }
    }
  }
}

/** Whether a probe can fail: it has a handler, and not one that is true by itself. */
function isGate(probe: Json | undefined): boolean {
  if (!isObject(probe)) return false;
  const [program, ...rest] = list(object(probe["exec"])["command"]);
  const always = rest.length === 0 && (program === "true" || program === "/bin/true" || program === ":");
  return !always;
}

function hasNoProbe({ spec }: Container): boolean {
  return !spec["readinessProbe"] && !spec["livenessProbe"] && !spec["startupProbe"];
}

function withoutReadiness(workload: Workload, container: Container, world: World): Problem {
  const service = world.servicesOf(workload).find((one) => !ignoresReadiness(one));
  const { ref } = workload.manifest;
  const written = container.spec["readinessProbe"] ? (["readinessProbe"] as const) : [];
  const subject = `Container ${decode(container.name)} of ${ref}`;
  const lost =
    written.length > 0
      ? `${subject} has a readiness probe that never fails`
      : `${subject} no longer has a readiness probe`;
  return {
    subject: workload.manifest,
    at: locateIn(workload, container, ...written),
    key: container.name,
    atMost: proves(workload, container, world),
    message: `${lost}: ${consequence(container, service?.ref)}`,
    fix: `Keep the readiness probe of container ${decode(container.name)}; if it fails for the wrong reason, correct the endpoint that it asks.`,
  };
}

function consequence({ spec }: Container, service: string | undefined): string {
  if (!service)
    return "a rollout goes on to the next pod before this one works, and can end with none that does.";
  if (spec["startupProbe"])
    return `once it has started, nothing takes a pod that fails out of the traffic of ${service}.`;
  return `during a rollout ${service} sends users to its pods before they can answer.`;
}

/**
 * Certain for the container that the Services send to. A startup probe still holds the first traffic back; a container
 * beside it has no traffic of its own; without a Service only rollouts look at readiness.
 */
function proves(workload: Workload, container: Container, world: World): Severity {
  const services = world.servicesOf(workload);
  if (services.length === 0) return listens(workload, container) ? "warning" : "notice";
  if (container.spec["startupProbe"] || services.every(ignoresReadiness)) return "warning";
  const owners = portOwners(workload, services);
  if (owners.length === 0) return "warning";
  return owners.includes(container) ? "error" : "notice";
}

/** Pods can be reached without a Service: by their node, or by their own name. */
function listens(workload: Workload, { spec }: Container): boolean {
  return list(spec["ports"]).length > 0 || podField(workload, "hostNetwork") === true;
}

function* withoutAny(workload: Workload, container: Container, world: World): Iterable<Problem> {
  const services = world.servicesOf(workload);
  const [service] = services;
  if (!service || !portOwners(workload, services).includes(container)) return;
  yield {
    subject: workload.manifest,
    at: locateIn(workload, container),
    key: container.name,
    atMost: "warning",
    message: `Container ${decode(container.name)} of ${workload.manifest.ref} no longer has any probe: when it hangs nobody restarts it, and ${service.ref} goes on sending users to it.`,
    fix: `Keep the liveness probe of container ${decode(container.name)}, and give it a readiness probe.`,
  };
}
