import { isMonitor, targetsOf } from "../../engine/monitors.ts";
import { object } from "../../engine/json.ts";
import { isCounted } from "../../engine/serving.ts";
import type { Manifest } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const part = (name: string, { annotations = "", mark = "", label = name } = {}) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }${mark}
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata:
      labels: { app: ${name} }${annotations}
    spec:
      containers: [{ name: web, image: "${name}:1", ports: [{ name: metrics, containerPort: 9090 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, labels: { app: ${label} } }
spec: { selector: { app: ${name} }, ports: [{ name: metrics, port: 9090 }] }
---
`;

const monitor = (name: string) => `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: ${name}, namespace: shop }
spec: { selector: { matchLabels: { app: ${name} } }, endpoints: [{ port: metrics }] }
---
`;

const SCRAPED = '\n      annotations: { prometheus.io/scrape: "true" }';
const TWO = part("cart") + monitor("cart") + part("stock") + monitor("stock");
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "unmonitored-workload",
  title: "A new workload has no monitor, though its neighbours have one",
  pillar: "observability",
  severity: severities("notice", "notice", "notice"),
  confidence: "possible",
  absence: true,
  why: "What is not scraped has no graph and no alert: its first failure is found by its users, while every neighbour would have been seen.",
  fix: "Add a monitor for it, as its neighbours have one.",
  references: ["https://prometheus-operator.dev/docs/developer/getting-started/"],
  unsafe: [
    {
      title: "a third component comes without a monitor",
      before: TWO,
      after: TWO + part("price", { mark: MARK }),
    },
    {
      title: "the neighbours are scraped by annotation",
      before: part("cart", { annotations: SCRAPED }) + part("stock", { annotations: SCRAPED }),
      after:
        part("cart", { annotations: SCRAPED }) +
        part("stock", { annotations: SCRAPED }) +
        part("price", { mark: MARK }),
    },
    {
      title: "its monitor selects another label",
      before: TWO,
      after: TWO + part("price", { mark: MARK, label: "prices" }) + monitor("price"),
    },
  ],
  safe: [
    { title: "it comes with a monitor", before: TWO, after: TWO + part("price") + monitor("price") },
    {
      title: "it is scraped by annotation",
      before: TWO,
      after: TWO + part("price", { annotations: SCRAPED }),
    },
    {
      title: "not all neighbours have one",
      before: TWO + part("mail") + part("search"),
      after: TWO + part("mail") + part("search") + part("price"),
    },
    {
      title: "it only gets a Service under another name",
      before: TWO + part("price"),
      after:
        TWO +
        part("price").replace(
          "kind: Service\nmetadata: { name: price",
          "kind: Service\nmetadata: { name: prices",
        ),
    },
  ],

  *run({ changes, before, after }) {
    const added = changes.flatMap((change) =>
      change.kind === "added" ? (after.workload(change.after) ?? []) : [],
    );
    const wanting = added.filter((one) => isServed(one, after) && !isScraped(one, after));
    if (wanting.length === 0) return;
    const neighbours = before.workloads.filter((one) => isServed(one, before));
    const watched = neighbours.filter((one) => isScraped(one, before));
    // One more that is not watched would be one of several: then it is no rule here.
    if (watched.length < 2 || watched.length / neighbours.length < 0.8) return;
    const names = listText(watched.map(({ manifest }) => manifest.name));
    for (const { manifest } of wanting) {
      yield {
        subject: manifest,
        at: manifest.locate(),
        message: `Nothing here collects the metrics of ${manifest.ref}, though it does those of ${names}: no alert on its metrics can fire.`,
        fix: `Add a ServiceMonitor or a PodMonitor for ${manifest.name}.`,
      };
    }
  },
});

function isServed(workload: Workload, world: World): boolean {
  return isCounted(workload) && world.servicesOf(workload).length > 0;
}

/** By a monitor of its own or of its Services, or by the annotation that scrape jobs look for. */
function isScraped(workload: Workload, world: World): boolean {
  const { manifest, template } = workload;
  const services = world.servicesOf(workload);
  const inner = object(manifest.get(...template, "metadata", "annotations"));
  const says = ({ annotations }: Manifest) => annotations["prometheus.io/scrape"] === "true";
  if (inner["prometheus.io/scrape"] === "true" || services.some(says)) return true;
  return world
    .ofKind("ServiceMonitor", "PodMonitor")
    .filter(isMonitor)
    .some((monitor) =>
      targetsOf(monitor, world).some(
        ({ manifest: target }) => target === manifest || services.includes(target),
      ),
    );
}
