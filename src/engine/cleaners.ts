import { quantityOf } from "./bytes.ts";
import { list, object, string, type JsonObject } from "./json.ts";
import type { Store } from "./fill-level.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import { podField, type Container, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** Something that makes room by itself once a store is so full. */
export interface Cleaner {
  readonly manifest: Manifest;
  /** What it does, as a clause: `the kubelet removes images`. */
  readonly does: string;
  readonly store: Store;
  /** Used part, in percent, from which it works. */
  readonly percent: number;
  readonly path: FieldPath;
}

/** Cleaners of a unit, as far as their limit is written in percent or can be worked out. */
export function cleanersOf(world: World): Cleaner[] {
  return [
    ...world.ofKind(...Object.keys(KUBELETS)).flatMap(kubelet),
    ...world.ofKind("Prometheus").flatMap(prometheus),
    ...world.workloads.flatMap((workload) => [
      ...scripts(workload),
      ...prometheusArguments(workload),
      ...shareArguments(workload),
    ]),
  ];
}

/** Where a kind holds the settings of the kubelet: itself, Karpenter's node classes, kops. */
const KUBELETS: Readonly<Record<string, FieldPath>> = {
  KubeletConfiguration: [],
  EC2NodeClass: ["spec", "kubelet"],
  AKSNodeClass: ["spec", "kubelet"],
  InstanceGroup: ["spec", "kubelet"],
  Cluster: ["spec", "kubelet"],
};

/** imageGCHighThresholdPercent is a used part, evictionHard a free one (kubelet.config.k8s.io/v1beta1). */
function kubelet(manifest: Manifest): Cleaner[] {
  const root = KUBELETS[manifest.kind] ?? [];
  const highPath = [...root, "imageGCHighThresholdPercent"];
  const high = manifest.get(...highPath);
  const images: Cleaner[] =
    typeof high === "number" && high < 100
      ? [{ manifest, does: "the kubelet removes images", store: "node", percent: high, path: highPath }]
      : [];
  const eviction = evictionOf(manifest, [...root, "evictionHard"]);
  if (!eviction) return images;
  return [...images, { manifest, does: "the kubelet evicts pods", store: "node", ...eviction }];
}

/** A map of signals, or, as kops writes it, a text such as `memory.available<100Mi,nodefs.available<10%`. */
function evictionOf(manifest: Manifest, path: FieldPath): Pick<Cleaner, "percent" | "path"> | undefined {
  const written = manifest.get(...path);
  const inText = typeof written === "string" ? /nodefs\.available<([\d.]+%)/.exec(written)?.[1] : undefined;
  const inMap = string(manifest.get(...path, "nodefs.available"));
  const free = /^(\d+(?:\.\d+)?)%$/.exec(inText ?? inMap ?? "")?.[1];
  if (free === undefined) return undefined;
  return { percent: 100 - Number(free), path: inText === undefined ? [...path, "nodefs.available"] : path };
}

/** Prometheus' size units are powers of two, with or without the i (alecthomas/units Base2Bytes). */
function retentionBytes(value: Json | undefined): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([KMGTPE])i?B$/.exec(string(value) ?? "") ?? [];
  return digits === undefined || unit === undefined ? undefined : quantityOf(`${digits}${unit}i`);
}

function prometheus(manifest: Manifest): Cleaner[] {
  const path = ["spec", "retentionSize"];
  const size = manifest.get(
    "spec",
    "storage",
    "volumeClaimTemplate",
    "spec",
    "resources",
    "requests",
    "storage",
  );
  return retention(manifest, { path, limit: retentionBytes(manifest.get(...path)), size: quantityOf(size) });
}

interface Retention {
  readonly path: FieldPath;
  readonly limit: number | undefined;
  readonly size: number | undefined;
}

function retention(manifest: Manifest, { path, limit, size }: Retention): Cleaner[] {
  if (limit === undefined || size === undefined || size === 0) return [];
  const percent = Math.round((limit / size) * 1000) / 10;
  return [{ manifest, does: "Prometheus drops its oldest blocks", store: "volume", percent, path }];
}

function prometheusArguments({ manifest, containers }: Workload): Cleaner[] {
  const templates = list(manifest.get("spec", "volumeClaimTemplates"));
  const [only] = templates;
  if (templates.length !== 1) return [];
  const size = quantityOf(object(object(object(object(only)["spec"])["resources"])["requests"])["storage"]);
  return containers.flatMap(({ spec, path }) =>
    list(spec["args"]).flatMap((item, index) => {
      const limit = /^--storage\.tsdb\.retention\.size=(\S+)$/.exec(string(item) ?? "")?.[1];
      return retention(manifest, { path: [...path, "args", index], limit: retentionBytes(limit), size });
    }),
  );
}

/** VictoriaLogs drops its oldest days from a used part of its disk on (`-retention.maxDiskUsagePercent`). */
function shareArguments({ manifest, containers }: Workload): Cleaner[] {
  return containers.flatMap(({ spec, path }) =>
    list(spec["args"]).flatMap((item, index): Cleaner[] => {
      const percent = Number(/^--?retention\.maxDiskUsagePercent=(\d+)$/.exec(string(item) ?? "")?.[1]);
      if (!(percent > 0 && percent < 100)) return [];
      const does = "VictoriaLogs drops its oldest days";
      return [{ manifest, does, store: "volume", percent, path: [...path, "args", index] }];
    }),
  );
}

const REMOVES = /\brm\s+-\w|\s-delete\b|\bprune\b|--vacuum|\brmi\b|\btruncate\b|\blogrotate\b|\bjournalctl\b/;

/** A script that looks at `df`, compares with a number of percent, and removes something. */
function scripts(workload: Workload): Cleaner[] {
  return workload.containers.flatMap((container) => {
    const field = ["command", "args"].find((one) => isScript(wordsOf(container.spec[one])));
    if (field === undefined) return [];
    const percent = limitOf(wordsOf(container.spec[field]), container.spec);
    const store = storeOf(workload, container);
    if (percent === undefined || store === undefined) return [];
    const index = list(container.spec[field]).findIndex((item) => isScript(string(item) ?? ""));
    const path = [...container.path, field, ...(index < 0 ? [] : [index])];
    return [
      { manifest: workload.manifest, does: `${workload.manifest.ref} cleans up`, store, percent, path },
    ];
  });
}

const wordsOf = (value: Json | undefined) =>
  list(value)
    .filter((item) => typeof item === "string")
    .join("\n");

const isScript = (text: string) => /\bdf\b/.test(text) && REMOVES.test(text);

function limitOf(script: string, spec: JsonObject): number | undefined {
  const literal = /(?:-g[te]|[^-<>=]>=?)\s*"?(\d{2})%?"?(?!\d|\.)/.exec(script)?.[1];
  const name = /(?:-g[te]|[^-<>=]>=?)\s*"?\$\{?([A-Za-z_]\w*)/.exec(script)?.[1];
  const found =
    literal ?? (name === undefined ? undefined : (assigned(script, name) ?? variable(spec, name)));
  const percent = Number(found);
  return percent >= 50 && percent <= 99 ? percent : undefined;
}

function assigned(script: string, name: string): string | undefined {
  return new RegExp(`(?:^|[\\s;])${name}=["']?(\\d{2})["']?(?:[\\s;]|$)`, "m").exec(script)?.[1];
}

function variable(spec: JsonObject, name: string): string | undefined {
  const found = list(spec["env"]).find((item) => object(item)["name"] === name);
  return string(object(found)["value"]);
}

/** What the container can clean: a folder of the node, or a claim. Undefined where it mounts both, or neither. */
function storeOf(workload: Workload, { spec }: Container): Store | undefined {
  const mounted = new Set(list(spec["volumeMounts"]).map((mount) => object(mount)["name"]));
  const volumes = list(podField(workload, "volumes"))
    .map(object)
    .filter(({ name }) => mounted.has(name));
  const node = volumes.some((volume) => volume["hostPath"] !== undefined);
  const claim = volumes.some((volume) => volume["persistentVolumeClaim"] !== undefined);
  if (node === claim) return undefined;
  return node ? "node" : "volume";
}
