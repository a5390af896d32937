import { plainScalar, setScalar } from "../../engine/edit.ts";
import { portNames, probeOf, probePort, PROBES, type Probe } from "../../engine/probes.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const feed = (port: string, probes: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: feed, namespace: news }
spec:
  selector: { matchLabels: { app: feed } }
  template:
    metadata: { labels: { app: feed } }
    spec:
      containers:
        - name: web
          image: feed:2
          ports: [{ name: ${port}, containerPort: 8080 }]
          ${probes}
`;

const ready = (port: string, mark = "") =>
  `readinessProbe: { httpGet: { path: /ready, port: ${port} } }${mark}`;
const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "probe-port-unresolvable",
  title: "A probe asks a port whose name its container does not have",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  absence: true,
  why: "The kubelet looks the name up among the ports of that very container, finds none, and counts the probe as failed each time. With a readiness probe the new pods never get traffic and the rollout stands still; with a liveness probe each of them is restarted over and over.",
  fix: "Name a port that the container declares, or write the number.",
  references: [
    "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port",
  ],
  unsafe: [
    {
      title: "the port gets another name, and the probe keeps the old one",
      before: feed("http", ready("http")),
      after: feed("web", ready("http", MARK)),
    },
    {
      title: "the probe asks a port of the container beside it",
      before: feed("http", ready("http")),
      after:
        feed("http", ready("metrics", MARK)) +
        '        - { name: exporter, image: "exporter:1", ports: [{ name: metrics, containerPort: 9100 }] }\n',
    },
    {
      title: "a new liveness probe has a typing error",
      before: feed("http", ready("http")),
      after: feed("http", `${ready("http")}\n          livenessProbe: { tcpSocket: { port: htttp } }${MARK}`),
    },
  ],
  safe: [
    { title: "both get the new name", before: feed("http", ready("http")), after: feed("web", ready("web")) },
    {
      title: "a number needs no name",
      before: feed("http", ready("http")),
      after: feed("web", ready("8080")),
    },
    { title: "the number is not declared either, which is allowed", after: feed("http", ready("9000")) },
    {
      title: "a command asks nothing by port",
      after: feed("http", 'readinessProbe: { exec: { command: ["cat", "/tmp/ready"] } }'),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      for (const container of workload.containers) {
        const names = portNames(container);
        if (container.role === "init" || names.some(isUnknown) || isUnknown(container.spec["ports"]))
          continue;
        for (const name of PROBES) {
          const probe = probeOf(container, name);
          if (probe) yield* lookUp(workload, container, { probe, names });
        }
      }
    }
  },
});

interface Lookup {
  readonly probe: Probe;
  readonly names: readonly string[];
}

function* lookUp(workload: Workload, container: Container, { probe, names }: Lookup): Iterable<Problem> {
  const { port, handler } = probePort(probe) ?? {};
  if (typeof port !== "string" || handler === undefined || isUnknown(port)) return;
  if (/^\d+$/.test(port) || names.includes(port)) return;
  const path = [probe.name, handler, "port"];
  const has = names.length > 0 ? `only ${listText(names)}` : "no port with a name";
  const then =
    probe.name === "readinessProbe" ? "no new pod gets traffic" : "each new pod is restarted over and over";
  yield {
    subject: workload.manifest,
    key: `${container.name} ${probe.name}`,
    at: locateIn(workload, container, ...path),
    message: `The ${probe.name} of container ${container.name} of ${workload.manifest.ref} asks port ${port}, and the container has ${has}: it always fails, so ${then}, and the rollout stands still.`,
    fix: `Write the number of the port, or name it ${port} in the ports of ${container.name}.`,
    ...instead(workload.manifest, [...container.path, ...path], names),
  };
}

/** The name to write, where there is only one. */
function instead(
  manifest: Manifest,
  path: FieldPath,
  names: readonly string[],
): Pick<Problem, "fix" | "suggestion"> {
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) return {};
  const suggestion = setScalar(manifest, path, plainScalar(only));
  return { fix: `Write port: ${only}.`, ...(suggestion && { suggestion }) };
}
