import { setScalar } from "../../engine/edit.ts";
import { counterpart, hasPods, runningBehind } from "../../engine/generations.ts";
import { list, object, string } from "../../engine/json.ts";
import { listens, samePort, servicePorts, type ServicePort } from "../../engine/ports.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const deployment = (ports: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders }
spec:
  replicas: 3
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: web
          image: orders:1
          ${ports}
`;

const service = (port: string) => `apiVersion: v1
kind: Service
metadata: { name: orders }
spec:
  selector: { app: orders }
  ports:
    - ${port}
`;

const files = (ports: string, port: string) => ({
  "orders.yaml": deployment(ports),
  "service.yaml": service(port),
});
const TOLD = "ports: [{ containerPort: 8080 }]\n          args: [--listen=:8080, --admin=:9090]";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "target-port-unresolved",
  title: "A Service sends to a port that its pods do not have",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  absence: true,
  why: "A Service changes at once, its pods one by one. A target port that the running pods do not have refuses every request, at the latest until the first new pod is ready; one that the new pods do not have either refuses them for good.",
  fix: "Name the container's port and let the Service target the name: it is looked up pod by pod, so old and new pods may listen on different numbers.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
    "https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec",
  ],
  unsafe: [
    {
      title: "the container's port is renamed and the Service keeps the old name",
      before: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: http }"),
      after: files(`ports: [{ name: web, containerPort: 8080 }]${MARK}`, "{ port: 80, targetPort: http }"),
    },
    {
      title: "the Service targets a name that no container has",
      before: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: http }"),
      after: files("ports: [{ name: http, containerPort: 8080 }]", `{ port: 80, targetPort: web }${MARK}`),
    },
    {
      title: "the Service targets a number that no container declares",
      before: files("ports: [{ containerPort: 8080 }]", "{ port: 80, targetPort: 8080 }"),
      after: files("ports: [{ containerPort: 8080 }]", `{ port: 80, targetPort: 8008 }${MARK}`),
    },
    {
      title: "the number changes on both sides at once",
      before: files("ports: [{ containerPort: 8080 }]", "{ port: 80, targetPort: 8080 }"),
      after: files("ports: [{ containerPort: 9090 }]", `{ port: 80, targetPort: 9090 }${MARK}`),
    },
    {
      title: "the port gets its name in the same change in which the Service starts to use it",
      before: files("ports: [{ containerPort: 8080 }]", "{ port: 80, targetPort: 8080 }"),
      after: files("ports: [{ name: http, containerPort: 8080 }]", `{ port: 80, targetPort: http }${MARK}`),
    },
    {
      title: "a new Service targets a name that its pods do not have",
      before: { "orders.yaml": deployment("ports: [{ name: http, containerPort: 8080 }]") },
      after: files("ports: [{ name: http, containerPort: 8080 }]", `{ port: 80, targetPort: web }${MARK}`),
    },
  ],
  safe: [
    {
      title: "the number changes behind a name",
      before: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: http }"),
      after: files("ports: [{ name: http, containerPort: 9090 }]", "{ port: 80, targetPort: http }"),
    },
    {
      title: "the Service starts to use a name that the running pods have",
      before: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: 8080 }"),
      after: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: http }"),
    },
    {
      title: "containers that declare no port can listen on any",
      before: files("env: []", "{ port: 80, targetPort: 8080 }"),
      after: files("env: []", "{ port: 80, targetPort: 9090 }"),
    },
    {
      title: "the number is not declared, but the container is told to listen on it",
      before: files(TOLD, "{ port: 80, targetPort: 8080 }"),
      after: files(TOLD, "{ port: 80, targetPort: 9090 }"),
    },
    {
      title: "it led nowhere before, too",
      before: files("ports: [{ name: http, containerPort: 8080 }]", "{ port: 80, targetPort: web }"),
      after: files("ports: [{ name: http, containerPort: 8081 }]", "{ port: 80, targetPort: web }"),
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (after?.kind !== "Service" || after.get("spec", "type") === "ExternalName") continue;
      const is = transition.after.selectedBy(after);
      if (is.length === 0) continue;
      const ports = servicePorts(after);
      const others = kind === "kept" ? servicePorts(before) : [];
      for (const port of ports) {
        yield* judge(
          { service: after, old: before, port, was: samePort(port, others, ports.length), is },
          transition,
        );
      }
    }
  },
});

interface Entry {
  readonly service: Manifest;
  readonly old: Manifest | undefined;
  readonly port: ServicePort;
  readonly was: ServicePort | undefined;
  readonly is: readonly Workload[];
}

const none = (workloads: readonly Workload[], port: ServicePort) =>
  workloads.every((workload) => listens(workload, port) === "no");

function* judge(entry: Entry, { before, after }: Transition): Iterable<Problem> {
  const { service, old, port, is } = entry;
  const users = old ? before.selectedBy(old) : [];
  if (none(is, port)) {
    if (worked(entry, users, before)) yield broken(entry, before);
    else if (entry.was === undefined || users.length === 0) yield* neverWorks(entry, before);
    return;
  }
  const running = worked(entry, users, before) ? runningBehind(service, before, after) : [];
  if (running.length > 0 && none(running, port)) yield mixed(entry, running);
}

/** Clients had an answer on this port. */
function worked({ was }: Entry, users: readonly Workload[], before: World): boolean {
  return was !== undefined && !none(users, was) && users.some((workload) => hasPods(workload, before));
}

/** It worked, and no pod has the port any more. */
function broken(entry: Entry, before: World): Problem {
  const { service, port, was, is } = entry;
  const ours = !was || port.target !== was.target;
  const place = ours ? undefined : portPlace(is, was, before);
  const suggestion = ours ? aim(entry) : place && rename(place, port);
  return {
    subject: service,
    key: keyOf(port),
    at: place ? place.manifest.locate(...place.path) : targetPlace(entry),
    message: `${service.ref} sends ${title(port)} to ${scalarText(port.target)}, and ${has(is)}. ${isName(port.target) ? "No pod has it" : "Unless a container listens there without declaring it"}, ${isName(port.target) ? "so " : ""}requests to ${service.name} fail as the change rolls out.`,
    fix: fixOf(is, entry),
    ...(suggestion && { suggestion }),
  };
}

function* neverWorks(entry: Entry, before: World): Iterable<Problem> {
  const { service, port, is } = entry;
  // A move between units or names is judged where it came from.
  if (!entry.old && before.anywhere("Service", service.name)) return;
  const suggestion = aim(entry);
  yield {
    subject: service,
    key: keyOf(port),
    at: targetPlace(entry),
    atMost: isName(port.target) ? "warning" : "notice",
    message: `${service.ref} sends ${title(port)} to ${scalarText(port.target)}, and ${has(is)}. No request through it can arrive.`,
    fix: fixOf(is, entry),
    ...(suggestion && { suggestion }),
  };
}

/** Both sides changed together: the pods that run at the moment of apply have the old port only. */
function mixed(entry: Entry, running: readonly Workload[]): Problem {
  const { service, port } = entry;
  return {
    subject: service,
    key: keyOf(port),
    at: targetPlace(entry),
    message: `${service.ref} sends ${title(port)} to ${scalarText(port.target)} from the moment of the deploy, and ${has(running)} until it is replaced. Requests to ${service.name} fail until the first new pod is ready${isName(port.target) ? "; that one then gets all the load until more are" : ", and on every old pod after that"}.`,
    fix: isName(port.target)
      ? `Give the container's port its name in a first change and let it roll out; then let ${service.name} target it.`
      : `Give the container's port a name and let ${service.name} target the name, in two changes; then the number can change, for a name is looked up pod by pod.`,
  };
}

const keyOf = (port: ServicePort) => port.name ?? scalarText(port.port);
const isName = (target: Json | undefined) => typeof target === "string" && !/^\d+$/.test(target);
const title = (port: ServicePort) =>
  port.name === undefined ? `port ${scalarText(port.port)}` : `port ${port.name}`;

/** What the pods do have: `the container ports of Deployment/orders are http (8080)`. */
function has(workloads: readonly Workload[]): string {
  const parts = workloads.map((workload) => {
    const ports = workload.containers.flatMap(({ spec }) =>
      list(spec["ports"]).map((item) => declared(item)),
    );
    return ports.length === 0
      ? `${workload.manifest.ref} declares no port`
      : `${workload.manifest.ref} has ${listText(ports, 5)}`;
  });
  return listText(parts);
}

function declared(item: Json): string {
  const { name, containerPort } = object(item);
  return string(name) === undefined
    ? scalarText(containerPort)
    : `${scalarText(name)} (${scalarText(containerPort)})`;
}

function targetPlace({ service, port }: Entry) {
  const path = ["spec", "ports", port.index];
  const written = service.get(...path, "targetPort") !== undefined;
  return service.locate(...path, written ? "targetPort" : "port");
}

interface Place {
  readonly manifest: Manifest;
  /** Of the container's port. */
  readonly path: FieldPath;
  readonly now: Json | undefined;
}

/** The container's port that used to be the target, as it is now. */
function portPlace(is: readonly Workload[], was: ServicePort, before: World): Place | undefined {
  for (const workload of is) {
    const old = counterpart(workload, before);
    for (const container of workload.containers) {
      const oldPorts = list(old?.containers.find(({ name }) => name === container.name)?.spec["ports"]).map(
        object,
      );
      const index = oldPorts.findIndex(
        ({ name, containerPort }) => (isName(was.target) ? name : containerPort) === was.target,
      );
      if (index < 0) continue;
      const path = [...container.path, "ports", index];
      return { manifest: workload.manifest, path, now: workload.manifest.get(...path) };
    }
  }
  return undefined;
}

/** Gives the container's port back the name that the Service asks for. */
function rename({ manifest, path, now }: Place, { target }: ServicePort) {
  const port = object(now);
  if (!isName(target)) return undefined;
  return port["name"] === undefined ? undefined : setScalar(manifest, [...path, "name"], scalarText(target));
}

/** Lets the Service target the only port there is. */
function aim({ service, port, is }: Entry) {
  const ports = is.flatMap(({ containers }) =>
    containers.flatMap(({ spec }) => list(spec["ports"]).map(object)),
  );
  const [only] = ports;
  if (ports.length !== 1 || !only || (only["protocol"] ?? "TCP") !== port.protocol) return undefined;
  const target = only["name"] ?? only["containerPort"];
  return setScalar(service, ["spec", "ports", port.index, "targetPort"], scalarText(target));
}

function fixOf(is: readonly Workload[], { service, port }: Entry): string {
  const names = listText(is.map(({ manifest }) => manifest.ref));
  return isName(port.target)
    ? `Give a container port of ${names} the name ${scalarText(port.target)}, or let ${service.name} target a name that is there.`
    : `Let ${service.name} target a port that ${names} listens on, or declare ${scalarText(port.target)} there if it does listen on it.`;
}
