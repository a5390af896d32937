import { refusedValues } from "../../engine/refused-values.ts";
import { defineCheck, severities } from "../define.ts";
import { refusalProblem } from "./_refused.ts";

const maps = (container: string, { labels = "app: maps", spec = "" } = {}) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: maps
  labels:
    team: geo
spec:
  replicas: 3
${spec}  selector: { matchLabels: { app: maps } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      containers:
        - name: web
          image: maps:4
${container}`;

const memory = (limit: string) => `          resources:
            limits:
              memory: ${limit}
`;

const job = (schedule: string, policy = "          restartPolicy: Never\n") => `apiVersion: batch/v1
kind: CronJob
metadata: { name: tiles }
spec:
  schedule: ${schedule}
  jobTemplate:
    spec:
      template:
        spec:
${policy}          containers: [{ name: tiles, image: "tiles:2" }]
`;

const service = (ports: string) => `apiVersion: v1
kind: Service
metadata: { name: maps }
spec:
  selector: { app: maps }
  ports:
${ports}`;

const live = (settings: string) => `          livenessProbe:
            httpGet: { path: /live, port: 8080 }
${settings}`;

const ingress = (host: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: maps }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: maps, port: { number: 80 } } } }] }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "refused-value",
  title: "A value is written that the API server refuses",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The API server refuses the object, so the deploy stops there, often after other parts of it are applied: the old version goes on running beside new settings, and the next urgent fix cannot be deployed either. A schema of types lets such values through.",
  fix: "Write a value that the API server takes, and try the change with kubectl apply --dry-run=server before it is merged.",
  references: [
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run",
    "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax",
  ],
  unsafe: [
    {
      title: "an amount of memory has a unit that Kubernetes does not know",
      before: maps(memory("512Mi")),
      after: maps(memory(`512MB${MARK}`)),
    },
    {
      title: "a schedule says 7 for Sunday",
      before: job('"0 3 * * 0"'),
      after: job(`"0 3 * * 7"${MARK}`),
    },
    {
      title: "a schedule has six fields",
      before: job('"0 3 * * 0"'),
      after: job(`"0 0 3 * * 0"${MARK}`),
    },
    {
      title: "a port is written between quotes",
      before: service("    - { port: 80, targetPort: 8080 }\n"),
      after: service(`    - { port: 80, targetPort: "8080" }${MARK}\n`),
    },
    {
      title: "the name of a port is too long",
      before: maps("          ports: [{ name: metrics, containerPort: 9090 }]\n"),
      after: maps(`          ports: [{ name: metrics-and-health, containerPort: 9090 }]${MARK}\n`),
    },
    {
      title: "a liveness probe must succeed twice",
      before: maps(live("")),
      after: maps(live(`            successThreshold: 2${MARK}\n`)),
    },
    {
      title: "the name of a branch becomes a label",
      before: maps(""),
      after: maps("").replace("team: geo", `team: geo\n    branch: feature/new-tiles${MARK}`),
    },
    {
      title: "a number of pods is written between quotes",
      before: maps("", { spec: "  strategy: { rollingUpdate: { maxUnavailable: 1 } }\n" }),
      after: maps("", { spec: `  strategy: { rollingUpdate: { maxUnavailable: "1" } }${MARK}\n` }),
    },
    {
      title: "two containers have one name",
      before: maps(""),
      after: maps(`        - name: web${MARK}\n          image: proxy:1\n`),
    },
    {
      title: "a job's pods would always restart",
      before: job('"0 3 * * 0"'),
      after: job('"0 3 * * 0"', `          restartPolicy: Always${MARK}\n`),
    },
    {
      title: "a host is written with its port",
      before: ingress("maps.example.com"),
      after: ingress(`maps.example.com:8443${MARK}`),
    },
  ],
  safe: [
    {
      title: "amounts in all of their forms",
      after: maps(
        "          resources: { requests: { cpu: 1.5, memory: 1e9 }, limits: { cpu: 1500m, memory: 2Gi } }\n",
      ),
    },
    { title: "a schedule with names, steps and lists", after: job('"*/15 8-18 * JAN,jul MON-FRI"') },
    { title: "a schedule in a word", after: job('"@hourly"') },
    {
      title: "what a script fills in",
      after: job('"$BACKUP_SCHEDULE"').replace("name: tiles }", "name: __NAME__ }"),
    },
    { title: "a port by its name", after: service("    - { port: 80, targetPort: http }\n") },
    {
      title: "a readiness probe must succeed twice",
      after: maps(live("            successThreshold: 2\n").replace("liveness", "readiness")),
    },
    {
      title: "labels with dots, and an empty one",
      after: maps("", { labels: 'app: maps, app.kubernetes.io/version: "4.1.0-rc.1", canary: ""' }),
    },
    {
      title: "a share of the pods",
      after: maps("", { spec: '  strategy: { rollingUpdate: { maxUnavailable: "25%" } }\n' }),
    },
    { title: "a wildcard host", after: ingress('"*.maps.example.com"') },
    {
      title: "it was refused before, too",
      before: maps(memory("512MB")),
      after: maps(memory("512MB")).replace("maps:4", "maps:5"),
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      for (const refusal of refusedValues(manifest, world)) yield refusalProblem(manifest, refusal);
    }
  },
});
