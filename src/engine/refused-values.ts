import { list, object, string } from "./json.ts";
import { isDnsName, isPlaceholder, type Refusal } from "./refusal.ts";
import { refusedNames } from "./refused-names.ts";
import { refusedInPods } from "./refused-pods.ts";
import { refusedServicePorts } from "./refused-ports.ts";
import { refusedQuantities } from "./refused-quantities.ts";
import { scheduleFault } from "./schedule.ts";
import type { FieldPath, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** Groups whose objects the API server itself looks at; others have their own rules. */
const OWN = /^(|apps|batch|autoscaling|policy|networking\.k8s\.io)$/;

/** Values of an object that the API server refuses whatever stands beside them (kubernetes pkg/apis/…/validation). */
export function refusedValues(manifest: Manifest, world: World): Refusal[] {
  if (!OWN.test(manifest.group) || manifest.version === "") return [];
  const workload = world.workload(manifest);
  return [
    ...refusedNames(manifest),
    ...(workload ? refusedInPods(workload) : []),
    ...(SPECIAL[`${manifest.group}/${manifest.kind}`]?.(manifest) ?? []),
  ];
}

const ROLLING = ["rollingUpdate"];
const SPECIAL: Readonly<Record<string, (manifest: Manifest) => Refusal[]>> = {
  "/Service": refusedServicePorts,
  "/PersistentVolumeClaim": (claim) => amounts(claim, ["spec", "resources", "requests"]),
  "/ResourceQuota": (quota) => amounts(quota, ["spec", "hard"]),
  "/LimitRange": (range) =>
    list(range.get("spec", "limits")).flatMap((_, index) =>
      ["max", "min", "default", "defaultRequest"].flatMap((field) =>
        amounts(range, ["spec", "limits", index, field]),
      ),
    ),
  "batch/CronJob": schedule,
  "apps/Deployment": (one) => shares(one, ["spec", "strategy", ...ROLLING], ["maxSurge", "maxUnavailable"]),
  "apps/DaemonSet": (one) =>
    shares(one, ["spec", "updateStrategy", ...ROLLING], ["maxSurge", "maxUnavailable"]),
  "apps/StatefulSet": (one) => [
    ...shares(one, ["spec", "updateStrategy", ...ROLLING], ["maxUnavailable"]),
    ...list(one.get("spec", "volumeClaimTemplates")).flatMap((_, index) =>
      amounts(one, ["spec", "volumeClaimTemplates", index, "spec", "resources", "requests"]),
    ),
  ],
  "policy/PodDisruptionBudget": (one) => shares(one, ["spec"], ["minAvailable", "maxUnavailable"]),
  "networking.k8s.io/Ingress": ingress,
};

const amounts = (manifest: Manifest, path: FieldPath) => refusedQuantities(manifest.get(...path), path);

function schedule(job: Manifest): Refusal[] {
  const path = ["spec", "schedule"];
  const written = string(job.get(...path));
  if (written === undefined || isPlaceholder(written)) return [];
  const fault = scheduleFault(written);
  if (fault === undefined) return [];
  return [
    {
      path,
      what: `its schedule is "${written}", and ${fault}`,
      fix: "Write five fields that Kubernetes knows, such as 0 3 * * 0 for Sundays at three.",
    },
  ];
}

/** A text must be a percentage; a number has no quotes. */
function shares(manifest: Manifest, path: FieldPath, fields: readonly string[]): Refusal[] {
  return fields.flatMap((field): Refusal[] => {
    const value = manifest.get(...path, field);
    if (typeof value !== "string" || value === "" || isPlaceholder(value.replace(/%$/, ""))) return [];
    if (/^\d+%$/.test(value)) return [];
    const isNumber = /^\d+$/.test(value);
    return [
      {
        path: [...path, field],
        what: `${field} is the text "${value}", and a text must be a percentage such as 25%`,
        fix: isNumber
          ? `Write ${field}: ${value} without quotes.`
          : `Write a number or a percentage for ${field}.`,
        ...(isNumber && { mend: value }),
      },
    ];
  });
}

function ingress(manifest: Manifest): Refusal[] {
  return list(manifest.get("spec", "rules")).flatMap((item, index): Refusal[] => {
    const path = ["spec", "rules", index];
    const host = string(object(item)["host"]) ?? "";
    return [
      ...(host === "" || isPlaceholder(host) || isDnsName(host.replace(/^\*\./, ""))
        ? []
        : [
            {
              path: [...path, "host"],
              what: `"${host}" is no host: lower-case letters, digits, hyphens and dots, without a port or a path`,
              fix: "Write the bare name of the host, such as shop.example.com.",
            },
          ]),
      ...list(object(object(item)["http"])["paths"]).flatMap((_, at) =>
        ofPath(manifest, [...path, "http", "paths", at]),
      ),
    ];
  });
}

function ofPath(manifest: Manifest, path: FieldPath): Refusal[] {
  const entry = object(manifest.get(...path));
  const { pathType: type, path: written } = entry;
  if (manifest.version === "v1" && type === undefined && entry["backend"] !== undefined)
    return [
      {
        path,
        what: `path ${string(written) ?? "/"} has no pathType, and networking.k8s.io/v1 needs one`,
        fix: "Write pathType: Prefix beside it.",
      },
    ];
  const isStrict = type === "Exact" || type === "Prefix";
  if (!isStrict || typeof written !== "string" || written.startsWith("/") || isPlaceholder(written))
    return [];
  return [
    {
      path: [...path, "path"],
      what: `path "${written}" does not begin with a slash`,
      fix: "Write the path from its first slash on.",
    },
  ];
}
