import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { deployedFolders } from "../engine/pruning.ts";
import type { Side, Tree } from "../engine/types.ts";

const DEPLOYER = /^\s*kind:\s*["']?(Application|ApplicationSet|Kustomization)\b/m;

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
      return manifests.filter(({ group }) => GROUPS.includes(group)).flatMap(deployedFolders);
    }),
  );
  return new Set(found);
}

const GROUPS = ["argoproj.io", "kustomize.toolkit.fluxcd.io"];
