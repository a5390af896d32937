import { setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { traitChanges } from "../../engine/load-balancer.ts";
import type { Change } from "../../engine/pair.ts";
import { classOf, coverage, coversPath, routesFor, servedBy } from "../../engine/routes.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const ingress = (className: string, { name = "shop", notes = "" } = {}) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
${notes}spec:
${className}  rules:
    - host: shop.example.com
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }]
---
`;

const field = (name: string) => `  ingressClassName: ${name}\n`;
const noted = (...lines: string[]) => `  annotations:\n${lines.map((line) => `    ${line}\n`).join("")}`;

const ingressClass = (name: string) => `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: ${name} }
spec: { controller: ingress.k8s.aws/alb }
---
`;

const httpRoute = (parent: string) => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop }
spec:
  hostnames: [shop.example.com]
  parentRefs:
    - name: ${parent}
  rules: [{ backendRefs: [{ name: shop, port: 80 }] }]
`;

const MARK = " # <- finding";
const scheme = (value: string) => noted(`alb.ingress.kubernetes.io/scheme: ${value}`);

export default defineCheck({
  kind: "transition",
  id: "ingress-class-changed",
  title: "A route moves to another controller or load balancer",
  pillar: "transition",
  severity: severities("error", "warning", "warning"),
  confidence: "likely",
  why: "The old controller drops the route as soon as it is no longer its own, while DNS still leads visitors to its address. They get 404s until DNS points to the new one and every resolver has forgotten the old answer.",
  fix: "Add a second route for the new controller and keep the old one. Move DNS, wait until the old address gets no more requests, and then remove the old route.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class",
    "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
    "https://gateway-api.sigs.k8s.io/api-types/httproute/#attaching-to-gateways",
  ],
  unsafe: [
    {
      title: "the class is changed in place",
      before: ingress(field("nginx")),
      after: ingress(field(`traefik${MARK}`)),
    },
    {
      title: "an Ingress of another class and name takes over at once",
      before: ingress("", { notes: noted("kubernetes.io/ingress.class: nginx-old") }),
      after: ingress(field(`nginx${MARK}`), { name: "shop-v1" }),
    },
    {
      title: "the load balancer becomes internal",
      before: ingress(field("alb"), { notes: scheme("internet-facing") }),
      after: ingress(field("alb"), { notes: scheme(`internal${MARK}`) }),
    },
    {
      title: "an Ingress with a load balancer of its own is renamed",
      before: ingress(field("alb")),
      after: ingress(field("alb"), { name: `store${MARK}` }),
    },
    {
      title: "a route is attached to another Gateway",
      before: httpRoute("public"),
      after: httpRoute(`edge${MARK}`),
    },
  ],
  safe: [
    {
      title: "the annotation becomes the field",
      before: ingress("", { notes: noted("kubernetes.io/ingress.class: nginx") }),
      after: ingress(field("nginx")),
    },
    {
      title: "the old class stays in an Ingress beside it",
      before: ingress(field("nginx")),
      after: ingress(field("traefik")) + ingress(field("nginx"), { name: "shop-old" }),
    },
    {
      title: "both classes belong to one controller",
      before: ingress(field("alb")) + ingressClass("alb") + ingressClass("alb-shared"),
      after: ingress(field("alb-shared")) + ingressClass("alb") + ingressClass("alb-shared"),
    },
    {
      title: "an Ingress of a shared controller is renamed",
      before: ingress(field("nginx")),
      after: ingress(field("nginx"), { name: "store" }),
    },
    {
      title: "a second Ingress for the new controller is added",
      before: ingress(field("nginx")),
      after: ingress(field("nginx")) + ingress(field("traefik"), { name: "shop-traefik" }),
    },
  ],

  *run(transition) {
    const heirs = renamed(transition);
    for (const { before: same, after } of transition.changes) {
      if (!after) continue;
      const before = same ?? heirs.get(after);
      if (!before || before.object === after.object) continue;
      if (after.kind === "Ingress") yield* ofIngress({ before, after }, transition.after);
      else if (after.group === "gateway.networking.k8s.io") yield* ofRoute(before, after);
    }
  },
});

interface Pair {
  readonly before: Manifest;
  readonly after: Manifest;
}

/** New Ingresses that answer what one that is gone did, and nothing else answers. */
function renamed({ changes }: Transition): ReadonlyMap<Manifest, Manifest> {
  const isIngress = (manifest: Manifest) => manifest.kind === "Ingress" && servedBy(manifest).length > 0;
  const gone = changes.flatMap(({ kind, before }) =>
    kind === "removed" && isIngress(before) ? [before] : [],
  );
  const byHost = Map.groupBy(gone, (manifest) => servedBy(manifest)[0]?.host ?? "");
  const added = (change: Change) =>
    change.kind === "added" && isIngress(change.after) ? [change.after] : [];
  return new Map(
    changes.flatMap(added).flatMap((after) => {
      const candidates = byHost.get(servedBy(after)[0]?.host ?? "") ?? [];
      const before = candidates.find((old) => sameNamespace(old, after) && answersAll(after, old));
      return before ? [[after, before] as const] : [];
    }),
  );
}

function answersAll(after: Manifest, before: Manifest): boolean {
  return servedBy(before).every(coverage(servedBy(after)));
}

function* ofIngress(pair: Pair, world: World): Iterable<Problem> {
  const now = classOf(pair.after);
  const [was, is] = [classOf(pair.before)?.name, now?.name];
  if (isUnknown(was) || isUnknown(is)) return;
  if (was === is) yield* address(pair, is);
  else if (!staysOld(pair, world) && !sameController(was, is, world))
    yield classChange(pair, { was, is }, now?.at);
}

/** Whether a route of the old class still answers: then this is the first half of a move. */
function staysOld({ before, after }: Pair, world: World): boolean {
  const old = classOf(before)?.name;
  return servedBy(before).every((entry) =>
    routesFor(entry.host, world).some(
      (other) =>
        other.route !== after &&
        other.route.kind === "Ingress" &&
        classOf(other.route)?.name === old &&
        coversPath(other, entry),
    ),
  );
}

/** One controller can serve several classes; an Ingress without a class goes to the default one. */
function sameController(was: string | undefined, is: string | undefined, world: World): boolean {
  const classes = world.everywhere("IngressClass");
  const isDefault = ({ annotations }: Manifest) =>
    annotations["ingressclass.kubernetes.io/is-default-class"] === "true";
  const find = (name: string | undefined) =>
    classes.find((one) => (name === undefined ? isDefault(one) : one.name === name));
  const [old, now] = [find(was), find(is)];
  return (
    old !== undefined && now !== undefined && old.get("spec", "controller") === now.get("spec", "controller")
  );
}

type Classes = Readonly<Record<"was" | "is", string | undefined>>;

function classChange({ before, after }: Pair, { was, is }: Classes, at: FieldPath | undefined): Problem {
  const name = (value: string | undefined) => (value === undefined ? "no class" : decode(value));
  const same = before.id === after.id;
  const suggestion = same && at && was !== undefined ? setScalar(after, at, was) : undefined;
  const move = same ? `${after.ref} goes` : `${after.ref} takes over from ${before.ref}, and the class goes`;
  // A class that is written down for the first time is most often the one that serves already.
  const first = was === undefined;
  const end = first
    ? `If another controller serves it now, visitors of ${hosts(after)} get a 404 there until DNS leads to ${name(is)}.`
    : `The controller of ${name(was)} drops it at the deploy, and visitors of ${hosts(after)} whose DNS still leads there get a 404 until it has changed everywhere.`;
  return {
    subject: after,
    key: "class",
    at: after.locate(...(at ?? [])),
    ...(first && { atMost: "notice" }),
    message: `${move} from ${name(was)} to ${name(is)}. ${end}`,
    fix: `Keep the Ingress ${first ? "as it is" : `of ${name(was)}`} and add one of ${name(is)} under another name. Point DNS to the new controller, and remove the old Ingress when it gets no more requests.`,
    ...(suggestion && { suggestion }),
  };
}

function hosts(route: Manifest): string {
  const names = [...new Set(servedBy(route).map(({ host }) => decode(host)))].filter((host) => host !== "");
  return names.length === 0 ? route.name : listText(names);
}

/** Controllers that make a load balancer for each Ingress, unless it is told which to share or which address to use. */
const OWN_BALANCER: Readonly<Record<string, string>> = {
  alb: "alb.ingress.kubernetes.io/group.name",
  gce: "kubernetes.io/ingress.global-static-ip-name",
  "gce-internal": "kubernetes.io/ingress.regional-static-ip-name",
};

function* address({ before, after }: Pair, className: string | undefined): Iterable<Problem> {
  const tie = OWN_BALANCER[className ?? ""];
  if (before.id !== after.id) {
    if (tie === undefined || after.annotations[tie] !== undefined) return;
    yield {
      subject: after,
      key: "address",
      at: after.locate(),
      message: `${after.ref} takes over from ${before.ref}. Controller ${className ?? ""} makes a new load balancer for it, with a new address, and deletes the old one: visitors of ${hosts(after)} fail until it is up and DNS leads there.`,
      fix: `Keep ${before.name} beside ${after.name} until DNS has moved.`,
    };
    return;
  }
  for (const { trait, was, is, at } of traitChanges(before, after)) {
    if (isUnknown(was) || isUnknown(is)) continue;
    yield {
      subject: after,
      key: trait,
      at: after.locate(...(is === undefined ? [] : at)),
      message: `${after.ref} changes the ${WHAT[trait]} of its load balancer from ${was ?? "unset"} to ${is ?? "unset"}. That is another load balancer or address: visitors of ${hosts(after)} who still have the old one fail from the deploy on.`,
      fix: `Keep the old ${WHAT[trait]} in ${after.ref}, and add a second Ingress with the new one. Point DNS to that, and remove ${after.name} when it gets no more requests.`,
    };
  }
}

const WHAT = {
  reach: "scheme",
  kind: "kind",
  address: "fixed address",
  subnets: "subnets",
  name: "name",
} as const;

/** A Gateway is an address, too. */
function* ofRoute(before: Manifest, after: Manifest): Iterable<Problem> {
  const parents = (route: Manifest) =>
    list(route.get("spec", "parentRefs")).flatMap((item) => {
      const { name, namespace } = object(item);
      return typeof name === "string" ? [`${string(namespace) ?? route.namespace}/${name}`] : [];
    });
  const [old, now] = [parents(before), parents(after)];
  if (old.length === 0 || now.length === 0 || [...old, ...now].some(isUnknown)) return;
  if (old.some((parent) => now.includes(parent))) return;
  const short = (parent: string | undefined) => (parent ?? "").replace(/^.*\//, "");
  yield {
    subject: after,
    key: "class",
    at: after.locate("spec", "parentRefs", 0, "name"),
    message: `${after.ref} leaves Gateway ${short(old[0])} for ${short(now[0])}. Visitors of ${hosts(after)} whose DNS still leads to ${short(old[0])} get a 404 from the deploy on.`,
    fix: `List both Gateways in parentRefs, point DNS to ${short(now[0])}, and drop ${short(old[0])} when it gets no more requests.`,
  };
}
