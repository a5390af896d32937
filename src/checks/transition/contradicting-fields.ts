import { setScalar } from "../../engine/edit.ts";
import { isObject, list, object, string, strings } from "../../engine/json.ts";
import { hasActions, isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { labelText, scalarText } from "../../engine/words.ts";
import { missesOwnPods, podField, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (
  spec: string,
  { labels = "app: tours", container = "image: tours:4" } = {},
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: tours }
spec:
  ${spec}
  selector: { matchLabels: { app: tours } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      containers:
        - name: web
          ${container}
`;

const service = (ports: string) => `apiVersion: v1
kind: Service
metadata: { name: tours }
spec:
  selector: { app: tours }
  ports:
    ${ports}
`;

const budget = (limits: string) => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: tours }
spec:
  ${limits}
  selector: { matchLabels: { app: tours } }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "contradicting-fields",
  title: "Two fields of an object contradict each other, and the API server refuses it",
  pillar: "transition",
  severity: severities("error", "warning", "notice"),
  confidence: "certain",
  why: "The API server refuses the object, so the deploy stops there, often after other parts of it are applied: the old version goes on running beside new settings, and the next urgent fix cannot be deployed either.",
  fix: "Make the two fields agree, and try the change with kubectl apply --dry-run=server before it is merged.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    "https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run",
  ],
  unsafe: [
    {
      title: "the pods get a label that their own Deployment does not select",
      before: deployment("replicas: 3"),
      after: deployment("replicas: 3", { labels: "app: city-tours" }).replace(
        "city-tours } }",
        `city-tours } }${MARK}`,
      ),
    },
    {
      title: "a rollout may neither start a pod nor stop one",
      after: deployment(`strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }${MARK}`),
    },
    {
      title: "a budget has both limits",
      before: budget("minAvailable: 1"),
      after: budget(`minAvailable: 1\n  maxUnavailable: 1${MARK}`),
    },
    {
      title: "a Service gets a second port, and the ports have no names",
      before: service("- port: 80"),
      after: service(`- port: 80${MARK}\n    - port: 443${MARK}`),
    },
    {
      title: "a container mounts a volume that its pod does not have",
      before: deployment("replicas: 3"),
      after: deployment("replicas: 3", {
        container: `volumeMounts:\n            - { name: pictures, mountPath: /pictures }${MARK}`,
      }),
    },
    {
      title: "a variable has a value and a source",
      after: deployment("replicas: 3", {
        container: `env:\n            - { name: HOST, value: a, valueFrom: { fieldRef: { fieldPath: status.hostIP } } }${MARK}`,
      }),
    },
  ],
  safe: [
    {
      title: "the pods have more labels than are selected",
      after: deployment("replicas: 3", { labels: "app: tours, tier: web" }),
    },
    {
      title: "percentages that round down to nothing: one pod may then be missing",
      after: deployment("strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 10% } }"),
    },
    {
      title: "each port has a name",
      after: service("- { name: http, port: 80 }\n    - { name: https, port: 443 }"),
    },
    { title: "one limit is empty", after: budget("minAvailable: 1\n  maxUnavailable: null") },
    {
      title: "the volume comes from the claim templates of a StatefulSet",
      after: deployment("volumeClaimTemplates: [{ metadata: { name: pictures } }]", {
        container: "volumeMounts: [{ name: pictures, mountPath: /pictures }]",
      }).replace("kind: Deployment", "kind: StatefulSet"),
    },
    {
      title: "it was refused before, too",
      before: deployment("replicas: 3", { labels: "app: city-tours" }),
      after: deployment("replicas: 4", { labels: "app: city-tours" }),
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      for (const { path, what, fix, mend } of contradictions(manifest, world)) {
        const suggestion = mend && setScalar(manifest, mend.path, mend.text);
        yield {
          subject: manifest,
          key: path.join("."),
          at: manifest.locate(...path),
          message: `${manifest.ref}: ${what}. The API server refuses that, and the deploy stops there.`,
          fix,
          ...(suggestion && { suggestion }),
        } satisfies Problem;
      }
    }
  },
});

interface Contradiction {
  /** The field that is at fault. */
  readonly path: FieldPath;
  /** `spec.ports[0] has no name`. */
  readonly what: string;
  readonly fix: string;
  /** The one scalar that makes them agree. */
  readonly mend?: { readonly path: FieldPath; readonly text: string };
}

/** Sources: kubernetes pkg/apis/{core,apps,policy}/validation. */
function contradictions(manifest: Manifest, world: World): Contradiction[] {
  const { kind, group } = manifest;
  if (kind === "Service" && group === "") return namelessPorts(manifest);
  if (kind === "PodDisruptionBudget") return bothLimits(manifest);
  const workload = world.workload(manifest);
  if (!workload || !["", "apps", "batch"].includes(group)) return [];
  return [
    ...foreignPods(workload),
    ...standstill(workload),
    ...danglingMounts(workload),
    ...doubleValues(workload),
  ];
}

function namelessPorts(service: Manifest): Contradiction[] {
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

function bothLimits(budget: Manifest): Contradiction[] {
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

function foreignPods(workload: Workload): Contradiction[] {
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
function standstill({ manifest }: Workload): Contradiction[] {
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
      mend: { path: field, text: "1" },
    },
  ];
}

function danglingMounts(workload: Workload): Contradiction[] {
  const names = [
    ...list(podField(workload, "volumes")).map((volume) => object(volume)["name"]),
    ...list(workload.manifest.get("spec", "volumeClaimTemplates")).map(
      (claim) => object(object(claim)["metadata"])["name"],
    ),
  ];
  const known = new Set(names);
  // A list that a template makes is not seen.
  if (names.some(isUnknown) || hasActions(workload.manifest.source)) return [];
  return workload.containers.flatMap(({ spec, path, name }) =>
    list(spec["volumeMounts"]).flatMap((mount, index): Contradiction[] => {
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
}

function doubleValues({ containers }: Workload): Contradiction[] {
  return containers.flatMap(({ spec, path, name }) =>
    list(spec["env"]).flatMap((item, index): Contradiction[] => {
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
