import { at, list, object, string, strings } from "./json.ts";
import { nameIndex } from "./names.ts";
import { scaled } from "./quantity.ts";
import { matchesMap, matchesSelector, sameNamespace } from "./selectors.ts";
import type {
  Broken,
  Cluster,
  Environment,
  Json,
  Manifest,
  ReleaseIdentity,
  RepeatedValue,
  Side,
  Unit,
  UnreadValue,
  ValuesKey,
  ValuesSet,
} from "./types.ts";
import { releasedValues } from "./values.ts";
import { translated } from "./values-keys.ts";
import { workloadOf, type Workload } from "./workload.ts";

/** One unit on one side, with the questions that checks ask of it. */
export interface World {
  readonly side: Side;
  readonly unit: string;
  readonly environment: Environment;
  readonly cluster: Cluster;
  readonly manifests: readonly Manifest[];
  /** Values whose charts are not seen, those of releases (HelmRelease, Application, HelmChart) included. */
  readonly values: readonly ValuesSet[];
  /** Keys that the unit's files of values have more than once. */
  readonly repeats: readonly RepeatedValue[];
  /** Keys that were added to its values and that its chart does not read. */
  readonly unread: readonly UnreadValue[];
  /** See `Unit.broken`. */
  readonly broken: readonly Broken[];
  /** See `Unit.release`. */
  readonly release: ReleaseIdentity | undefined;
  /** Objects are missing that are deployed with the unit: that something is not there proves nothing. */
  readonly incomplete: boolean;
  readonly workloads: readonly Workload[];
  /** All objects of these kinds, in order of appearance. */
  readonly ofKind: (...kinds: readonly string[]) => readonly Manifest[];
  /** An object of this unit that a reference from `from` resolves to. */
  readonly find: (kind: string, name: string, from: Pick<Manifest, "namespace">) => Manifest | undefined;
  /** Whether an object of that kind and name is anywhere in the repository on this side, in whatever unit. */
  readonly anywhere: (kind: string, name: string) => boolean;
  /** How many objects of that kind and name the repository has on this side: fewer than before means one is gone. */
  readonly count: (kind: string, name: string) => number;
  /** The unit of an object of this side, whatever unit that is. */
  readonly unitOf: (manifest: Manifest) => string;
  /** Where an object of this side goes, whatever unit it is of. */
  readonly homeOf: (manifest: Manifest) => Home;
  /** All objects of a kind in the repository on this side, in whatever unit: always the same list, so that it can be a key. */
  readonly everywhere: (kind: string) => readonly Manifest[];
  /** How often values anywhere in the repository, on this side, say this of a key: fewer than before means it is gone. */
  readonly countValue: (key: string, value: Json) => number;
  /** The workload of a manifest of this unit. */
  readonly workload: (manifest: Manifest) => Workload | undefined;
  /** Long-running workloads whose pods a Service selects. */
  readonly selectedBy: (service: Manifest) => readonly Workload[];
  /** Services that select a workload's pods. */
  readonly servicesOf: (workload: Workload) => readonly Manifest[];
  /** PodDisruptionBudgets that cover a workload's pods. */
  readonly budgetsOf: (workload: Workload) => readonly Manifest[];
  /** Long-running workloads whose pods a PodDisruptionBudget covers. */
  readonly coveredBy: (budget: Manifest) => readonly Workload[];
  /** HorizontalPodAutoscalers and KEDA ScaledObjects that own a workload's replica count. */
  readonly autoscalersOf: (workload: Workload) => readonly Manifest[];
  /** Replicas that are sure to be there: the autoscaler's minimum where there is one, else `spec.replicas`, else 1. */
  readonly replicasOf: (workload: Workload) => number;
}

/** Where an object is deployed. */
export interface Home {
  /** Its own, else that of its release; empty where nothing says it. */
  readonly namespace: string;
  readonly environment: Environment;
}

/** What of its side a unit's world must know beyond itself. */
export interface Surroundings {
  readonly side: Side;
  readonly cluster: Cluster;
  /** See `World.count`. */
  readonly count: (kind: string, name: string) => number;
  /** See `World.unitOf`. */
  readonly unitOf: (manifest: Manifest) => string;
  /** See `World.homeOf`. */
  readonly homeOf: (manifest: Manifest) => Home;
  /** Every object of the side, by kind. */
  readonly kinds: ReadonlyMap<string, readonly Manifest[]>;
  /** Keys of charts that the policy translates. */
  readonly valuesKeys: readonly ValuesKey[];
  /** See `World.countValue`. */
  readonly countValue: (key: string, value: Json) => number;
}

const NONE: readonly Manifest[] = [];

export function worldOf(
  unit: Unit,
  { side, cluster, count, unitOf, homeOf, kinds, countValue, valuesKeys }: Surroundings,
): World {
  let values: readonly ValuesSet[] | undefined;
  const byKind = Map.groupBy(unit.manifests, ({ kind }) => kind);
  const workloads = unit.manifests.flatMap((manifest) => workloadOf(manifest) ?? []);
  const byManifest = new Map(workloads.map((workload) => [workload.manifest, workload]));
  const ofKind = (...kinds: readonly string[]) => kinds.flatMap((kind) => byKind.get(kind) ?? []);
  const named = nameIndex((kind) => byKind.get(kind) ?? NONE);
  const lasting = workloads.filter((workload) => !workload.runsToCompletion);
  const selection = selectionOf(ofKind("Service"), lasting);
  const budgets = budgetIndex(ofKind("PodDisruptionBudget"), lasting);
  const autoscalers = autoscalerIndex(ofKind("HorizontalPodAutoscaler", "ScaledObject"));
  const autoscalersOf = (workload: Workload) =>
    (autoscalers.get(`${workload.kind}/${workload.manifest.name}`) ?? []).filter((scaler) =>
      sameNamespace(scaler, workload.manifest),
    );
  return {
    ...{
      side,
      cluster,
      unit: unit.id,
      environment: unit.environment,
      manifests: unit.manifests,
      incomplete: unit.incomplete ?? false,
      repeats: unit.repeats ?? [],
      unread: unit.unread ?? [],
      broken: unit.broken ?? [],
      release: unit.release,
      workloads,
      ofKind,
    },
    find: (kind, name, from) => named(kind, name).find((manifest) => sameNamespace(manifest, from)),
    anywhere: (kind, name) => count(kind, name) > 0,
    count,
    unitOf,
    homeOf,
    countValue,
    get values() {
      values ??= (unit.values ?? releasedValues(unit.manifests)).map((set) => translated(set, valuesKeys));
      return values;
    },
    everywhere: (kind) => kinds.get(kind) ?? NONE,
    workload: (manifest) => byManifest.get(manifest),
    selectedBy: (service) => selection.workloads.get(service) ?? [],
    servicesOf: (workload) => selection.services.get(workload) ?? [],
    budgetsOf: (workload) => budgets.budgets.get(workload) ?? [],
    coveredBy: (budget) => budgets.workloads.get(budget) ?? [],
    autoscalersOf,
    replicasOf: (workload) => minimumOf(autoscalersOf(workload)) ?? workload.declaredReplicas ?? 1,
  };
}

/** Pods by each of their labels, so that a selector looks at the few that have its rarest pair and not at all. */
function labelIndex(
  workloads: readonly Workload[],
): (pairs: readonly [string, string][]) => readonly Workload[] {
  const index = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const pair = `${key}=${value}`;
      const known = index.get(pair);
      if (known) known.push(workload);
      else index.set(pair, [workload]);
    }
  }
  return (pairs) => {
    if (pairs.length === 0) return workloads;
    const sets = pairs.map(([key, value]) => index.get(`${key}=${value}`) ?? []);
    return sets.reduce((least, set) => (set.length < least.length ? set : least));
  };
}

function selectionOf(services: readonly Manifest[], workloads: readonly Workload[]) {
  const candidates = labelIndex(workloads);
  const byService = new Map<Manifest, Workload[]>();
  const byWorkload = new Map<Workload, Manifest[]>();
  for (const service of services) {
    const selector = service.get("spec", "selector");
    const selected = candidates(Object.entries(strings(selector))).filter(
      ({ labels, manifest }) => matchesMap(selector, labels) && sameNamespace(service, manifest),
    );
    byService.set(service, selected);
    for (const workload of selected) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), service]);
  }
  return { workloads: byService, services: byWorkload };
}

function budgetIndex(budgets: readonly Manifest[], workloads: readonly Workload[]) {
  const candidates = labelIndex(workloads);
  const byWorkload = new Map<Workload, Manifest[]>();
  const byBudget = new Map<Manifest, Workload[]>();
  for (const budget of budgets) {
    const selector = budget.get("spec", "selector");
    const covered = candidates(Object.entries(strings(at(selector, ["matchLabels"])))).filter(
      ({ labels, manifest }) => matchesSelector(selector, labels) && sameNamespace(budget, manifest),
    );
    byBudget.set(budget, covered);
    for (const workload of covered) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), budget]);
  }
  return { workloads: byBudget, budgets: byWorkload };
}

/** By `Kind/name` of the target. KEDA's target is a Deployment where it names no kind. */
function autoscalerIndex(scalers: readonly Manifest[]): Map<string, Manifest[]> {
  return Map.groupBy(scalers, (scaler) => {
    const target = object(scaler.get("spec", "scaleTargetRef"));
    return `${string(target["kind"]) ?? "Deployment"}/${string(target["name"]) ?? ""}`;
  });
}

/** The least that any of them keeps. An HPA's minimum is 1 by default (autoscaling/v2); KEDA's is 0. */
function minimumOf(scalers: readonly Manifest[]): number | undefined {
  if (scalers.length === 0) return undefined;
  return Math.min(...scalers.map(minimumReplicas));
}

/**
 * `minReplicas` of an HorizontalPodAutoscaler (default 1), `minReplicaCount` of a ScaledObject (default 0). KEDA goes
 * further down to `idleReplicaCount` where nothing triggers it, and stays at `paused-replicas` where it is paused.
 */
export function minimumReplicas(scaler: Manifest): number {
  if (scaler.kind !== "ScaledObject") return scaled(scaler.get("spec", "minReplicas"), NaN, "up") ?? 1;
  const paused = pausedReplicas(scaler);
  if (paused !== undefined) return paused;
  const least = scaled(scaler.get("spec", "minReplicaCount"), NaN, "up") ?? 0;
  return Math.min(least, scaled(scaler.get("spec", "idleReplicaCount"), NaN, "up") ?? least);
}

/** The number at which KEDA's annotation holds a ScaledObject; undefined where it is not paused at one. */
export function pausedReplicas({ kind, annotations }: Manifest): number | undefined {
  if (kind !== "ScaledObject") return undefined;
  return scaled(annotations["autoscaling.keda.sh/paused-replicas"], NaN, "up");
}

/** A reference to a Service from a route: an Ingress, or a Gateway API route. */
export interface Backend {
  readonly service: string;
  readonly namespace: string;
  readonly port: Json | undefined;
  readonly path: readonly (string | number)[];
}

/** The Services that a route sends to. Resource backends and other kinds are left out. */
export function backendsOf(route: Manifest): Backend[] {
  if (route.kind === "Ingress") return ingressBackends(route);
  if (route.group !== "gateway.networking.k8s.io") return [];
  return list(route.get("spec", "rules")).flatMap((rule, ruleIndex) =>
    list(object(rule)["backendRefs"]).flatMap((item, index): Backend[] => {
      const ref = object(item);
      if ((ref["kind"] ?? "Service") !== "Service" || (ref["group"] ?? "") !== "") return [];
      const service = string(ref["name"]);
      if (service === undefined) return [];
      const namespace = string(ref["namespace"]) ?? route.namespace;
      return [
        { service, namespace, port: ref["port"], path: ["spec", "rules", ruleIndex, "backendRefs", index] },
      ];
    }),
  );
}

function ingressBackends(ingress: Manifest): Backend[] {
  const paths = list(ingress.get("spec", "rules")).flatMap((rule, ruleIndex) =>
    list(at(rule, ["http", "paths"])).map((_, index) => [
      "spec",
      "rules",
      ruleIndex,
      "http",
      "paths",
      index,
      "backend",
    ]),
  );
  return [["spec", "defaultBackend"], ["spec", "backend"], ...paths].flatMap((path): Backend[] => {
    const backend = object(ingress.get(...path));
    const service = object(backend["service"]);
    const name = string(service["name"]) ?? string(backend["serviceName"]);
    if (name === undefined) return [];
    const port = at(service, ["port", "name"]) ?? at(service, ["port", "number"]) ?? backend["servicePort"];
    return [{ service: name, namespace: ingress.namespace, port, path }];
  });
}

/** Kinds whose objects send traffic to Services. */
export const ROUTES = ["Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"] as const;
