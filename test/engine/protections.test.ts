import { expect, test } from "@jest/globals";
import { defaultPolicy } from "../../src/policy/index.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import type { Policy, Tree } from "../../src/engine/types.ts";

const APPLICATION = `apiVersion: apps/v1
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

const GATEWAY_ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec:
  parentRefs: [{ name: edge }]
  rules: [{ backendRefs: [{ name: web, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: shop }
spec: { gatewayClassName: envoy, listeners: [{ name: web, port: 80, protocol: HTTP }] }
---
`;

const critical: Policy = {
  ...defaultPolicy("2026-01-01"),
  tiers: [{ match: { name: "web", kind: "Deployment" }, tier: "critical" }],
};

const tree = (text: string): Tree => ({
  commit: text.length.toString(),
  files: new Map([["shop.yaml", { sha: text, text }]]),
  notes: [],
});

async function judge(before: string, after: string, policy = critical) {
  return review(tree(APPLICATION + before), tree(APPLICATION + after), policy, render);
}

const envoyPolicy = (target: string, spec: string) => `apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: { name: careful, namespace: shop }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, ${target} }]
  ${spec}
---
`;

test("a critical workload's route is shown with what a policy of its Gateway gives it", async () => {
  const { protections } = await judge(
    GATEWAY_ROUTE,
    GATEWAY_ROUTE + envoyPolicy("kind: Gateway, name: edge", "circuitBreaker: { maxConnections: 100 }"),
  );
  expect(protections).toEqual([
    {
      route: "HTTPRoute/shop/web",
      workload: "Deployment/shop/web",
      unit: ".",
      before: {},
      after: { ejection: "circuitBreaker" },
    },
  ]);
});

test("a Service that no route leads to is shown by itself", async () => {
  const rule = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web]
  http: [{ route: [{ destination: { host: web } }], timeout: 3s }]
`;
  const { protections } = await judge("", rule);
  expect(protections).toEqual([
    {
      route: "Service/shop/web",
      workload: "Deployment/shop/web",
      unit: ".",
      before: {},
      after: { timeout: "timeout: 3s" },
    },
  ]);
});

test("workloads that are not critical, and units that did not change, are not shown", async () => {
  const standard = await judge(GATEWAY_ROUTE, `${GATEWAY_ROUTE}# changed\n`, defaultPolicy("2026-01-01"));
  expect(standard.protections).toEqual([]);
  expect((await judge(GATEWAY_ROUTE, GATEWAY_ROUTE)).protections).toEqual([]);
});

const middleware = `apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: again, namespace: shop }
spec: { retry: { attempts: 3 } }
---
`;

const ingressRoute = (middlewares: string) => `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: web, namespace: shop }
spec:
  routes:
    - match: Host(\`shop.example.com\`)
      kind: Rule
      ${middlewares}services: [{ name: web, port: 80 }]
`;

test("a middleware that no route names any more protects nobody: the route's line is named, with the workload's tier", async () => {
  const { findings } = await judge(
    middleware + ingressRoute("middlewares: [{ name: again }]\n      "),
    middleware + ingressRoute(""),
  );
  const lost = findings.filter(({ check }) => check === "protection-removed");
  expect(lost).toMatchObject([
    { severity: "warning", tier: "critical", subject: { ref: "Deployment/shop/web" } },
  ]);
  expect(lost[0]?.message).toContain("no longer goes through Middleware/shop/again, which has retry");
});

test("a middleware that an Ingress names by its annotation counts", async () => {
  const ingress = (name: string, middlewareName: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  namespace: shop
  annotations: { traefik.ingress.kubernetes.io/router.middlewares: shop-${middlewareName}@kubernetescrd }
spec:
  defaultBackend: { service: { name: web, port: { number: 80 } } }
---
`;
  const { protections } = await judge("", middleware + ingress("web", "again"));
  expect(protections).toMatchObject([{ route: "Ingress/shop/web", after: { retry: "retry" } }]);
});
