import { at, integer, isObject, list, object, string, strings, type JsonObject } from "./json.ts";
import { scaled } from "./quantity.ts";
import { matchesSelector } from "./selectors.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Location, Manifest } from "./types.ts";

/** A container of a pod template. */
export interface Container {
  readonly name: string;
  readonly spec: JsonObject;
  /** Its path in the workload's manifest. */
  readonly path: FieldPath;
  /** `app`: runs beside the others. `init`: runs before them. `sidecar`: an init container with restartPolicy Always. */
  readonly role: "app" | "init" | "sidecar";
}

/** Whatever makes pods out of a template: any object with `spec.template.spec.containers`, a CronJob, a bare Pod. */
export interface Workload {
  readonly manifest: Manifest;
  readonly kind: string;
  /** Path of the pod template (for a bare Pod: of the object itself). */
  readonly template: FieldPath;
  readonly podSpec: JsonObject;
  /** Labels of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  /** What `spec.replicas` says; undefined where it is not written, NaN where only an expansion would tell. */
  readonly declaredReplicas: number | undefined;
  /** Jobs and CronJobs end by themselves: rules about serving do not concern them. */
  readonly runsToCompletion: boolean;
}

/** The workload that a manifest describes, or undefined. */
export function workloadOf(manifest: Manifest): Workload | undefined {
  const template = templatePath(manifest);
  const podSpec = manifest.get(...template, "spec");
  if (!isObject(podSpec) || !Array.isArray(podSpec["containers"])) return undefined;
  return {
    manifest,
    kind: manifest.kind,
    template,
    podSpec,
    labels: strings(manifest.get(...template, "metadata", "labels")),
    containers: containersOf(podSpec, [...template, "spec"]),
    declaredReplicas: scaled(manifest.get("spec", "replicas"), NaN, "up"),
    runsToCompletion: manifest.group === "batch",
  };
}

function templatePath({ kind, group }: Manifest): FieldPath {
  if (kind === "Pod" && group === "") return [];
  if (kind === "CronJob" && group === "batch") return ["spec", "jobTemplate", "spec", "template"];
  return ["spec", "template"];
}

function containersOf(podSpec: JsonObject, path: FieldPath): Container[] {
  const read = (field: string, role: (spec: JsonObject) => Container["role"]) =>
    list(podSpec[field]).map((item, index): Container => {
      const spec = object(item);
      return { name: string(spec["name"]) ?? "", spec, path: [...path, field, index], role: role(spec) };
    });
  return [
    ...read("containers", () => "app"),
    ...read("initContainers", (spec) => (spec["restartPolicy"] === "Always" ? "sidecar" : "init")),
  ];
}

/**
 * The same container of another generation of the workload: that of the same name; where just one app container has a
 * new name and just one old name is gone, it is taken for renamed.
 */
export function predecessor(container: Container, is: Workload, was: Workload): Container | undefined {
  const named = was.containers.find(({ name }) => name === container.name);
  if (named || container.role !== "app") return named;
  const apps = ({ containers }: Workload) => containers.filter(({ role }) => role === "app");
  const without = (some: readonly Container[], others: readonly Container[]) =>
    some.filter(({ name }) => !others.some((other) => other.name === name));
  const [left, ...more] = without(apps(was), is.containers);
  return more.length === 0 && without(apps(is), was.containers).length === 1 ? left : undefined;
}

const SELECTING: readonly string[] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/** Whether a workload's own selector leaves its pods out: the API server refuses that (apps/validation). */
export function missesOwnPods({ manifest, labels }: Workload): boolean {
  const selector = manifest.get("spec", "selector");
  if (!SELECTING.includes(manifest.kind) || !isObject(selector) || matchesSelector(selector, labels))
    return false;
  return ![...Object.values(strings(selector["matchLabels"])), ...Object.values(labels)].some(isUnknown);
}

/** Where something of a container is written; the container itself where it is not. */
export function locateIn(workload: Workload, container: Container, ...field: FieldPath): Location {
  const path = [...container.path, ...field];
  return workload.manifest.locate(...(field.length > 0 ? path : [...path, "name"]));
}

/** A pod's field: `podField(workload, "terminationGracePeriodSeconds")`. */
export function podField(workload: Workload, ...field: FieldPath): Json | undefined {
  return at(workload.podSpec, field);
}

/** How a workload replaces its pods. Counts are of pods, for a given number of replicas, rounded as the controller rounds. */
export interface Strategy {
  readonly type: "RollingUpdate" | "Recreate" | "OnDelete" | "other";
  readonly maxUnavailable: number;
  readonly maxSurge: number;
  /** Pods that a rollout leaves as they are: those of a StatefulSet below its partition. */
  readonly held?: number;
  /** The new pods stand beside the old ones, all of them, before users are sent from the one set to the other. */
  readonly apart?: true;
}

/** Defaults and rounding: kubernetes apps/v1 defaults.go and deployment_util.go (ResolveFenceposts), daemon and stateful set controllers. */
export function strategyOf(workload: Workload, replicas: number): Strategy {
  const { manifest, kind } = workload;
  if (kind === "StatefulSet") return statefulSetStrategy(manifest, replicas);
  if (kind === "DaemonSet") return daemonSetStrategy(manifest, replicas);
  if (kind === "Rollout") return rolloutStrategy(manifest, replicas);
  const type = string(manifest.get("spec", "strategy", "type")) ?? "RollingUpdate";
  if (type === "Recreate") return { type, maxUnavailable: replicas, maxSurge: 0 };
  return rolling(object(manifest.get("spec", "strategy", "rollingUpdate")), replicas);
}

/** New pods that must be ready before the first old one may go. */
export function aheadOf({ maxUnavailable, maxSurge, apart }: Strategy): number {
  if (apart) return maxSurge;
  return maxUnavailable === 0 ? Math.min(1, maxSurge) : 0;
}

/** Surge rounds up, unavailable rounds down; where both come to nothing, one pod may be unavailable. */
function rolling(settings: JsonObject, replicas: number): Strategy {
  const maxSurge = scaled(settings["maxSurge"] ?? "25%", replicas, "up") ?? 0;
  const unavailable = scaled(settings["maxUnavailable"] ?? "25%", replicas, "down") ?? 0;
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas);
  return { type: "RollingUpdate", maxUnavailable, maxSurge };
}

/**
 * One pod after the other from the last one down to the partition, or `maxUnavailable` at a time, however they are
 * started (podManagementPolicy): the controller counts the pods that are missing (updateStatefulSetAfterInvariantEstablished).
 */
function statefulSetStrategy(manifest: Manifest, replicas: number): Strategy {
  const type = string(manifest.get("spec", "updateStrategy", "type")) ?? "RollingUpdate";
  if (type === "OnDelete") return { type, maxUnavailable: 0, maxSurge: 0, held: replicas };
  const settings = object(manifest.get("spec", "updateStrategy", "rollingUpdate"));
  const maxUnavailable = Math.max(1, scaled(settings["maxUnavailable"] ?? 1, replicas, "up") ?? 1);
  const held = Math.min(replicas, Math.max(0, scaled(settings["partition"], NaN, "up") ?? 0));
  return {
    type: "RollingUpdate",
    maxUnavailable: Math.min(maxUnavailable, replicas - held),
    maxSurge: 0,
    held,
  };
}

/** Where both numbers come to nothing, one node goes without (pkg/controller/daemon/update.go, updatedDesiredNodeCounts). */
function daemonSetStrategy(manifest: Manifest, nodes: number): Strategy {
  const type = string(manifest.get("spec", "updateStrategy", "type")) ?? "RollingUpdate";
  if (type === "OnDelete") return { type, maxUnavailable: 0, maxSurge: 0 };
  const settings = object(manifest.get("spec", "updateStrategy", "rollingUpdate"));
  const maxUnavailable = scaled(settings["maxUnavailable"] ?? 1, nodes, "up") ?? 1;
  const maxSurge = scaled(settings["maxSurge"] ?? 0, nodes, "up") ?? 0;
  return {
    type: "RollingUpdate",
    maxUnavailable: maxUnavailable === 0 && maxSurge === 0 ? 1 : maxUnavailable,
    maxSurge,
  };
}

/**
 * Argo Rollouts. Blue-green keeps the old set until the switch, and so does a canary to which a router sends its share
 * (utils/replicaset/canary.go, CalculateReplicaCountsForTrafficRoutedCanary): the stable set keeps its size to the end.
 * A canary without a router has a Deployment's two numbers, 25 % each by default.
 */
function rolloutStrategy(manifest: Manifest, replicas: number): Strategy {
  const canary = object(manifest.get("spec", "strategy", "canary"));
  const routed = isObject(canary["trafficRouting"]);
  if (routed && canary["dynamicStableScale"] === true)
    return { type: "RollingUpdate", maxUnavailable: 0, maxSurge: largestStep(canary, replicas) };
  if (routed || isObject(manifest.get("spec", "strategy", "blueGreen")))
    return { type: "RollingUpdate", maxUnavailable: 0, maxSurge: replicas, apart: true };
  return rolling(canary, replicas);
}

/** With `dynamicStableScale` the stable set shrinks as users move: what is too much at once is one step's worth of pods. */
function largestStep(canary: JsonObject, replicas: number): number {
  const steps = list(canary["steps"]).flatMap((step) => integer(object(step)["setWeight"]) ?? []);
  const jumps = [...steps, 100].map((weight, index) => weight - (index === 0 ? 0 : (steps[index - 1] ?? 0)));
  return Math.ceil((replicas * Math.max(0, ...jumps)) / 100);
}
