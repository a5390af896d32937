import { kindOf, nameOf, type Entry } from "./repository.ts";
import type { Random } from "./random.ts";
import { copy, get, remove, set, text, type Values } from "./values.ts";

/** Something that hurts users, and how it is done to one application of a repository. */
export interface Hazard {
  readonly check: string;
  readonly title: string;
  /** Changes the objects, and says whom it is about: `Deployment/cart`. */
  readonly inflict: (repo: Entry[], random: Random) => string;
}

type Fits = (object: Values) => boolean;

const POD = "spec.template.spec";
const CONTAINER = `${POD}.containers.0`;
const isKind =
  (kind: string, ...paths: string[]): Fits =>
  (object) =>
    kindOf(object) === kind && paths.every((path) => get(object, path) !== undefined);
const isNamed =
  (kind: string, pattern: RegExp): Fits =>
  (object) =>
    kindOf(object) === kind && pattern.test(nameOf(object));

/** Of one object: whose name the application has. */
function to(fits: Fits, change: (object: Values) => void, about?: string): Hazard["inflict"] {
  return (repo, random) => {
    const { object } = random.pick(repo.filter((entry) => fits(entry.object)));
    const name = nameOf(object);
    change(object);
    return `${about ?? kindOf(object)}/${name}`;
  };
}

/** Takes an object away. */
function without(fits: Fits, about?: string): Hazard["inflict"] {
  return (repo, random) => {
    const entry = random.pick(repo.filter(({ object }) => fits(object)));
    repo.splice(repo.indexOf(entry), 1);
    return `${about ?? kindOf(entry.object)}/${nameOf(entry.object)}`;
  };
}

function scalar(object: Values, path: string): number {
  const value = get(object, path);
  return typeof value === "number" ? value : 0;
}

const several: Fits = (object) =>
  ["Deployment", "StatefulSet", "Rollout"].includes(kindOf(object)) && scalar(object, "spec.replicas") > 2;
/** What the Ingresses of the repository send to. */
const plain = /^(service-\d+|storefront)$/;
const served: Fits = (object) => several(object) || isNamed("Deployment", plain)(object);
const alone: Fits = (object) => several(object) && nameOf(object) !== "ratings";

export const HAZARDS: readonly Hazard[] = [
  {
    check: "replica-reduction",
    title: "one pod is left",
    inflict: to(alone, (object) => {
      set(object, "spec.replicas", 1);
    }),
  },
  {
    check: "replica-reduction",
    title: "it is switched off",
    inflict: to(alone, (object) => {
      set(object, "spec.replicas", 0);
    }),
  },
  {
    check: "replica-reduction",
    title: "the number goes",
    inflict: to(alone, (object) => {
      remove(object, "spec.replicas");
    }),
  },
  {
    check: "replica-reduction",
    title: "the autoscaler may go down to one",
    inflict: to(
      isNamed("HorizontalPodAutoscaler", plain),
      (object) => {
        set(object, "spec.minReplicas", 1);
      },
      "Deployment",
    ),
  },
  {
    check: "pdb-removed",
    title: "the budget goes",
    inflict: without(isNamed("PodDisruptionBudget", plain), "Deployment"),
  },
  {
    check: "pdb-deadlock",
    title: "the budget lets nothing go",
    inflict: to(isKind("PodDisruptionBudget"), (object) => {
      set(object, "spec.maxUnavailable", 0);
    }),
  },
  {
    check: "pdb-overlap",
    title: "a second budget covers the same pods",
    inflict: (repo, random) => {
      const { path, object } = random.pick(
        repo.filter((entry) => isNamed("PodDisruptionBudget", plain)(entry.object)),
      );
      const twin = copy(object);
      set(twin, "metadata.name", `${nameOf(object)}-twin`);
      repo.push({ path, object: twin });
      return `Deployment/${nameOf(object)}`;
    },
  },
  {
    check: "readiness-removed",
    title: "the probe goes",
    inflict: to(isKind("Deployment", `${CONTAINER}.readinessProbe`), (object) => {
      remove(object, `${CONTAINER}.readinessProbe`);
    }),
  },
  {
    check: "readiness-removed",
    title: "the probe goes, and the container gets another name",
    inflict: to(isNamed("Deployment", /^service-/), (object) => {
      remove(object, `${CONTAINER}.readinessProbe`);
      set(object, `${CONTAINER}.name`, "application");
    }),
  },
  {
    check: "rollout-availability-dip",
    title: "a rollout may stop all pods",
    inflict: to(isNamed("Deployment", plain), (object) => {
      set(object, "spec.strategy.rollingUpdate", { maxSurge: 0, maxUnavailable: "100%" });
    }),
  },
  {
    check: "strategy-to-recreate",
    title: "pods are replaced all at once",
    inflict: to(isNamed("Deployment", plain), (object) => {
      set(object, "spec.strategy", { type: "Recreate" });
    }),
  },
  {
    check: "service-selects-nothing",
    title: "a selector has a slip of the finger",
    inflict: to(isNamed("Service", /^(service|store)-/), (object) => {
      set(object, "spec.selector", { app: `${nameOf(object)}x` });
    }),
  },
  {
    check: "service-selects-nothing",
    title: "a workload goes and its Service stays",
    inflict: without(isNamed("Deployment", /^service-|^intranet$/), "Service"),
  },
  {
    check: "service-selector-flip",
    title: "selector and labels change in one go",
    inflict: (repo, random) => {
      const { object } = random.pick(
        repo.filter((entry) => isNamed("Deployment", /^service-/)(entry.object)),
      );
      const service = repo.find((entry) =>
        isNamed("Service", new RegExp(`^${nameOf(object)}$`))(entry.object),
      );
      set(object, "spec.template.metadata.labels.generation", "two");
      if (service) set(service.object, "spec.selector.generation", "two");
      return `Service/${nameOf(object)}`;
    },
  },
  {
    check: "target-port-unresolved",
    title: "the target is a name that no container has",
    inflict: to(isNamed("Service", plain), (object) => {
      set(object, "spec.ports.0.targetPort", "webb");
    }),
  },
  {
    check: "target-port-unresolved",
    title: "the container's port gets another name",
    inflict: to(
      isNamed("Deployment", /^service-/),
      (object) => {
        set(object, `${CONTAINER}.ports.0.name`, "web");
        set(object, `${CONTAINER}.readinessProbe.httpGet.port`, "web");
        set(object, `${CONTAINER}.livenessProbe.httpGet.port`, "web");
      },
      "Service",
    ),
  },
  {
    check: "backend-dangling",
    title: "a Service gets another name and its Ingress does not follow",
    inflict: to(
      isNamed("Service", plain),
      (object) => {
        set(object, "metadata.name", `${nameOf(object)}-new`);
      },
      "Ingress",
    ),
  },
  { check: "route-removed", title: "the way in goes", inflict: without(isNamed("Ingress", plain)) },
  {
    check: "immutable-field-change",
    title: "the selector of a workload changes",
    inflict: to(isNamed("Deployment", /^service-/), (object) => {
      set(object, "spec.selector.matchLabels.generation", "two");
      set(object, "spec.template.metadata.labels.generation", "two");
    }),
  },
  {
    check: "immutable-field-change",
    title: "the volumes of a store are to grow",
    inflict: to(isNamed("StatefulSet", /^store-/), (object) => {
      set(object, "spec.volumeClaimTemplates.0.spec.resources.requests.storage", "900Gi");
    }),
  },
  {
    check: "grace-arithmetic",
    title: "the grace period is shorter than the hook",
    inflict: to(isNamed("Deployment", /^service-/), (object) => {
      set(object, `${POD}.terminationGracePeriodSeconds`, 8);
    }),
  },
  { check: "destructive-removal", title: "a claim goes", inflict: without(isKind("PersistentVolumeClaim")) },
  {
    check: "backup-weakened",
    title: "backups stop",
    inflict: to(isNamed("CronJob", /backup$/), (object) => {
      set(object, "spec.suspend", true);
    }),
  },
  {
    check: "mutable-image",
    title: "the version becomes whatever is newest",
    inflict: to(served, (object) => {
      set(object, `${CONTAINER}.image`, text(object, `${CONTAINER}.image`).replace(/:[^:/]*$/, ":latest"));
    }),
  },
  {
    check: "alert-removed",
    title: "an alert goes",
    inflict: to(isNamed("PrometheusRule", /^store-/), (object) => {
      const rules = get(object, "spec.groups.0.rules");
      if (Array.isArray(rules)) rules.splice(1, 1);
    }),
  },
];
