import { plainScalar, setScalar } from "../../engine/edit.ts";
import { object, strings } from "../../engine/json.ts";
import {
  endpointsOf,
  hasPort,
  isMonitor,
  targetsById,
  targetsOf,
  type Endpoint,
  type Target,
} from "../../engine/monitors.ts";
import type { Change } from "../../engine/pair.ts";
import type { Manifest, Problem, Suggestion } from "../../engine/types.ts";
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
  why: "Prometheus silently drops the target. Its metrics end, its graphs are empty, and an alert on a metric that is not there never fires: the next failure of this component is found by its users.",
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
      else yield* changed(change, moved, transition);
    }
  },
});

type Kept = Extract<Change, { kind: "kept" }>;

function* changed(
  { before, after }: Kept,
  moved: ReadonlySet<Manifest>,
  transition: Transition,
): Iterable<Problem> {
  const old = targetsOf(before, transition.before);
  if (before.object === after.object && !old.some(({ manifest }) => moved.has(manifest))) return;
  const now = targetsOf(after, transition.after);
  const endpoints = endpointsOf(before);
  const resolved = endpoints.filter(({ port }) => old.some((target) => hasPort(target, port)));
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
    if (worked && !now.some((target) => hasPort(target, endpoint.port)))
      yield portGone(monitor, endpoint, now);
  }
}

interface Reach {
  readonly old: readonly Target[];
  readonly transition: Transition;
}

function* selectsNothing(before: Manifest, after: Manifest, { old, transition }: Reach): Iterable<Problem> {
  const byId = targetsById(after, transition.after);
  const [target] = old.flatMap(({ manifest }) => byId.get(manifest.id) ?? []);
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
  const byId = targetsById(gone, after);
  const [left] = targetsOf(gone, before).flatMap(({ manifest }) => byId.get(manifest.id) ?? []);
  if (!left) return;
  const others = after.ofKind(...SCRAPERS);
  if (others.some((other) => !isMonitor(other) || scrapes(other, left, after)) || isAnnotated(left)) return;
  yield {
    subject: gone,
    at: left.manifest.locate(),
    message: `${gone.ref} is removed, and ${left.manifest.ref}, which it scraped, stays: nothing here collects its metrics any more, and alerts on them never fire.`,
    fix: `Keep ${gone.ref} as long as ${left.manifest.ref} is used, or add whatever scrapes it now to this change.`,
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
