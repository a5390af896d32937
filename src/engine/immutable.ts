import { at, isObject, list, object, strings } from "./json.ts";
import { quantityOf } from "./bytes.ts";
import { isUnknown } from "./template.ts";
import { scalarText } from "./words.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/** A field that the API server refuses to change on an existing object. */
export interface ImmutableChange {
  readonly path: FieldPath;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** Whether the refusal is sure; else it depends on what the live object holds. */
  readonly certain: boolean;
}

/** What a field comes to once defaults are in place; equal results mean no change. */
type Normalise = (value: Json | undefined, manifest: Manifest) => Json | undefined;

interface Rule {
  readonly path: FieldPath;
  readonly normalise: Normalise;
  /** Which changes of the normalised value are refused; all where absent. */
  readonly refuses?: (
    change: { before: Json | undefined; after: Json | undefined },
    now: Manifest,
  ) => boolean | "maybe";
}

const asIs: Normalise = (value) => value ?? undefined;
const orElse =
  (fallback: Json): Normalise =>
  (value) =>
    value ?? fallback;

const rule = (path: string, normalise: Normalise = asIs, refuses?: Rule["refuses"]): Rule => ({
  path: path.split("."),
  normalise,
  ...(refuses && { refuses }),
});

/** Only where both sides say something: an unwritten value was chosen by the server, and it may be the same. */
const whereBothAreWritten: Rule["refuses"] = ({ before, after }) =>
  before !== undefined && after !== undefined;
/** Taking a value away is refused; giving one can repeat what the server chose. */
const unlessUnwrittenBefore: Rule["refuses"] = ({ before }) => before !== undefined;

/** A selector's meaning: order does not matter, and before apps/v1 an unwritten one was the labels of the pods. */
const selector: Normalise = (value, manifest) => {
  const labels = value ?? { matchLabels: strings(manifest.get("spec", "template", "metadata", "labels")) };
  const expressions = list(at(labels, ["matchExpressions"])).map((item) => {
    const { key, operator, values } = object(item);
    return { key, operator, values: list(values).map(String).sort() };
  });
  return { matchLabels: strings(at(labels, ["matchLabels"])), matchExpressions: byText(expressions) };
};

/** Sizes compare as numbers, modes without order; what the server fills in (status, volumeMode) is left out. */
const claimTemplates: Normalise = (value) =>
  list(value).map((item) => {
    const { spec, metadata } = object(item);
    const { resources, accessModes, volumeMode, ...others } = object(spec);
    return {
      metadata: { ...object(metadata), creationTimestamp: undefined },
      spec: {
        ...others,
        accessModes: byText(list(accessModes)),
        volumeMode: volumeMode ?? "Filesystem",
        storage: size(at(resources, ["requests", "storage"])),
      },
    };
  });

const size = (value: Json | undefined) => quantityOf(value) ?? value ?? undefined;
const sortedList: Normalise = (value) => (Array.isArray(value) ? byText(value) : undefined);
const first: Normalise = (value) => list(value)[0];

const roleRef: Normalise = (value) => {
  const { apiGroup, kind, name } = object(value);
  return {
    apiGroup: apiGroup === undefined || apiGroup === "" ? "rbac.authorization.k8s.io" : apiGroup,
    kind,
    name,
  };
};

const shrinks: Rule["refuses"] = ({ before, after }) =>
  typeof before === "number" && typeof after === "number" && after < before;

/** The server copies the address of the live Service where none is written (registry/core/service, patchAllocatedValues). */
const clusterIp: Rule["refuses"] = ({ before, after }) => {
  if (after === undefined || after === "") return false;
  return before === undefined && after !== "None" ? "maybe" : true;
};

/** Pods of a suspended Job do not exist yet, and much of its template may change. */
const unlessSuspended: Rule["refuses"] = (_, now) => now.get("spec", "suspend") !== true;
const completions: Rule["refuses"] = (_, now) => now.get("spec", "completionMode") !== "Indexed";

const controller = [rule("spec.selector", selector)];
const binding = [rule("roleRef", roleRef)];

/**
 * Fields that the API server refuses to change, by `group/Kind` (kubernetes pkg/apis/*\/validation and the
 * `+k8s:immutable` tags of the API types).
 */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  "apps/Deployment": controller,
  "apps/DaemonSet": controller,
  "apps/ReplicaSet": controller,
  "apps/StatefulSet": [
    ...controller,
    rule("spec.serviceName", orElse("")),
    rule("spec.podManagementPolicy", orElse("OrderedReady")),
    rule("spec.volumeClaimTemplates", claimTemplates),
  ],
  "batch/Job": [
    rule("spec.template", asIs, unlessSuspended),
    rule("spec.selector", asIs, whereBothAreWritten),
    rule("spec.completionMode", orElse("NonIndexed")),
    rule("spec.completions", asIs, completions),
    ...["spec.podFailurePolicy", "spec.successPolicy", "spec.backoffLimitPerIndex"].map((path) => rule(path)),
  ],
  "/PersistentVolumeClaim": [
    rule("spec.resources.requests.storage", size, shrinks),
    rule("spec.storageClassName", asIs, unlessUnwrittenBefore),
    rule("spec.volumeName", asIs, unlessUnwrittenBefore),
    rule("spec.accessModes", sortedList),
    rule("spec.volumeMode", orElse("Filesystem")),
    ...["spec.selector", "spec.dataSource", "spec.dataSourceRef"].map((path) => rule(path)),
  ],
  "/PersistentVolume": [
    ...[
      "csi",
      "nfs",
      "hostPath",
      "local",
      "iscsi",
      "fc",
      "awsElasticBlockStore",
      "gcePersistentDisk",
      "azureDisk",
    ].map((source) => rule(`spec.${source}`)),
    rule("spec.volumeMode", orElse("Filesystem")),
    rule("spec.nodeAffinity", asIs, unlessUnwrittenBefore),
  ],
  "storage.k8s.io/StorageClass": [
    rule("provisioner"),
    rule("parameters", (value) => strings(value)),
    rule("reclaimPolicy", orElse("Delete")),
    rule("volumeBindingMode", orElse("Immediate")),
  ],
  "/Service": [
    rule("spec.clusterIP", asIs, clusterIp),
    rule("spec.ipFamilies", first, whereBothAreWritten),
    rule("spec.loadBalancerClass", asIs, (_, now) => now.get("spec", "type") === "LoadBalancer"),
    rule("spec.healthCheckNodePort", asIs, whereBothAreWritten),
  ],
  "/Secret": [rule("type", orElse("Opaque"))],
  "rbac.authorization.k8s.io/RoleBinding": binding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": binding,
  "scheduling.k8s.io/PriorityClass": [
    rule("value"),
    rule("preemptionPolicy", orElse("PreemptLowerPriority")),
  ],
  "networking.k8s.io/IngressClass": [rule("spec.controller")],
  "node.k8s.io/RuntimeClass": [rule("handler")],
  "discovery.k8s.io/EndpointSlice": [rule("addressType")],
  "apiextensions.k8s.io/CustomResourceDefinition": [rule("spec.scope")],
};

/** What of an object this change alters though the API server refuses it. Values that only an expansion tells are left out. */
export function immutableChanges(before: Manifest, after: Manifest): ImmutableChange[] {
  if (!isKept(before, after)) return [];
  const rules = RULES[`${after.group}/${after.kind}`] ?? [];
  return [...rules.flatMap((one) => changeOf(one, before, after)), ...sealedData(before, after)];
}

/** Objects for which the rules above do not hold. */
function isKept(before: Manifest, after: Manifest): boolean {
  // Old API versions let the selector change (apps/strategy.go, ValidateUpdate).
  if (after.group === "apps" && after.version === "v1beta1") return false;
  if (after.kind === "Job") return after.get("metadata", "name") !== undefined;
  // A Service may get and lose its address on the way from and to a name for something outside; the class belongs to one type.
  const type = (manifest: Manifest) => manifest.get("spec", "type") ?? "ClusterIP";
  return after.kind !== "Service" || ![type(before), type(after)].includes("ExternalName");
}

function changeOf({ path, normalise, refuses }: Rule, before: Manifest, after: Manifest): ImmutableChange[] {
  const [old, now] = [before.get(...path), after.get(...path)];
  if (holdsUnknown(old) || holdsUnknown(now)) return [];
  const change = { before: normalise(old, before), after: normalise(now, after) };
  if (text(change.before) === text(change.after)) return [];
  if (path.at(-1) === "loadBalancerClass" && before.get("spec", "type") !== "LoadBalancer") return [];
  const refused = refuses ? refuses(change, after) : true;
  return refused === false ? [] : [{ path, before: old, after: now, certain: refused === true }];
}

/** ConfigMaps and Secrets with `immutable: true` keep their data, and stay so. */
function sealedData(before: Manifest, after: Manifest): ImmutableChange[] {
  if (!["ConfigMap", "Secret"].includes(after.kind) || after.group !== "" || before.get("immutable") !== true)
    return [];
  const fields = ["data", "stringData", "binaryData"].map((field) => [field]);
  const changed = fields.filter((path) => text(before.get(...path)) !== text(after.get(...path)));
  if (after.get("immutable") !== true) changed.push(["immutable"]);
  return changed
    .slice(0, 1)
    .map((path) => ({ path, before: before.get(...path), after: after.get(...path), certain: true }));
}

function holdsUnknown(value: Json | undefined): boolean {
  if (isUnknown(value)) return true;
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isObject(value) && Object.entries(value).some(([key, item]) => isUnknown(key) || holdsUnknown(item));
}

function byText(items: readonly Json[]): Json[] {
  return [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** The same for equal values, whatever the order of their keys; nulls are unwritten. */
function text(value: Json | undefined): string {
  return JSON.stringify(value, (_, item: Json) => {
    if (!isObject(item)) return item;
    return Object.fromEntries(
      Object.entries(item)
        .filter(([, one]) => one !== null && one !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  });
}

/** `spec.selector`, `spec.volumeClaimTemplates[0].spec.storageClassName`: how people name the field. */
export function fieldName(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}

/** The deepest path at which the new value differs from the old one; where something is gone, the path that held it. */
export function firstDifference(
  before: Json | undefined,
  after: Json | undefined,
  path: FieldPath,
): FieldPath {
  if (Array.isArray(after)) {
    const index = after.findIndex((item: Json, place) => text(item) !== text(list(before)[place]));
    return index < 0 ? path : firstDifference(list(before)[index], list(after)[index], [...path, index]);
  }
  if (!isObject(after)) return path;
  const key = Object.keys(after).find((name) => text(after[name]) !== text(object(before)[name]));
  return key === undefined ? path : firstDifference(object(before)[key], after[key], [...path, key]);
}

/** A short value as people write it; undefined where it would fill a page. */
export function valueText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return "unset";
  if (isObject(value) || Array.isArray(value)) return undefined;
  return scalarText(value);
}
