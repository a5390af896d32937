import { setScalar } from "../../engine/edit.ts";
import { strings } from "../../engine/json.ts";
import type { Change } from "../../engine/pair.ts";
import { servicePorts } from "../../engine/ports.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import { backendsOf, ROUTES, type Backend, type World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { visitorsOf } from "./_route-victims.ts";

const service = (name: string, port: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: shop }
  ports: [${port}]
`;

const ingress = (backend: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                ${backend}
`;

const route = (ref: string) => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec:
  hostnames: [shop.example.com]
  rules:
    - backendRefs:
        - ${ref}
`;

const MARK = " # <- finding";
const WEB = service("shop-web", "{ name: http, port: 80 }");
const TO_WEB = ingress("name: shop-web\n                port: { number: 80 }");

export default defineCheck({
  kind: "transition",
  id: "backend-dangling",
  title: "A route sends to a Service or a port that is gone",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "An Ingress or a Gateway route to a Service or a port that does not exist answers 503 (some controllers 404) to every visitor of that host and path from the moment the change is applied.",
  fix: "Point the route at a Service and port that exist, or remove the route in the same change.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    "https://gateway-api.sigs.k8s.io/api-types/httproute/",
  ],
  unsafe: [
    {
      title: "the Service is removed and the Ingress stays",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: { "ingress.yaml": ingress(`name: shop-web${MARK}\n                port: { number: 80 }`) },
    },
    {
      title: "the Service is renamed and the route keeps the old name",
      before: { "service.yaml": WEB, "route.yaml": route("{ name: shop-web, port: 80 }") },
      after: {
        "service.yaml": service("shop-frontend", "{ name: http, port: 80 }"),
        "route.yaml": route(`{ name: shop-web, port: 80 }${MARK}`),
      },
    },
    {
      title: "the Service's port changes and the Ingress keeps the old one",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: {
        "service.yaml": service("shop-web", "{ name: http, port: 8080 }"),
        "ingress.yaml": ingress(`name: shop-web\n                port: { number: 80 }${MARK}`),
      },
    },
    {
      title: "the Ingress is moved to a port name that the Service does not have",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: {
        "service.yaml": WEB,
        "ingress.yaml": ingress(`name: shop-web\n                port: { name: web }${MARK}`),
      },
    },
    {
      title: "a new Ingress names a Service that is not among those beside it",
      after: {
        "service.yaml": WEB,
        "ingress.yaml": ingress(`name: shop-wbe${MARK}\n                port: { number: 80 }`),
      },
    },
  ],
  safe: [
    {
      title: "Service and Ingress are removed together",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: { "other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n" },
    },
    {
      title: "Service and Ingress change the port together",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: {
        "service.yaml": service("shop-web", "{ name: http, port: 8080 }"),
        "ingress.yaml": ingress("name: shop-web\n                port: { number: 8080 }"),
      },
    },
    {
      title: "the Service moves to another folder",
      before: { "web/service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: { "shop/web/service.yaml": WEB, "ingress.yaml": TO_WEB },
    },
    {
      title: "a load balancer's own action is not a Service",
      before: { "service.yaml": WEB, "ingress.yaml": TO_WEB },
      after: {
        "service.yaml": WEB,
        "ingress.yaml": ingress("name: redirect-to-https\n                port: { name: use-annotation }"),
      },
    },
    {
      title: "the Service was never in this repository",
      before: { "ingress.yaml": TO_WEB },
      after: { "ingress.yaml": TO_WEB.replace("path: /", "path: /cart") },
    },
  ],

  *run(transition) {
    const routes: readonly string[] = ROUTES;
    for (const change of transition.changes) {
      if (change.after === undefined || !routes.includes(change.after.kind)) continue;
      for (const backend of backendsOf(change.after)) {
        if (isUnknown(backend.service) || backend.port === "use-annotation") continue;
        yield* judge(change, backend, transition);
      }
    }
  },
});

function* judge(change: Change, backend: Backend, transition: Transition): Iterable<Problem> {
  const route = change.after;
  if (!route) return;
  const { before, after } = transition;
  const service = after.find("Service", backend.service, backend);
  if (service) yield* judgePort(change, backend, { service, before });
  else if (!after.anywhere("Service", backend.service)) yield* judgeService(change, backend, transition);
}

function* judgeService(change: Change, backend: Backend, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  if (after.incomplete && !before.incomplete) return;
  if (before.anywhere("Service", backend.service)) yield* removed(change, backend, transition);
  else yield* unseen(change, backend, transition);
}

/** The Service was there, and is not any more. */
function* removed(change: Change, backend: Backend, { before, changes }: Transition): Iterable<Problem> {
  const route = change.after;
  if (!route) return;
  const at = nameField(route, backend);
  const heir = renamed(before.find("Service", backend.service, backend), changes);
  const suggestion = heir && setScalar(route, at, heir.name);
  yield {
    subject: route,
    key: keyOf(backend),
    at: route.locate(...at),
    message: `${route.ref} sends to Service ${backend.service}, which this change removes. Visitors of ${visitorsOf(route, backend)} get errors from the deploy on.`,
    fix: heir
      ? `Let ${route.ref} send to ${heir.name}, which has the same selector.`
      : `Keep Service ${backend.service} until no route sends to it, or take the route out in the same change.`,
    ...(suggestion && { suggestion }),
  };
}

/** Nobody ever saw the Service here. */
function* unseen(change: Change, backend: Backend, { before, after }: Transition): Iterable<Problem> {
  const route = change.after;
  // Where the repository holds no Service for this namespace, they live elsewhere; and what was always open is no news.
  const beside = after.ofKind("Service").filter(({ namespace }) => namespace === backend.namespace);
  if (!route || after.incomplete || beside.length === 0) return;
  const old = change.before ? backendsOf(change.before) : [];
  if (old.some(({ service }) => service === backend.service)) return;
  if (!change.before && before.anywhere(route.kind, route.name)) return;
  const names = beside.map(({ name }) => name);
  yield {
    subject: route,
    key: keyOf(backend),
    at: route.locate(...nameField(route, backend)),
    atMost: "notice",
    message: `${route.ref} sends to Service ${backend.service}, which is not in this repository. If it is not in the cluster either, visitors of ${visitorsOf(route, backend)} get errors.`,
    fix: `Check the name. The Services here are ${listText(names, 5)}.`,
  };
}

interface Target {
  readonly service: Manifest;
  readonly before: World;
}

function* judgePort(change: Change, backend: Backend, { service, before }: Target): Iterable<Problem> {
  const route = change.after;
  if (!route || hasPort(service, backend.port)) return;
  const oldService = before.find("Service", backend.service, backend);
  const oldBackend = change.before && sameBackend(backend, change.before);
  const worked = oldService && oldBackend && hasPort(oldService, oldBackend.port);
  // It led nowhere before, too.
  if (oldService && oldBackend && !worked) return;
  const ports = servicePorts(service);
  const path = portField(route, backend);
  const suggestion = portEdit(route, path, backend.port, ports);
  yield {
    subject: route,
    key: keyOf(backend),
    at: route.locate(...path),
    ...(!worked && { atMost: "warning" }),
    message: `${route.ref} sends to port ${scalarText(backend.port)} of ${service.ref}, which has ${listText(ports.map(portText), 5)} only. Visitors of ${visitorsOf(route, backend)} get errors from the deploy on.`,
    fix: `Send to ${ports.length > 1 ? "one of " : ""}${listText(ports.map(portText), 5)}, or give ${service.ref} port ${scalarText(backend.port)} back.`,
    ...(suggestion && { suggestion }),
  };
}

/** The backend that the old route has in the same place, or else for the same Service. */
function sameBackend(backend: Backend, old: Manifest): Backend | undefined {
  const candidates = backendsOf(old).filter(({ service }) => service === backend.service);
  return candidates.find(({ path }) => path.join() === backend.path.join()) ?? candidates[0];
}

/** Unwritten ports, and Services without ports, cannot be wrong. */
function hasPort(service: Manifest, port: Json | undefined): boolean {
  const ports = servicePorts(service);
  if (port === undefined || isUnknown(port) || ports.length === 0) return true;
  return ports.some(
    (one) => one.name === port || scalarText(one.port) === scalarText(port) || isUnknown(one.port),
  );
}

function portText({ name, port }: { name: string | undefined; port: Json | undefined }): string {
  return name === undefined ? scalarText(port) : `${decode(name)} (${scalarText(port)})`;
}

/** The only port that there can be meant. */
function portEdit(
  route: Manifest,
  path: FieldPath,
  port: Json | undefined,
  ports: ReturnType<typeof servicePorts>,
) {
  const [only] = ports;
  if (ports.length !== 1 || !only) return undefined;
  const value =
    typeof port === "number" ? only.port : (only.name ?? (path.at(-1) === "name" ? undefined : only.port));
  return value === undefined || isUnknown(value) ? undefined : setScalar(route, path, scalarText(value));
}

/** A new Service with the selector of the one that is gone. */
function renamed(gone: Manifest | undefined, changes: readonly Change[]): Manifest | undefined {
  if (!gone) return undefined;
  const selector = JSON.stringify(Object.entries(strings(gone.get("spec", "selector"))).sort());
  const heirs = changes.flatMap(({ kind, after }) =>
    kind === "added" && after.kind === "Service" ? [after] : [],
  );
  return heirs.find(
    (heir) => JSON.stringify(Object.entries(strings(heir.get("spec", "selector"))).sort()) === selector,
  );
}

const keyOf = ({ service, port }: Backend) => `${service}:${port === undefined ? "" : scalarText(port)}`;

function nameField(route: Manifest, { path }: Backend): FieldPath {
  return written(route, [...path, "service", "name"], [...path, "serviceName"], [...path, "name"]);
}

function portField(route: Manifest, { path }: Backend): FieldPath {
  const deep = [...path, "service", "port"];
  return written(route, [...deep, "name"], [...deep, "number"], [...path, "servicePort"], [...path, "port"]);
}

function written(route: Manifest, ...paths: FieldPath[]): FieldPath {
  return paths.find((path) => route.get(...path) !== undefined) ?? paths[0] ?? [];
}
