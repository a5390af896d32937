import { list, object } from "./json.ts";
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
  const helm = labels["app.kubernetes.io/managed-by"] === "Helm" || labels["helm.sh/chart"] !== undefined;
  return helm || prunes(manifest, world) ? "deleted" : "unknown";
}

/** Whether an Argo CD Application or a Flux Kustomization of the repository deletes what leaves the object's folder. */
function prunes({ path }: Manifest, world: World): boolean {
  return (
    world.everywhere("Application").some((app) => prunesFolder(app, ["spec"], path)) ||
    world.everywhere("ApplicationSet").some((set) => prunesFolder(set, ["spec", "template", "spec"], path)) ||
    world
      .everywhere("Kustomization")
      .some((flux) => flux.get("spec", "prune") === true && covers(flux.get("spec", "path"), path))
  );
}

function prunesFolder(app: Manifest, spec: FieldPath, path: string): boolean {
  if (app.get(...spec, "syncPolicy", "automated", "prune") !== true) return false;
  return foldersOf(app).some((folder) => covers(folder, path));
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
  const folders = foldersOf(deployer);
  return ["PersistentVolumeClaim", "StatefulSet", ...SYSTEM_KINDS]
    .flatMap((kind) => world.everywhere(kind))
    .filter(
      (one) =>
        (one.kind === "PersistentVolumeClaim" ||
          list(one.get("spec", "volumeClaimTemplates")).length > 0 ||
          systemOf(one) !== undefined) &&
        folders.some((folder) => covers(folder, one.path)),
    );
}

/** Whether a file lies in a folder, written as `./apps/shop`, `apps/shop` or, for everything, `.`. */
function covers(folder: Json | undefined, path: string): boolean {
  if (typeof folder !== "string" || isUnknown(folder)) return false;
  const plain = folder.replace(/^(\.?\/)+|\/+$/g, "");
  return plain === "" || plain === "." || path.startsWith(`${plain}/`);
}
