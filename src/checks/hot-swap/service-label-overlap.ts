import { hasPods } from "../../engine/generations.ts";
import { strings } from "../../engine/json.ts";
import { listens, servicePorts } from "../../engine/ports.ts";
import { matchesMap, sameNamespace } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { labelText, listText, scalarText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const service = (target: string, selector = "app: shop") => `apiVersion: v1
kind: Service
metadata: { name: shop }
spec:
  selector: { ${selector} }
  ports: [{ port: 80, targetPort: ${target} }]
---
`;

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop-web }
spec:
  selector: { matchLabels: { component: web } }
  template:
    metadata: { labels: { app: shop, component: web } }
    spec:
      containers:
        - name: web
          image: shop:1
          ports: [{ name: http, containerPort: 8080 }]
---
`;

const worker = (labels: string, ports = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop-worker }
spec:
  selector: { matchLabels: { component: worker } }
  template:
    metadata:
      labels: { component: worker${labels} }
    spec:
      containers:
        - name: worker
          image: shop:1
          command: [bundle, exec, sidekiq]
${ports}---
`;

const report = (labels: string, kind = "CronJob") => `apiVersion: batch/v1
kind: ${kind}
metadata: { name: shop-report }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata:
          labels: { component: report${labels} }
        spec:
          restartPolicy: Never
          containers: [{ name: report, image: "shop:1", command: [bin/report] }]
`;

const MARK = " # <- finding";
const mark = (text: string) =>
  text
    .replace(" }\n    spec:", ` }${MARK}\n    spec:`)
    .replace(" }\n        spec:", ` }${MARK}\n        spec:`);

export default defineCheck({
  kind: "state",
  id: "service-label-overlap",
  title: "A Service also selects pods that do not serve its port",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "A Service sends requests to every ready pod whose labels match its selector, whatever the pod is for. Where those of a worker or a job match too, part of the requests goes to pods where nothing listens, and fails for as long as they run.",
  fix: "Give the pods of each workload a label of their own, and let the Service select by it. Roll out the label first; change the selector after that.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
  ],
  unsafe: [
    {
      title: "the pods of a worker get the label that the Service selects",
      before: service("8080") + WEB + worker(""),
      after: service("8080") + WEB + mark(worker(", app: shop")),
    },
    {
      title: "the pods of a CronJob get it",
      before: service("8080") + WEB + report(""),
      after: service("8080") + WEB + mark(report(", app: shop")),
    },
    {
      title: "a worker with another port gets it",
      before: service("8080") + WEB + worker(""),
      after:
        service("8080") +
        WEB +
        mark(worker(", app: shop", "          ports: [{ name: metrics, containerPort: 9394 }]\n")),
    },
    {
      title: "only the name of the port keeps requests away from the worker",
      before: service("http") + WEB + worker(""),
      after: service("http") + WEB + mark(worker(", app: shop")),
    },
  ],
  safe: [
    {
      title: "the Service selects by a label that only the web pods have",
      before: service("8080", "app: shop, component: web") + WEB + worker(""),
      after: service("8080", "app: shop, component: web") + WEB + worker(", app: shop"),
    },
    {
      title: "a canary serves the same port",
      before: service("8080") + WEB,
      after:
        service("8080") +
        WEB +
        WEB.replace("name: shop-web", "name: shop-web-canary").replaceAll(
          "component: web",
          "component: canary",
        ),
    },
    {
      title: "the other workload is scaled to zero",
      before: service("8080") + WEB + worker(""),
      after: service("8080") + WEB + worker(", app: shop").replace("spec:\n", "spec:\n  replicas: 0\n"),
    },
    {
      title: "nothing says which of the workloads listens",
      before: service("8080") + worker(""),
      after:
        service("8080") +
        worker(", app: shop") +
        worker(", app: shop")
          .replaceAll("shop-worker", "shop-poller")
          .replaceAll("component: worker", "component: poller"),
    },
    {
      title: "a test of the chart runs only when somebody asks for it",
      before: service("8080") + WEB,
      after:
        service("8080") +
        WEB +
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop-test\n  labels: { app: shop }\n  annotations: { helm.sh/hook: test }\nspec: { containers: [{ name: wget, image: "busybox:1", command: [wget, shop] }] }\n',
    },
  ],

  *run(world) {
    const selected = podsOf(world);
    for (const service of world.ofKind("Service")) {
      const ports = servicePorts(service);
      if (service.group !== "" || ports.length === 0 || ports.some(({ target }) => isUnknown(target)))
        continue;
      const behind = selected(service).filter((workload) => runs(workload, world));
      const serving = behind.filter((workload) => ports.some((port) => listens(workload, port) === "yes"));
      if (serving.length === 0) continue;
      for (const workload of behind)
        if (ports.every((port) => isForeign(workload, port))) yield overlap(service, workload, serving);
    }
  },
});

type Port = ReturnType<typeof servicePorts>[number];

/** Whether nothing in a workload speaks of a port that others behind the same Service declare. */
function isForeign(workload: Workload, port: Port): boolean {
  const answer = listens(workload, port);
  if (answer !== "unknown") return answer === "no";
  const lasting = workload.containers.filter(({ role }) => role !== "init");
  const silent = lasting.every(({ spec }) => spec["ports"] === undefined);
  return (
    silent && !JSON.stringify(workload.podSpec).includes(scalarText(port.target)) && hasOtherTask(workload)
  );
}

/** A command of its own, or an end: an image that is started as it is may well listen without saying so. */
function hasOtherTask({ containers, runsToCompletion }: Workload): boolean {
  return (
    runsToCompletion ||
    containers.some(({ spec, role }) => role === "app" && (spec["command"] ?? spec["args"]) !== undefined)
  );
}

/** Pods that Helm starts for a test come only by hand. */
function runs(workload: Workload, world: World): boolean {
  const hook = workload.manifest.annotations["helm.sh/hook"] ?? "";
  return !hook.startsWith("test") && (workload.runsToCompletion || hasPods(workload, world));
}

function overlap(service: Manifest, workload: Workload, serving: readonly Workload[]): Problem {
  const { manifest, template, runsToCompletion } = workload;
  const ports = servicePorts(service);
  const byName = ports.every(({ target }) => typeof target === "string" && !/^\d+$/.test(target));
  const sure = ports.some((port) => listens(workload, port) === "no") || runsToCompletion;
  const selector = strings(service.get("spec", "selector"));
  const target = listText(ports.map((port) => scalarText(port.target)));
  const others = listText(serving.map(({ manifest: other }) => other.ref));
  const when = runsToCompletion ? "While one of them runs, part" : "Part";
  const effect = byName
    ? `Only the name of the port (${target}) keeps requests away from them; with a number, part of the requests to ${service.name} would fail there.`
    : `${when} of the requests to ${service.name} goes there and fails.`;
  const key = Object.keys(selector)[0] ?? "";
  return {
    subject: manifest,
    key: service.name,
    at: manifest.locate(...template, "metadata", "labels", key),
    ...((byName || !sure) && { atMost: "warning" }),
    message: `${service.ref} selects ${labelText(selector)}, and so not only the pods of ${others}, but also those of ${manifest.ref}, which do not serve port ${target}. ${effect}`,
    fix: `Give the pods of ${manifest.name} other labels than ${labelText(selector)}, or let ${service.name} select by one more label that only the pods of ${others} have (roll that label out first).`,
  };
}

/** All pods that a Service selects, those of jobs included, found by the first pair of its selector. */
function podsOf(world: World): (service: Manifest) => readonly Workload[] {
  const byPair = new Map<string, Workload[]>();
  for (const workload of world.workloads) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const pair = `${key}=${value}`;
      const known = byPair.get(pair);
      if (known) known.push(workload);
      else byPair.set(pair, [workload]);
    }
  }
  return (service) => {
    const selector = service.get("spec", "selector");
    const sets = Object.entries(strings(selector)).map(([key, value]) => byPair.get(`${key}=${value}`) ?? []);
    const [first, ...others] = sets;
    const fewest = others.reduce((least, set) => (set.length < least.length ? set : least), first ?? []);
    return fewest.filter(
      ({ labels, manifest }) => matchesMap(selector, labels) && sameNamespace(service, manifest),
    );
  };
}
