import { sharedClaims } from "./claims.ts";
import { scalarText } from "./words.ts";
import { sameNamespace } from "./selectors.ts";
import type { Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** The first object of a world that cannot do without another: a claim's pods, what lives in a namespace, objects of a kind. */
export function usersOf(world: World): (needed: Manifest) => Manifest | undefined {
  const mounts = world.workloads.flatMap((workload) =>
    sharedClaims(workload).map((claim) => ({ claim, manifest: workload.manifest })),
  );
  const byClaim = Map.groupBy(mounts, ({ claim }) => claim);
  const byNamespace = Map.groupBy(world.manifests, ({ namespace }) => namespace);
  const byKind = Map.groupBy(world.manifests, ({ group, kind }) => `${group}/${kind}`);
  return (needed) => {
    switch (needed.kind) {
      case "PersistentVolumeClaim":
        return byClaim.get(needed.name)?.find(({ manifest }) => sameNamespace(manifest, needed))?.manifest;
      case "Namespace":
        return byNamespace.get(needed.name)?.[0];
      case "CustomResourceDefinition": {
        const [group, kind] = [needed.get("spec", "group"), needed.get("spec", "names", "kind")];
        return byKind.get(`${scalarText(group)}/${scalarText(kind)}`)?.[0];
      }
      default:
        return undefined;
    }
  };
}
