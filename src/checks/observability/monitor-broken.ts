import { plainScalar, setScalar } from "../../engine/edit.ts";
import { list, object, strings } from "../../engine/json.ts";
import type { Change } from "../../engine/pair.ts";
import { matchesSelector } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem, Suggestion } from "../../engine/types.ts";
import { labelText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const service = (labels: string, port: string) => `apiVersion: v1
kind: Service
metadata:
  name: basket
  namespace: shop
  labels: ${labels}
spec:
  selector: { app: basket }
  ports:
    - ${port}
`;

const monitor = (
  port: string,
  selector = "{ matchLabels: { app: basket } }",
) => `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: basket, namespace: shop }
spec:
  selector: ${selector}
  endpoints:
    - port: ${port}
`;

const pods = (port: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: basket, namespace: shop }
spec:
  selector: { matchLabels: { app: basket } }
  template:
    metadata: { labels: { app: basket } }
    spec:
      containers:
        - name: basket
          image: basket:3
          ports:
            - { name: ${port}, containerPort: 9090 }
`;

const podMonitor = (port: string) => `apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: { name: basket, namespace: shop }
spec:
  selector: { matchLabels: { app: basket } }
  podMetricsEndpoints:
    - port: ${port}
`;

const SERVICE = service("{ app: basket }", "{ name: metrics, port: 9090 }");
const MONITOR = monitor("metrics");
const MARK = " # <- finding";
const with2 = (a: string, b: string) => ({ "basket.yaml": a, "monitor.yaml": b });

export default defineCheck({
  kind: "transition",
  id: "monitor-broken",
  title: "A monitor no longer reaches what it scraped",
  pillar: "observability",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  absence: true,
  why: "Prometheus drops the target without a word. Its metrics end, its graphs are empty, and an alert on a metric that is not there never fires: the next failure of this component is found by its users.",
  fix: "Change the monitor together with the labels or the port that it names.",
  references: [
    "https://prometheus-operator.dev/docs/developer/getting-started/",
    "https://prometheus-operator.dev/docs/platform/troubleshooting/",
  ],
  unsafe: [
    {
      title: "the port of the Service gets another name",
      before: with2(SERVICE, MONITOR),
      after: with2(
        service("{ app: basket }", "{ name: http-metrics, port: 9090 }"),
        monitor(`metrics${MARK}`),
      ),
    },
    {
      title: "the labels of the Service change",
      before: with2(SERVICE, MONITOR),
      after: with2(
        service(`{ app.kubernetes.io/name: basket }${MARK}`, "{ name: metrics, port: 9090 }"),
        MONITOR,
      ),
    },
    {
      title: "the monitor asks for another port, which the Service does not have",
      before: with2(SERVICE, MONITOR),
      after: with2(SERVICE, monitor(`prometheus${MARK}`)),
    },
    {
      title: "the port of the container gets another name",
      before: with2(pods("metrics"), podMonitor("metrics")),
      after: with2(pods("web-metrics"), podMonitor(`metrics${MARK}`)),
    },
    {
      title: "the monitor is removed, and what it scraped stays",
      before: with2(SERVICE, MONITOR),
      after: {
        "basket.yaml": service("{ app: basket }", "{ name: metrics, port: 9090 }").replace(
          "name: basket",
          `name: basket${MARK}`,
        ),
      },
    },
  ],
  safe: [
    {
      title: "both change together",
      before: with2(SERVICE, MONITOR),
      after: with2(service("{ app: basket }", "{ name: http-metrics, port: 9090 }"), monitor("http-metrics")),
    },
    {
      title: "the Service and its monitor are removed",
      before: with2(SERVICE, MONITOR),
      after: pods("metrics"),
    },
    {
      title: "it reached nothing before either",
      before: with2(SERVICE, monitor("prometheus")),
      after: with2(service("{ app: cart }", "{ name: metrics, port: 9090 }"), monitor("prometheus")),
    },
    {
      title: "another monitor takes its place",
      before: with2(SERVICE, MONITOR),
      after: with2(SERVICE, MONITOR.replace("name: basket,", "name: shop,")),
    },
    {
      title: "a new monitor for something from elsewhere",
      after: with2(SERVICE, monitor("metrics", "{ matchLabels: { app: postgres } }")),
    },
  ],

  *run(transition) {
    const { changes } = transition;
    const moved = new Set(
      changes.flatMap(({ before, after }) => (before && before.object !== after?.object ? [before] : [])),
    );
    for (const change of changes) {
      if (change.before === undefined || !isMonitor(change.before)) continue;
      if (change.kind === "removed") yield* removed(change.before, transition);
      else if (
        change.before.object !== change.after.object ||
        reaches(change.before, moved, transition.before)
      )
        yield* changed(change, transition);
    }
  },
});

/** Whether a monitor scraped one of the objects that the change touches: most are not touched at all. */
function reaches(monitor: Manifest, moved: ReadonlySet<Manifest>, world: World): boolean {
  const kind = monitor.kind === "ServiceMonitor" ? "Service" : undefined;
  return [...moved].some((manifest) => {
    const labels =
      kind === undefined
        ? world.workload(manifest)?.labels
        : manifest.kind === kind
          ? manifest.labels
          : undefined;
    return labels !== undefined && matchesSelector(monitor.get("spec", "selector"), labels);
  });
}

function isMonitor({ group, kind }: Manifest): boolean {
  return group === "monitoring.coreos.com" && (kind === "ServiceMonitor" || kind === "PodMonitor");
}

/** What a monitor scrapes by: the ports of a Service, or of the containers of a pod. */
interface Target {
  readonly manifest: Manifest;
  readonly labels: Readonly<Record<string, string>>;
  /** Where its labels are written. */
  readonly labelPath: FieldPath;
  readonly ports: readonly Json[];
}

function targetsOf(monitor: Manifest, world: World): Target[] {
  const selector = monitor.get("spec", "selector");
  const inSight = namespacesOf(monitor);
  return candidates(monitor, world).filter(
    ({ manifest, labels }) => inSight(manifest.namespace) && matchesSelector(selector, labels),
  );
}

function candidates(monitor: Manifest, world: World): Target[] {
  if (monitor.kind === "ServiceMonitor") {
    return world.ofKind("Service").map((manifest) => ({
      ...{ manifest, labels: manifest.labels, labelPath: ["metadata", "labels"] },
      ports: list(manifest.get("spec", "ports")),
    }));
  }
  return world.workloads
    .filter(({ runsToCompletion }) => !runsToCompletion)
    .map(({ manifest, labels, template, containers }) => ({
      ...{ manifest, labels, labelPath: [...template, "metadata", "labels"] },
      ports: containers.flatMap(({ spec }) => list(spec["ports"])),
    }));
}

/** Its own namespace, unless `namespaceSelector` says more. An unwritten namespace can be any. */
function namespacesOf(monitor: Manifest): (namespace: string) => boolean {
  const names = list(monitor.get("spec", "namespaceSelector", "matchNames")).map(String);
  if (monitor.get("spec", "namespaceSelector", "any") === true || monitor.namespace === "") return () => true;
  const allowed = names.length > 0 ? names : [monitor.namespace];
  return (namespace) => namespace === "" || allowed.includes(namespace);
}

interface Endpoint {
  readonly port: string;
  readonly path: FieldPath;
}

/** Endpoints that name a port; numbers are scraped whether the pod says them or not. */
function endpointsOf(monitor: Manifest): Endpoint[] {
  const field = monitor.kind === "ServiceMonitor" ? "endpoints" : "podMetricsEndpoints";
  return list(monitor.get("spec", field)).flatMap((item, index) => {
    const { port } = object(item);
    return typeof port === "string" && !isUnknown(port)
      ? [{ port, path: ["spec", field, index, "port"] }]
      : [];
  });
}

const named = ({ ports }: Target, port: string) => ports.some((item) => object(item)["name"] === port);

type Kept = Extract<Change, { kind: "kept" }>;

function* changed({ before, after }: Kept, transition: Transition): Iterable<Problem> {
  const old = targetsOf(before, transition.before);
  const now = targetsOf(after, transition.after);
  const endpoints = endpointsOf(before);
  const resolved = endpoints.filter(({ port }) => old.some((target) => named(target, port)));
  // Without a named port there is nothing to resolve but the selector.
  if (old.length === 0 || (resolved.length === 0 && endpoints.length > 0)) return;
  if (now.length === 0) yield* selectsNothing(before, after, { old, transition });
  else yield* unresolved(after, { endpoints, resolved: new Set(resolved.map(({ port }) => port)), now });
}

interface Ports {
  /** As they were. */
  readonly endpoints: readonly Endpoint[];
  /** Names that led to a port. */
  readonly resolved: ReadonlySet<string>;
  readonly now: readonly Target[];
}

function* unresolved(monitor: Manifest, { endpoints, resolved, now }: Ports): Iterable<Problem> {
  for (const [index, endpoint] of endpointsOf(monitor).entries()) {
    const was = endpoints[index]?.port ?? endpoint.port;
    const worked = resolved.has(was) || resolved.has(endpoint.port);
    if (worked && !now.some((target) => named(target, endpoint.port))) yield portGone(monitor, endpoint, now);
  }
}

interface Reach {
  readonly old: readonly Target[];
  readonly transition: Transition;
}

function* selectsNothing(before: Manifest, after: Manifest, { old, transition }: Reach): Iterable<Problem> {
  const now = new Map(candidates(after, transition.after).map((target) => [target.manifest.id, target]));
  const kept = old.flatMap(({ manifest }) => now.get(manifest.id) ?? []);
  const [target] = kept;
  // What it scraped is gone too: the monitor is only left over.
  if (!target) return;
  const same =
    JSON.stringify(before.get("spec", "selector")) === JSON.stringify(after.get("spec", "selector"));
  yield {
    subject: after,
    at: same ? target.manifest.locate(...target.labelPath) : after.locate("spec", "selector"),
    message: `${after.ref} selects ${labelText(strings(after.get("spec", "selector", "matchLabels")))}, and ${target.manifest.ref}, which it scraped, has ${labelText(target.labels)}: its metrics end, and alerts on them never fire.`,
    fix: `Make the selector of ${after.ref} match the labels of ${target.manifest.ref}.`,
  };
}

function portGone(monitor: Manifest, { port, path }: Endpoint, targets: readonly Target[]): Problem {
  const [target] = targets;
  const names = [
    ...new Set(targets.flatMap(({ ports }) => ports.map((item) => object(item)["name"]))),
  ].filter((name) => typeof name === "string");
  const [only] = names;
  const suggestion: Suggestion | undefined =
    names.length === 1 && only !== undefined ? setScalar(monitor, path, plainScalar(only)) : undefined;
  return {
    subject: monitor,
    key: port,
    at: monitor.locate(...path),
    message: `${monitor.ref} scrapes port ${port}, and ${target?.manifest.ref ?? "its target"} has ${names.length === 0 ? "no port with a name" : `only ${names.join(", ")}`}: its metrics end, and alerts on them never fire.`,
    fix:
      names.length === 1
        ? `Write port: ${only ?? ""} in ${monitor.ref}.`
        : `Write the name of the port that serves the metrics in ${monitor.ref}.`,
    ...(suggestion && { suggestion }),
  };
}

function* removed(gone: Manifest, { before, after }: Transition): Iterable<Problem> {
  if (after.count(gone.kind, gone.name) >= before.count(gone.kind, gone.name)) return;
  const old = targetsOf(gone, before);
  const ids = new Set(old.map(({ manifest }) => manifest.id));
  const left = candidates(gone, after).find(({ manifest }) => ids.has(manifest.id));
  if (!left) return;
  const others = after.ofKind(...SCRAPERS);
  if (others.some((other) => !isMonitor(other) || scrapes(other, left, after)) || isAnnotated(left)) return;
  yield {
    subject: gone,
    at: left.manifest.locate(),
    message: `${gone.ref} is removed, and ${left.manifest.ref}, which it scraped, stays: nothing here collects its metrics any more, and alerts on them never fire.`,
    fix: `Keep ${gone.ref} as long as ${left.manifest.ref} runs, or add whatever scrapes it now to this change.`,
  };
}

const SCRAPERS = ["ServiceMonitor", "PodMonitor", "VMServiceScrape", "VMPodScrape", "ScrapeConfig"];

/** It, or, for another kind of monitor, the pods behind it. */
function scrapes(monitor: Manifest, { manifest }: Target, world: World): boolean {
  const reached = targetsOf(monitor, world).map((target) => target.manifest);
  const workload = world.workload(manifest);
  const beside = workload
    ? world.servicesOf(workload)
    : world.selectedBy(manifest).map((one) => one.manifest);
  return [manifest, ...beside].some((one) => reached.includes(one));
}

function isAnnotated({ manifest }: Target): boolean {
  return manifest.annotations["prometheus.io/scrape"] === "true";
}
