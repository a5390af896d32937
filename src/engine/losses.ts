import { isObject, list, object, string } from "./json.ts";
import type { Change } from "./pair.ts";
import { servicePorts } from "./ports.ts";
import type { Json, Manifest } from "./types.ts";
import { scalarText } from "./words.ts";
import { workloadOf } from "./workload.ts";

/** Something of an object that others may refer to, and that a change takes away: its name, a port, a label. */
export interface Lost {
  /** The object that had it, on base. */
  readonly from: Manifest;
  /** Whoever refers to it says all of these. */
  readonly words: readonly string[];
  /** By its labels others select it, and they may select others as well. */
  readonly label?: { readonly key: string; readonly value: string };
  /** The name is an address, which anybody may call. */
  readonly address?: true;
}

/** What Services and pods of a unit lose in a change: names, ports, labels. */
export function lostOf(changes: readonly Change[]): Lost[] {
  const touched = changes.flatMap(({ before: was, after: is }) =>
    was && was.object !== is?.object && isReferred(was) ? [{ was, is }] : [],
  );
  // Few changes take a label away: what all others have is looked up when one does.
  let kept: ReadonlySet<string> | undefined;
  const isKept = (label: Label) =>
    (kept ??= new Set(changes.flatMap(({ after }) => (after ? labelsOf(after).map(labelText) : [])))).has(
      labelText(label),
    );
  return touched.flatMap(({ was, is }): Lost[] => {
    const labels = labelsOf(was);
    const own = new Set(is ? labelsOf(is).map(labelText) : []);
    const gone = labels.filter((label) => !own.has(labelText(label)) && !isKept(label));
    const left = new Set(is ? portsOf(is) : []);
    const ports = is ? portsOf(was).filter((port) => !left.has(port)) : [];
    return [
      ...(is ? [] : [{ from: was, words: [was.name], ...(isService(was) && { address: true as const }) }]),
      ...gone.map((label) => ({ from: was, words: [label.key, label.value], label })),
      ...ports.flatMap((port) => [
        { from: was, words: [was.name, port] },
        ...labels.map(({ key, value }) => ({ from: was, words: [key, value, port] })),
      ]),
    ];
  });
}

type Label = NonNullable<Lost["label"]>;

const labelText = ({ key, value }: Label) => `${key}=${value}`;

const isService = ({ kind, group }: Manifest) => kind === "Service" && group === "";

const isReferred = (manifest: Manifest) =>
  isService(manifest) || workloadOf(manifest)?.runsToCompletion === false;

/** Labels by which others select it: those of a Service, or of a workload's pods. */
export function labelsOf(manifest: Manifest): Label[] {
  const labels = isService(manifest) ? manifest.labels : (workloadOf(manifest)?.labels ?? {});
  return Object.entries(labels).map(([key, value]) => ({ key, value }));
}

/** Numbers and names of a Service's ports, or names of those of a workload's containers. */
function portsOf(manifest: Manifest): string[] {
  if (isService(manifest))
    return servicePorts(manifest).flatMap(({ port, name }) => [scalarText(port), name ?? []].flat());
  return (workloadOf(manifest)?.containers ?? []).flatMap(({ spec }) =>
    list(spec["ports"]).flatMap((port) => string(object(port)["name"]) ?? []),
  );
}

/** Kinds that lead to others by name, port or label, and that may stand in another unit. */
export const REFERRERS: readonly string[] = [
  ...["Ingress", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"],
  ...["Service", "ServiceMonitor", "PodMonitor", "NetworkPolicy"],
  ...["HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget"],
];

/** Whether an object says all the words, as keys or as values. */
export function says({ object: root }: Manifest, words: readonly string[]): boolean {
  const left = new Set(words);
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) (value as readonly Json[]).forEach(visit);
    else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        left.delete(key);
        visit(item);
      }
    } else left.delete(scalarText(value));
  };
  visit(root);
  return left.size === 0;
}
