import { defineCheck, severities } from "../define.ts";
import { lostReferences } from "./_lost-references.ts";
import { lostFiles } from "./_mounted-files.ts";

const mailer = (env: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: mailer, namespace: shop }
spec:
  selector: { matchLabels: { app: mailer } }
  template:
    metadata: { labels: { app: mailer } }
    spec:
      containers:
        - name: mailer
          image: mailer:4
          ${env}
`;

const settings = (data: string, name = "mailer-settings") => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: shop }
data:
  ${data}
`;

const ALL = "envFrom:\n            - configMapRef:\n                name: mailer-settings";
const one = (key: string, mark = "") => `env:
            - name: SMTP_HOST
              valueFrom:
                configMapKeyRef:
                  name: mailer-settings
                  key: ${key}${mark}`;
const SETTINGS = settings("host: smtp.example.com");
const MACHINES = `---
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: { name: mailer, namespace: shop }
`;
const MARK = " # <- finding";

const EXTERNAL = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: mailer, namespace: shop }
spec: { target: { name: mailer-login } }
`;

const SECRET = `apiVersion: v1
kind: Secret
metadata: { name: mailer-login, namespace: shop }
stringData: { password: example }
`;

const PULL = "tty: false\n      imagePullSecrets:\n        - name: mailer-login";

const projected = (key: string, mark = "") => `volumeMounts: [{ name: conf, mountPath: /conf }]
      volumes:
        - name: conf
          projected:
            sources:
              - configMap:
                  name: mailer-settings
                  items:
                    - { key: ${key}, path: host }${mark}`;

const file = (key: string, mark = "") => `volumeMounts:
            - { name: conf, mountPath: /etc/mailer.conf, subPath: ${key} }${mark}
      volumes: [{ name: conf, configMap: { name: mailer-settings } }]`;

const DATABASE_LOGIN = "envFrom:\n            - secretRef:\n                name: mail-app";

const database = (name: string) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: ${name}, namespace: shop }
spec: { instances: 3 }
`;

const LOGIN = "envFrom:\n            - secretRef:\n                name: mailer-login";

export default defineCheck({
  kind: "transition",
  id: "dangling-config-ref",
  title: "Pods refer to an object or a key that this change removes",
  pillar: "transition",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "A container whose ConfigMap, Secret, claim or key is missing does not start: new pods wait in CreateContainerConfigError or ContainerCreating, the rollout stops there, and an old pod that has to start again (after a drain or an eviction) does not come back either.",
  fix: "Keep the object or the key until no pod refers to it any more, or change the reference in the same change.",
  references: [
    "https://kubernetes.io/docs/concepts/configuration/configmap/#using-configmaps",
    "https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist",
  ],
  unsafe: [
    {
      title: "a key is renamed, and the container asks for the old one",
      before: { "mailer.yaml": mailer(one("host")), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(one("host", MARK)),
        "settings.yaml": settings("smtpHost: smtp.example.com"),
      },
    },
    {
      title: "the ConfigMap is removed",
      before: { "mailer.yaml": mailer(ALL), "settings.yaml": SETTINGS },
      after: { "mailer.yaml": mailer(ALL + MARK) },
    },
    {
      title: "the ConfigMap is removed of which a variable takes one key",
      before: { "mailer.yaml": mailer(one("host")), "settings.yaml": SETTINGS },
      after: { "mailer.yaml": mailer(one("host", MARK)) },
    },
    {
      title: "the ConfigMap gets another name",
      before: { "mailer.yaml": mailer(ALL), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(ALL + MARK),
        "settings.yaml": settings("host: smtp.example.com", "mail-settings"),
      },
    },
    {
      title: "the container asks for a key that is not there",
      before: { "mailer.yaml": mailer(one("host")), "settings.yaml": SETTINGS },
      after: { "mailer.yaml": mailer(one("hostname", MARK)), "settings.yaml": SETTINGS },
    },
    {
      title: "the login of the registry is removed",
      before: { "mailer.yaml": mailer(PULL), "login.yaml": SECRET },
      after: { "mailer.yaml": mailer(PULL.replace("mailer-login", `mailer-login${MARK}`)) },
    },
    {
      title: "a file of a projected volume is no longer in its ConfigMap",
      before: { "mailer.yaml": mailer(projected("host")), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(projected("host", MARK)),
        "settings.yaml": settings("smtpHost: smtp.example.com"),
      },
    },
    {
      title: "a file that is mounted by itself is no longer in its ConfigMap",
      before: { "mailer.yaml": mailer(file("host")), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(file("host", MARK)),
        "settings.yaml": settings("smtpHost: smtp.example.com"),
      },
    },
    {
      title: "the database whose operator makes the Secret gets another name",
      before: { "mailer.yaml": mailer(DATABASE_LOGIN), "database.yaml": database("mail") },
      after: { "mailer.yaml": mailer(DATABASE_LOGIN + MARK), "database.yaml": database("mail-v17") },
    },
  ],
  safe: [
    {
      title: "a cluster of machines goes, which made no such Secret",
      before: mailer(ALL.replace("configMapRef", "secretRef").replace("-settings", "-app")) + MACHINES,
      after: mailer(ALL.replace("configMapRef", "secretRef").replace("-settings", "-app")),
    },
    {
      title: "the operator of a database makes the Secret from now on",
      before: {
        "mailer.yaml": mailer(DATABASE_LOGIN),
        "login.yaml": SECRET.replace("name: mailer-login", "name: mail-app"),
      },
      after: { "mailer.yaml": mailer(DATABASE_LOGIN), "database.yaml": database("mail") },
    },
    {
      title: "object and reference change together",
      before: { "mailer.yaml": mailer(ALL), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(ALL.replace("mailer-settings", "mail-settings")),
        "settings.yaml": settings("host: smtp.example.com", "mail-settings"),
      },
    },
    {
      title: "a file that is mounted by itself is asked for by its new name",
      before: { "mailer.yaml": mailer(file("host")), "settings.yaml": SETTINGS },
      after: {
        "mailer.yaml": mailer(file("smtpHost")),
        "settings.yaml": settings("smtpHost: smtp.example.com"),
      },
    },
    {
      title: "it is optional",
      before: { "mailer.yaml": mailer(`${ALL}\n                optional: true`), "settings.yaml": SETTINGS },
      after: { "mailer.yaml": mailer(`${ALL}\n                optional: true`) },
    },
    {
      title: "an operator makes the Secret from now on",
      before: { "mailer.yaml": mailer(LOGIN), "login.yaml": SECRET },
      after: { "mailer.yaml": mailer(LOGIN), "login.yaml": EXTERNAL },
    },
    {
      title: "it was never in this repository",
      before: mailer(ALL),
      after: mailer(ALL).replace("mailer:4", "mailer:5"),
    },
    {
      title: "it moves to another file",
      before: { "mailer.yaml": mailer(ALL), "settings.yaml": SETTINGS },
      after: { "mailer.yaml": mailer(ALL), "shared/settings.yaml": SETTINGS },
    },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    if (after.incomplete) return;
    const touched = changes.some(
      ({ before: old, after: now }) =>
        old !== undefined && old.object !== now?.object && PROVIDERS.test(old.kind),
    );
    for (const change of changes) {
      if (change.kind !== "kept" || (!touched && change.before.object === change.after.object)) continue;
      const was = before.workload(change.before);
      const is = after.workload(change.after);
      if (!was || !is) continue;
      yield* lostReferences(was, is, transition);
      yield* lostFiles(was, is, transition);
    }
  },
});

const PROVIDERS =
  /^(ConfigMap|Secret|PersistentVolumeClaim|ServiceAccount|\w*(Secret|Certificate|Bundle|Item|Cluster)\w*|Elasticsearch|Kibana|Kafka)$/;
