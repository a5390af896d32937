import { removalOf } from "../../engine/pruning.ts";
import { keysOf, providerOf, referencesOf, type Reference } from "../../engine/references.ts";
import type { Manifest, Problem, Severity } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { Workload } from "../../engine/workload.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
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

function* lostReferences(was: Workload, is: Workload, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  const old = referencesOf(was);
  const told = new Set<string>();
  for (const reference of referencesOf(is)) {
    const object = `${reference.kind}/${reference.name}`;
    const place = `${object}/${reference.key ?? ""}`;
    if (reference.kind === "PriorityClass" || told.has(object) || told.has(place)) continue;
    told.add(place);
    const had = providerOf(reference, was.manifest, before);
    const has = providerOf(reference, is.manifest, after);
    if (has) yield* lostKey(is, reference, { had, has });
    else if (had && old.some(({ kind, name }) => kind === reference.kind && name === reference.name)) {
      // Gone as a whole: its keys need no words of their own.
      told.add(object);
      yield* lostObject(is, reference, { had, transition });
    }
  }
}

/** Only where the base answers the reference: what was never here may come from elsewhere. */
function* lostObject(
  workload: Workload,
  reference: Reference,
  { had, transition }: { had: Manifest; transition: Transition },
): Iterable<Problem> {
  const { before, after } = transition;
  const { kind, name, path, use } = reference;
  if (after.anywhere(kind, name)) return;
  const removal = removalOf(had, before);
  if (removal === "kept") return;
  const pull = use === "pull";
  const atMost: Severity | undefined =
    removal === "deleted" && !workload.runsToCompletion && !pull ? undefined : "warning";
  const condition = removal === "deleted" ? "" : "Where the deploy tool prunes, ";
  const [place, text] = pull
    ? [" on a node that does not have their image yet", "cannot pull it"]
    : [
        "",
        `${kind === "PersistentVolumeClaim" ? "wait for it and do not start" : "do not start"}, ${oldPods(use)}`,
      ];
  yield {
    subject: workload.manifest,
    key: `${kind}/${name}`,
    at: workload.manifest.locate(...path),
    ...(atMost && { atMost }),
    message: `${workload.manifest.ref} refers to ${kind}/${name}, which this change removes. ${condition}${condition === "" ? "New" : "new"} pods${place} ${text}.`,
    fix: `Keep ${had.ref} until nothing refers to it, or change the reference of ${workload.manifest.name} in the same change.`,
  };
}

/** Variables are read again when a container restarts; what a pod has mounted outlives a crash. */
const oldPods = (use: Reference["use"]) =>
  `and an old one that ${use === "env" ? "crashes or is drained" : "is drained or evicted"} does not come back`;

interface Providers {
  readonly had: Manifest | undefined;
  readonly has: Manifest;
}

function* lostKey(
  workload: Workload,
  { kind, name, key, path, use }: Reference,
  { had, has }: Providers,
): Iterable<Problem> {
  const [old, now] = [had && keysOf(had), keysOf(has)];
  if (key === undefined || !had || !old || !now || now.has(key)) return;
  // A key that neither side has was missing before, unless the container asks for it only now.
  if (!old.has(key) && had.object !== has.object) return;
  yield {
    subject: workload.manifest,
    key: `${kind}/${name} ${key}`,
    at: workload.manifest.locate(...path),
    ...(workload.runsToCompletion ? { atMost: "warning" as const } : {}),
    message: `${workload.manifest.ref} asks for key ${key} of ${kind}/${name}, which ${old.has(key) ? "no longer has" : "does not have"} it (it has ${listText([...now], 4)}): new pods do not start, ${oldPods(use)}.`,
    fix: `Keep ${key} in ${has.ref}, or ask for a key that it has.`,
  };
}
