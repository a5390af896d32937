import { at, list, object, strings } from "./json.ts";
import { matchesSelector } from "./selectors.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** A ServiceMonitor or a PodMonitor of the Prometheus operator. */
export function isMonitor({ group, kind }: Manifest): boolean {
  return group === "monitoring.coreos.com" && (kind === "ServiceMonitor" || kind === "PodMonitor");
}

/** What a monitor scrapes by: the ports of a Service, or of the containers of a pod. */
export interface Target {
  readonly manifest: Manifest;
  readonly labels: Readonly<Record<string, string>>;
  /** Where its labels are written. */
  readonly labelPath: FieldPath;
  readonly ports: readonly Json[];
}

/** What a monitor scrapes. */
export function targetsOf(monitor: Manifest, world: World): readonly Target[] {
  const selector = monitor.get("spec", "selector");
  const inSight = namespacesOf(monitor);
  return indexOf(monitor, world)
    .nearest(strings(at(selector, ["matchLabels"])))
    .filter(({ manifest, labels }) => inSight(manifest.namespace) && matchesSelector(selector, labels));
}

interface TargetIndex {
  readonly byId: ReadonlyMap<string, Target>;
  /** The fewest targets among which all with these labels are. */
  readonly nearest: (labels: Readonly<Record<string, string>>) => readonly Target[];
}

const services = new WeakMap<World, TargetIndex>();
const pods = new WeakMap<World, TargetIndex>();

/** What a monitor of its kind can scrape; made once a world, for monitors are many. */
function indexOf({ kind }: Manifest, world: World): TargetIndex {
  const known = kind === "ServiceMonitor" ? services : pods;
  const index =
    known.get(world) ?? targetIndex(kind === "ServiceMonitor" ? servicesIn(world) : podsIn(world));
  known.set(world, index);
  return index;
}

/** Everything that a monitor of that kind could scrape, by id. */
export function targetsById(monitor: Manifest, world: World): ReadonlyMap<string, Target> {
  return indexOf(monitor, world).byId;
}

function targetIndex(all: readonly Target[]): TargetIndex {
  const pairs = all.flatMap((target) =>
    Object.entries(target.labels).map(([key, value]) => ({ pair: `${key}=${value}`, target })),
  );
  const byPair = Map.groupBy(pairs, ({ pair }) => pair);
  return {
    byId: new Map(all.map((target) => [target.manifest.id, target])),
    nearest: (labels) => {
      const sets = Object.entries(labels).map(([key, value]) => byPair.get(`${key}=${value}`) ?? []);
      const [first, ...rest] = sets;
      if (!first) return all;
      return rest
        .reduce((least, set) => (set.length < least.length ? set : least), first)
        .map(({ target }) => target);
    },
  };
}

function servicesIn(world: World): Target[] {
  return world.ofKind("Service").map((manifest) => ({
    ...{ manifest, labels: manifest.labels, labelPath: ["metadata", "labels"] },
    ports: list(manifest.get("spec", "ports")),
  }));
}

function podsIn(world: World): Target[] {
  return world.workloads
    .filter(({ runsToCompletion }) => !runsToCompletion)
    .map(({ manifest, labels, template, containers }) => ({
      ...{ manifest, labels, labelPath: [...template, "metadata", "labels"] },
      ports: containers.flatMap(({ spec }) => list(spec["ports"])),
    }));
}

/** Its own namespace, unless `namespaceSelector` says more. An unwritten namespace can be any. */
function namespacesOf(monitor: Manifest): (namespace: string) => boolean {
  const names = list(monitor.get("spec", "namespaceSelector", "matchNames")).map(String);
  if (monitor.get("spec", "namespaceSelector", "any") === true || monitor.namespace === "") return () => true;
  const allowed = names.length > 0 ? names : [monitor.namespace];
  return (namespace) => namespace === "" || allowed.includes(namespace);
}

/** An entry of a monitor that names a port. */
export interface Endpoint {
  readonly port: string;
  readonly path: FieldPath;
}

/** Endpoints that name a port; numbers are scraped whether the pod says them or not. */
export function endpointsOf(monitor: Manifest): Endpoint[] {
  const field = monitor.kind === "ServiceMonitor" ? "endpoints" : "podMetricsEndpoints";
  return list(monitor.get("spec", field)).flatMap((item, index) => {
    const { port } = object(item);
    return typeof port === "string" && !isUnknown(port)
      ? [{ port, path: ["spec", field, index, "port"] }]
      : [];
  });
}

/** Whether a target has a port of that name. */
export function hasPort({ ports }: Target, port: string): boolean {
  return ports.some((item) => object(item)["name"] === port);
}
