import * as kubernetes from "@kubernetes/client-node";

/** The kinds whose fields are checked: those that nines judges. Class names are those of the client library. */
const KINDS: Readonly<Record<string, string>> = {
  "/v1/ConfigMap": "V1ConfigMap",
  "/v1/PersistentVolumeClaim": "V1PersistentVolumeClaim",
  "/v1/Pod": "V1Pod",
  "/v1/Secret": "V1Secret",
  "/v1/Service": "V1Service",
  "/v1/ServiceAccount": "V1ServiceAccount",
  "apps/v1/DaemonSet": "V1DaemonSet",
  "apps/v1/Deployment": "V1Deployment",
  "apps/v1/StatefulSet": "V1StatefulSet",
  "autoscaling/v1/HorizontalPodAutoscaler": "V1HorizontalPodAutoscaler",
  "autoscaling/v2/HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler",
  "batch/v1/CronJob": "V1CronJob",
  "batch/v1/Job": "V1Job",
  "networking.k8s.io/v1/Ingress": "V1Ingress",
  "networking.k8s.io/v1/NetworkPolicy": "V1NetworkPolicy",
  "policy/v1/PodDisruptionBudget": "V1PodDisruptionBudget",
  "storage.k8s.io/v1/StorageClass": "V1StorageClass",
};

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

function modelOf(name: string): Model | undefined {
  const value: unknown = (kubernetes as Readonly<Record<string, unknown>>)[name];
  return typeof value === "function" && "getAttributeTypeMap" in value
    ? (value as unknown as Model)
    : undefined;
}

/** Types that are reached from the kinds above, with their fields. Everything that is not a type of its own is a word. */
export function fieldsModule(): string {
  const types: Record<string, Record<string, string>> = {};
  const queue = Object.values(KINDS);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const model = modelOf(name);
    if (types[name] || !model) continue;
    const fields = model
      .getAttributeTypeMap()
      .map((attribute) => [attribute.baseName, typeOf(attribute)] as const);
    types[name] = Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
    queue.push(...fields.map(([, type]) => type.replace("[]", "")));
  }
  return [
    "// Written by `npm run generate` from the Kubernetes client library's models. Do not edit.",
    "",
    "/** The type of each kind, by `group/version/Kind`. */",
    `export const KINDS: Readonly<Record<string, string>> = ${JSON.stringify(KINDS)};`,
    "",
    "/**",
    " * The fields of each type. A field is `text`, `integer`, `number`, `boolean`, `integer-or-text`, `anything`, the name of",
    " * another type, or a list of one of these (`[]` behind it).",
    " */",
    `export const TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = ${JSON.stringify(types)};`,
    "",
  ].join("\n");
}

function typeOf({ type, format }: Attribute): string {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  if (list !== undefined) return `${wordOf(list, format)}[]`;
  return wordOf(type, format);
}

function wordOf(type: string, format: string): string {
  switch (type) {
    case "string":
    case "Date":
    case "V1MicroTime":
      return format === "int-or-string" ? "integer-or-text" : "text";
    case "number":
      return format.startsWith("int") ? "integer" : "number";
    case "boolean":
      return "boolean";
    case "IntOrString":
      return "integer-or-text";
    default:
      return modelOf(type) ? type : "anything";
  }
}
