import { contradictions } from "../../engine/contradictions.ts";
import { defineCheck, severities } from "../define.ts";
import { refusalProblem } from "./_refused.ts";

const deployment = (
  spec: string,
  { labels = "app: tours", container = "image: tours:4" } = {},
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: tours }
spec:
  ${spec}
  selector: { matchLabels: { app: tours } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      containers:
        - name: web
          ${container}
`;

const service = (ports: string) => `apiVersion: v1
kind: Service
metadata: { name: tours }
spec:
  selector: { app: tours }
  ports:
    ${ports}
`;

const budget = (limits: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: tours }
spec:
  ${limits}
  selector: { matchLabels: { app: tours } }
`;

const autoscaler = (bounds: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: tours }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: tours }
  ${bounds}
`;

const resources = (request: string, limit: string, mark = "") => `resources:
            limits: { memory: ${limit} }
            requests:
              memory: ${request}${mark}`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "contradicting-fields",
  title: "Two fields of an object contradict each other, and the API server refuses it",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The API server refuses the object, so the deploy stops there, often after other parts of it are applied: the old version goes on running beside new settings, and the next urgent fix cannot be deployed either.",
  fix: "Make the two fields agree, and try the change with kubectl apply --dry-run=server before it is merged.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run",
  ],
  unsafe: [
    {
      title: "the pods get a label that their own Deployment does not select",
      before: deployment("replicas: 3"),
      after: deployment("replicas: 3", { labels: "app: city-tours" }).replace(
        "city-tours } }",
        `city-tours } }${MARK}`,
      ),
    },
    {
      title: "a rollout may neither start a pod nor stop one",
      after: deployment(`strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }${MARK}`),
    },
    {
      title: "a budget has both limits",
      before: budget("minAvailable: 1"),
      after: budget(`minAvailable: 1\n  maxUnavailable: 1${MARK}`),
    },
    {
      title: "a Service gets a second port, and the ports have no names",
      before: service("- port: 80"),
      after: service(`- port: 80${MARK}\n    - port: 443${MARK}`),
    },
    {
      title: "a container mounts a volume that its pod does not have",
      before: deployment("replicas: 3"),
      after: deployment("replicas: 3", {
        container: `volumeMounts:\n            - { name: pictures, mountPath: /pictures }${MARK}`,
      }),
    },
    {
      title: "a variable has a value and a source",
      after: deployment("replicas: 3", {
        container: `env:\n            - { name: HOST, value: a, valueFrom: { fieldRef: { fieldPath: status.hostIP } } }${MARK}`,
      }),
    },
    {
      title: "the autoscaler's minimum passes its maximum",
      before: autoscaler("minReplicas: 4\n  maxReplicas: 6"),
      after: autoscaler(`minReplicas: 8${MARK}\n  maxReplicas: 6`),
    },
    {
      title: "the request passes the limit",
      before: deployment("replicas: 3", { container: resources("256Mi", "512Mi") }),
      after: deployment("replicas: 3", { container: resources("1Gi", "512Mi", MARK) }),
    },
  ],
  safe: [
    {
      title: "the autoscaler keeps one number of pods",
      after: autoscaler("minReplicas: 6\n  maxReplicas: 6"),
    },
    {
      title: "the request is the limit, in another unit",
      after: deployment("replicas: 3", { container: resources("1024Mi", "1Gi") }),
    },
    {
      title: "the pods have more labels than are selected",
      after: deployment("replicas: 3", { labels: "app: tours, tier: web" }),
    },
    {
      title: "percentages that round down to nothing: one pod may then be missing",
      after: deployment("strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 10% } }"),
    },
    {
      title: "each port has a name",
      after: service("- { name: http, port: 80 }\n    - { name: https, port: 443 }"),
    },
    { title: "one limit is empty", after: budget("minAvailable: 1\n  maxUnavailable: null") },
    {
      title: "a patch, which the volume is no part of",
      after: deployment("replicas: 3", {
        container: "volumeMounts: [{ name: pictures, mountPath: /pictures }]",
      }).replace(/ {2}selector: .*\n/, ""),
    },
    {
      title: "the volume comes from the claim templates of a StatefulSet",
      after: deployment("volumeClaimTemplates: [{ metadata: { name: pictures } }]", {
        container: "volumeMounts: [{ name: pictures, mountPath: /pictures }]",
      }).replace("kind: Deployment", "kind: StatefulSet"),
    },
    {
      title: "it was refused before, too",
      before: deployment("replicas: 3", { labels: "app: city-tours" }),
      after: deployment("replicas: 4", { labels: "app: city-tours" }),
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      for (const refusal of contradictions(manifest, world)) yield refusalProblem(manifest, refusal);
    }
  },
});
