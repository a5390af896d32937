import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const API = `apiVersion: apps/v1
kind: Deployment
metadata: { name: tickets, namespace: arena }
spec:
  selector: { matchLabels: { app: tickets } }
  template:
    metadata: { labels: { app: tickets } }
    spec: { containers: [{ name: web, image: "tickets:7" }] }
---
`;

const autoscaler = (name: string, target = "tickets", mark = "") => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: ${name}, namespace: arena }
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${target}${mark}
  minReplicas: 3
  maxReplicas: 30
---
`;

const scaled = (annotations: string, mark = "") => `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: tickets-queue, namespace: arena${annotations} }
spec:
  scaleTargetRef:
    name: tickets${mark}
  minReplicaCount: 3
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "hpa-overlap",
  title: "Two autoscalers scale the same pods",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The controller stops scaling pods that two autoscalers claim (AmbiguousSelector); that of older clusters lets the two work against each other. When load rises no pod is added, and users wait.",
  fix: "Put all metrics into one autoscaler, and delete the other.",
  references: [
    "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/podautoscaler/horizontal.go",
    "https://keda.sh/docs/latest/concepts/scaling-deployments/#transfer-ownership-of-an-existing-hpa",
  ],
  unsafe: [
    {
      title: "KEDA is to scale what an autoscaler scales already",
      before: API + autoscaler("tickets"),
      after: API + autoscaler("tickets") + scaled("", MARK),
    },
    {
      title: "the autoscaler is copied under a new name, and the old one stays",
      before: API + autoscaler("tickets"),
      after: API + autoscaler("tickets") + autoscaler("tickets-cpu", "tickets", MARK),
    },
    {
      title: "another workload's autoscaler is turned to this one",
      before: API + autoscaler("tickets") + autoscaler("seats", "seats"),
      after: API + autoscaler("tickets") + autoscaler("seats", "tickets", MARK),
    },
  ],
  safe: [
    { title: "one autoscaler", after: API + autoscaler("tickets") },
    {
      title: "KEDA takes the autoscaler over",
      before: API + autoscaler("tickets"),
      after:
        API +
        autoscaler("tickets") +
        scaled(', annotations: { scaledobject.keda.sh/transfer-hpa-ownership: "true" }'),
    },
    {
      title: "KEDA takes the place of the autoscaler",
      before: API + autoscaler("tickets"),
      after: API + scaled(""),
    },
    {
      title: "there were two before",
      before: API + autoscaler("tickets") + scaled(""),
      after: API.replace("tickets:7", "tickets:8") + autoscaler("tickets") + scaled(""),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) yield* overlapping(workload, world);
  },
});

function* overlapping(workload: Workload, world: World): Iterable<Problem> {
  const { manifest } = workload;
  const scalers = [...new Map(world.autoscalersOf(workload).map((one) => [one.id, one])).values()];
  const last = scalers.at(-1);
  if (!last || scalers.length < 2 || scalers.some(isTransferred)) return;
  const names = listText(scalers.map(({ ref }) => ref));
  const sure = scalers.every(({ namespace }) => namespace === manifest.namespace);
  yield {
    subject: manifest,
    at: last.locate("spec", "scaleTargetRef", "name"),
    ...(sure ? {} : { atMost: "notice" as const }),
    message: `${names} ${scalers.length === 2 ? "both" : "all"} scale ${manifest.ref}: the controller stops working for pods that two autoscalers claim (AmbiguousSelector), so none is added when load rises.`,
    fix: `Put the metrics of ${names} into one of them, and delete the ${scalers.length === 2 ? "other" : "others"}.`,
  };
}

/** KEDA takes over the autoscaler that is there, instead of making a second one. */
function isTransferred({ annotations }: Manifest): boolean {
  return annotations["scaledobject.keda.sh/transfer-hpa-ownership"] === "true";
}
