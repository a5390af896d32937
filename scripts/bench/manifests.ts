/** A repository of manifests that looks like a company's, the same for the same number on every machine. */

export interface BenchRepository {
  /** Path → text. */
  readonly files: ReadonlyMap<string, string>;
  /** How many Kubernetes objects the files hold. */
  readonly manifests: number;
}

/** One object of an app: the file that it is in, and its YAML. */
type Part = readonly [file: string, yaml: string];

const NAMESPACES = ["shop", "payments", "search", "media", "accounts", "platform"];

/**
 * Half of the objects belong to plain services (Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget,
 * Ingress, ConfigMap), half to stateful ones, policies, routes, jobs and alerts.
 * @param count how many objects
 */
export function benchRepository(count: number): BenchRepository {
  const files = new Map<string, string>();
  let manifests = 0;
  for (let app = 0; manifests < count; app++) {
    const parts = app % 2 === 0 ? plainService(app) : statefulService(app);
    for (const [file, yaml] of parts.slice(0, count - manifests)) {
      const path = `apps/${nameOf(app)}/${file}`;
      const before = files.get(path);
      files.set(path, before === undefined ? yaml : `${before}---\n${yaml}`);
      manifests++;
    }
  }
  return { files, manifests };
}

/**
 * The same repository after an everyday change: about one file in a hundred is touched, in turn with a new image, fewer
 * replicas, a lost readiness probe, a tightened budget, a renamed port, a shorter grace period.
 */
export function afterChange({ files }: BenchRepository): ReadonlyMap<string, string> {
  const edits: readonly (readonly [RegExp, string])[] = [
    [/(image: .*):1\.4\.\d+/, "$1:1.5.0"],
    [/replicas: 3/, "replicas: 2"],
    [/ {10}readinessProbe:\n(?: {12}.*\n)+/, ""],
    [/maxUnavailable: 1\n/, "maxUnavailable: 0\n"],
    [/targetPort: http/, "targetPort: web"],
    [/terminationGracePeriodSeconds: \d+/, "terminationGracePeriodSeconds: 5"],
  ];
  const wanted = Math.max(1, Math.round(files.size / 100));
  const stride = Math.floor(files.size / wanted);
  const changed = new Map(files);
  let done = 0;
  let due = 0;
  for (const [index, [path, text]] of [...files].entries()) {
    if (index < due || done >= wanted) continue;
    const edited = firstEdit(text, [...edits.slice(done % edits.length), ...edits]);
    if (edited === undefined) continue;
    changed.set(path, edited);
    done++;
    due = done * stride;
  }
  return changed;
}

function firstEdit(text: string, edits: readonly (readonly [RegExp, string])[]): string | undefined {
  return edits.map(([pattern, to]) => text.replace(pattern, to)).find((edited) => edited !== text);
}

const nameOf = (app: number) => `${app % 2 === 0 ? "service" : "store"}-${String(app).padStart(4, "0")}`;
const namespaceOf = (app: number) => NAMESPACES[app % NAMESPACES.length] ?? "shop";

function head(app: number, type: string, kind: string): string {
  const [name, namespace] = [nameOf(app), namespaceOf(app)];
  return `apiVersion: ${type}
kind: ${kind}
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${namespace}
    team: team-${app % 7}
`;
}

const selector = (app: number, indent: string) =>
  `${indent}matchLabels:\n${indent}  app.kubernetes.io/name: ${nameOf(app)}\n`;

function podTemplate(app: number, port: string, number: number): string {
  const name = nameOf(app);
  return `  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
        app.kubernetes.io/part-of: ${namespaceOf(app)}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: ${name}
      terminationGracePeriodSeconds: ${30 + (app % 4) * 10}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector:
${selector(app, "            ")}      containers:
        - name: ${name}
          image: registry.example.com/${name}:1.4.${app % 30}
          ports:
            - name: ${port}
              containerPort: ${number}
          envFrom:
            - configMapRef:
                name: ${name}
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          readinessProbe:
            httpGet:
              path: /ready
              port: ${port}
            periodSeconds: 5
          livenessProbe:
            httpGet:
              path: /alive
              port: ${port}
            failureThreshold: 6
          lifecycle:
            preStop:
              sleep:
                seconds: 10
          resources:
            requests:
              cpu: ${100 + (app % 5) * 50}m
              memory: 256Mi
            limits:
              memory: 256Mi
`;
}

function service(app: number, port: string, number: number, headless: boolean): string {
  return `${head(app, "v1", "Service")}spec:
${headless ? "  clusterIP: None\n" : ""}  selector:
    app.kubernetes.io/name: ${nameOf(app)}
  ports:
    - name: ${port}
      port: ${number}
      targetPort: ${port}
`;
}

function budget(app: number): string {
  return `${head(app, "policy/v1", "PodDisruptionBudget")}spec:
  maxUnavailable: 1
  selector:
${selector(app, "    ")}`;
}

function configMap(app: number): string {
  const lines = Array.from(
    { length: 12 },
    (_, index) => `  SETTING_${index}: "value ${index} of ${nameOf(app)}"\n`,
  );
  return `${head(app, "v1", "ConfigMap")}data:\n${lines.join("")}`;
}

function plainService(app: number): Part[] {
  const name = nameOf(app);
  return [
    [
      "deployment.yaml",
      `${head(app, "apps/v1", "Deployment")}spec:
  selector:
${selector(app, "    ")}  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
${podTemplate(app, "http", 8080)}`,
    ],
    ["service.yaml", service(app, "http", 80, false)],
    [
      "scaling.yaml",
      `${head(app, "autoscaling/v2", "HorizontalPodAutoscaler")}spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${name}
  minReplicas: ${2 + (app % 3)}
  maxReplicas: ${8 + (app % 5)}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
`,
    ],
    ["scaling.yaml", budget(app)],
    [
      "ingress.yaml",
      `${head(app, "networking.k8s.io/v1", "Ingress")}spec:
  ingressClassName: nginx
  tls:
    - hosts: [${name}.example.com]
      secretName: ${name}-tls
  rules:
    - host: ${name}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port:
                  name: http
`,
    ],
    ["config.yaml", configMap(app)],
  ];
}

function statefulService(app: number): Part[] {
  const name = nameOf(app);
  return [
    [
      "statefulset.yaml",
      `${head(app, "apps/v1", "StatefulSet")}spec:
  replicas: 3
  serviceName: ${name}
  selector:
${selector(app, "    ")}${podTemplate(app, "store", 5432)}  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: ${20 + (app % 9) * 10}Gi
`,
    ],
    ["service.yaml", service(app, "store", 5432, true)],
    ["budget.yaml", budget(app)],
    ["network-policy.yaml", networkPolicy(app)],
    ["alerts.yaml", alerts(app)],
    app % 4 === 1 ? ["route.yaml", route(app)] : ["backup.yaml", backup(app)],
  ];
}

function networkPolicy(app: number): string {
  return `${head(app, "networking.k8s.io/v1", "NetworkPolicy")}spec:
  podSelector:
${selector(app, "    ")}  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${namespaceOf(app)}
      ports:
        - port: 5432
`;
}

function alerts(app: number): string {
  const name = nameOf(app);
  const rules = ["Down", "DiskAlmostFull", "ReplicationLag", "SlowQueries"].map(
    (alert, index) => `        - alert: Store${alert}
          expr: store_${alert.toLowerCase()}{app="${name}"} > ${index * 10}
          for: ${5 + index}m
          labels:
            severity: ${index === 0 ? "critical" : "warning"}
          annotations:
            summary: "${name}: ${alert}"
`,
  );
  return `${head(app, "monitoring.coreos.com/v1", "PrometheusRule")}spec:
  groups:
    - name: ${name}
      rules:
${rules.join("")}`;
}

function route(app: number): string {
  return `${head(app, "gateway.networking.k8s.io/v1", "HTTPRoute")}spec:
  parentRefs:
    - name: public
      namespace: platform
  hostnames: [${nameOf(app)}.example.com]
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /
      backendRefs:
        - name: ${nameOf(app)}
          port: 5432
`;
}

function backup(app: number): string {
  return `${head(app, "batch/v1", "CronJob")}spec:
  schedule: "${app % 60} 3 * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 600
  jobTemplate:
    spec:
      backoffLimit: 2
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: backup
              image: registry.example.com/backup:2.3.0
              args: ["--from", "${nameOf(app)}", "--to", "s3://backups/${nameOf(app)}"]
              resources:
                requests:
                  cpu: 100m
                  memory: 128Mi
`;
}
