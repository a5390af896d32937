import { isObject, list, object, string, type JsonObject } from "./json.ts";
import { PROBES, probeOf } from "./probes.ts";
import { isDnsLabel, isPlaceholder, type Refusal } from "./refusal.ts";
import { isPort, refusedPortName } from "./refused-ports.ts";
import { refusedQuantities } from "./refused-quantities.ts";
import type { FieldPath, Json } from "./types.ts";
import { podField, type Container, type Workload } from "./workload.ts";

/** kubernetes pkg/apis/core/validation: ValidatePodSpec and what it calls. */
export function refusedInPods(workload: Workload): Refusal[] {
  const whole = workload.containers.every(({ spec }) => spec["image"] !== undefined);
  return [
    ...(whole ? restarts(workload) : []),
    ...(whole ? repeatedNames(workload) : []),
    ...volumes(workload),
    ...workload.containers.flatMap((container) => [
      ...ports(container),
      ...(whole ? probes(container) : []),
      ...repeatedMounts(container),
      ...["requests", "limits"].flatMap((field) =>
        refusedQuantities(object(container.spec["resources"])[field], [
          ...container.path,
          "resources",
          field,
        ]),
      ),
    ]),
  ];
}

/** Pods of a controller that keeps them running always restart; those of a Job never do so, which is not the default. */
function restarts(workload: Workload): Refusal[] {
  const { group } = workload.manifest;
  const written = podField(workload, "restartPolicy") ?? "Always";
  if (typeof written !== "string" || isPlaceholder(written)) return [];
  const allowed = group === "apps" ? ["Always"] : group === "batch" ? ["Never", "OnFailure"] : [written];
  if (allowed.includes(written)) return [];
  const isMissing = podField(workload, "restartPolicy") === undefined;
  return [
    {
      path: [...workload.template, "spec", "restartPolicy"],
      what: `its pods have ${isMissing ? "no restartPolicy" : `restartPolicy ${written}`}, and a ${workload.kind} takes ${allowed.join(" or ")} only`,
      fix:
        group === "apps"
          ? "Write restartPolicy: Always, or make it a Job."
          : "Write restartPolicy: Never (a new pod for each try) or OnFailure (the same pod again).",
      ...(!isMissing && { mend: allowed[0] ?? "" }),
    },
  ];
}

/** The second and later ones of a name that must be one of a kind. */
function again<T>(items: readonly T[], nameOf: (item: T) => string | undefined): { item: T; name: string }[] {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const name = nameOf(item);
    if (name === undefined || name === "" || isPlaceholder(name)) return [];
    if (seen.has(name)) return [{ item, name }];
    seen.add(name);
    return [];
  });
}

function repeatedNames({ containers }: Workload): Refusal[] {
  return again(containers, ({ name }) => name).map(({ item, name }) => ({
    path: [...item.path, "name"],
    what: `two containers are called ${name}`,
    fix: `Give one of the containers ${name} another name, or remove it.`,
  }));
}

function volumes(workload: Workload): Refusal[] {
  const path = [...workload.template, "spec", "volumes"];
  const all = list(podField(workload, "volumes")).map((item, index) => ({ volume: object(item), index }));
  const twice = again(all, ({ volume }) => string(volume["name"])).map(({ item, name }) => ({
    path: [...path, item.index, "name"],
    what: `two volumes are called ${name}`,
    fix: `Give one of the volumes ${name} another name, or remove it.`,
  }));
  return [...twice, ...all.flatMap(({ volume, index }) => ofVolume(volume, [...path, index]))];
}

function ofVolume(volume: JsonObject, path: FieldPath): Refusal[] {
  const name = string(volume["name"]) ?? "";
  const sources = Object.keys(volume).filter(
    (key) => key !== "name" && !key.startsWith("$") && (volume[key] ?? null) !== null,
  );
  const limit = object(volume["emptyDir"])["sizeLimit"];
  const sizes = limit === undefined ? [] : refusedQuantities({ sizeLimit: limit }, [...path, "emptyDir"]);
  const names: Refusal[] =
    name === "" || isDnsLabel(name) || isPlaceholder(name)
      ? []
      : [
          {
            path: [...path, "name"],
            what: `"${name}" is no name of a volume: lower-case letters, digits and hyphens, at most 63`,
            fix: "Give the volume a name of that form, and its mounts too.",
          },
        ];
  if (sources.length < 2) return [...names, ...sizes];
  return [
    ...names,
    {
      path: [...path, sources[1] ?? ""],
      what: `volume ${name} is ${sources.join(" and ")} at once, and a volume is one thing only`,
      fix: `Keep one of ${sources.join(" and ")} in volume ${name}.`,
    },
  ];
}

function ports({ name: container, spec, path }: Container): Refusal[] {
  const all = list(spec["ports"]).map((item, index) => ({
    port: object(item),
    at: [...path, "ports", index],
  }));
  const twice = again(all, ({ port }) => string(port["name"])).map(({ item, name }) => ({
    path: [...item.at, "name"],
    what: `two ports of container ${container} are called ${name}`,
    fix: `Give one of the ports ${name} another name.`,
  }));
  return [
    ...twice,
    ...all.flatMap(({ port, at }) => [
      ...["containerPort", "hostPort"].flatMap((field) => numberOf(port[field], [...at, field])),
      ...refusedPortName(port["name"], [...at, "name"]),
    ]),
  ];
}

function numberOf(value: Json | undefined, path: FieldPath): Refusal[] {
  const field = String(path.at(-1));
  if (typeof value !== "number" || isPort(value) || (field === "hostPort" && value === 0)) return [];
  return [{ path, what: `${field} ${value} is no port`, fix: "Write a port between 1 and 65535." }];
}

function repeatedMounts({ name, spec, path }: Container): Refusal[] {
  const all = list(spec["volumeMounts"]).map((item, index) => ({ mount: object(item), index }));
  return again(all, ({ mount }) => string(mount["mountPath"])).map(({ item, name: place }) => ({
    path: [...path, "volumeMounts", item.index, "mountPath"],
    what: `container ${name} mounts two volumes at ${place}`,
    fix: `Keep one of the mounts at ${place}.`,
  }));
}

function probes(container: Container): Refusal[] {
  return PROBES.flatMap((name): Refusal[] => {
    const probe = probeOf(container, name);
    if (
      !probe ||
      Object.values(probe.spec).some((value) => typeof value === "string" && isPlaceholder(value))
    )
      return [];
    const path = [...container.path, name];
    const whose = `the ${name} of container ${container.name}`;
    const { successThreshold: successes, terminationGracePeriodSeconds: grace } = probe.spec;
    return [
      ...(probe.handlers.length > 0 || Object.keys(probe.spec).some((key) => key.startsWith("$"))
        ? probe.handlers.flatMap((handler) =>
            askedPort(probe.spec[handler], [...path, handler, "port"], whose),
          )
        : [
            {
              path,
              what: `${whose} does not say what to ask`,
              fix: `Give ${whose} a httpGet, tcpSocket, grpc or exec, or remove it.`,
            },
          ]),
      ...(name !== "readinessProbe" && typeof successes === "number" && successes > 1
        ? [
            {
              path: [...path, "successThreshold"],
              what: `${whose} has successThreshold ${successes}, and only a readinessProbe may have more than 1`,
              fix: `Write successThreshold: 1 in ${whose}.`,
              mend: "1",
            },
          ]
        : []),
      ...(name === "readinessProbe" && typeof grace === "number"
        ? [
            {
              path: [...path, "terminationGracePeriodSeconds"],
              what: `${whose} has terminationGracePeriodSeconds, and a readinessProbe stops nothing`,
              fix: `Remove terminationGracePeriodSeconds from ${whose}.`,
            },
          ]
        : []),
    ];
  });
}

function askedPort(handler: Json | undefined, path: FieldPath, whose: string): Refusal[] {
  const port = isObject(handler) ? handler["port"] : undefined;
  if (typeof port === "number" && !isPort(port))
    return [
      {
        path,
        what: `${whose} asks port ${port}, which is no port`,
        fix: "Write a port between 1 and 65535.",
      },
    ];
  return refusedPortName(port, path);
}
