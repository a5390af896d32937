import { expect, test } from "@jest/globals";
import { classOf, coverage, servedBy } from "../../src/engine/routes.ts";
import { one } from "./files.ts";
import { processorSeconds } from "../support/cost.ts";

const served = (text: string) =>
  servedBy(one(text)).map(
    ({ host, path, exact, services }) => `${host}${path}${exact ? " exactly" : ""} ${services.join()}`,
  );

const ingress = (host: string, path = "/", notes = "") =>
  one(`apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, annotations: { ${notes} } }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: ${path}, pathType: Prefix, backend: { service: { name: web } } }] }
`);

test.each([
  [
    "an Ingress of the first API",
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: { name: a }\nspec: { rules: [{ host: A.example.com, http: { paths: [{ backend: { serviceName: web, servicePort: 80 } }] } }] }",
    ["a.example.com/ web"],
  ],
  [
    "a default backend",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: { defaultBackend: { service: { name: web } } }",
    ["/ web"],
  ],
  [
    "an HTTPRoute",
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: a }\nspec: { hostnames: [a.example.com, b.example.com], rules: [{ matches: [{ path: { type: Exact, value: /x } }], backendRefs: [{ name: web }] }] }",
    ["a.example.com/x exactly web", "b.example.com/x exactly web"],
  ],
  [
    "an OpenShift Route",
    "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: { name: a }\nspec: { host: a.example.com, path: /x, to: { kind: Service, name: web } }",
    ["a.example.com/x web"],
  ],
  [
    "a Traefik IngressRoute",
    "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: { name: a }\nspec: { routes: [{ match: 'Host(`a.example.com`) && (PathPrefix(`/x`) || Path(`/y`))', services: [{ name: web }] }] }",
    ["a.example.com/x web", "a.example.com/y exactly web"],
  ],
  [
    "an Istio VirtualService of a gateway",
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: { hosts: [a.example.com], gateways: [edge], http: [{ match: [{ uri: { prefix: /x } }], route: [{ destination: { host: web.shop.svc } }] }] }",
    ["a.example.com/x web"],
  ],
  [
    "an Istio VirtualService of the mesh alone",
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\nspec: { hosts: [web], http: [{ route: [{ destination: { host: web } }] }] }",
    [],
  ],
  [
    "a Contour HTTPProxy",
    "apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: { name: a }\nspec: { virtualhost: { fqdn: a.example.com }, routes: [{ conditions: [{ prefix: /x }], services: [{ name: web }] }] }",
    ["a.example.com/x web"],
  ],
  [
    "a Service with a name of its own",
    "apiVersion: v1\nkind: Service\nmetadata: { name: web, annotations: { external-dns.alpha.kubernetes.io/hostname: a.example.com } }\nspec: { type: LoadBalancer }",
    ["a.example.com/ web"],
  ],
])("reads %s", (_, text, expected) => {
  expect(served(text)).toEqual(expected);
});

test.each([
  [["a.example.com", "/"], ["a.example.com", "/x"], true],
  [["a.example.com", "/x"], ["a.example.com", "/xy"], false],
  [["a.example.com", "/x"], ["a.example.com", '"/x(/|$)(.*)"'], true],
  [["a.example.com", "/x/"], ["a.example.com", "/x"], true],
  [['"*.example.com"', "/"], ["a.example.com", "/"], true],
  [['"*.example.com"', "/"], ["example.com", "/"], false],
  [["a.example.com", "/"], ['"*.example.com"', "/"], false],
  [["b.example.com", "/"], ["a.example.com", "/"], false],
] as const)("that %j answers %j is %j", ([host, path], [otherHost, otherPath], expected) => {
  const [other] = servedBy(ingress(otherHost, otherPath));
  expect(coverage(servedBy(ingress(host, path)))(other!)).toBe(expected);
});

test("aliases and the twin with www. are answered too", () => {
  const route = ingress(
    "example.com",
    "/",
    'nginx.ingress.kubernetes.io/server-alias: "b.example.com, c.example.com", nginx.ingress.kubernetes.io/from-to-www-redirect: "true"',
  );
  expect(servedBy(route).map(({ host }) => host)).toEqual([
    ...["example.com", "b.example.com", "c.example.com", "www.example.com"],
  ]);
});

test("the old annotation wins over the class in the spec", () => {
  const text = (notes: string) =>
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a, annotations: { ${notes} } }\nspec: { ingressClassName: traefik }\n`;
  expect(classOf(one(text("kubernetes.io/ingress.class: nginx")))?.name).toBe("nginx");
  expect(classOf(one(text("")))?.name).toBe("traefik");
});

test("hosts times paths are bounded, and long names and paths cost no more than their length", () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `h${String(index)}.example.com`).join(", ");
  const matches = Array.from({ length: 20_000 }, () => "{}").join(", ");
  const wide = one(
    `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: a }\nspec: { hostnames: [${many}], rules: [{ matches: [${matches}] }] }`,
  );
  const cost = processorSeconds(() => {
    expect(servedBy(wide).length).toBeLessThanOrEqual(250_000);
    const long = servedBy(ingress(`${"a.".repeat(100_000)}com`, `${"/".repeat(100_000)}x`));
    expect(coverage(long)(long[0]!)).toBe(true);
  });
  expect(cost).toBeLessThan(3);
});
