import { insertInto } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { shareOf, type Resource } from "../../engine/resources.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const gallery = (containers: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: gallery, namespace: shop }
spec:
  selector: { matchLabels: { app: gallery } }
  template:
    metadata: { labels: { app: gallery } }
    spec:
      containers:
        ${containers}
---
`;

const autoscaler = (metrics: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: gallery, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: gallery }
  minReplicas: 3
  maxReplicas: 12
  ${metrics}
`;

const CPU =
  "metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }]";
const REQUESTS = "resources: { requests: { cpu: 200m } }";
const WEB = `- { name: web, image: "gallery:2", ${REQUESTS} }`;
const MARK = " # <- finding";

const LIMIT_RANGE = `---
apiVersion: v1
kind: LimitRange
metadata: { name: defaults, namespace: shop }
spec: { limits: [{ type: Container, defaultRequest: { cpu: 100m } }] }
`;

export default defineCheck({
  kind: "state",
  id: "hpa-cannot-compute",
  title: "An autoscaler cannot compute its target, because a container requests nothing",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Utilization is what the containers use, as a percentage of what they request. Where one of them requests nothing there is no percentage: the autoscaler reports an error and adds no pod, however high the load, and users wait or get errors at the next peak.",
  fix: "Write a request for that resource in every container of the pod, sidecars included: about what it uses under normal load (kubectl top pods --containers).",
  references: [
    "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work",
  ],
  unsafe: [
    {
      title: "the request is dropped",
      before: gallery(WEB) + autoscaler(CPU),
      after: gallery(`- { name: web, image: "gallery:2" }${MARK}`) + autoscaler(CPU),
    },
    {
      title: "a container beside the main one asks for nothing",
      before: gallery(WEB) + autoscaler(CPU),
      after: gallery(`${WEB}\n        - { name: log-shipper, image: "shipper:1" }${MARK}`) + autoscaler(CPU),
    },
    {
      title: "a new autoscaler measures CPU where nothing else is said",
      before: gallery('- { name: web, image: "gallery:2", resources: { requests: { memory: 1Gi } } }'),
      after:
        gallery(`- { name: web, image: "gallery:2", resources: { requests: { memory: 1Gi } } }${MARK}`) +
        autoscaler("behavior: {}"),
    },
  ],
  safe: [
    { title: "every container has a request", after: gallery(WEB) + autoscaler(CPU) },
    {
      title: "the limit is the request too",
      after: gallery(WEB.replace("requests", "limits")) + autoscaler(CPU),
    },
    {
      title: "it measures amounts, not shares",
      after:
        gallery('- { name: web, image: "gallery:2" }') +
        autoscaler(CPU.replace("Utilization, averageUtilization: 70", "AverageValue, averageValue: 500m")),
    },
    {
      title: "the namespace has a default request",
      after: gallery('- { name: web, image: "gallery:2" }') + autoscaler(CPU) + LIMIT_RANGE,
    },
    {
      title: "it looks at one container only, which has a request",
      after:
        gallery(`${WEB}\n        - { name: log-shipper, image: "shipper:1" }`) +
        autoscaler(
          CPU.replace(
            "type: Resource, resource: { name: cpu,",
            "type: ContainerResource, containerResource: { name: cpu, container: web,",
          ),
        ),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      for (const scaler of world.autoscalersOf(workload)) {
        if (scaler.kind === "HorizontalPodAutoscaler") yield* lacking(scaler, workload, world);
      }
    }
  },
});

/** One measure in percent of a request. */
interface Measure {
  readonly resource: Resource;
  /** The only container that it looks at. */
  readonly container?: string | undefined;
}

/** Without metrics an autoscaler measures CPU, against 80 % (autoscaling/v2 SetDefaults_HorizontalPodAutoscaler). */
function measuresOf(scaler: Manifest): { measures: Measure[]; others: number } {
  const metrics = list(scaler.get("spec", "metrics"));
  const old = scaler.get("spec", "targetCPUUtilizationPercentage");
  if (metrics.length === 0 || old !== undefined) return { measures: [{ resource: "cpu" }], others: 0 };
  const measures = metrics.flatMap((item): Measure[] => {
    const metric = object(item);
    const source = object(
      metric["type"] === "ContainerResource" ? metric["containerResource"] : metric["resource"],
    );
    const isShare =
      object(source["target"])["type"] === "Utilization" || source["targetAverageUtilization"] !== undefined;
    const resource = source["name"];
    if (!isShare || (resource !== "cpu" && resource !== "memory")) return [];
    return [{ resource, container: string(source["container"]) }];
  });
  return { measures, others: metrics.length - measures.length };
}

function* lacking(scaler: Manifest, workload: Workload, world: World): Iterable<Problem> {
  const { measures, others } = measuresOf(scaler);
  for (const { resource, container } of measures) {
    if (hasDefault(workload, resource, world)) continue;
    const running = workload.containers.filter(
      ({ role, name }) => role !== "init" && (container === undefined || name === container),
    );
    const without = running.filter((one) => shareOf(one, resource).request === undefined);
    const [first] = without;
    if (!first) continue;
    const rest = measures.length - 1 + others;
    const suggestion =
      first.spec["resources"] === undefined ? undefined : requestInto(workload, first, resource);
    yield {
      subject: workload.manifest,
      key: `${scaler.name} ${resource}`,
      at: locateIn(workload, first),
      ...(rest > 0 ? { atMost: "notice" as const } : {}),
      message: `${scaler.ref} scales ${workload.manifest.ref} by ${resource} utilization, a percentage of the ${resource} request, and container ${listText(without.map(({ name }) => name))} has no such request. ${rest > 0 ? "It scales up by its other metrics only, and no longer down" : "It cannot compute the percentage, and adds no pod when load rises"}.`,
      fix: `Write resources.requests.${resource} in container ${listText(without.map(({ name }) => name))} of ${workload.manifest.ref}: about what it uses under normal load.`,
      ...(suggestion && without.length === 1 && { suggestion }),
    };
  }
}

/** Where requests of another resource are written, the usual share of a CPU is a start; of memory nobody knows. */
function requestInto({ manifest }: Workload, { path }: Container, resource: Resource) {
  return resource === "cpu"
    ? insertInto(manifest, [...path, "resources", "requests"], ["cpu: 100m"])
    : undefined;
}

function hasDefault({ manifest }: Workload, resource: Resource, world: World): boolean {
  return world.ofKind("LimitRange").some(
    (range) =>
      sameNamespace(range, manifest) &&
      list(range.get("spec", "limits")).some((item) => {
        const limit = object(item);
        return [limit["defaultRequest"], limit["default"]].some((one) => object(one)[resource] !== undefined);
      }),
  );
}
