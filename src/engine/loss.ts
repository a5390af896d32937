import { list, object, string } from "./json.ts";
import type { KeepPolicy, System } from "./system-types.ts";
import { placesOf, systemOf } from "./systems.ts";
import type { Manifest, Severity } from "./types.ts";
import { listText } from "./words.ts";
import type { World } from "./world.ts";

/** What goes with an object, and how sure that is. */
export interface Loss {
  readonly text: string;
  readonly atMost?: Severity;
}

/** What is lost when an object is deleted from the cluster; undefined where it holds no data. */
export function lossOf(gone: Manifest, before: World): Loss | undefined {
  if (gone.group === "") return coreLoss(gone, before);
  if (gone.kind === "CustomResourceDefinition") {
    const kind = string(gone.get("spec", "names", "kind")) ?? gone.name;
    return {
      text: `every ${kind} of ${string(gone.get("spec", "group")) ?? gone.name} in the cluster is deleted with it`,
    };
  }
  if (gone.kind === "StatefulSet" && gone.group === "apps") return statefulLoss(gone, before);
  const system = systemOf(gone);
  // Strimzi leaves a topic alone that it is told not to manage.
  if (gone.annotations["strimzi.io/managed"] === "false") return undefined;
  return system && { text: goneWith(gone, system) };
}

/** Operators delete what they run with its object, and its volumes as their own field for it says. */
function goneWith(gone: Manifest, { runs, members, keeps = [] }: System): string {
  if (members.length === 0) return `its operator deletes ${runs} with all that is in it`;
  if (keeps.length === 0)
    return `its operator deletes ${runs}, and its volumes unless it is told to keep them`;
  const [kept] = keeps;
  const all = keeps.every((policy) =>
    valuesOf(gone, policy).every((value) => !policy.deletes.includes(value)),
  );
  return all && kept
    ? `its operator deletes ${runs}, and leaves its volumes, as ${kept.path.join(".")} says`
    : `its operator deletes ${runs} and its volumes`;
}

/** What a field that keeps or deletes says, wherever it stands in the object. */
function valuesOf(gone: Manifest, { path, otherwise }: KeepPolicy): (string | boolean)[] {
  return placesOf(gone, path).map((place) => {
    const value = gone.get(...place.path);
    return typeof value === "string" || typeof value === "boolean" ? value : otherwise;
  });
}

function coreLoss(gone: Manifest, before: World): Loss | undefined {
  if (gone.kind === "Namespace") {
    const inside = before.manifests.filter(({ namespace }) => namespace === gone.name);
    const claims = inside.filter(({ kind }) => kind === "PersistentVolumeClaim").map(({ name }) => name);
    const data = claims.length === 0 ? "" : `, with the data of ${listText(claims)}`;
    return { text: `everything in the namespace is deleted with it${data}` };
  }
  if (gone.kind === "PersistentVolume") {
    // A volume written by hand is kept unless it says otherwise (core/v1: Retain is the default of manual volumes).
    const deletes = gone.get("spec", "persistentVolumeReclaimPolicy") === "Delete";
    return deletes
      ? { text: "the storage behind it is deleted with it (its reclaim policy is Delete)" }
      : { text: "its claim loses the volume; the storage behind it stays", atMost: "warning" };
  }
  return gone.kind === "PersistentVolumeClaim" ? claimLoss(gone, before) : undefined;
}

/** A claim takes its volume along unless the storage class keeps it (storage/v1: reclaimPolicy is Delete by default). */
function claimLoss(gone: Manifest, before: World): Loss {
  const name = string(gone.get("spec", "storageClassName"));
  const storageClass = name === undefined ? undefined : before.find("StorageClass", name, { namespace: "" });
  if (storageClass?.get("reclaimPolicy") === "Retain") {
    return {
      text: `storage class ${storageClass.name} keeps the volume, but no claim leads to it any more`,
      atMost: "warning",
    };
  }
  return { text: "its volume and the data on it are deleted, as with most storage classes" };
}

function statefulLoss(gone: Manifest, before: World): Loss | undefined {
  if (list(gone.get("spec", "volumeClaimTemplates")).length === 0) return undefined;
  const policy = object(gone.get("spec", "persistentVolumeClaimRetentionPolicy"));
  if (policy["whenDeleted"] === "Delete")
    return { text: "its pods stop, and their volumes are deleted with it (whenDeleted: Delete)" };
  const workload = before.workload(gone);
  const used = workload !== undefined && before.servicesOf(workload).length > 0;
  return {
    text: "its pods stop; the claims of its pods, and the data on them, stay in the cluster",
    atMost: used ? "warning" : "notice",
  };
}
