import { answering, counterpart, livesOn } from "../../engine/generations.ts";
import { setLabels } from "../../engine/edit.ts";
import { strings } from "../../engine/json.ts";
import type { Change } from "../../engine/pair.ts";
import { matchesMap, sameNamespace } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Location, Manifest, Problem } from "../../engine/types.ts";
import { mayMakePods } from "../../engine/kinds.ts";
import { labelText, listText } from "../../engine/words.ts";
import { missesOwnPods, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const deployment = (label: string, mark = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: search }
spec:
  selector: { matchLabels: { app: search } }
  template:
    metadata:
      labels:
        ${label}${mark}
    spec: { containers: [{ name: web, image: search:1 }] }
`;

const service = (spec: string) => `apiVersion: v1
kind: Service
metadata: { name: search }
spec:
  ports: [{ port: 80 }]
  ${spec}
`;

const MARK = " # <- finding";
const SERVICE = service("selector: { app: search }");
const BY_ROLE = service("selector: { role: web }");
const APP = "app: search\n        ";

export default defineCheck({
  kind: "transition",
  id: "service-selects-nothing",
  title: "A Service is left without pods",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "A Service whose selector matches no pod has no endpoints. Whoever calls it gets refused connections or 503s from the moment the change is applied.",
  fix: "Make the selector match the labels of the pods again, or remove the Service together with whatever calls it.",
  references: ["https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service"],
  unsafe: [
    {
      title: "the label of the pods changes and the selector stays",
      before: { "search.yaml": deployment(`${APP}role: web`), "service.yaml": BY_ROLE },
      after: { "search.yaml": deployment(`${APP}role: site`, MARK), "service.yaml": BY_ROLE },
    },
    {
      title: "the selector changes and the label of the pods stays",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: {
        "search.yaml": deployment("app: search"),
        "service.yaml": service(`selector: { app: serach }${MARK}`),
      },
    },
    {
      title: "the Deployment is removed and its Service stays",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: { "service.yaml": service(`selector: { app: search }${MARK}`) },
    },
    {
      title: "the Deployment goes to another namespace and its Service does not",
      before: {
        "search.yaml": deployment("app: search").replace("name: search }", "name: search, namespace: shop }"),
        "service.yaml": SERVICE.replace("name: search }", "name: search, namespace: shop }"),
      },
      after: {
        "search.yaml": deployment("app: search").replace("name: search }", "name: search, namespace: find }"),
        "service.yaml": service(`selector: { app: search }${MARK}`).replace(
          "name: search }",
          "name: search, namespace: shop }",
        ),
      },
    },
    {
      title: "the selector is dropped and nothing else keeps the endpoints",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: {
        "search.yaml": deployment("app: search"),
        "service.yaml": service("type: ClusterIP").replace("spec:", `spec:${MARK}`),
      },
    },
    {
      title: "a new Service nearly fits the pods beside it",
      after: {
        "search.yaml": deployment("app: search"),
        "service.yaml": service(`selector: { app: search, tier: web }${MARK}`),
      },
    },
  ],
  safe: [
    {
      title: "the Service and its Deployment are removed together",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: { "other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n" },
    },
    {
      title: "the Service becomes a name for something outside",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: { "service.yaml": service("type: ExternalName\n  externalName: search.example.com") },
    },
    {
      title: "the endpoints are now written by hand",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: {
        "search.yaml": deployment("app: search"),
        "service.yaml": service("type: ClusterIP"),
        "endpoints.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: { name: search }\nsubsets: []\n",
      },
    },
    {
      title: "a new Service is for pods from elsewhere",
      after: {
        "search.yaml": deployment("app: search"),
        "service.yaml": service("selector: { cluster-name: orders-db, role: primary }"),
      },
    },
    {
      title:
        "the Deployment's own selector does not fit either: the API server refuses it, and its pods stay",
      before: { "search.yaml": deployment("app: search"), "service.yaml": SERVICE },
      after: { "search.yaml": deployment("app: search-api"), "service.yaml": SERVICE },
    },
    {
      title: "the Service matched nothing before either",
      before: { "search.yaml": deployment("app: web"), "service.yaml": SERVICE },
      after: { "search.yaml": deployment("app: api"), "service.yaml": SERVICE },
    },
    {
      title: "the only pods that leave it never had the port it sends to",
      before: {
        "exporter.yaml": deployment("app: search").replace(
          ":1 }",
          ":1, ports: [{ name: metrics, containerPort: 9090 }] }",
        ),
        "service.yaml": SERVICE.replace("port: 80", "port: 80, targetPort: http"),
      },
      after: {
        "exporter.yaml": deployment("app: exporter").replace(
          ":1 }",
          ":1, ports: [{ name: metrics, containerPort: 9090 }] }",
        ),
        "service.yaml": SERVICE.replace("port: 80", "port: 80, targetPort: http"),
      },
    },
  ],

  *run(transition) {
    const index = appIndex(transition.after);
    for (const change of transition.changes) {
      if (change.after?.kind !== "Service" || change.after.get("spec", "type") === "ExternalName") continue;
      const selector = strings(change.after.get("spec", "selector"));
      if (Object.values(selector).some(isUnknown)) continue;
      yield* change.kind === "kept" ? lost(change, transition) : nearly(change.after, index, transition);
    }
  },
});

/** The Service had pods, and has none. */
function* lost(
  change: Extract<Change, { kind: "kept" }>,
  { before, after, changes }: Transition,
): Iterable<Problem> {
  const service = change.after;
  const was = answering(change.before, before);
  if (was.length === 0 || after.selectedBy(service).length > 0) return;
  const unseen = after.incomplete && !before.incomplete;
  if (was.some((workload) => movedAway(workload, after, unseen) || isRefused(workload, after))) return;
  const selector = strings(service.get("spec", "selector"));
  if (Object.keys(selector).length === 0) {
    yield* unmanaged(service, was, after);
    return;
  }
  const suggestion = undo(change.before, service, { was, after });
  const places = was.map((workload) => whatBecameOf(workload, service, after));
  // An operator can make pods with any labels.
  const heirs = new Set([service.name, ...was.map(({ manifest }) => manifest.name)]);
  const operator = changes.some(
    ({ kind, after: added }) =>
      kind === "added" && heirs.has(added.name) && !after.workload(added) && mayMakePods(added.group),
  );
  yield {
    subject: service,
    at: places.find(({ at }) => at !== undefined)?.at ?? service.locate("spec", "selector"),
    ...(operator && { atMost: "warning" }),
    message: `${service.ref} selects ${labelText(selector)}, and ${listText(places.map(({ text }) => text))}. It has no pod any more: every request to ${service.name} fails ${places.some(({ at }) => at) ? "once its old pods are replaced" : "from the deploy on"}.`,
    ...(suggestion && { suggestion }),
  };
}

/** The old selector, where it still fits the pods. */
function undo(
  before: Manifest,
  service: Manifest,
  { was, after }: { was: readonly Workload[]; after: World },
) {
  const old = strings(before.get("spec", "selector"));
  const fits = was.some((workload) => matchesMap(old, counterpart(workload, after)?.labels ?? {}));
  return fits ? setLabels(service, ["spec", "selector"], old) : undefined;
}

/** It lives on in another unit, with whatever Service is there; or the new side could not be read whole, and it may. */
function movedAway(workload: Workload, after: World, unseen: boolean): boolean {
  return counterpart(workload, after) === undefined && (unseen || livesOn(workload, after));
}

/** The API server refuses the new workload, and the pods stay as they are (contradicting-fields). */
function isRefused(workload: Workload, after: World): boolean {
  const now = counterpart(workload, after);
  return now !== undefined && missesOwnPods(now);
}

function whatBecameOf(old: Workload, service: Manifest, after: World): { text: string; at?: Location } {
  const found = after.find(old.kind, old.manifest.name, old.manifest);
  const now = found && after.workload(found);
  if (!now) return { text: `${old.manifest.ref} is removed` };
  const selector = strings(service.get("spec", "selector"));
  const text = `the pods of ${now.manifest.ref} have ${labelText(now.labels)}`;
  // The Service is at fault where today's pods would not fit it either.
  if (!matchesMap(service.get("spec", "selector"), old.labels)) return { text };
  const key = Object.keys(selector).find((label) => now.labels[label] !== selector[label]) ?? "";
  return { text, at: now.manifest.locate(...now.template, "metadata", "labels", key) };
}

/** Without a selector the endpoints stay as they are: true until the next pod is replaced. */
function* unmanaged(service: Manifest, was: readonly Workload[], after: World): Iterable<Problem> {
  if (after.find("Endpoints", service.name, service)) return;
  const slices = after.ofKind("EndpointSlice");
  if (slices.some(({ labels }) => labels["kubernetes.io/service-name"] === service.name)) return;
  yield {
    subject: service,
    at: service.locate("spec"),
    atMost: "warning",
    message: `${service.ref} loses its selector, and nothing here writes its endpoints. It keeps sending to today's pods of ${listText(was.map(({ manifest }) => manifest.ref))}, and to nothing once they are replaced.`,
    fix: `Keep the selector of ${service.name}, or add an EndpointSlice with the label kubernetes.io/service-name: ${service.name}.`,
  };
}

/** A new Service whose pods can be anywhere: worth a word only where a workload beside it fits in part. */
function* nearly(service: Manifest, index: AppIndex, { before, after }: Transition): Iterable<Problem> {
  const wanted = strings(service.get("spec", "selector"));
  if (after.incomplete || after.selectedBy(service).length > 0 || before.anywhere("Service", service.name))
    return;
  const nearest = appLabels(wanted)
    .flatMap((pair) => index().get(pair) ?? [])
    .find(({ manifest }) => sameNamespace(manifest, service));
  if (!nearest) return;
  yield {
    subject: service,
    at: service.locate("spec", "selector"),
    atMost: "notice",
    message: `${service.ref} selects ${labelText(wanted)}, and no pod here has all of that: those of ${nearest.manifest.ref} have ${labelText(nearest.labels)}. If no other pods have it, every request to ${service.name} fails.`,
    fix: `Make the selector of ${service.ref} match the pods that it is meant for.`,
  };
}

/** Labels that name an application, so that sharing one of them is no accident. */
const APP_KEYS = ["app", "app.kubernetes.io/name", "k8s-app", "name"];

function appLabels(labels: Readonly<Record<string, string>>): string[] {
  return APP_KEYS.flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));
}

/** Long-running workloads by what names their application, made when first asked. */
type AppIndex = () => ReadonlyMap<string, readonly Workload[]>;

function appIndex(world: World): AppIndex {
  let index: Map<string, Workload[]> | undefined;
  return () => {
    if (index) return index;
    const entries = world.workloads.flatMap((workload) =>
      workload.runsToCompletion ? [] : appLabels(workload.labels).map((pair) => ({ pair, workload })),
    );
    index = new Map(
      [...Map.groupBy(entries, ({ pair }) => pair)].map(([pair, group]) => [
        pair,
        group.map(({ workload }) => workload),
      ]),
    );
    return index;
  };
}
