import { string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Problem } from "../../engine/types.ts";
import { changedWorkloads, type WorkloadPair } from "../../engine/workload-pairs.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const classes = (high = 100000, low = 1000) => `apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: front }
value: ${high}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: batch }
value: ${low}
---
`;

const login = (pod: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: login, namespace: shop }
spec:
  selector: { matchLabels: { app: login } }
  template:
    metadata: { labels: { app: login } }
    spec:
      ${pod}
      containers: [{ name: web, image: "login:2" }]
---
apiVersion: v1
kind: Service
metadata: { name: login, namespace: shop }
spec: { selector: { app: login }, ports: [{ port: 80 }] }
---
`;

const MARK = " # <- finding";
const NONE = "terminationGracePeriodSeconds: 30";

export default defineCheck({
  kind: "transition",
  id: "priority-lowered",
  title: "Pods lose their priority over others",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "When nodes are full the scheduler stops pods of lower priority for those of higher priority, and the kubelet evicts them earlier when a node runs short of memory. At the busy hour, or when a node is lost, it is these pods that go.",
  fix: "Keep the priority of pods that answer users above that of work that can wait.",
  references: ["https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"],
  unsafe: [
    {
      title: "a lower class takes the place of the class",
      before: classes() + login("priorityClassName: front"),
      after: classes() + login(`priorityClassName: batch${MARK}`),
    },
    {
      title: "the class is dropped, and the default is zero",
      before: classes() + login("priorityClassName: front"),
      after: classes() + login(NONE).replace("spec:\n      term", `spec:${MARK}\n      term`),
    },
    {
      title: "a class of the system is given up",
      before: classes() + login("priorityClassName: system-cluster-critical"),
      after: classes() + login(`priorityClassName: batch${MARK}`),
    },
  ],
  safe: [
    {
      title: "a higher class",
      before: classes() + login("priorityClassName: batch"),
      after: classes() + login("priorityClassName: front"),
    },
    {
      title: "the class gets another name",
      before: classes() + login("priorityClassName: front"),
      after: classes().replace("front", "entrance") + login("priorityClassName: entrance"),
    },
    {
      title: "one class of the system takes the place of another, above all others",
      before: login("priorityClassName: system-node-critical"),
      after: login("priorityClassName: system-cluster-critical"),
    },
    {
      title: "its class is not here, so nobody knows its value",
      before: classes() + login("priorityClassName: front"),
      after: classes() + login("priorityClassName: gold"),
    },
    {
      title: "the default of the cluster is as high",
      before: classes() + login("priorityClassName: front"),
      after: classes().replace("value: 100000", "value: 100000\nglobalDefault: true") + login(NONE),
    },
  ],

  *run(transition) {
    for (const pair of changedWorkloads(transition)) yield* lowered(pair, transition);
  },
});

function* lowered({ was, is }: WorkloadPair, { before, after }: Transition): Iterable<Problem> {
  const [old, now] = [classOf(was), classOf(is)];
  const [from, to] = [valueOf(old, before), valueOf(now, after)];
  if (old === undefined || from === undefined || to === undefined || to >= Math.min(from, OWN)) return;
  const [service] = after.servicesOf(is);
  const { manifest, template } = is;
  const path: FieldPath = [...template, "spec", "priorityClassName"];
  yield {
    subject: manifest,
    at: manifest.locate(...path),
    ...(service ? {} : { atMost: "notice" as const }),
    message: `${manifest.ref} goes from priority ${from} (${old}) to ${to} (${now ?? "no class"}): when nodes are full its pods are stopped to make room for others${service ? `, and ${service.ref} is left with fewer pods or none` : ""}.`,
    fix: `Keep priorityClassName: ${old} for ${manifest.name}.`,
  };
}

/** The greatest value that a class of one's own can have: above it nothing but the system preempts. */
const OWN = 1_000_000_000;

const classOf = (workload: Workload) => string(podField(workload, "priorityClassName"));

/** Classes that Kubernetes brings along (scheduling.k8s.io/v1). */
const SYSTEM: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/** Undefined where the class is not in the repository. Without one it is the cluster's default, else zero. */
function valueOf(name: string | undefined, world: World): number | undefined {
  const classes = world.everywhere("PriorityClass");
  if (name !== undefined && Object.hasOwn(SYSTEM, name)) return SYSTEM[name];
  if (isUnknown(name)) return undefined;
  const found =
    name === undefined
      ? classes.find((one) => one.get("globalDefault") === true)
      : classes.find((one) => one.name === name);
  const value = found?.get("value");
  if (!found && name === undefined) return 0;
  return typeof value === "number" ? value : undefined;
}
