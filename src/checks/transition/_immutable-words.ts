import { fieldName, firstDifference, valueText, type ImmutableChange } from "../../engine/immutable.ts";
import { at, list, strings } from "../../engine/json.ts";
import type { FieldPath, Manifest } from "../../engine/types.ts";
import { labelText } from "../../engine/words.ts";

/** What makes the deploy tool delete an object that it cannot change, and create it anew (argo-cd.readthedocs.io, fluxcd.io). */
export function forcedBy({ annotations }: Manifest): string | undefined {
  const options = annotations["argocd.argoproj.io/sync-options"] ?? "";
  if (/\bForce=true\b/.test(options) && /\bReplace=true\b/.test(options)) return "Argo CD's Force=true";
  const flux = "kustomize.toolkit.fluxcd.io/force";
  return /^enabled$/i.test(annotations[flux] ?? "") ? `Flux's ${flux}: enabled` : undefined;
}

/** What becomes of the deploy, and what the quick way out costs. */
export function outcome(after: Manifest, { certain }: ImmutableChange): string {
  const refused = `The API server refuses that${certain ? "" : " unless the live object has it already"}`;
  const forced = forcedBy(after);
  const cost = CONSEQUENCES[after.kind] ?? "forcing it leaves a gap for everything that uses it";
  return forced === undefined
    ? `${refused}, so the deploy fails here; ${cost}.`
    : `${refused}, and ${forced} deletes it and creates it anew: ${cost.replace(/^forcing it/, "that")}.`;
}

/** Which field changes, from what to what where that is short. */
export function describe({ path, before, after }: ImmutableChange): string {
  const isSelector = path.at(-1) === "selector";
  const place = isSelector ? path : firstDifference(before, after, path);
  const [old, now] = [before, after].map((value) => {
    const labels = at(value, ["matchLabels"]);
    return labels === undefined ? valueText(at(value, place.slice(path.length))) : labelText(strings(labels));
  });
  const field = fieldName(place);
  if (old === now) return `${fieldName(path)} changes`;
  return old === undefined || now === undefined ? `${field} changes` : `${field} goes from ${old} to ${now}`;
}

/** What the quick way out costs. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  Deployment: "forcing it deletes all pods before new ones start",
  DaemonSet: "forcing it deletes the pods on all nodes before new ones start",
  ReplicaSet: "forcing it deletes all pods before new ones start",
  StatefulSet: "forcing it deletes all pods before new ones start",
  PersistentVolumeClaim: "forcing it deletes the claim, and with most storage classes the data on it",
  PersistentVolume: "forcing it takes the volume away from its claim",
  Service: "forcing it gives the Service a new address while clients still use the old one",
  Job: "the new Job does not run",
  StorageClass: "forcing it deletes the class first, and new claims wait until it is back",
  RoleBinding: "forcing it leaves its subjects without rights in between",
  ClusterRoleBinding: "forcing it leaves its subjects without rights in between",
};

const beside = ({ ref, name }: Manifest) =>
  `Keep the old value in ${ref}. If the new one is needed, add a ${ref.split("/")[0] ?? ""} with another name beside ${name}, let its pods become ready, and remove ${name} in a later change.`;

/** Pods that are left alone are adopted by a new StatefulSet with the same selector, and keep their claims. */
function adopted(after: Manifest, path: FieldPath): string {
  const { name, namespace, ref } = after;
  if (path.at(-1) === "selector")
    return `Keep the old selector of ${ref}: with another one it does not adopt the pods that run, and cannot create its own beside them.`;
  if (path.at(-1) === "volumeClaimTemplates" && list(after.get("spec", "volumeClaimTemplates")).length === 0)
    return `Keep the volumeClaimTemplates of ${ref}: without them its pods start with an empty disk, and what they stored stays on claims that no pod mounts. If the data is not needed any more, say so with a waiver.`;
  const place = namespace === "" ? "" : ` -n ${namespace}`;
  const claims =
    path.at(-1) === "volumeClaimTemplates"
      ? " Claims that exist do not change: make them larger with kubectl patch pvc."
      : "";
  return `Keep the old value in ${ref}. If the new one is needed, run kubectl delete statefulset ${name}${place} --cascade=orphan right before the deploy: pods and volumes stay, and the new StatefulSet adopts them.${claims}`;
}

export const FIXES: Readonly<Record<string, (manifest: Manifest, path: FieldPath) => string>> = {
  Deployment: beside,
  DaemonSet: beside,
  StatefulSet: adopted,
  PersistentVolumeClaim: ({ name }) =>
    `Keep the old value. To change it, create a new claim beside ${name}, copy the data, point the workload at it, and remove ${name} later.`,
  Job: ({ name }) =>
    `Give the Job a new name for each version (${name}-v2), or make it a hook of the deploy tool.`,
};
