import { setScalar } from "../../engine/edit.ts";
import { degreesOf, type Degreed } from "../../engine/protection-degrees.ts";
import { protecting } from "../../engine/protections.ts";
import type { Manifest, Means, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { weaker, type Pair } from "./_weaker.ts";

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: seats, namespace: cinema }
spec:
  replicas: 3
  selector: { matchLabels: { app: seats } }
  template:
    metadata: { labels: { app: seats } }
    spec: { containers: [{ name: web, image: seats:1 }] }
---
apiVersion: v1
kind: Service
metadata: { name: seats, namespace: cinema }
spec: { selector: { app: seats }, ports: [{ port: 80 }] }
---
`;

const virtualService = (route: string) => `${WEB}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: seats, namespace: cinema }
spec:
  hosts: [seats]
  http:
    - route: [{ destination: { host: seats } }]
${route}`;

const outliers = (settings: string) => `${WEB}apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: seats, namespace: cinema }
spec:
  host: seats
  trafficPolicy:
    outlierDetection:
${settings}`;

const ingress = (annotation: string) => `${WEB}apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: seats
  namespace: cinema
  annotations:
    nginx.ingress.kubernetes.io/${annotation}
spec:
  ingressClassName: nginx
  rules:
    - host: seats.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: seats, port: { number: 80 } } } }] }
`;

const MARK = " # <- finding";
const POLICY = `---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: { name: seats, namespace: cinema }
spec:
  targetRefs: [{ kind: Service, name: seats }]
  retry: { numRetries: 5 }
`;

export default defineCheck({
  kind: "transition",
  id: "protection-weakened",
  title: "What softens a failure for users does much less than before",
  pillar: "degradation",
  severity: severities("warning", "notice", "notice"),
  confidence: "likely",
  why: "Retries, timeouts and outlier detection are set to numbers that carried users over the failures so far. With a fraction of them the setting is still there, and the next crash, drain or slow dependency reaches users all the same.",
  fix: "Keep the value, or stop a pod of the service under load before production, and see that users notice nothing.",
  references: [
    "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
    "https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection",
    "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/",
    "https://gateway.envoyproxy.io/docs/concepts/gateway_api_extensions/backend-traffic-policy/",
  ],
  absence: true,
  unsafe: [
    {
      title: "one retry is left of five",
      before: virtualService("      retries:\n        attempts: 5\n"),
      after: virtualService(`      retries:\n        attempts: 1${MARK}\n`),
    },
    {
      title: "a request may hang for minutes",
      before: virtualService("      timeout: 5s\n"),
      after: virtualService(`      timeout: 2m${MARK}\n`),
    },
    {
      title: "a pod may fail fifty requests before it is left out",
      before: outliers("      consecutive5xxErrors: 5\n"),
      after: outliers(`      consecutive5xxErrors: 50${MARK}\n`),
    },
    {
      title: "no pod may be left out",
      before: outliers("      consecutive5xxErrors: 5\n      maxEjectionPercent: 50\n"),
      after: outliers(`      consecutive5xxErrors: 5\n      maxEjectionPercent: 0${MARK}\n`),
    },
    {
      title: "the first try is the only one",
      before: ingress('proxy-next-upstream-tries: "3"'),
      after: ingress(`proxy-next-upstream-tries: "1"${MARK}`),
    },
    {
      title: "errors of the server are no longer a reason to try again",
      before: ingress('proxy-next-upstream: "error timeout http_502 http_503"'),
      after: ingress(`proxy-next-upstream: "error timeout"${MARK}`),
    },
  ],
  safe: [
    {
      title: "one retry less",
      before: virtualService("      retries: { attempts: 3 }\n"),
      after: virtualService("      retries: { attempts: 2 }\n"),
    },
    {
      title: "a timeout is doubled",
      before: virtualService("      timeout: 30s\n"),
      after: virtualService("      timeout: 1m\n"),
    },
    {
      title: "a pod is left out sooner",
      before: outliers("      consecutive5xxErrors: 50\n"),
      after: outliers("      consecutive5xxErrors: 5\n"),
    },
    {
      title: "uploads may take longer behind nginx",
      before: ingress('proxy-read-timeout: "60"'),
      after: ingress('proxy-read-timeout: "3600"'),
    },
    {
      title: "other words for more causes",
      before: virtualService("      retries: { attempts: 3, retryOn: connect-failure }\n"),
      after: virtualService("      retries: { attempts: 3, retryOn: 5xx }\n"),
    },
    {
      title: "requests that must not be sent twice are no longer tried again",
      before: ingress('proxy-next-upstream: "error timeout non_idempotent"'),
      after: ingress('proxy-next-upstream: "error timeout"'),
    },
    {
      title: "the retries move to a policy of the gateway",
      before: virtualService("      retries: { attempts: 5 }\n"),
      after:
        virtualService("      retries: { attempts: 1 }\n") +
        POLICY.replaceAll("kind: Service", "kind: HTTPRoute") +
        ROUTE(),
    },
    {
      title: "two rules change places",
      before: virtualService("      timeout: 5s\n" + rule("2m")),
      after: virtualService("      timeout: 2m\n" + rule("5s")),
    },
  ],

  *run(transition) {
    const { before, after, changes } = transition;
    for (const change of changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      const was = bySetting(degreesOf(change.before, before));
      const told = new Set<string>();
      for (const [setting, now] of bySetting(degreesOf(change.after, after))) {
        const found = pairs(was.get(setting) ?? [], now).find((pair) => weaker(pair) !== undefined);
        if (!found || told.has(found.is.path.join("/")) || isReplaced(found.is, transition)) continue;
        told.add(found.is.path.join("/"));
        yield problemOf(found, after);
      }
    }
  },
});

/** A route of the Gateway API, to which policies are attached. */
function ROUTE(): string {
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: seats, namespace: cinema }
spec:
  rules: [{ backendRefs: [{ name: seats, port: 80 }] }]
`;
}

function rule(timeout: string): string {
  return `    - match: [{ uri: { prefix: /plan } }]
      route: [{ destination: { host: seats } }]
      timeout: ${timeout}
`;
}

const bySetting = (all: readonly Degreed[]) =>
  Map.groupBy(all, ({ name, service, namespace }) => `${name} ${namespace}/${service}`);

/** A holder may have several rules for one Service: sorted, so that rules which change places are no change. */
function pairs(was: readonly Degreed[], is: readonly Degreed[]): Pair[] {
  if (was.length !== is.length) return [];
  const sorted = (all: readonly Degreed[]) =>
    all.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : orderOf(a) > orderOf(b) ? 1 : 0));
  const old = sorted(was);
  return sorted(is).flatMap((now, index) => {
    const one = old[index];
    return one ? [{ was: one, is: now }] : [];
  });
}

const orderOf = ({ degree }: Degreed): number | string =>
  typeof degree === "number" ? degree : [...degree].sort().join();

/** Something else does the same for the Service from now on. */
function isReplaced(one: Degreed, { before, after }: Transition): boolean {
  const others = (world: World) =>
    protecting(one, world).filter(
      ({ on, means, holder }) => on && means === one.means && holder.id !== one.holder.id,
    );
  const known = new Set(others(before).map(({ holder }) => holder.id));
  return others(after).some(({ holder }) => !known.has(holder.id));
}

/** What users get of it. */
const EFFECTS: Readonly<Partial<Record<Means, (service: string) => string>>> = {
  retry: (service) =>
    `When a pod of ${service} crashes, is drained or is replaced, more of its requests end as errors that users see`,
  timeout: (service) =>
    `When ${service} hangs, its callers wait that long too, and run out of connections and threads for everything else`,
  ejection: (service) => `When a pod of ${service} answers with errors, more users get them`,
  fallback: (service) =>
    `When ${service} fails in that way, users see the bare error of the proxy and no page of yours`,
};

function problemOf({ was, is }: Pair, after: World): Problem {
  const { holder, means, name, path, service } = is;
  const suggestion = setScalar(holder, path, asWritten(was));
  return {
    subject: subjectOf(is, after),
    key: `${holder.kind}/${holder.name} ${name}`,
    at: holder.locate(...path),
    message: `${holder.ref} ${weaker({ was, is }) ?? ""} (${name}: ${is.value}). ${EFFECTS[means]?.(service) ?? ""}.`,
    fix: `Keep ${name}: ${was.value} in ${holder.ref}. If ${is.value} is meant, stop a pod of ${service} under load before production, and see that users notice nothing.`,
    ...(suggestion && { suggestion }),
  };
}

/** The old text, quotes and all. */
function asWritten({ holder, path, value }: Degreed): string {
  const span = holder.span(...path);
  return span ? holder.source.slice(span.start, span.end).trim() : JSON.stringify(value);
}

/** The workload whose users are hurt: its tier decides. */
function subjectOf({ service, namespace, holder }: Degreed, world: World): Manifest {
  const found = world.find("Service", service, { namespace });
  return found ? (world.selectedBy(found)[0]?.manifest ?? found) : holder;
}
