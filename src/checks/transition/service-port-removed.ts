import { means, mentionsOf, type Mention } from "../../engine/mentions.ts";
import { isAside, samePort, servicePorts, type ServicePort } from "../../engine/ports.ts";
import { isHeadless } from "../../engine/serving.ts";
import { decode, isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem, Severity } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import { backendsOf, ROUTES, type World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const service = (ports: string, spec = "") => `apiVersion: v1
kind: Service
metadata: { name: cart, labels: { app: cart } }
spec:
  selector: { app: cart }
${spec}  ports:
${ports}`;

const port = (name: string, number: string) => `    - name: ${name}
      port: ${number}
`;

const MARK = " # <- finding";

const caller = (address: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: checkout }
spec:
  selector: { matchLabels: { app: checkout } }
  template:
    metadata: { labels: { app: checkout } }
    spec:
      containers:
        - name: checkout
          image: checkout:1
          env: [{ name: CART, value: "${address}" }]
`;

const ingress = (number: number) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: cart }
spec: { defaultBackend: { service: { name: cart, port: { number: ${number} } } } }
`;

const monitor = (name: string) => `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: cart }
spec:
  selector: { matchLabels: { app: cart } }
  endpoints: [{ port: ${name} }]
`;

const OLD = service(port("http", "8080"));
const NEW = service(port("http", `80${MARK}`));

export default defineCheck({
  kind: "transition",
  id: "service-port-removed",
  title: "A port of a Service disappears",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "Clients call a Service by its name and port. When the port goes or gets another number, the name still resolves, and every connection to the old port fails from the moment of the deploy.",
  fix: "Add the new port as a second entry with the same targetPort, move the clients, and remove the old entry in a later change.",
  references: [
    "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
    "https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services",
  ],
  unsafe: [
    {
      title: "a workload beside it still calls the old port",
      before: { "cart.yaml": OLD, "checkout.yaml": caller("http://cart:8080") },
      after: { "cart.yaml": NEW, "checkout.yaml": caller("http://cart:8080") },
    },
    {
      title: "the port gets another number, and nobody here says who calls it",
      before: OLD,
      after: NEW,
    },
    {
      title: "a ConfigMap still names the port that is dropped",
      before: {
        "cart.yaml": service(port("http", "80") + port("grpc", "9000")),
        "settings.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata:\n  app.properties: |\n    cart.url=cart.shop.svc:9000\n",
      },
      after: {
        "cart.yaml": service(port("http", "80")).replace("  ports:", `  ports:${MARK}`),
        "settings.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata:\n  app.properties: |\n    cart.url=cart.shop.svc:9000\n",
      },
    },
    {
      title: "a load balancer stops listening on its port",
      before: service(port("http", "8080"), "  type: LoadBalancer\n"),
      after: service(port("http", `80${MARK}`), "  type: LoadBalancer\n"),
    },
  ],
  safe: [
    {
      title: "a second port is added",
      before: OLD,
      after: service(port("http", "8080") + port("web", "80")),
    },
    {
      title: "the port gets another name and keeps its number",
      before: OLD,
      after: service(port("web", "8080")),
    },
    {
      title: "only the target changes",
      before: OLD,
      after: service(port("http", "8080") + "      targetPort: 3000\n"),
    },
    {
      title: "the Ingress still sends to the old port: that is said about the Ingress",
      before: { "cart.yaml": OLD, "ingress.yaml": ingress(8080) },
      after: { "cart.yaml": service(port("http", "80")), "ingress.yaml": ingress(8080) },
    },
    {
      title: "a headless Service hands out addresses, and its ports decide nothing",
      before: service(port("http", "8080"), "  clusterIP: None\n"),
      after: service(port("http", "80"), "  clusterIP: None\n"),
    },
    {
      title: "a monitor still asks for the port by its old name: that is said about the monitor",
      before: { "cart.yaml": service(port("metrics", "9090")), "monitor.yaml": monitor("metrics") },
      after: { "cart.yaml": service(port("prom", "9090")), "monitor.yaml": monitor("metrics") },
    },
    {
      title: "the Service goes as a whole",
      before: { "cart.yaml": OLD, "checkout.yaml": caller("none") },
      after: { "checkout.yaml": caller("none") },
    },
  ],

  *run(transition) {
    for (const { kind, before, after } of transition.changes) {
      if (kind !== "kept" || after.kind !== "Service" || after.group !== "") continue;
      const [old, now] = [servicePorts(before), servicePorts(after)];
      if (old.length === 0 || now.length === 0 || isHeadless(before) || isHeadless(after)) continue;
      if ([...old, ...now].some(({ port: number, name }) => isUnknown(number) || isUnknown(name))) continue;
      for (const port of old) yield* judge({ before, after, port, now }, transition);
    }
  },
});

interface Lost {
  readonly before: Manifest;
  readonly after: Manifest;
  readonly port: ServicePort;
  readonly now: readonly ServicePort[];
}

function* judge(lost: Lost, transition: Transition): Iterable<Problem> {
  const { after, port, now } = lost;
  const kept = now.some((other) => other.port === port.port && other.protocol === port.protocol);
  if (kept || routed(lost, transition.after, "now")) return;
  const heir = samePort(port, now, servicePorts(lost.before).length);
  const users = callers(lost, transition.after);
  const { atMost, text } = users.length > 0 ? called(users) : unknown(lost, transition);
  const became = heir ? `becomes ${scalarText(heir.port)}` : "is removed";
  yield {
    subject: after,
    key: scalarText(port.port),
    at: after.locate("spec", "ports", ...(heir ? [heir.index, "port"] : [])),
    ...(atMost && { atMost }),
    message: `Port ${scalarText(port.port)} of ${after.ref} ${became}. ${text}`,
    fix: `Keep ${scalarText(port.port)} as a second entry of ${after.name} with targetPort: ${scalarText(heir?.target ?? port.target)} until no client uses it${names(now)}; then remove it in a change of its own.`,
  };
}

/** A Service with several ports must name each (kubernetes pkg/apis/core/validation, ValidateService). */
function names(ports: readonly ServicePort[]): string {
  return ports.some(({ name }) => name === undefined || name === "") ? ", and give each entry a name" : "";
}

function called(users: readonly Mention[]): { atMost?: Severity; text: string } {
  const names = [...new Set(users.map(({ manifest, text }) => `${manifest.ref} (${decode(text)})`))];
  const verb = names.length === 1 ? "still calls" : "still call";
  return { text: `${listText(names)} ${verb} it: those connections fail from the deploy on.` };
}

/** Addresses in this unit that say the port. */
function callers({ after, port }: Lost, world: World): Mention[] {
  const routes: readonly string[] = ROUTES;
  return mentionsOf(world, new Set([after.name])).filter(
    (mention) =>
      !routes.includes(mention.manifest.kind) &&
      means(mention, after) &&
      (mention.port === scalarText(port.port) || (mention.port !== undefined && mention.port === port.name)),
  );
}

function unknown(lost: Lost, { before, after }: Transition): { atMost?: Severity; text: string } {
  const { after: service, port } = lost;
  const text = "No client can be seen in this repository; whoever calls that port fails from the deploy on.";
  if (service.get("spec", "type") === "LoadBalancer")
    return { text: "Its load balancer stops listening there: clients cannot connect from the deploy on." };
  const moved = routed(lost, before, "was") && routed({ ...lost, port: heirOf(lost) }, after, "now");
  return { atMost: isAside(port) || moved ? "notice" : "warning", text };
}

const heirOf = ({ before, port, now }: Lost) => samePort(port, now, servicePorts(before).length) ?? port;

/** Whether an Ingress or a Gateway route sends to the port: where it still does, that is said about the route. */
function routed({ before, after, port }: Lost, world: World, when: "was" | "now"): boolean {
  const service = when === "was" ? before : after;
  return world
    .ofKind(...ROUTES)
    .flatMap(backendsOf)
    .some(
      (backend) =>
        backend.service === service.name &&
        (backend.namespace === service.namespace || backend.namespace === "" || service.namespace === "") &&
        backend.port !== undefined &&
        (backend.port === port.name || scalarText(backend.port) === scalarText(port.port)),
    );
}
