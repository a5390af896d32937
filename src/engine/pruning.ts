import { list, object, string } from "./json.ts";
import { SYSTEM_KINDS, systemOf } from "./systems.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
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
  const charted = labels["app.kubernetes.io/managed-by"] === "Helm" || labels["helm.sh/chart"] !== undefined;
  // Argo CD renders charts itself: their labels speak of Helm, which never sees the objects.
  const helm = world.release === undefined ? charted : world.release.tool !== "argo";
  return helm || prunes(manifest, world) ? "deleted" : "unknown";
}

/** Whether an Argo CD Application or a Flux Kustomization of the repository deletes what leaves the object's folder. */
function prunes(manifest: Manifest, world: World): boolean {
  const isDeployed = (deployer: Manifest) => deploys(deployer, manifest, world.unit);
  return (
    world.everywhere("Application").some((app) => isPruning(app, ["spec"]) && isDeployed(app)) ||
    world
      .everywhere("ApplicationSet")
      .some((set) => isPruning(set, ["spec", "template", "spec"]) && isDeployed(set)) ||
    world.everywhere("Kustomization").some((flux) => flux.get("spec", "prune") === true && isDeployed(flux))
  );
}

/** Whether Argo CD deletes what an Application no longer makes. */
export const isPruning = (app: Manifest, spec: FieldPath): boolean =>
  app.get(...spec, "syncPolicy", "automated", "prune") === true;

/** By the folder of its file, or by the overlay that includes that: a base's objects are deployed through it. */
export function deploys(deployer: Manifest, { path }: Manifest, unit: string): boolean {
  return deployedFolders(deployer).some((folder) => covers(folder, path) || covers(folder, `${unit}/`));
}

/** The folders that an Argo CD Application, an ApplicationSet or a Flux Kustomization deploys, as they are written. */
export function foldersOf(deployer: Manifest): readonly (Json | undefined)[] {
  if (deployer.group === "kustomize.toolkit.fluxcd.io") return [deployer.get("spec", "path")];
  const spec = deployer.kind === "ApplicationSet" ? ["spec", "template", "spec"] : ["spec"];
  const sources = [deployer.get(...spec, "source"), ...list(deployer.get(...spec, "sources"))];
  return sources.map((source) => object(source)["path"]);
}

/** Objects of the repository that hold data and that this deployer deploys. */
export function dataUnder(deployer: Manifest, world: World): Manifest[] {
  return ["PersistentVolumeClaim", "StatefulSet", ...SYSTEM_KINDS]
    .flatMap((kind) => world.everywhere(kind))
    .filter(
      (one) =>
        (one.kind === "PersistentVolumeClaim" ||
          list(one.get("spec", "volumeClaimTemplates")).length > 0 ||
          systemOf(one) !== undefined) &&
        deploys(deployer, one, world.unitOf(one)),
    );
}

/** The same, as units are called: `apps/shop`, and `.` for everything. Folders that nobody can tell are left out. */
export function deployedFolders(deployer: Manifest): string[] {
  return foldersOf(deployer).flatMap((folder) =>
    typeof folder === "string" && !isUnknown(folder) ? [folder.replace(/^(\.?\/)+|\/+$/g, "") || "."] : [],
  );
}

const covers = (folder: string, path: string): boolean => folder === "." || path.startsWith(`${folder}/`);

/** Whether what a deployer deployed is deleted with it. */
export function takesAlong(deployer: Manifest): boolean {
  switch (`${deployer.group}/${deployer.kind}`) {
    case "argoproj.io/Application":
      return list(deployer.get("metadata", "finalizers")).some(
        (one) => typeof one === "string" && /^resources-finalizer\.argocd\.argoproj\.io/.test(one),
      );
    case "argoproj.io/ApplicationSet":
      return deployer.get("spec", "syncPolicy", "preserveResourcesOnDeletion") !== true;
    case "kustomize.toolkit.fluxcd.io/Kustomization":
      return deployer.get("spec", "prune") === true && policyOf(deployer) !== "Orphan";
    case "helm.toolkit.fluxcd.io/HelmRelease":
    case "helm.cattle.io/HelmChart":
      return true;
    default:
      return false;
  }
}

const policyOf = (deployer: Manifest) => string(deployer.get("spec", "deletionPolicy")) ?? "MirrorPrune";
