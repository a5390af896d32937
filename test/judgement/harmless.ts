import { benchRepository } from "../../scripts/bench/manifests.ts";
import { entries, kindOf, nameOf, written } from "./repository.ts";
import { get, remove, rewritten, set, type Value, type Values } from "./values.ts";
import { inPlace, ofObjects, type Rewrite } from "./writing.ts";

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
    title: "bigger volumes for new claims, other config that rolls out",
    apply: inPlace((object) => {
      if (kindOf(object) === "ConfigMap") set(object, "data.SETTING_3", "another value");
      if (kindOf(object) === "Deployment" || kindOf(object) === "StatefulSet")
        set(object, "spec.template.metadata.annotations", { "checksum/config": "2" });
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
