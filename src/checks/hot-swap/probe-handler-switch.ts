import { probeOf, PROBES, type Probe } from "../../engine/probes.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const photos = (probe: string, image = "photos:3") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: photos, namespace: album }
spec:
  selector: { matchLabels: { app: photos } }
  template:
    metadata: { labels: { app: photos } }
    spec:
      containers:
        - name: web
          image: ${image}
          readinessProbe:
            ${probe}
`;

const HTTP = "httpGet: { path: /ready, port: 8080 }";
const TCP = "tcpSocket: { port: 8080 }";
const EXEC = 'exec: { command: ["/bin/ready"] }';
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "probe-handler-switch",
  title: "A probe has two ways to ask",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A probe may ask in one way only: by HTTP, by TCP, by gRPC or with a command. With two, the API server refuses the whole workload, and the deploy fails there, with whatever else was urgent in it.",
  fix: "Leave one handler in the probe. Where a patch or values of a chart bring the new one, set the old one to null beside it.",
  references: ["https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe"],
  unsafe: [
    {
      title: "a second handler is added, and the first stays",
      before: photos(HTTP),
      after: photos(`${TCP}${MARK}\n            ${HTTP}`),
    },
    {
      title: "a command is added beside the request",
      before: photos(HTTP),
      after: photos(`${HTTP}\n            ${EXEC}${MARK}`),
    },
    { title: "a new workload has both", after: photos(`${HTTP}\n            ${TCP}${MARK}`) },
  ],
  safe: [
    { title: "another handler takes its place", before: photos(HTTP), after: photos(TCP) },
    {
      title: "the old one is set to nothing",
      before: photos(HTTP),
      after: photos(`${TCP}\n            httpGet: null`),
    },
    {
      title: "the probe asks elsewhere",
      before: photos(HTTP),
      after: photos(HTTP.replace("/ready", "/readyz")),
    },
    {
      title: "both were there before",
      before: photos(`${HTTP}\n            ${TCP}`),
      after: photos(`${HTTP}\n            ${TCP}`, "photos:4"),
    },
  ],

  *run({ changes, before, after }) {
    for (const { before: old, after: now } of changes) {
      if (!now || old?.object === now.object) continue;
      const is = after.workload(now);
      const was = old && before.workload(old);
      if (!is) continue;
      const known = new Map((was?.containers ?? []).map((container) => [container.name, container]));
      for (const container of is.containers) {
        const previous = known.get(container.name);
        for (const name of PROBES) {
          const probe = probeOf(container, name);
          const earlier = previous && probeOf(previous, name);
          if (probe && probe.handlers.length > 1 && (earlier?.handlers.length ?? 0) < 2)
            yield problem(is, container, { probe, earlier });
        }
      }
    }
  },
});

interface Pair {
  readonly probe: Probe;
  readonly earlier: Probe | undefined;
}

function problem(workload: Workload, container: Container, { probe, earlier }: Pair): Problem {
  const { name, handlers } = probe;
  const added = handlers.find((handler) => !earlier?.handlers.includes(handler));
  const last = earlier ? (added ?? handlers[1]) : handlers.at(-1);
  const place = [...handlers].reverse().find((handler) => handler === last) ?? "httpGet";
  const written = orderOf(probe);
  const at = earlier ? place : (written.at(-1) ?? place);
  return {
    subject: workload.manifest,
    key: `${container.name} ${name}`,
    at: locateIn(workload, container, name, at),
    message: `The ${name} of container ${container.name} of ${workload.manifest.ref} has ${handlers.join(" and ")}: a probe may have one of them, so the API server refuses ${workload.manifest.ref} and the deploy fails.`,
    fix: `Leave only ${at} in the ${name}, or take it out again.`,
  };
}

/** Handlers as they stand in the file. */
function orderOf({ spec, handlers }: Probe): string[] {
  return Object.keys(spec).filter((key) => handlers.some((handler) => handler === key));
}
