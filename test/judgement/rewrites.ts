import { stringify } from "yaml";
import { kindOf, nameOf, written, yamlOf, type Entry } from "./repository.ts";
import { writeDefaults } from "./defaults.ts";
import { get, isValues, rewritten, set, type Value, type Values } from "./values.ts";
import { inPlace, ofObjects, ofPaths, ofTexts, type Rewrite } from "./writing.ts";

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
        isValues(value) ? Object.fromEntries<Value>(random.shuffled(Object.entries(value))) : value,
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
    apply: ofPaths((_, { object }, index) => `k8s/${kindOf(object)}/${nameOf(object)}-${String(index)}.yaml`),
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
    title: "folders become kustomizations with a base and an overlay",
    apply: (repo) => {
      const folders = new Set(["apps/storefront", "apps/service-0004", "apps/store-0003"]);
      const isOne = ({ path }: Entry) => folders.has(folderOf(path));
      const based = repo.filter(isOne).map((entry) => ({
        ...entry,
        path: entry.path.replace(/([^/]+)$/, "base/$1"),
      }));
      const files = [...folders].map((folder) => {
        const paths = new Set(
          based.filter(({ path }) => path.startsWith(`${folder}/`)).map(({ path }) => path),
        );
        return [folder, [...paths].map((path) => `  - ${path.slice(folder.length + 6)}\n`).join("")] as const;
      });
      return new Map([
        ...written([...repo.filter((entry) => !isOne(entry)), ...based]),
        ...files.flatMap(([folder, list]) => [
          [`${folder}/base/kustomization.yaml`, `resources:\n${list}`] as const,
          [`${folder}/overlays/main/kustomization.yaml`, "resources: [../../base]\n"] as const,
        ]),
      ]);
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
