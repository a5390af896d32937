/** What naive rules stumble over, by file. */

const pod = (name: string, labels: string, extra = "") => `  template:
    metadata:
      labels: { ${labels} }
    spec:
      containers:
        - name: ${name}
          image: registry.example.com/${name}:2.1.0
          ports:
            - { name: http, containerPort: 8080 }
          readinessProbe: { httpGet: { path: /ready, port: http } }
          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 128Mi } }
${extra}`;

const service = (name: string, selector: string, spec = "") => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
${spec}  selector: { ${selector} }
  ports:
    - { name: http, port: 80, targetPort: http }
---
`;

const deployment = (name: string, labels: string, spec: string, extra = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
${spec}  selector:
    matchLabels: { ${labels} }
${pod(name, labels, extra)}---
`;

const budget = (name: string, selector: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: ${name} }
spec:
  maxUnavailable: 1
  selector: ${selector}
---
`;

export const SPECIAL: Readonly<Record<string, string>> = {
  // No namespace is written, and one pod is enough.
  "intranet/all.yaml": deployment("intranet", "app: intranet", "") + service("intranet", "app: intranet"),
  // A canary of one pod, beside the others.
  "ratings/all.yaml":
    deployment("ratings", "app: ratings, track: stable", "  replicas: 4\n") +
    deployment("ratings-canary", "app: ratings, track: canary", "  replicas: 1\n") +
    service("ratings", "app: ratings") +
    budget("ratings", "{ matchExpressions: [{ key: app, operator: In, values: [ratings] }] }"),
  // Its volume is on one node.
  "wiki/all.yaml":
    deployment(
      "wiki",
      "app: wiki",
      "  replicas: 1\n  strategy: { type: Recreate }\n",
      "      volumes:\n        - name: pages\n          persistentVolumeClaim: { claimName: wiki }\n",
    ) +
    service("wiki", "app: wiki") +
    `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: wiki }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 20Gi } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: wiki-backup }
spec:
  schedule: "15 2 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - { name: backup, image: "registry.example.com/restic:0.17.3", args: [restic, backup, /pages] }
`,
  "agents/log-agent.yaml": `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: log-agent }
spec:
  selector:
    matchLabels: { app: log-agent }
${pod("log-agent", "app: log-agent")}---
${service("log-agent", "app: log-agent")}`,
  "feed/rollout.yaml": `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: feed }
spec:
  replicas: 5
  strategy:
    canary:
      maxUnavailable: 0
      steps: [{ setWeight: 20 }, { pause: { duration: 5m } }]
  selector:
    matchLabels: { app: feed }
${pod("feed", "app: feed")}---
${service("feed", "app: feed")}${budget("feed", "{ matchLabels: { app: feed } }")}`,
  "mailer/all.yaml": `${deployment("mailer", "app: mailer", "")}apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: mailer }
spec:
  scaleTargetRef: { name: mailer }
  minReplicaCount: 2
  maxReplicaCount: 20
  triggers:
    - type: rabbitmq
      metadata: { queueName: mails, mode: QueueLength, value: "50" }
`,
  // Several of everything that is a list.
  "storefront/all.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: storefront }
spec:
  replicas: 3
  selector:
    matchLabels: { app: storefront }
  template:
    metadata:
      labels: { app: storefront, tier: web }
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: nginx
          image: registry.example.com/nginx:1.27.3
          ports:
            - { name: http, containerPort: 8080 }
            - { name: https, containerPort: 8443 }
            - { name: metrics, containerPort: 9113 }
          env:
            - { name: UPSTREAM, value: ratings }
            - { name: WORKERS, value: "4" }
          volumeMounts:
            - { name: cache, mountPath: /cache }
            - { name: pages, mountPath: /pages }
          readinessProbe: { httpGet: { path: /ready, port: http } }
          lifecycle: { preStop: { exec: { command: [sh, -c, sleep 15] } } }
          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 128Mi } }
        - name: exporter
          image: registry.example.com/exporter:0.11.0
          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 128Mi } }
      volumes:
        - { name: cache, emptyDir: {} }
        - { name: pages, emptyDir: {} }
---
apiVersion: v1
kind: Service
metadata: { name: storefront }
spec:
  selector: { app: storefront, tier: web }
  ports:
    - { name: http, port: 80, targetPort: http }
    - { name: https, port: 443, targetPort: https }
    - { name: metrics, port: 9113, targetPort: metrics }
---
${budget("storefront", "{ matchLabels: { app: storefront, tier: web } }")}apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: storefront }
spec:
  ingressClassName: nginx
  tls:
    - { hosts: [www.example.com, shop.example.com], secretName: storefront-tls }
    - { hosts: [pages.example.com], secretName: pages-tls }
  rules:
    - host: www.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: storefront, port: { name: http } } } }
          - { path: /metrics, pathType: Exact, backend: { service: { name: storefront, port: { number: 9113 } } } }
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: storefront, port: { name: http } } } }
    - host: pages.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: storefront, port: { name: http } } } }
`,
  "outside/services.yaml": `apiVersion: v1
kind: Service
metadata: { name: warehouse }
spec: { type: ExternalName, externalName: warehouse.example.net }
---
apiVersion: v1
kind: Service
metadata: { name: ledger }
spec: { ports: [{ port: 5432 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ledger-1, labels: { kubernetes.io/service-name: ledger } }
addressType: IPv4
ports: [{ port: 5432 }]
endpoints: [{ addresses: [10.0.7.11] }]
`,
  "migrations/job.yaml": `apiVersion: batch/v1
kind: Job
metadata: { generateName: migrate- }
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers:
        - { name: migrate, image: "registry.example.com/shop:7.4.0", args: [migrate] }
`,
};
