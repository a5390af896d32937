import { probeOf, PROBES, type Handler, type Probe } from "../../engine/probes.ts";
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
  title: "A probe has two handlers",
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
      const is = now && old?.object !== now.object ? after.workload(now) : undefined;
      const was = old && before.workload(old);
      const known = new Map((was?.containers ?? []).map((container) => [container.name, container]));
      for (const container of is?.containers ?? []) {
        if (is) yield* twofold(is, container, known.get(container.name));
      }
    }
  },
});

function* twofold(
  workload: Workload,
  container: Container,
  previous: Container | undefined,
): Iterable<Problem> {
  for (const name of PROBES) {
    const probe = probeOf(container, name);
    const earlier = previous && probeOf(previous, name);
    const before = earlier?.handlers ?? [];
    if (!probe || probe.handlers.length < 2 || before.length >= 2) continue;
    // The one that was added; in a new probe the one that is written last.
    const written = orderOf(probe);
    const added = written.find((handler) => before.length > 0 && !before.includes(handler)) ?? written.at(-1);
    yield problem({ workload, container }, probe, added ?? "httpGet");
  }
}

interface Place {
  readonly workload: Workload;
  readonly container: Container;
}

function problem({ workload, container }: Place, { name, handlers }: Probe, added: Handler): Problem {
  return {
    subject: workload.manifest,
    key: `${container.name} ${name}`,
    at: locateIn(workload, container, name, added),
    message: `The ${name} of container ${container.name} of ${workload.manifest.ref} has ${handlers.join(" and ")}: a probe may have only one, so the API server refuses ${workload.manifest.ref} and the deploy fails.`,
    fix: `Leave only ${added} in the ${name} (in a patch or in values, set the other to null), or take ${added} out again.`,
  };
}

/** Handlers as they stand in the file. */
function orderOf({ spec, handlers }: Probe): Handler[] {
  return Object.keys(spec).flatMap((key) => handlers.filter((handler) => handler === key));
}
