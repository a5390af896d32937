import { severities, defineCheck } from "../define.ts";
import { floorProblems } from "./_floor.ts";
import { peakProblems } from "./_peak.ts";

const orders = (spec: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  ${spec}
  selector: { matchLabels: { app: orders, colour: blue } }
  template:
    metadata: { labels: { app: orders, colour: blue } }
    spec:
      containers: [{ name: api, image: orders:5 }]
---
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
`;

const autoscaler = (bounds: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  ${bounds}
---
`;

const scaledObject = (idle: string) => `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { name: orders }
  minReplicaCount: 3
  maxReplicaCount: 12
  ${idle}
  triggers: [{ type: rabbitmq, metadata: { queueName: orders } }]
`;

const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: orders, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: orders } }
  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
`;

export default defineCheck({
  kind: "transition",
  id: "replica-reduction",
  title: "A workload keeps fewer pods than before",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Fewer pods carry the same load, and fewer are left when a node goes. With one pod every crash, and every drain of its node, is an outage; with none there is nobody to answer from this deploy on.",
  fix: "Keep at least two replicas of what answers users, and enough for the load at its peak; lower the number in steps while you watch latency and errors.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
    "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
  ],
  supersedes: ["single-replica-served"],
  unsafe: [
    {
      title: "three pods become one",
      before: orders("replicas: 3") + SERVICE,
      after: orders("replicas: 1 # <- finding") + SERVICE,
    },
    {
      title: "it is switched off while a Service sends to it",
      before: orders("replicas: 3") + SERVICE,
      after: orders("replicas: 0 # <- finding") + SERVICE,
    },
    {
      title: "one of two Deployments behind a Service is switched off, and the other gets all of its load",
      before:
        orders("replicas: 3") +
        orders("replicas: 3").replaceAll("blue", "green").replace("name: orders", "name: orders-green") +
        SERVICE,
      after:
        orders("replicas: 0 # <- finding") +
        orders("replicas: 3").replaceAll("blue", "green").replace("name: orders", "name: orders-green") +
        SERVICE,
    },
    {
      title: "KEDA may now go to zero when nothing triggers it",
      before: orders("minReadySeconds: 5") + SERVICE + scaledObject(""),
      after: orders("minReadySeconds: 5") + SERVICE + scaledObject("idleReplicaCount: 0 # <- finding"),
    },
    {
      title: "half of the workers go",
      before: orders("replicas: 12"),
      after: orders("replicas: 6 # <- finding"),
    },
    {
      title: "the number is removed, and the default is 1",
      before: orders("replicas: 3") + SERVICE,
      after: orders("minReadySeconds: 5").replace("spec:", "spec: # <- finding") + SERVICE,
    },
    {
      title: "the autoscaler's minimum falls",
      before: orders("minReadySeconds: 5") + SERVICE + autoscaler("minReplicas: 4\n  maxReplicas: 12"),
      after:
        orders("minReadySeconds: 5") + SERVICE + autoscaler("minReplicas: 2 # <- finding\n  maxReplicas: 12"),
    },
    {
      title: "the autoscaler's maximum becomes its minimum: it can no longer scale",
      before: orders("minReadySeconds: 5") + autoscaler("minReplicas: 4\n  maxReplicas: 12"),
      after: orders("minReadySeconds: 5") + autoscaler("minReplicas: 4\n  maxReplicas: 4 # <- finding"),
    },
    {
      title: "the autoscaler goes, and the number stays where it is",
      before: orders("minReadySeconds: 5") + autoscaler("minReplicas: 4\n  maxReplicas: 12"),
      after: orders("minReadySeconds: 5").replace("spec:", "spec: # <- finding"),
    },
    {
      title: "an Argo Rollout that takes the pods of a Deployment keeps one",
      before: orders("replicas: 0") + SERVICE + ROLLOUT,
      after: orders("replicas: 0") + SERVICE + ROLLOUT.replace("replicas: 3", "replicas: 1 # <- finding"),
    },
  ],
  safe: [
    {
      title: "there are more than before",
      before: orders("replicas: 2") + SERVICE,
      after: orders("replicas: 4") + SERVICE,
    },
    { title: "the workload is gone", before: orders("replicas: 3"), after: SERVICE },
    {
      title: "an Argo Rollout runs the pods of the Deployment that is scaled to zero",
      before: orders("replicas: 3") + SERVICE,
      after: orders("replicas: 0") + SERVICE + ROLLOUT,
    },
    {
      title: "the Service has as many pods of another workload",
      before: orders("replicas: 3") + SERVICE,
      after:
        orders("replicas: 0") +
        SERVICE +
        orders("replicas: 3").replace("name: orders", "name: orders-green").replaceAll("blue", "green"),
    },
    {
      title: "the number moves into an autoscaler that keeps as many",
      before: orders("replicas: 3"),
      after: orders("replicas: 3") + autoscaler("minReplicas: 3\n  maxReplicas: 9"),
    },
    {
      title: "one pod was all there was",
      before: orders("replicas: 1") + SERVICE,
      after: orders("minReadySeconds: 5") + SERVICE,
    },
  ],

  *run(transition) {
    yield* floorProblems(transition);
    yield* peakProblems(transition);
  },
});
