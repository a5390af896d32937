import type { Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** What becomes of an object in the cluster when its manifest goes. */
export type Removal = "kept" | "asked" | "deleted" | "unknown";

/**
 * Reads what the object and its unit say about pruning: `kept` by an annotation, deleted only after somebody was
 * `asked`, surely `deleted`, or `unknown`: plain `kubectl apply` deletes nothing.
 */
export function removalOf(manifest: Manifest, world: World): Removal {
  const { annotations, labels } = manifest;
  const options = annotations["argocd.argoproj.io/sync-options"] ?? "";
  if (/\b(Prune|Delete)=false\b/.test(options)) return "kept";
  if (annotations["helm.sh/resource-policy"]?.includes("keep")) return "kept";
  if (/^disabled$/i.test(annotations["kustomize.toolkit.fluxcd.io/prune"] ?? "")) return "kept";
  if (/\b(Prune|Delete)=confirm\b/.test(options)) return "asked";
  const helm = labels["app.kubernetes.io/managed-by"] === "Helm" || labels["helm.sh/chart"] !== undefined;
  return helm || prunes(world) ? "deleted" : "unknown";
}

/** Whether an Argo CD Application or a Flux Kustomization of the unit deletes what leaves the repository. */
function prunes(world: World): boolean {
  const argo = world.ofKind("Application", "ApplicationSet").some((app) => {
    const spec = app.kind === "Application" ? ["spec"] : ["spec", "template", "spec"];
    return app.get(...spec, "syncPolicy", "automated", "prune") === true;
  });
  const flux = world
    .ofKind("Kustomization")
    .some((one) => one.group === "kustomize.toolkit.fluxcd.io" && one.get("spec", "prune") === true);
  return argo || flux;
}
