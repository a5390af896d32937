import type { Change } from "../../engine/pair.ts";
import { coverage, coversPath, ROUTE_KINDS, routesFor, servedBy, type Served } from "../../engine/routes.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { lossOf, pathsOf } from "./_lost-routes.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: shop }
spec:
  selector: { app: shop }
  ports: [{ name: http, port: 80 }]
`;

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: web, image: shop:1, ports: [{ containerPort: 80 }] }] }
`;

const MARK = " # <- finding";

const rule = (host: string, path = "/", service = "shop") => `    - host: ${host}
      http:
        paths:
          - path: ${path}
            pathType: Prefix
            backend: { service: { name: ${service}, port: { name: http } } }
`;

const ingress = (rules: string, name = "shop") => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  rules:
${rules}`;

const SHOP = rule("shop.example.com");

const httpRoute = (hosts: string, mark = "") => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec:${mark}
  hostnames: [${hosts}]
  rules:
    - backendRefs: [{ name: shop, port: 80 }]
`;

export default defineCheck({
  kind: "transition",
  id: "route-removed",
  title: "A host or path is no longer served",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Whoever opens a host or path that no route answers gets a 404 from the moment of the deploy: bookmarks, links, apps that are installed, other services that call it.",
  fix: "Keep the old host or path beside the new one, or answer it with a redirect, until nobody asks for it any more. Then remove it.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-rules",
    "https://gateway-api.sigs.k8s.io/api-types/httproute/",
    "https://gateway-api.sigs.k8s.io/guides/http-redirect-rewrite/",
  ],
  unsafe: [
    {
      title: "the Ingress is removed and the application stays",
      before: { "shop.yaml": DEPLOYMENT, "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP) },
      after: {
        "shop.yaml": DEPLOYMENT,
        "service.yaml": SERVICE.replace("name: shop }", `name: shop }${MARK}`),
      },
    },
    {
      title: "the host of an Ingress is changed",
      before: { "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP) },
      after: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(rule(`store.example.com${MARK}`)),
      },
    },
    {
      title: "one of two hosts of an HTTPRoute is dropped",
      before: { "service.yaml": SERVICE, "route.yaml": httpRoute("shop.example.com, www.example.com") },
      after: {
        "service.yaml": SERVICE,
        "route.yaml": httpRoute("shop.example.com").replace("]\n  rules", `]${MARK}\n  rules`),
      },
    },
    {
      title: "a path is dropped and nothing above it answers",
      before: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(rule("shop.example.com", "/cart") + rule("shop.example.com", "/orders")),
      },
      after: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(rule(`shop.example.com${MARK}`, "/cart")),
      },
    },
    {
      title: "an Ingress for an application that lives elsewhere is removed",
      before: {
        "ingress.yaml": ingress(SHOP).replace("name: shop }", `name: shop }${MARK}`),
      },
      after: { "other.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n" },
    },
    {
      title: "a Traefik route loses a host",
      before: {
        "service.yaml": SERVICE,
        "route.yaml":
          "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: { name: shop }\nspec:\n  routes:\n    - match: Host(`shop.example.com`, `www.example.com`)\n      services: [{ name: shop, port: 80 }]\n",
      },
      after: {
        "service.yaml": SERVICE,
        "route.yaml": `apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: { name: shop }\nspec:\n  routes:\n    - match: Host(\`shop.example.com\`)${MARK}\n      services: [{ name: shop, port: 80 }]\n`,
      },
    },
  ],
  safe: [
    {
      title: "the Ingress is renamed and serves the same",
      before: { "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP) },
      after: { "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP, "shop-v1") },
    },
    {
      title: "the host moves to an HTTPRoute in another folder",
      before: { "web/service.yaml": SERVICE, "web/ingress.yaml": ingress(SHOP) },
      after: { "web/service.yaml": SERVICE, "gateway/route.yaml": httpRoute("shop.example.com") },
    },
    {
      title: "a wildcard still answers",
      before: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(SHOP + rule('"*.example.com"')),
      },
      after: { "service.yaml": SERVICE, "ingress.yaml": ingress(rule('"*.example.com"')) },
    },
    {
      title: "the path above answers with the same Service",
      before: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(SHOP + rule("shop.example.com", "/cart")),
      },
      after: { "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP) },
    },
    {
      title: "the old host becomes a redirect",
      before: { "service.yaml": SERVICE, "ingress.yaml": ingress(SHOP) },
      after: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(rule("store.example.com")),
        "redirect.yaml": ingress(SHOP, "old-host").replace(
          "name: old-host }",
          "name: old-host, annotations: { nginx.ingress.kubernetes.io/permanent-redirect: https://store.example.com } }",
        ),
      },
    },
    {
      title: "the path only gets another pattern",
      before: { "service.yaml": SERVICE, "ingress.yaml": ingress(rule("shop.example.com", "/cart")) },
      after: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(rule("shop.example.com", '"/cart(/|$)(.*)"')),
      },
    },
    {
      title: "the Ingress that goes had no share of the traffic any more",
      before: {
        "service.yaml": SERVICE,
        "ingress.yaml": ingress(SHOP).replace(
          "name: shop }",
          'name: shop, annotations: { external-dns.alpha.kubernetes.io/aws-weight: "0" } }',
        ),
      },
      after: { "service.yaml": SERVICE },
    },
  ],

  *run(transition) {
    let unknown: boolean | undefined;
    const anyHost = () => (unknown ??= hidden(transition));
    for (const change of transition.changes) {
      if (change.before === undefined || withoutTraffic(change.before)) continue;
      const lost = lostBy(change, transition).filter(({ host }) => host === "" || !anyHost());
      const gone = lost.filter(({ host }) => !answersHost(host, transition));
      if (gone.length > 0) yield lossOf(change, gone, transition);
      const paths = lost.filter((entry) => !gone.includes(entry));
      if (paths.length > 0) yield* pathsOf(change, paths, transition);
    }
  },
});

/** A weight of 0 keeps an Ingress out of DNS (external-dns); a controller that no longer runs is not to be seen here. */
function withoutTraffic({ annotations }: Manifest): boolean {
  return annotations["external-dns.alpha.kubernetes.io/aws-weight"] === "0";
}

/** What a route answered and nothing answers now. */
function lostBy({ before, after }: Change, transition: Transition): Served[] {
  if (before === undefined || after?.object === before.object) return [];
  const stays = coverage(after === undefined ? [] : servedBy(after));
  return servedBy(before).filter(
    (entry) =>
      !isUnknown(entry.host) &&
      !isUnknown(entry.path) &&
      !stays(entry) &&
      !answered(entry, after === undefined, transition),
  );
}

/** Whether any route of the head answers: for a host, in the whole repository; for a route without one, beside it. */
function answered(entry: Served, isGone: boolean, { after }: Transition): boolean {
  const { route } = entry;
  if (entry.host === "") {
    if (isGone && after.anywhere(route.kind, route.name)) return true;
    return after
      .ofKind(...ROUTE_KINDS)
      .some((other) => servedBy(other).some((one) => coversPath(one, entry)));
  }
  return routesFor(entry.host, after).some((one) => coversPath(one, entry));
}

function answersHost(host: string, { after }: Transition): boolean {
  return host !== "" && routesFor(host, after).length > 0;
}

/** A host that became a variable can be any. */
function hidden({ before, after }: Transition): boolean {
  const unknown = (world: World) =>
    new Set(
      world
        .ofKind(...ROUTE_KINDS)
        .flatMap((route) => servedBy(route).flatMap(({ host }) => (isUnknown(host) ? [host] : []))),
    );
  const old = unknown(before);
  return [...unknown(after)].some((host) => !old.has(host));
}
