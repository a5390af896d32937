import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { deployedFolders } from "../engine/pruning.ts";
import type { Manifest, Side, Tree } from "../engine/types.ts";

/** A file that may hold one. */
export const DEPLOYER = /^\s*kind:\s*["']?(Application|ApplicationSet|Kustomization)\b/m;

/**
 * Folders that a changed Application, ApplicationSet or Flux Kustomization deploys: what it does with them is judged by
 * what is in them, though no file in them changes.
 */
export function foldersOfChangedDeployers(
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
): ReadonlySet<string> {
  const read = fileReader();
  const found = [...changed].flatMap((path) =>
    (["base", "head"] as const).flatMap((side) => {
      const blob = trees[side].files.get(path);
      if (!blob || !DEPLOYER.test(blob.text)) return [];
      const manifests = manifestsOf(read(blob), { path, side, source: blob.text });
      return manifests.filter(isDeployer).flatMap(deployedFolders);
    }),
  );
  return new Set(found);
}

/** Whether it deploys folders of a repository. */
export const isDeployer = ({ group }: Manifest): boolean => GROUPS.includes(group);

const GROUPS = ["argoproj.io", "kustomize.toolkit.fluxcd.io"];
