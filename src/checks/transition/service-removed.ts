import { list, object, string } from "../../engine/json.ts";
import { means, mentionsOf, type Mention } from "../../engine/mentions.ts";
import { withoutHash } from "../../engine/names.ts";
import { servicePorts } from "../../engine/ports.ts";
import { routesTo } from "../../engine/routes.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { Json, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import { ROUTES, type Home, type World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const service = (name = "redis") => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { app: redis }
  ports: [{ port: 6379 }]
`;

const REDIS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: redis, namespace: shop }
spec:
  selector: { matchLabels: { app: redis } }
  template:
    metadata: { labels: { app: redis } }
    spec: { containers: [{ name: redis, image: "redis:7" }] }
`;

const api = (env: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec:
      containers:
        - name: api
          image: api:1
          env:
            - name: REDIS_HOST
              ${env}
`;

const ROUTE = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: redis, namespace: shop }
spec: { defaultBackend: { service: { name: redis, port: { number: 6379 } } } }
`;

const MARK = " # <- finding";
const SECRET = "valueFrom: { secretKeyRef: { name: api-settings, key: redis } }";

export default defineCheck({
  kind: "transition",
  id: "service-removed",
  title: "A Service is removed while others may still call it",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  absence: true,
  why: "The name of a Service stops resolving as soon as the Service is deleted. Whoever still has that name in its settings fails on its next connection, and pods that need it to start do not come up again.",
  fix: "Move every client to the new name first. Remove the Service in a later change, when nothing asks for its name any more.",
  references: ["https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"],
  unsafe: [
    {
      title: "a workload that stays still names it",
      before: { "redis.yaml": service(), "db.yaml": REDIS, "api.yaml": api("value: redis") },
      after: { "db.yaml": REDIS, "api.yaml": api(`value: redis${MARK}`) },
    },
    {
      title: "a ConfigMap still has its address",
      before: {
        "redis.yaml": service(),
        "settings.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\ndata:\n  REDIS_URL: redis://redis.shop.svc.cluster.local:6379/0\n",
      },
      after: {
        "settings.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\ndata:\n  REDIS_URL: redis://redis.shop.svc.cluster.local:6379/0${MARK}\n`,
      },
    },
    {
      title: "its pods stay, and nothing leads to them",
      before: { "redis.yaml": service(), "db.yaml": REDIS },
      after: { "db.yaml": REDIS.replace("namespace: shop }", `namespace: shop }${MARK}`) },
    },
    {
      title: "it goes with its pods, and the settings of the others cannot be seen",
      before: {
        "redis.yaml": service().replace("namespace: shop }", `namespace: shop }${MARK}`),
        "db.yaml": REDIS,
        "api.yaml": api(SECRET),
      },
      after: { "api.yaml": api(SECRET) },
    },
  ],
  safe: [
    {
      title: "a route still sends to it, whose visitors are told of there",
      before: { "redis.yaml": service(), "db.yaml": REDIS, "route.yaml": ROUTE },
      after: { "db.yaml": REDIS, "route.yaml": ROUTE },
    },
    {
      title: "it moves to another folder",
      before: { "redis/service.yaml": service(), "api.yaml": api("value: redis") },
      after: { "data/redis/service.yaml": service(), "api.yaml": api("value: redis") },
    },
    {
      title: "its client goes to another Service in the same change",
      before: { "redis.yaml": service(), "db.yaml": REDIS, "api.yaml": api("value: redis") },
      after: { "valkey.yaml": service("valkey"), "api.yaml": api("value: valkey") },
    },
    {
      title: "it is retired with its pods and nobody names it",
      before: { "redis.yaml": service(), "db.yaml": REDIS, "api.yaml": api("value: cache.example.com") },
      after: { "api.yaml": api("value: cache.example.com") },
    },
    {
      title: "only an Ingress still sends to it: that is said about the Ingress",
      before: {
        "redis.yaml": service(),
        "ingress.yaml":
          "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: redis, namespace: shop }\nspec: { defaultBackend: { service: { name: redis, port: { number: 6379 } } } }\n",
      },
      after: {
        "ingress.yaml":
          "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: redis, namespace: shop }\nspec: { defaultBackend: { service: { name: redis, port: { number: 6379 } } } }\n",
      },
    },
    {
      title: "a word that only looks like its name",
      before: { "redis.yaml": service(), "db.yaml": REDIS, "api.yaml": api("value: redis.example.com") },
      after: { "api.yaml": api("value: redis.example.com") },
    },
  ],

  *run(transition) {
    const removed = transition.changes.flatMap(({ kind, before }) =>
      kind === "removed" && isGone(before, transition) ? [before] : [],
    );
    const names = new Set(removed.map(({ name }) => name));
    const near = mentionsOf(transition.after, names);
    const far = mentionsOf({ manifests: neighbours(removed, transition) }, names);
    const mentions = Map.groupBy([...near, ...far], (mention) => mention.service);
    for (const service of removed) {
      const callers = (mentions.get(service.name) ?? []).filter((mention) => calls(mention, service));
      const problem = callers.length > 0 ? named(service, callers) : unnamed(service, transition);
      if (problem) yield problem;
    }
  },
});

/** Who may call from another unit of the same namespace and environment, where no Service of that name is left anywhere. */
function neighbours(removed: readonly Manifest[], { before, after }: Transition): Manifest[] {
  const homes = removed
    .filter(({ name }) => !after.anywhere("Service", name))
    .map((service) => before.homeOf(service))
    .filter(({ namespace }) => namespace !== "");
  if (homes.length === 0) return [];
  return CALLERS.flatMap((kind) => after.everywhere(kind)).filter(
    (one) => after.unitOf(one) !== after.unit && homes.some((home) => isSameHome(home, after.homeOf(one))),
  );
}

const isSameHome = (one: Home, other: Home): boolean =>
  one.namespace === other.namespace &&
  (one.environment === other.environment || one.environment === "unknown" || other.environment === "unknown");

const CALLERS = ["Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob", "ConfigMap"];

/** Gone from here, and not only moved to another unit. */
function isGone(service: Manifest, { before, after }: Transition): boolean {
  return (
    service.kind === "Service" &&
    service.group === "" &&
    !isUnknown(service.name) &&
    // Where only the new side could not be read whole, that something is not there proves nothing.
    (before.incomplete || !after.incomplete) &&
    after.count("Service", service.name) < before.count("Service", service.name)
  );
}

/** What an Ingress or a Gateway route names is judged where the route is; a port that the Service never had is no call. */
function calls(mention: Mention, service: Manifest): boolean {
  const routes: readonly string[] = ROUTES;
  if (routes.includes(mention.manifest.kind) || !means(mention, service)) return false;
  const ports = servicePorts(service).flatMap(({ port, name }) => [scalarText(port), name]);
  return (
    mention.port === undefined ||
    ports.length === 0 ||
    ports.includes(mention.port) ||
    mention.text.includes("://")
  );
}

function named(service: Manifest, callers: readonly Mention[]): Problem {
  const [first] = callers;
  if (!first) throw new Error("a caller is needed");
  const users = [...new Set(callers.map(({ manifest }) => withoutHash(manifest.ref)))];
  const verb = users.length === 1 ? "still calls it" : "still call it";
  return {
    subject: service,
    at: first.manifest.locate(...first.at),
    message: `This change removes ${service.ref}, and ${listText(users)} ${verb} as ${decode(first.text)}. Those calls fail from the deploy on.`,
    fix: `Let ${listText(users)} call something else first, and remove ${service.name} in a later change.`,
  };
}

/** Nobody here is seen to call it: what remains tells how likely it is that somebody does. */
function unnamed(service: Manifest, transition: Transition): Problem | undefined {
  const { before, after } = transition;
  // Routes that stay lose their backend with it (backend-dangling).
  const judged: readonly string[] = ROUTES;
  if (routesTo(service, after).some(({ kind }) => judged.includes(kind))) return undefined;
  const left = before.selectedBy(service).flatMap((workload) => {
    const found = after.find(workload.kind, workload.manifest.name, workload.manifest);
    const now = found && after.workload(found);
    return now && !now.runsToCompletion ? [now] : [];
  });
  if (left.length > 0) return unreached(service, left, after);
  // A Service with a route is for visitors: what becomes of them is said about the route.
  if (routesTo(service, before).length > 0 || service.get("spec", "type") === "ExternalName")
    return undefined;
  const blind = after.workloads.filter(
    (workload) => sameNamespace(workload.manifest, service) && hasHiddenSettings(workload, after),
  );
  if (blind.length === 0) return undefined;
  return {
    subject: service,
    at: service.locate(),
    atMost: "warning",
    message: `This change removes ${service.ref}. Nothing here names it, but part of the settings of ${listText(blind.map(({ manifest }) => manifest.ref))} is not in this repository: whoever still has the address ${service.name} there fails from the deploy on.`,
    fix: `Look for ${service.name} in those settings. If nobody has it, accept this with a waiver for ${service.ref}.`,
  };
}

function unreached(service: Manifest, left: readonly Workload[], after: World): Problem {
  const names = listText(left.map(({ manifest }) => manifest.ref));
  const others = [...new Set(left.flatMap((workload) => after.servicesOf(workload)))].map(({ name }) => name);
  const [first] = left;
  const rest =
    others.length === 0
      ? "nothing leads to them any more"
      : `only the name ${listText(others)} leads to them from now on`;
  return {
    subject: service,
    at: (first?.manifest ?? service).locate(),
    atMost: "warning",
    message: `This change removes ${service.ref}; the pods of ${names} stay, and ${rest}. Whoever calls ${service.name} fails from the deploy on.`,
    fix: `Keep ${service.name} until nobody calls it any more, then remove it in a change of its own.`,
  };
}

/** Whether a container takes settings from an object that is not here, or from a variable that nobody here fills. */
function hasHiddenSettings({ containers, manifest }: Workload, world: World): boolean {
  const isHidden = (reference: Json | undefined, kind: string) => {
    const name = string(object(reference)["name"]);
    return name !== undefined && (kind === "Secret" || world.find(kind, name, manifest) === undefined);
  };
  return containers.some(
    ({ spec }) =>
      list(spec["env"]).some((item) => {
        const { value, valueFrom } = object(item);
        const { secretKeyRef, configMapKeyRef } = object(valueFrom);
        const isOpen = typeof value === "string" && (isUnknown(value) || /\$\([A-Z_]+\)/.test(value));
        return isOpen || isHidden(secretKeyRef, "Secret") || isHidden(configMapKeyRef, "ConfigMap");
      }) ||
      list(spec["envFrom"]).some((item) => {
        const { secretRef, configMapRef } = object(item);
        return isHidden(secretRef, "Secret") || isHidden(configMapRef, "ConfigMap");
      }),
  );
}
