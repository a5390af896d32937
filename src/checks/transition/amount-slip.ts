import { quantityOf } from "../../engine/bytes.ts";
import { setScalar } from "../../engine/edit.ts";
import { list, object, string } from "../../engine/json.ts";
import { shareOf, writtenShare } from "../../engine/resources.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { podField, type Container, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities } from "../define.ts";

const encoder = (requests: string, limits = "", volumes = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: encoder, namespace: video }
spec:
  replicas: 3
  selector: { matchLabels: { app: encoder } }
  template:
    metadata: { labels: { app: encoder } }
    spec:
      containers:
        - name: encoder
          image: encoder:9
          resources:
            requests:
              ${requests}
            limits:
              ${limits === "" ? "memory: 2Gi" : limits}
${volumes}`;

const claim = (size: string) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: films, namespace: video }
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: ${size}
`;

const scratch = (limit: string) => `      volumes:
        - name: scratch
          emptyDir:
            sizeLimit: ${limit}
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "amount-slip",
  title: "An amount is a thousandth, or a thousand times, of what can be meant",
  pillar: "transition",
  severity: severities("error", "warning", "notice"),
  confidence: "likely",
  why: "Kubernetes takes m for a thousandth and a bare number for bytes or whole cores. A container with memory: 512m may use half a byte and is killed before it starts; one that asks for cpu: 500 asks for five hundred cores and waits for a node that nobody has. The object is accepted, and the rollout stands still.",
  fix: "Write memory and storage with Mi or Gi (512Mi), and parts of a core with m (500m).",
  references: [
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-memory",
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#meaning-of-cpu",
  ],
  supersedes: ["resources-cut"],
  unsafe: [
    {
      title: "the memory limit is half a byte",
      before: encoder("memory: 256Mi", "memory: 512Mi"),
      after: encoder("memory: 256Mi", `memory: 512m${MARK}`),
    },
    {
      title: "the unit is forgotten",
      before: encoder("memory: 256Mi"),
      after: encoder(`memory: 256${MARK}`),
    },
    {
      title: "a container asks for five hundred cores",
      before: encoder("cpu: 500m"),
      after: encoder(`cpu: 500${MARK}`),
    },
    { title: "a volume of ten bytes", after: claim(`10${MARK}`) },
    {
      title: "a folder that is full at once",
      before: encoder("cpu: 1", "", scratch("500Mi")),
      after: encoder("cpu: 1", "", scratch(`500m${MARK}`)),
    },
  ],
  safe: [
    { title: "a small container", after: encoder("memory: 8Mi", "memory: 16Mi") },
    { title: "bytes written out", after: encoder("memory: 268435456", "memory: 536870912") },
    { title: "many cores", after: encoder("cpu: 64") },
    { title: "nothing is asked for", after: encoder("memory: 0") },
    {
      title: "it was so before",
      before: encoder("memory: 256"),
      after: encoder("memory: 256").replace("encoder:9", "encoder:10"),
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      const workload = world.workload(manifest);
      if (workload) yield* slipsIn(workload);
      for (const path of claimsOf(manifest)) yield* tooSmall(manifest, path);
    }
  },
});

/** No program runs in less, and no disk is smaller. */
const LEAST = 2 ** 20;
/** Cores: few nodes have as many, and none has them for one container. */
const MOST_CORES = 100;

function* slipsIn(workload: Workload): Iterable<Problem> {
  for (const container of workload.containers) {
    const [first] = [
      ...memorySlip(workload, container, "limits"),
      ...memorySlip(workload, container, "requests"),
      ...cpuSlip(workload, container),
    ];
    if (first) yield first;
  }
  for (const [index, volume] of list(podField(workload, "volumes")).entries()) {
    const path = [...workload.template, "spec", "volumes", index, "emptyDir", "sizeLimit"];
    const size = object(object(volume)["emptyDir"])["sizeLimit"];
    if (!isTiny(size)) continue;
    const name = string(object(volume)["name"]) ?? "";
    yield {
      ...finding(workload.manifest, path, size),
      key: `volume ${name}`,
      message: `Volume ${name} of ${workload.manifest.ref} may hold ${scalarText(size)}, which means ${inBytes(size)}: a pod that writes anything into it is evicted, and so is the one that takes its place.`,
    };
  }
}

const isTiny = (value: Json | undefined): boolean => {
  const amount = quantityOf(value);
  return amount !== undefined && amount > 0 && amount < LEAST;
};

function memorySlip(workload: Workload, container: Container, field: "limits" | "requests"): Problem[] {
  const amount = object(object(container.spec["resources"])[field])["memory"];
  if (!isTiny(amount)) return [];
  const path = [...container.path, "resources", field, "memory"];
  const whose = `container ${container.name} of ${workload.manifest.ref}`;
  return [
    {
      ...finding(workload.manifest, path, amount),
      key: container.name,
      ...(field === "requests" && { atMost: "notice" as const }),
      message:
        field === "limits"
          ? `The memory limit of ${whose} is ${scalarText(amount)}, which means ${inBytes(amount)}: it is killed before it starts, and the rollout stands still at its first new pod.`
          : `The memory request of ${whose} is ${scalarText(amount)}, which means ${inBytes(amount)}: its pods are put on nodes that are full, and are among the first to be killed there.`,
    },
  ];
}

function cpuSlip(workload: Workload, container: Container): Problem[] {
  const { request } = shareOf(container, "cpu");
  if (request === undefined || !(request >= MOST_CORES)) return [];
  const field =
    object(object(container.spec["resources"])["requests"])["cpu"] === undefined ? "limits" : "requests";
  const path = [...container.path, "resources", field, "cpu"];
  const written = scalarText(writtenShare(container, "requests", "cpu"));
  const suggestion = /^\d+$/.test(written) ? setScalar(workload.manifest, path, `${written}m`) : undefined;
  return [
    {
      subject: workload.manifest,
      key: container.name,
      at: workload.manifest.locate(...path),
      message: `Container ${container.name} of ${workload.manifest.ref} asks for ${written} cores: no node has them for it, so no new pod starts, and the rollout stands still.`,
      fix: `Write ${written}m if ${written} thousandths of a core are meant.`,
      ...(suggestion && { suggestion }),
    },
  ];
}

const STORAGE: FieldPath = ["spec", "resources", "requests", "storage"];

function claimsOf(manifest: Manifest): FieldPath[] {
  // A volume that exists already has the size that it has.
  const isBound =
    manifest.get("spec", "volumeName") !== undefined || manifest.get("spec", "storageClassName") === "";
  if (manifest.kind === "PersistentVolumeClaim") return isBound ? [] : [STORAGE];
  if (manifest.kind !== "StatefulSet") return [];
  return list(manifest.get("spec", "volumeClaimTemplates")).map((_, index) => [
    "spec",
    "volumeClaimTemplates",
    index,
    ...STORAGE,
  ]);
}

function* tooSmall(manifest: Manifest, path: FieldPath): Iterable<Problem> {
  const size = manifest.get(...path);
  if (!isTiny(size)) return;
  yield {
    ...finding(manifest, path, size),
    key: path.join("."),
    message: `${manifest.ref} asks for a volume of ${scalarText(size)}, which means ${inBytes(size)}: it gets the smallest disk that its driver makes, or none, and its pods wait.`,
  };
}

/** `512m` and `512` stand for megabytes in most heads. */
function finding(manifest: Manifest, path: FieldPath, amount: Json | undefined): Omit<Problem, "message"> {
  const [, number = ""] = /^(\d+)m?$/.exec(scalarText(amount)) ?? [];
  const meant = `${number}${path.at(-1) === "storage" ? "Gi" : "Mi"}`;
  const suggestion = number === "" ? undefined : setScalar(manifest, path, meant);
  return {
    subject: manifest,
    at: manifest.locate(...path),
    fix: number === "" ? "Write the amount with Mi or Gi." : `Write ${meant} if that is what is meant.`,
    ...(suggestion && { suggestion }),
  };
}

function inBytes(amount: Json | undefined): string {
  const bytes = quantityOf(amount) ?? 0;
  const whole = Math.round(bytes);
  return bytes < 1
    ? "less than a byte"
    : whole === 1
      ? "a single byte"
      : `${whole.toLocaleString("en")} bytes`;
}
