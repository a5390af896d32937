import { isCovered, protecting, protectionsOf, type Protection } from "../../engine/protections.ts";
import { ROUTE_KINDS, routesTo } from "../../engine/routes.ts";
import type { Manifest, Means, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
`;

const ingress = (annotations: string) => `${WEB}apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    example.com/team: shop
${annotations}spec:
  ingressClassName: nginx
  rules:
    - host: shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

const nginx = (name: string, value: string) => `    nginx.ingress.kubernetes.io/${name}: ${value}\n`;

const virtualService = (route: string) => `${WEB}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web]
  http:
    - route: [{ destination: { host: web.shop.svc.cluster.local } }]
${route}`;

const destinationRule = (policy: string) => `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec:
  host: web
${policy}`;

const OUTLIERS = "  trafficPolicy: { outlierDetection: { consecutive5xxErrors: 5 } }\n";

const httpRoute = (rule: string) => `${WEB}apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec:
  parentRefs: [{ name: edge }]
  rules:
    - backendRefs: [{ name: web, port: 80 }]
${rule}`;

const POLICY = `---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: { name: web, namespace: shop }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: web }]
  retry: { numRetries: 3 }
`;

export default defineCheck({
  kind: "transition",
  id: "protection-removed",
  title: "Less stands between a failed dependency and the user",
  pillar: "degradation",
  severity: severities("warning", "notice", "notice"),
  confidence: "certain",
  why: "Retries, timeouts, outlier detection, fallbacks, stale answers and limits turn a failure of one pod or one dependency into something that users hardly notice. Without them the next crash, drain or overload reaches users as errors.",
  fix: "Keep the setting, or write the same where the route's traffic is handled from now on.",
  references: [
    "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/",
    "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
    "https://gateway-api.sigs.k8s.io/geps/gep-1731/",
    "https://gateway.envoyproxy.io/docs/concepts/gateway_api_extensions/backend-traffic-policy/",
    "https://linkerd.io/2/features/retries-and-timeouts/",
  ],
  absence: true,
  unsafe: [
    {
      title: "failed requests are no longer sent to another pod",
      before: ingress(nginx("proxy-next-upstream", "error timeout http_503")),
      after: ingress(nginx("proxy-next-upstream", '"off" # <- finding')),
    },
    {
      title: "the page for errors is removed",
      before: ingress(nginx("custom-http-errors", '"502,503"') + nginx("default-backend", "sorry")),
      after: ingress("").replace("annotations:", "annotations: # <- finding"),
    },
    {
      title: "a pod that fails is no longer left out",
      before: virtualService("") + destinationRule(OUTLIERS),
      after: virtualService("") + destinationRule("  trafficPolicy: {} # <- finding\n"),
    },
    {
      title: "a request may wait for ever",
      before: virtualService("      timeout: 3s\n"),
      after: virtualService("").replace("- route:", "- route: # <- finding\n       "),
    },
    {
      title: "the policy with the retries is removed",
      before: httpRoute("") + POLICY.replace("name: web,", "name: web, # <- finding\n   "),
      after: httpRoute(""),
    },
    {
      title: "retries and the circuit breaker of a mesh are switched off",
      before: WEB.replace(
        "kind: Service\nmetadata: { name: web, namespace: shop }",
        "kind: Service\nmetadata:\n  name: web\n  namespace: shop\n  annotations:\n    team: shop\n    balancer.linkerd.io/failure-accrual: consecutive",
      ),
      after: WEB.replace(
        "kind: Service\nmetadata: { name: web, namespace: shop }",
        "kind: Service\nmetadata:\n  name: web\n  namespace: shop\n  annotations: # <- finding\n    team: shop",
      ),
    },
  ],
  safe: [
    {
      title: "the retries move from the route to a policy",
      before: httpRoute("      retry: { attempts: 3 }\n"),
      after: httpRoute("") + POLICY,
    },
    {
      title: "the timeout moves from the Ingress to a route of the Gateway API",
      before: ingress(nginx("proxy-read-timeout", '"20"')),
      after: httpRoute("      timeouts: { request: 20s }\n"),
    },
    {
      title: "a number changes",
      before: virtualService("      timeout: 3s\n"),
      after: virtualService("      timeout: 5s\n"),
    },
    { title: "there never was any", before: ingress(""), after: ingress("").replace("web:1", "web:2") },
    {
      title: "the Service goes too",
      before: virtualService("") + destinationRule(OUTLIERS),
      after: WEB.slice(0, WEB.indexOf("---")),
    },
    {
      title: "the route goes, with nothing in its place",
      before: ingress(nginx("limit-rps", '"20"')),
      after: WEB,
    },
    {
      title: "something is added",
      before: httpRoute(""),
      after: httpRoute("      timeouts: { request: 20s }\n"),
    },
  ],

  *run(transition) {
    const { before, after } = transition;
    const lost = [...protectionsOf(before).values()]
      .flat()
      .filter((one) => one.on && isLost(one, transition));
    const denied = [...protectionsOf(after).values()].flat().filter((one) => isDenied(one, before));
    const groups = Map.groupBy([...lost, ...denied], ({ holder, means }) => `${holder.id} ${means}`);
    for (const group of groups.values()) yield problemOf(group, transition);
  },
});

/** Its Service stays and can still be asked, and nothing of the same means is left for it. */
function isLost(one: Protection, { before, after }: Transition): boolean {
  if (isCovered(one, after)) return false;
  const place = { namespace: one.namespace };
  if (before.find("Service", one.service, place) && !after.find("Service", one.service, place)) return false;
  return isKept(one.holder, after) || !isRoute(one.holder) || routesOf(one, after).length > 0;
}

/** A default that is there unless it is switched off, as it is now. */
function isDenied(one: Protection, before: World): boolean {
  if (one.on || one.rest === undefined) return false;
  const was = protecting(one, before).filter(({ means }) => means === one.means);
  return was.length === 0 && before.find("Service", one.service, { namespace: one.namespace }) !== undefined;
}

const isKept = (holder: Manifest, world: World) => world.find(holder.kind, holder.name, holder) !== undefined;
const isRoute = ({ kind }: Manifest) => ROUTE_KINDS.includes(kind) && kind !== "Service";

function routesOf({ service, namespace }: Protection, world: World): Manifest[] {
  const found = world.find("Service", service, { namespace });
  return found ? routesTo(found, world) : [];
}

/** What users get from then on; begins with the Service's name. */
const EFFECTS: Readonly<Record<Means, (service: string) => string>> = {
  retry: (service) =>
    `When a pod of ${service} crashes, is drained or is replaced, the request that meets it is no longer tried again: its user sees the error`,
  timeout: (service) =>
    `When ${service} hangs, its callers wait as long as it does, and run out of connections and threads for everything else`,
  ejection: (service) =>
    `When a pod of ${service} answers with errors, it goes on getting its share of the requests`,
  fallback: (service) => `While ${service} fails, users see the bare error of the proxy and no page of yours`,
  stale: (service) => `While ${service} fails, users get errors and no longer its last good answer`,
  limit: (service) => `One caller that asks too much can take ${service} away from all others`,
};

function problemOf(group: readonly Protection[], { before, after }: Transition): Problem {
  const [first] = group as [Protection, ...Protection[]];
  const { means, on, rest, holder } = first;
  const settings = [...new Set(group.map(({ name, value }) => (value === "" ? name : `${name}: ${value}`)))];
  const services = [...new Set(group.map(({ service }) => service))];
  const what = listText(settings);
  const now = after.find(holder.kind, holder.name, holder);
  const isOff = now !== undefined && now.get(...first.path) !== undefined && !first.link;
  const loss = lossText(first, what, after);
  const still = rest !== undefined && !isOff && on ? ` ${rest.charAt(0).toUpperCase()}${rest.slice(1)}.` : "";
  return {
    subject: subjectOf(first, before, after),
    key: `${holder.kind}/${holder.name} ${means}`,
    ...placeOf(first, after),
    ...(still !== "" && { atMost: "notice" as const }),
    message: on
      ? `${loss}. ${EFFECTS[means](listText(services))}.${still}`
      : `${holder.ref} now has ${what}. ${EFFECTS[means](listText(services))}.`,
    fix: on
      ? `Keep ${what} in ${holder.ref}, or write the same where requests to ${listText(services)} go from now on.`
      : `Take ${what} out again, or show that requests to ${listText(services)} must not be sent twice.`,
  };
}

function lossText({ holder, path, link, service }: Protection, what: string, after: World): string {
  const now = after.find(holder.kind, holder.name, holder);
  if (!now) return `${holder.ref} goes, and with it ${what}`;
  const value = now.get(...path);
  if (value === undefined) return `${holder.ref} loses ${what}`;
  if (JSON.stringify(value) !== JSON.stringify(holder.get(...path)))
    return `${holder.ref} switches off ${what}`;
  return link
    ? `${link.manifest.ref} no longer goes through ${holder.ref}, which has ${what}`
    : `${holder.ref} has ${what}, and no longer covers ${service}`;
}

/** The workload whose users are hurt: its tier decides. */
function subjectOf({ service, namespace, holder }: Protection, before: World, after: World): Manifest {
  for (const world of [after, before]) {
    const found = world.find("Service", service, { namespace });
    if (found) return world.selectedBy(found)[0]?.manifest ?? found;
  }
  return holder;
}

/** The line that lost it: in its holder, or in the route that named its holder; where the holder is gone, there. */
function placeOf({ holder, path, link, on }: Protection, after: World): Pick<Problem, "at" | "was"> {
  if (!on) return { at: holder.locate(...path) };
  const was = holder.locate(...path);
  const route = link && after.find(link.manifest.kind, link.manifest.name, link.manifest);
  const kept = after.find(holder.kind, holder.name, holder);
  if (route && kept?.get(...path) !== undefined)
    return { at: route.locate(...link.path), was: link.manifest.locate(...link.path) };
  return kept ? { at: kept.locate(...path), was } : { at: holder.locate(), was: holder.locate() };
}
