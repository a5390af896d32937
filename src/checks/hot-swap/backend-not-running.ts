import { answering, runningBehind } from "../../engine/generations.ts";
import { isUnknown } from "../../engine/template.ts";
import { releaseMove } from "../../engine/release-move.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { backendsOf, ROUTES, type Backend } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const app = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: travel }
spec:
  replicas: 3
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "booking:5" }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: travel }
spec: { selector: { app: ${name} }, ports: [{ port: 80 }] }
---
`;

const ingress = (service: string, path = "/") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: booking, namespace: travel }
spec:
  rules:
    - host: booking.example.com
      http:
        paths:
          - path: ${path}
            pathType: Prefix
            backend:
              service:
                name: ${service}
                port: { number: 80 }
`;

const route = (service: string) => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: booking, namespace: travel }
spec:
  hostnames: [booking.example.com]
  rules:
    - backendRefs:
        - name: ${service}
          port: 80
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "backend-not-running",
  title: "A route switches to pods that only start with the same change",
  pillar: "hot-swap",
  severity: severities("error", "warning", "notice"),
  confidence: "likely",
  why: "A route changes at once, and the pods that it now leads to have yet to be scheduled, started and ready. Until then visitors get a 503, though the old pods could have answered.",
  fix: "Deploy the new workload and its Service first; point the route at them in a second change, when the pods are ready.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    "https://gateway-api.sigs.k8s.io/guides/traffic-splitting/",
  ],
  unsafe: [
    {
      title: "a second version is added, and all traffic goes to it at once",
      before: app("booking") + ingress("booking"),
      after: app("booking") + app("booking-v2") + ingress(`booking-v2${MARK}`),
    },
    {
      title: "the application gets another name, and so does everything around it",
      before: app("booking") + ingress("booking"),
      after: app("reservations") + ingress(`reservations${MARK}`),
    },
    {
      title: "the Ingress gets a new name, too",
      before: app("booking") + ingress("booking"),
      after:
        app("reservations") + ingress(`reservations${MARK}`).replace("name: booking,", "name: reservations,"),
    },
    {
      title: "a Gateway API route goes over",
      before: app("booking") + route("booking"),
      after: app("booking") + app("booking-v2") + route(`booking-v2${MARK}`),
    },
  ],
  safe: [
    {
      title: "the new pods are there already",
      before: app("booking") + app("booking-v2") + ingress("booking"),
      after: app("booking") + app("booking-v2") + ingress("booking-v2"),
    },
    {
      title: "another Service leads to the same pods",
      before: app("booking") + ingress("booking"),
      after:
        app("booking") +
        app("booking")
          .slice(app("booking").indexOf("---") + 4)
          .replace("name: booking,", "name: booking-http,") +
        ingress("booking-http"),
    },
    {
      title: "a new path leads to the new pods",
      before: app("booking") + ingress("booking"),
      after:
        app("booking") +
        app("hotels") +
        ingress("booking") +
        ingress("hotels", "/hotels").slice(ingress("hotels", "/hotels").indexOf("          - path")),
    },
    {
      title: "the new pods get a part of the traffic beside the old ones",
      before: app("booking") + route("booking"),
      after:
        app("booking") +
        app("booking-v2") +
        `${route("booking")}        - name: booking-v2\n          port: 80\n          weight: 0\n`,
    },
    {
      title: "the old Service had no pods either",
      before: ingress("booking"),
      after: app("booking-v2") + ingress("booking-v2"),
    },
  ],

  *run(transition) {
    // Of a whole release that moves, that is said at once.
    if (releaseMove(transition.before, transition.after)) return;
    const routes: readonly string[] = ROUTES;
    const isRoute = (manifest: Manifest) => routes.includes(manifest.kind);
    const gone = transition.changes.flatMap(({ kind, before }) =>
      kind === "removed" && isRoute(before) ? [before] : [],
    );
    for (const { before, after } of transition.changes) {
      if (!after || !isRoute(after) || before?.object === after.object) continue;
      // A route with a new name takes over from those that are gone.
      const old = before ? [before] : gone.filter(({ kind }) => kind === after.kind);
      if (old.length > 0) yield* handovers(old, after, transition);
    }
  },
});

/** Places of a route that all lead to Services of which no pod runs, and did not before. */
function* handovers(was: readonly Manifest[], is: Manifest, transition: Transition): Iterable<Problem> {
  const all = was.flatMap((route) =>
    backendsOf(route).map((backend) => ({ backend, match: matchOf(route, backend) })),
  );
  const old = Map.groupBy(all, ({ match }) => match);
  for (const [match, backends] of Map.groupBy(backendsOf(is), (backend) => matchOf(is, backend))) {
    const before = (old.get(match) ?? []).map(({ backend }) => backend);
    const names = new Set(before.map(({ service }) => service));
    const fresh = backends.filter(({ service }) => !names.has(service));
    const [first] = fresh;
    if (!first || fresh.length < backends.length || !before.some((backend) => answered(backend, transition)))
      continue;
    const starting = fresh.flatMap((backend) => startingBehind(backend, transition));
    if (starting.length < fresh.length) continue;
    yield problem(is, { first, starting, before });
    return;
  }
}

/** Which requests a backend is for: a rule's host and path, or what else it matches. */
function matchOf(route: Manifest, { path }: Backend): string {
  const rule = path.slice(0, 3);
  const hosts = route.get("spec", "hostnames") ?? route.get(...rule, "host");
  const matches =
    route.kind === "Ingress" ? route.get(...path.slice(0, -1), "path") : route.get(...rule, "matches");
  return JSON.stringify([hosts, path[1] === "rules" ? (matches ?? "/") : "default"]);
}

/** Pods were behind it. */
function answered({ service, namespace }: Backend, { before }: Transition): boolean {
  const found = before.find("Service", service, { namespace });
  return found !== undefined && answering(found, before).length > 0;
}

/** The Service's workloads, where this change starts all of them. */
function startingBehind({ service, namespace }: Backend, { before, after }: Transition): Manifest[] {
  const found = isUnknown(service) ? undefined : after.find("Service", service, { namespace });
  const workloads = found ? after.selectedBy(found) : [];
  const [first] = workloads;
  const isNew = workloads.every(({ kind, manifest }) => !before.anywhere(kind, manifest.name));
  return found && first && isNew && runningBehind(found, before, after).length === 0 ? [first.manifest] : [];
}

interface Handover {
  readonly first: Backend;
  readonly starting: readonly Manifest[];
  readonly before: readonly Backend[];
}

function problem(route: Manifest, { first, starting, before }: Handover): Problem {
  const fields = [["service", "name"], ["serviceName"], ["name"]].map((field) => [...first.path, ...field]);
  const old = listText([...new Set(before.map(({ service }) => service))]);
  const pods = listText([...new Set(starting.map(({ ref }) => ref))]);
  return {
    subject: route,
    key: first.service,
    at: route.locate(...(fields.find((field) => route.get(...field) !== undefined) ?? first.path)),
    message: `${route.ref} switches from Service ${old} to ${first.service} in the same deploy that starts ${pods}: visitors get a 503 until the first of its pods is ready.`,
    fix: `In this change keep Service ${old} and its pods, and let the route send to them. Switch it to ${first.service} in a second change, when the pods of ${pods} are ready.`,
  };
}
