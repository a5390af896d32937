import { stringify } from "yaml";
import { benchRepository } from "../../scripts/bench/manifests.ts";
import {
  cloned,
  entries,
  kindOf,
  nameOf,
  written,
  yamlOf,
  type Entry,
  type Files,
  type Repository,
} from "./repository.ts";
import { writeDefaults } from "./defaults.ts";
import type { Random } from "./random.ts";
import { get, isValues, remove, rewritten, set, text, type Value, type Values } from "./values.ts";

/** A change of how a repository is written. */
export interface Rewrite {
  readonly title: string;
  readonly apply: (repo: Repository, random: Random) => Files;
  /** Only on the way from what it makes to the plain repository is nobody hurt. */
  readonly backOnly?: true;
}

const ofObjects = (change: (object: Values, random: Random) => Value) => (repo: Repository, random: Random) =>
  written(repo.map(({ path, object }) => ({ path, object: change(object, random) as Values })));

const ofPaths = (change: (path: string, entry: Entry, index: number) => string) => (repo: Repository) =>
  written(repo.map((entry, index) => ({ ...entry, path: change(entry.path, entry, index) })));

const ofTexts = (change: (text: string) => string) => (repo: Repository) =>
  new Map([...written(repo)].map(([path, content]) => [path, change(content)]));

const inPlace = (change: (object: Values, random: Random) => void) => (repo: Repository, random: Random) => {
  const copies = cloned(repo);
  for (const { object } of copies) change(object, random);
  return written(copies);
};

/** Lists whose order nothing depends on. */
const UNORDERED =
  /\.(ports|env|envFrom|volumes|volumeMounts|volumeClaimTemplates|tls|hosts|accessModes|metrics|hostnames|matchExpressions|values|topologySpreadConstraints|from|triggers|rules|paths|containers)$/;

const UNITS: Readonly<Record<string, string>> = {
  "100m": "0.1",
  "150m": "0.15",
  "250m": "0.25",
  "256Mi": "262144Ki",
  "128Mi": "134217728",
  "20Gi": "20480Mi",
};

const OLD_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: "extensions/v1beta1",
  DaemonSet: "extensions/v1beta1",
  StatefulSet: "apps/v1beta2",
  PodDisruptionBudget: "policy/v1beta1",
  HorizontalPodAutoscaler: "autoscaling/v2beta2",
  CronJob: "batch/v1beta1",
  NetworkPolicy: "extensions/v1beta1",
  HTTPRoute: "gateway.networking.k8s.io/v1beta1",
};

/** As it was written years ago. */
function aged(object: Values): Values {
  const kind = kindOf(object);
  if (kind === "Ingress") return agedIngress(object);
  return { ...object, apiVersion: OLD_VERSIONS[kind] ?? get(object, "apiVersion") ?? "" };
}

function agedIngress(object: Values): Values {
  const old = rewritten(object, (value) => {
    if (!isValues(value) || !isValues(value["service"])) return value;
    const port = value["service"]["port"];
    return {
      serviceName: value["service"]["name"] ?? "",
      servicePort: isValues(port) ? (port["name"] ?? port["number"] ?? "") : "",
    };
  }) as Values;
  return { ...old, apiVersion: "extensions/v1beta1" };
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** Nothing in the cluster is other than before, in whichever direction. */
export const SAME: readonly Rewrite[] = [
  { title: "documents in another order", apply: (repo, random) => written(random.shuffled(repo)) },
  {
    title: "keys in another order",
    apply: ofObjects((object, random) =>
      rewritten(object, (value) =>
        isValues(value) ? (Object.fromEntries(random.shuffled(Object.entries(value))) as Values) : value,
      ),
    ),
  },
  {
    title: "lists in another order, where it means nothing",
    apply: ofObjects((object, random) =>
      rewritten(object, (value, at) =>
        Array.isArray(value) && UNORDERED.test(at) ? random.shuffled(value) : value,
      ),
    ),
  },
  {
    title: "a file for each object",
    apply: ofPaths((path, _, index) => `${folderOf(path)}/${String(index)}.yml`),
  },
  { title: "one file for an application", apply: ofPaths((path) => `${folderOf(path)}/all.yaml`) },
  { title: "one file for everything", apply: ofPaths(() => "everything.yaml") },
  {
    title: "folders by kind",
    apply: ofPaths(
      (path, { object }, index) => `k8s/${kindOf(object)}/${nameOf(object)}-${String(index)}.yaml`,
    ),
  },
  {
    title: "all folders renamed",
    apply: ofPaths((path) => `deploy/manifests/${path.replace("apps/", "app-")}`),
  },
  {
    title: "half of the applications in another folder",
    apply: (repo, random) => {
      const moved = new Set(
        [...new Set(repo.map(({ path }) => folderOf(path)))].filter(() => random.next() < 0.5),
      );
      return written(
        repo.map((entry) =>
          moved.has(folderOf(entry.path)) ? { ...entry, path: `teams/a/${entry.path}` } : entry,
        ),
      );
    },
  },
  {
    title: "lists of objects",
    apply: (repo) =>
      new Map(
        [...Map.groupBy(repo, ({ path }) => path)].map(([path, group]) => [
          path,
          yamlOf({ apiVersion: "v1", kind: "List", items: group.map(({ object }) => object) }),
        ]),
      ),
  },
  {
    title: "JSON",
    apply: (repo) =>
      new Map(
        repo.map(({ path, object }, index) => [
          `${folderOf(path)}/${String(index)}.json`,
          JSON.stringify(object, null, 2),
        ]),
      ),
  },
  {
    title: "flow style",
    apply: (repo) => written(repo, (object) => stringify(object, { collectionStyle: "flow", lineWidth: 0 })),
  },
  {
    title: "everything quoted that may be",
    apply: (repo) =>
      written(repo, (object) => stringify(object, { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 })),
  },
  {
    title: "anchors and aliases",
    apply: (repo) => {
      const shared = new Map<string, Value>();
      const share = (value: Value) => {
        if (!isValues(value)) return value;
        const key = JSON.stringify(value);
        if (!shared.has(key)) shared.set(key, value);
        return shared.get(key) ?? value;
      };
      return written(repo, (object) => {
        shared.clear();
        return stringify(rewritten(object, share), { lineWidth: 0 });
      });
    },
  },
  {
    title: "comments",
    apply: ofTexts((yaml) => yaml.replace(/^(\s*)(\w+:)/gm, "$1# About it: see the handbook.\n$1$2")),
  },
  { title: "lines that end as on Windows", apply: ofTexts((yaml) => yaml.replaceAll("\n", "\r\n")) },
  {
    title: "document marks and trailing spaces",
    apply: ofTexts((yaml) => `---\n${yaml.replace(/(\w):$/gm, "$1:  ")}...\n`),
  },
  { title: "defaults written out", apply: inPlace(writeDefaults) },
  {
    title: "the default number of replicas written out, where nothing scales",
    apply: inPlace((object) => {
      if (kindOf(object) === "Deployment" && nameOf(object) === "intranet") set(object, "spec.replicas", 1);
    }),
  },
  {
    title: "quantities in other units",
    apply: ofObjects((object) =>
      rewritten(object, (value) => (typeof value === "string" ? (UNITS[value] ?? value) : value)),
    ),
  },
  { title: "old versions of the API", apply: ofObjects(aged), backOnly: true },
  {
    title: "namespaces written out",
    apply: inPlace((object) => {
      if (get(object, "metadata.namespace") === undefined) set(object, "metadata.namespace", "default");
    }),
  },
];

function addTo(object: Values, path: string, more: Value): void {
  const list = get(object, path);
  if (Array.isArray(list)) list.push(more);
}

const raised = (object: Values, path: string, by: number) => {
  const value = get(object, path);
  if (typeof value === "number") set(object, path, value + by);
};

/** The cluster changes, and for nobody to the worse. */
export const HARMLESS: readonly Rewrite[] = [
  {
    title: "new versions of images",
    apply: ofObjects((object) =>
      rewritten(object, (value, at) =>
        typeof value === "string" && at.endsWith(".image")
          ? value.replace(/:(\d+)\.\d+\.(\d+)$/, ":$1.99.$2")
          : value,
      ),
    ),
  },
  {
    title: "more replicas",
    apply: inPlace((object) => {
      // One is bound to a volume, the other has a zone for each pod.
      if (["wiki", "database"].includes(nameOf(object))) return;
      raised(object, "spec.replicas", 2);
      for (const field of ["minReplicas", "maxReplicas", "minReplicaCount", "maxReplicaCount"])
        raised(object, `spec.${field}`, 2);
    }),
  },
  {
    title: "unrelated objects",
    apply: (repo) =>
      written([
        ...repo,
        ...entries(
          "apps/extra/more.yaml",
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: motd }\ndata: { text: hello }\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: reader }\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: reader }\nrules: [{ apiGroups: [''], resources: [pods], verbs: [get] }]\n",
        ),
      ]),
  },
  {
    title: "new applications",
    apply: (repo) => {
      const known = new Set(repo.map(({ path }) => path));
      const more = [...benchRepository(108).files].filter(([path]) => !known.has(path));
      return written([...repo, ...more.flatMap(([path, yaml]) => entries(path, yaml))]);
    },
  },
  {
    title: "labels and annotations of the objects",
    apply: inPlace((object) => {
      set(object, "metadata.labels.reviewed", "2026");
      set(object, "metadata.annotations.handbook", "https://handbook.example.com");
    }),
  },
  {
    title: "labels of the pods",
    apply: inPlace((object) => {
      if (get(object, "spec.template.metadata.labels") !== undefined && kindOf(object) !== "Job")
        set(object, "spec.template.metadata.labels.cost-centre", "c42");
    }),
  },
  {
    title: "more environment, more memory, more ports",
    apply: inPlace((object) => {
      const container = "spec.template.spec.containers.0";
      if (kindOf(object) === "Job" || get(object, container) === undefined) return;
      addTo(object, `${container}.env`, { name: "FEATURE", value: "on" });
      addTo(object, `${container}.ports`, { name: "debug-http", containerPort: 6060 });
      set(object, `${container}.resources.limits.memory`, "4Gi");
    }),
  },
  {
    title: "longer grace periods",
    apply: inPlace((object) => {
      raised(object, "spec.template.spec.terminationGracePeriodSeconds", 60);
    }),
  },
  {
    title: "sidecars",
    apply: inPlace((object) => {
      if (kindOf(object) === "Deployment")
        addTo(object, "spec.template.spec.containers", {
          name: "log-shipper",
          image: "registry.example.com/log-shipper:3.0.1",
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "32Mi" } },
        });
    }),
  },
  {
    title: "bigger volumes for new claims, other config",
    apply: inPlace((object) => {
      if (kindOf(object) === "ConfigMap") set(object, "data.SETTING_3", "another value");
      if (kindOf(object) === "PersistentVolumeClaim") set(object, "spec.resources.requests.storage", "40Gi");
    }),
  },
  {
    title: "an autoscaler with more room instead of a fixed maximum",
    apply: inPlace((object) => {
      if (kindOf(object) === "HorizontalPodAutoscaler") set(object, "spec.maxReplicas", 50);
    }),
  },
  {
    title: "a value that repeats the default is taken out",
    apply: inPlace((object) => {
      if (get(object, "spec.template.spec.terminationGracePeriodSeconds") === 30)
        remove(object, "spec.template.spec.terminationGracePeriodSeconds");
    }),
  },
];
