import { isObject } from "./json.ts";
import { isDnsLabel, isDnsName, isPlaceholder, type Refusal } from "./refusal.ts";
import type { FieldPath, Manifest } from "./types.ts";

/** Names that must be one label of DNS, and such that leave room for what a controller adds to them. */
const SHORT: Readonly<Record<string, number>> = { Service: 63, Namespace: 63, CronJob: 52 };
/** Kinds whose names are names of DNS; those of RBAC may hold nearly everything. */
const NAMED =
  /^(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|ConfigMap|Secret|Ingress|PersistentVolumeClaim|PodDisruptionBudget|HorizontalPodAutoscaler|NetworkPolicy|ServiceAccount|Service|Namespace)$/;

/** kubernetes pkg/apis/core/validation: ValidateObjectMeta, ValidateServiceName, ValidateNamespaceName; batch: 52 for CronJobs. */
export function refusedNames(manifest: Manifest): Refusal[] {
  return [...ofName(manifest), ...MAPS.flatMap((path) => labelsIn(manifest, path)), ...keysOfNotes(manifest)];
}

function ofName(manifest: Manifest): Refusal[] {
  const { kind, name } = manifest;
  if (!NAMED.test(kind) || manifest.get("metadata", "name") !== name || name === "" || isPlaceholder(name))
    return [];
  const refusal = { path: ["metadata", "name"], fix: `Give the ${kind} a name of that form.` };
  const fits = kind === "Service" || kind === "Namespace" ? isDnsLabel : isDnsName;
  const most = SHORT[kind] ?? 253;
  if (name.length > most) {
    const what = `its name has ${name.length} characters, and ${most} are allowed`;
    return isOwn(manifest, name) ? [{ ...refusal, what }] : [];
  }
  return fits(name) ? [] : [{ ...refusal, what: CHARACTERS }];
}

/** What a chart makes of the name of its release is as long as that name, which nines may not know. */
const isOwn = ({ source }: Manifest, text: string) => source.includes(text);

const CHARACTERS =
  "its name may hold lower-case letters, digits and hyphens only, and begin and end with a letter or digit";

const MAPS: readonly FieldPath[] = [
  ["metadata", "labels"],
  ["spec", "selector", "matchLabels"],
  ["spec", "template", "metadata", "labels"],
  ["spec", "jobTemplate", "spec", "template", "metadata", "labels"],
];

const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const KEY = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

function labelsIn(manifest: Manifest, path: FieldPath): Refusal[] {
  const labels = manifest.get(...path);
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]): Refusal[] => {
    const here = [...path, key];
    if (isPlaceholder(key)) return [];
    if (!isKey(key)) return [badKey(here, key, "label")];
    if (typeof value !== "string" || isPlaceholder(value)) return [];
    if (value.length > 63 && !isOwn(manifest, value)) return [];
    if (value.length > 63)
      return [
        {
          path: here,
          what: `the value of label ${key} has ${value.length} characters, and 63 are allowed`,
          fix: `Write a shorter value for ${key}, or make it an annotation.`,
        },
      ];
    if (VALUE.test(value)) return [];
    return [
      {
        path: here,
        what: `label ${key} has the value "${value}", and values of labels hold letters, digits, -, _ and . only, and begin and end with a letter or digit`,
        fix: `Write only letters, digits, -, _ and . in the value of ${key}, or make it an annotation.`,
      },
    ];
  });
}

function keysOfNotes(manifest: Manifest): Refusal[] {
  return Object.keys(manifest.annotations).flatMap((key) =>
    isPlaceholder(key) || isKey(key.toLowerCase())
      ? []
      : [badKey(["metadata", "annotations", key], key, "annotation")],
  );
}

function isKey(key: string): boolean {
  const [name = "", prefix, more] = key.split("/").reverse();
  return (
    more === undefined && name.length <= 63 && KEY.test(name) && (prefix === undefined || isDnsName(prefix))
  );
}

function badKey(path: FieldPath, key: string, kind: string): Refusal {
  return {
    path,
    what: `"${key}" cannot be the key of ${kind === "annotation" ? "an" : "a"} ${kind}: it is a name of at most 63 letters, digits, -, _ and ., with a domain and a slash before it or without`,
    fix: `Write a key of that form, such as example.com/team.`,
  };
}
