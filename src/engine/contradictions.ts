import { isObject, list, object, string, strings } from "./json.ts";
import type { Refusal } from "./refusal.ts";
import { RESOURCES, shareOf, writtenShare } from "./resources.ts";
import { AUTOSCALERS, boundsOf, maximumReplicas } from "./scaling.ts";
import { hasActions, isUnknown } from "./template.ts";
import type { Manifest } from "./types.ts";
import { labelText, scalarText } from "./words.ts";
import { missesOwnPods, podField, type Workload } from "./workload.ts";
import { minimumReplicas, type World } from "./world.ts";

/** Fields of an object that the API server does not take together. Sources: kubernetes pkg/apis/{core,apps,policy,autoscaling}/validation. */
export function contradictions(manifest: Manifest, world: World): Refusal[] {
  const { kind, group } = manifest;
  if (kind === "Service" && group === "") return namelessPorts(manifest);
  if (kind === "PodDisruptionBudget") return bothLimits(manifest);
  if (AUTOSCALERS.includes(kind)) return crossedBounds(manifest);
  const workload = world.workload(manifest);
  if (!workload || !["", "apps", "batch"].includes(group)) return [];
  return [
    ...foreignPods(workload),
    ...standstill(workload),
    ...danglingMounts(workload),
    ...doubleValues(workload),
    ...requestsOverLimits(workload),
  ];
}

function namelessPorts(service: Manifest): Refusal[] {
  const ports = list(service.get("spec", "ports"));
  if (ports.length < 2) return [];
  return ports.flatMap((port, index) =>
    isObject(port) && (port["name"] ?? "") === ""
      ? [
          {
            path: ["spec", "ports", index],
            what: `port ${scalarText(port["port"])} has no name, and a Service with several ports must name each`,
            fix: `Give each port of ${service.name} a name, such as http.`,
          },
        ]
      : [],
  );
}

function bothLimits(budget: Manifest): Refusal[] {
  const [least, most] = [
    budget.get("spec", "minAvailable") ?? null,
    budget.get("spec", "maxUnavailable") ?? null,
  ];
  if (least === null || most === null) return [];
  return [
    {
      path: ["spec", "maxUnavailable"],
      what: `minAvailable ${scalarText(least)} and maxUnavailable ${scalarText(most)} stand side by side, and only one may`,
      fix: "Keep maxUnavailable and remove minAvailable.",
    },
  ];
}

function foreignPods(workload: Workload): Refusal[] {
  const { manifest, labels, template } = workload;
  if (!missesOwnPods(workload)) return [];
  const wanted = strings(manifest.get("spec", "selector", "matchLabels"));
  const key = Object.keys(wanted).find((label) => labels[label] !== wanted[label]);
  return [
    {
      path: [...template, "metadata", "labels", ...(key === undefined ? [] : [key])],
      what: `its selector is ${labelText(wanted)}, and its own pods have ${labelText(labels)}`,
      fix: `Keep the labels ${labelText(wanted)} on the pods of ${manifest.name}; add new ones beside them.`,
    },
  ];
}

/** Both written as nothing: percentages that round down to it are taken as one pod that may be missing. */
function standstill({ manifest }: Workload): Refusal[] {
  const path = ["spec", manifest.kind === "DaemonSet" ? "updateStrategy" : "strategy", "rollingUpdate"];
  const { maxSurge, maxUnavailable } = object(manifest.get(...path));
  const isNone = (value: unknown) => value === 0 || value === "0" || value === "0%";
  if (!isNone(maxUnavailable) || !isNone(maxSurge ?? (manifest.kind === "DaemonSet" ? 0 : undefined)))
    return [];
  const field = [...path, "maxSurge"];
  return [
    {
      path: field,
      what: "maxSurge and maxUnavailable are both 0, so that a rollout may neither start a pod nor stop one",
      fix: `Write maxSurge: 1 in ${manifest.ref}.`,
      mend: "1",
    },
  ];
}

function danglingMounts(workload: Workload): Refusal[] {
  const names = [
    ...list(podField(workload, "volumes")).map((volume) => object(volume)["name"]),
    ...list(workload.manifest.get("spec", "volumeClaimTemplates")).map(
      (claim) => object(object(claim)["metadata"])["name"],
    ),
  ];
  const known = new Set(names);
  if (names.some(isUnknown) || isPatch(workload)) return [];
  const found = workload.containers.flatMap(({ spec, path, name }) =>
    list(spec["volumeMounts"]).flatMap((mount, index): Refusal[] => {
      const volume = string(object(mount)["name"]);
      if (volume === undefined || isUnknown(volume) || known.has(volume)) return [];
      return [
        {
          path: [...path, "volumeMounts", index],
          what: `container ${name} mounts the volume ${volume}, which its pod does not have`,
          fix: `Add ${volume} to the volumes of ${workload.manifest.ref}, or remove the mount.`,
        },
      ];
    }),
  );
  // A list that a template makes is not seen. Sources can be long, and are looked at last.
  return found.length > 0 && hasActions(workload.manifest.source) ? [] : found;
}

/** A part of an object that something lays over another: the API server takes no whole one without a selector. */
const isPatch = ({ manifest }: Workload) =>
  manifest.group === "apps" && manifest.get("spec", "selector") === undefined;

function doubleValues({ containers }: Workload): Refusal[] {
  return containers.flatMap(({ spec, path, name }) =>
    list(spec["env"]).flatMap((item, index): Refusal[] => {
      const { value, valueFrom, name: variable } = object(item);
      if (typeof value !== "string" || value === "" || !isObject(valueFrom)) return [];
      return [
        {
          path: [...path, "env", index],
          what: `the variable ${scalarText(variable)} of container ${name} has both a value and a source`,
          fix: "Keep value or valueFrom, not both.",
        },
      ];
    }),
  );
}

function crossedBounds(scaler: Manifest): Refusal[] {
  const { maximum, minimum } = boundsOf(scaler);
  const [least, most] = [minimumReplicas(scaler), maximumReplicas(scaler)];
  if (!(least > most) || scaler.get(...minimum) === undefined) return [];
  return [
    {
      path: minimum,
      what: `${minimum.at(-1) ?? ""} ${least} is more than ${maximum.at(-1) ?? ""} ${most}`,
      fix: `Write a ${maximum.at(-1) ?? "maximum"} of at least ${least} in ${scaler.ref}.`,
    },
  ];
}

function requestsOverLimits({ containers }: Workload): Refusal[] {
  return containers.flatMap((container) =>
    RESOURCES.flatMap((resource): Refusal[] => {
      const { request, limit } = shareOf(container, resource);
      if (request === undefined || limit === undefined || !(request > limit)) return [];
      const written = (field: "requests" | "limits") => scalarText(writtenShare(container, field, resource));
      return [
        {
          path: [...container.path, "resources", "requests", resource],
          what: `container ${container.name} asks for ${resource} ${written("requests")} and may use ${written("limits")} at most`,
          fix: `Write a limit of at least ${written("requests")}, or ask for less.`,
        },
      ];
    }),
  );
}
