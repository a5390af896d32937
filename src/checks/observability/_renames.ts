import { imageName } from "../../engine/image.ts";
import { string } from "../../engine/json.ts";
import { targetsOf } from "../../engine/monitors.ts";
import type { Manifest } from "../../engine/types.ts";
import { keptWorkloads } from "../../engine/workload-pairs.ts";
import { predecessor, workloadOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import type { Transition } from "../define.ts";

/** A name under which metrics know something, before and after. */
export interface Rename {
  /** The label that has it. */
  readonly label: string;
  readonly was: string;
  readonly is: string;
  /** Names that go on behind a dash, as those of pods do. */
  readonly prefix?: true;
  readonly text: string;
  readonly manifest: Manifest;
}

/** Workloads, containers and Services that have another name now. */
export function renamesOf(transition: Transition): Rename[] {
  const gone = transition.changes.flatMap(({ kind, before }) => (kind === "removed" ? [before] : []));
  return [
    ...gone.flatMap((manifest) => ofWorkload(manifest, transition)),
    ...gone.flatMap((manifest) => (manifest.kind === "Service" ? ofService(manifest, transition) : [])),
    ...keptWorkloads(transition).flatMap(({ was, is }) => ofContainers(was, is, transition)),
  ];
}

function ofWorkload(manifest: Manifest, transition: Transition): Rename[] {
  const { before, after } = transition;
  const was = before.workload(manifest);
  if (!was || was.runsToCompletion || after.anywhere(manifest.kind, manifest.name)) return [];
  const is = heirOf(was, transition);
  if (!is) return [];
  const rename = { was: manifest.name, manifest, text: `${manifest.ref} is ${is.manifest.ref} now` };
  // kube-state-metrics labels by the kind; another kind has another label.
  const own: Rename = {
    ...rename,
    label: manifest.kind.toLowerCase(),
    is: is.kind === was.kind ? is.manifest.name : "",
  };
  const pods: Rename = { ...rename, label: "pod", is: is.manifest.name, prefix: true };
  return [own, pods, ...ofContainers(was, is, transition)];
}

/** The one new workload with the same pods: by its labels, or by an image. */
function heirOf(was: Workload, { changes, after }: Transition): Workload | undefined {
  const labels = JSON.stringify(Object.entries(was.labels).sort());
  const images = new Set(imagesOf(was));
  const heirs = changes
    .flatMap((change) => (change.kind === "added" ? (after.workload(change.after) ?? []) : []))
    .filter(
      (one) =>
        !one.runsToCompletion &&
        (JSON.stringify(Object.entries(one.labels).sort()) === labels ||
          imagesOf(one).some((image) => images.has(image))),
    );
  return heirs.length === 1 ? heirs[0] : undefined;
}

const imagesOf = ({ containers }: Workload) =>
  containers.flatMap(({ role, spec }) => {
    const image = string(spec["image"]);
    return role === "app" && image !== undefined ? [imageName(image).repository] : [];
  });

const POD_OWNERS = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Rollout"];

function ofContainers(was: Workload, is: Workload, { after }: Transition): Rename[] {
  return is.containers.flatMap((container): Rename[] => {
    const old = predecessor(container, is, was);
    if (!old || old.name === container.name || hasContainer(after, old.name)) return [];
    const text = `container ${old.name} of ${is.manifest.ref} is ${container.name} now`;
    return [{ label: "container", was: old.name, is: container.name, text, manifest: is.manifest }];
  });
}

/** Whether a pod anywhere still has a container of this name: the alert may be about that one. */
const hasContainer = (world: World, name: string): boolean =>
  POD_OWNERS.flatMap((kind) => world.everywhere(kind)).some((manifest) =>
    workloadOf(manifest)?.containers.some((container) => container.name === name),
  );

/** `job` and `service` of what is scraped through a Service are its name (prometheus-operator, ServiceMonitor). */
function ofService(service: Manifest, { before, after, changes }: Transition): Rename[] {
  if (after.anywhere("Service", service.name)) return [];
  const scraped = before
    .ofKind("ServiceMonitor")
    .some(
      (monitor) =>
        monitor.get("spec", "jobLabel") === undefined &&
        targetsOf(monitor, before).some(({ manifest }) => manifest === service),
    );
  const selector = JSON.stringify(service.get("spec", "selector") ?? null);
  const heir = changes.find(
    ({ kind, after: now }) =>
      kind === "added" &&
      now.kind === "Service" &&
      JSON.stringify(now.get("spec", "selector") ?? null) === selector,
  )?.after;
  if (!scraped || !heir || selector === "null") return [];
  const rename = {
    was: service.name,
    is: heir.name,
    manifest: service,
    text: `${service.ref} is ${heir.ref} now`,
  };
  return [
    { ...rename, label: "job" },
    { ...rename, label: "service" },
  ];
}
