import type { Change } from "../../engine/pair.ts";
import { coversPath, routesFor, servedBy, type Served } from "../../engine/routes.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const SERVICES = ["shop", "hooks"]
  .map(
    (name) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { app: ${name} }
  ports: [{ name: http, port: 80 }]
---
`,
  )
  .join("");

const path = (value: string, service: string, mark = "") => `          - path: ${value}${mark}
            pathType: Prefix
            backend: { service: { name: ${service}, port: { name: http } } }
`;

const ingress = (paths: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
${paths}`;

const HOOKS = path("/webhooks", "hooks");
const SHOP = path("/", "shop");
const MARK = " # <- finding";

const route = (rules: string) => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: shop }
spec:
  hostnames: [shop.example.com]
  rules:
${rules}`;

const match = (value: string, service: string) =>
  `    - matches: [{ path: { type: PathPrefix, value: ${value} } }]\n      backendRefs: [{ name: ${service}, port: 80 }]\n`;

export default defineCheck({
  kind: "transition",
  id: "path-taken-over",
  title: "Requests to a path are answered by another Service",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A path that is dropped from a route is not refused: whatever answers the path above it gets its requests, a web page where an API was, and whoever called gets errors, or pages that they take for answers.",
  fix: "Keep the path until nobody calls it, or let the Service above it answer it first.",
  references: ["https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches"],
  unsafe: [
    {
      title: "a path is dropped, and the one above it leads to another Service",
      before: SERVICES + ingress(HOOKS + SHOP),
      after: SERVICES + ingress(path("/", "shop", MARK)),
    },
    {
      title: "a rule of an HTTPRoute is dropped",
      before: SERVICES + route(match("/webhooks", "hooks") + match("/", "shop")),
      after: SERVICES + route(match("/", "shop").replace(" } }]", ` } }]${MARK}`)),
    },
    {
      title: "the Ingress of the path is removed, and that of the host stays",
      before: SERVICES + ingress(SHOP) + "---\n" + ingress(HOOKS).replace("name: shop,", "name: hooks,"),
      after: SERVICES + ingress(path("/", "shop", MARK)),
    },
  ],
  safe: [
    {
      title: "the path above it leads to the same Service",
      before: SERVICES + ingress(path("/cart", "shop") + SHOP),
      after: SERVICES + ingress(SHOP),
    },
    {
      title: "the path is retired with its Service",
      before: SERVICES + ingress(HOOKS + SHOP),
      after: SERVICES.replace(/---\n[^]*/, "---\n") + ingress(SHOP),
    },
    {
      title: "another Service answers the path from now on",
      before: SERVICES + ingress(HOOKS + SHOP),
      after: SERVICES + ingress(path("/webhooks", "shop") + SHOP),
    },
    {
      title: "the path above it comes with this change",
      before: SERVICES + ingress(HOOKS),
      after: SERVICES + ingress(SHOP),
    },
  ],

  *run(transition) {
    for (const change of transition.changes) yield* pathsTakenOver(change, transition);
  },
});

/**
 * A path that is dropped is answered by what answers the paths above it: by another Service, which has no page there.
 * Only where that catch-all is as it was, so that nothing was built to take over, and where the Service that answered is
 * still there: with it the path is retired.
 */
function* pathsTakenOver({ before, after }: Change, transition: Transition): Iterable<Problem> {
  if (before === undefined || before.object === after?.object) return;
  const taken = servedBy(before).flatMap((entry) => {
    const heir = heirOf(entry, transition);
    return heir ? [{ entry, heir }] : [];
  });
  const [first] = taken;
  if (!first) return;
  const paths = [...new Set(taken.map(({ entry }) => `${decode(entry.host)}${decode(entry.path)}`))];
  const names = (entries: readonly Served[]) =>
    listText([...new Set(entries.flatMap(({ services }) => services))]);
  const [was, is] = [names(taken.map(({ entry }) => entry)), names(taken.map(({ heir }) => heir))];
  yield {
    subject: before,
    key: "path",
    at: after
      ? after.locate(...(servedBy(after)[0]?.pathAt ?? []))
      : first.heir.route.locate(...first.heir.pathAt),
    message: `${before.ref} sends ${listText(paths)} to Service ${was}, and this change drops ${paths.length === 1 ? "that path" : "those paths"}: from the deploy on Service ${is} gets those requests, by the path above, and ${was} none.`,
    fix: `Keep ${listText(paths)}, or let ${is} answer ${paths.length === 1 ? "it" : "them"} first.`,
  };
}

/** Who answers now what a route answered; undefined where nothing is lost, or nobody answers at all. */
function heirOf(entry: Served, transition: Transition): Served | undefined {
  const { host, path, services, route } = entry;
  if (host === "" || isUnknown(host) || isUnknown(path) || services.length === 0) return undefined;
  const { before, after } = transition;
  const heirs = routesFor(host, after).filter((one) => coversPath(one, entry));
  const nearest = Math.max(...heirs.map((one) => one.path.length));
  const answering = heirs.filter((one) => one.path.length === nearest);
  const [heir] = answering;
  if (!heir || heir.path === path) return undefined;
  const isSame = answering.some(
    (one) => one.services.length === 0 || one.services.some((name) => services.includes(name)),
  );
  const isKept = services.every(
    (name) => after.find("Service", name, route) || !before.find("Service", name, route),
  );
  const wasThere = routesFor(host, before).some(
    (one) => one.path === heir.path && String(one.services) === String(heir.services),
  );
  return !isSame && isKept && wasThere ? heir : undefined;
}
