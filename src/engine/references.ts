import { isObject, list, object, string, type JsonObject } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import { podField, type Workload } from "./workload.ts";
import type { World } from "./world.ts";

/** Something that a pod cannot start without. */
export interface Reference {
  readonly kind: "ConfigMap" | "Secret" | "PersistentVolumeClaim" | "ServiceAccount" | "PriorityClass";
  readonly name: string;
  /** The entry of its data that is needed. */
  readonly key?: string | undefined;
  /** Where the name is written. */
  readonly path: FieldPath;
  /**
   * Containers read variables when they start; volumes are looked up when a pod is placed; what images are pulled with
   * is only needed on a node that does not have the image yet.
   */
  readonly use: "env" | "volume" | "pod" | "pull";
}

/** What the pods of a workload refer to and cannot do without: nothing that is optional, nothing that only an expansion tells. */
export function referencesOf(workload: Workload): Reference[] {
  const spec = [...workload.template, "spec"];
  const volumes = list(podField(workload, "volumes")).flatMap((item, index) =>
    ofVolume(object(item), [...spec, "volumes", index]),
  );
  const account = string(podField(workload, "serviceAccountName"));
  const priority = string(podField(workload, "priorityClassName"));
  const pulls = list(podField(workload, "imagePullSecrets")).flatMap((item, index) =>
    reference(item, "Secret", { path: [...spec, "imagePullSecrets", index], use: "pull" }),
  );
  const pod: Reference[] = [
    ...(account === undefined
      ? []
      : [
          {
            kind: "ServiceAccount" as const,
            name: account,
            path: [...spec, "serviceAccountName"],
            use: "pod" as const,
          },
        ]),
    ...(priority === undefined
      ? []
      : [
          {
            kind: "PriorityClass" as const,
            name: priority,
            path: [...spec, "priorityClassName"],
            use: "pod" as const,
          },
        ]),
  ];
  const env = workload.containers.flatMap((container) => ofEnvironment(container.spec, container.path));
  return [...volumes, ...env, ...pod, ...pulls].filter(({ name }) => name !== "" && !isUnknown(name));
}

function reference(
  source: Json | undefined,
  kind: Reference["kind"],
  place: Omit<Reference, "kind" | "name">,
  field = "name",
): Reference[] {
  if (!isObject(source) || source["optional"] === true) return [];
  const name = string(source[field]);
  return name === undefined ? [] : [{ ...place, kind, name, path: [...place.path, field] }];
}

function ofVolume(volume: JsonObject, path: FieldPath): Reference[] {
  const use = "volume" as const;
  const projected = list(object(volume["projected"])["sources"]).flatMap((item, index) => {
    const source = object(item);
    const place = [...path, "projected", "sources", index];
    return [
      ...withItems(
        source["configMap"],
        reference(source["configMap"], "ConfigMap", { path: [...place, "configMap"], use }),
      ),
      ...withItems(
        source["secret"],
        reference(source["secret"], "Secret", { path: [...place, "secret"], use }),
      ),
    ];
  });
  return [
    ...withItems(
      volume["configMap"],
      reference(volume["configMap"], "ConfigMap", { path: [...path, "configMap"], use }),
    ),
    ...withItems(
      volume["secret"],
      reference(volume["secret"], "Secret", { path: [...path, "secret"], use }, "secretName"),
    ),
    ...reference(
      volume["persistentVolumeClaim"],
      "PersistentVolumeClaim",
      { path: [...path, "persistentVolumeClaim"], use },
      "claimName",
    ),
    ...projected,
  ];
}

/** Each entry that a volume picks by name must be there. */
function withItems(source: Json | undefined, references: readonly Reference[]): Reference[] {
  const items = list(object(source)["items"]);
  return references.flatMap((one) => [
    one,
    ...items.flatMap((item, index): Reference[] => {
      const key = string(object(item)["key"]);
      return key === undefined
        ? []
        : [{ ...one, key, path: [...one.path.slice(0, -1), "items", index, "key"] }];
    }),
  ]);
}

function ofEnvironment(spec: JsonObject, path: FieldPath): Reference[] {
  const use = "env" as const;
  const from = list(spec["envFrom"]).flatMap((item, index) => {
    const source = object(item);
    const place = [...path, "envFrom", index];
    return [
      ...reference(source["configMapRef"], "ConfigMap", { path: [...place, "configMapRef"], use }),
      ...reference(source["secretRef"], "Secret", { path: [...place, "secretRef"], use }),
    ];
  });
  const single = list(spec["env"]).flatMap((item, index) => {
    const source = object(object(item)["valueFrom"]);
    const place = [...path, "env", index, "valueFrom"];
    return [
      ...keyed(source["configMapKeyRef"], "ConfigMap", [...place, "configMapKeyRef"]),
      ...keyed(source["secretKeyRef"], "Secret", [...place, "secretKeyRef"]),
    ];
  });
  return [...from, ...single];
}

function keyed(source: Json | undefined, kind: "ConfigMap" | "Secret", path: FieldPath): Reference[] {
  const key = string(object(source)["key"]);
  return reference(source, kind, { path, use: "env" }).map((one) =>
    key === undefined ? one : { ...one, key, path: [...path, "key"] },
  );
}

/** Kinds of custom resources that make a Secret or a ConfigMap, and where its name is written (the object's own where it is not). */
const MAKERS: Readonly<Record<string, readonly FieldPath[]>> = {
  ExternalSecret: [["spec", "target", "name"]],
  ClusterExternalSecret: [["spec", "externalSecretName"]],
  SealedSecret: [["spec", "template", "metadata", "name"]],
  Certificate: [["spec", "secretName"]],
  SopsSecret: [],
  VaultStaticSecret: [["spec", "destination", "name"]],
  VaultDynamicSecret: [["spec", "destination", "name"]],
  VaultPKISecret: [["spec", "destination", "name"]],
  VaultSecret: [],
  OnePasswordItem: [],
  InfisicalSecret: [["spec", "managedSecretReference", "secretName"]],
  AzureKeyVaultSecret: [["spec", "output", "secret", "name"]],
  KafkaUser: [],
  Password: [],
  Bundle: [],
};

/** The object of a world that gives what a reference asks for: itself, or a custom resource that makes it. */
export function providerOf(
  { kind, name }: Pick<Reference, "kind" | "name">,
  from: Manifest,
  world: World,
): Manifest | undefined {
  const found =
    kind === "PriorityClass" ? world.find(kind, name, { namespace: "" }) : world.find(kind, name, from);
  if (found || (kind !== "Secret" && kind !== "ConfigMap")) return found;
  return makersOf(world).get(name)?.[0];
}

/**
 * Kinds that make several, or under a name that is made of their own: what each of them makes. By `group/Kind`, for
 * others have kinds of the same name: a Cluster of Cluster API makes no logins.
 */
const MANY: Readonly<Record<string, (manifest: Manifest) => readonly string[]>> = {
  "secrets-store.csi.x-k8s.io/SecretProviderClass": (one) =>
    list(one.get("spec", "secretObjects")).flatMap((item) => string(object(item)["secretName"]) ?? []),
  // CloudNativePG: the application's and the superuser's login, and its certificates.
  "postgresql.cnpg.io/Cluster": ({ name }) =>
    ["app", "superuser", "ca", "server", "replication"].map((end) => `${name}-${end}`),
  "rabbitmq.com/RabbitmqCluster": ({ name }) => [`${name}-default-user`],
  "elasticsearch.k8s.elastic.co/Elasticsearch": ({ name }) =>
    ["es-elastic-user", "es-http-certs-public", "es-http-certs-internal"].map((end) => `${name}-${end}`),
  "kibana.k8s.elastic.co/Kibana": ({ name }) => [`${name}-kb-http-certs-public`],
  "kafka.strimzi.io/Kafka": ({ name }) =>
    ["cluster-ca-cert", "clients-ca-cert"].map((end) => `${name}-${end}`),
  "postgres-operator.crunchydata.com/PostgresCluster": (one) => {
    const { name } = one;
    const users = list(one.get("spec", "users")).flatMap((item) => string(object(item)["name"]) ?? []);
    return [`${name}-cluster-cert`, ...[name, ...users].map((user) => `${name}-pguser-${user}`)];
  },
};

const MANY_KINDS = Object.keys(MANY).map((id) => id.slice(id.indexOf("/") + 1));

const indexes = new WeakMap<World, Map<string, Manifest[]>>();

/** Custom resources by the name of what they make. */
function makersOf(world: World): Map<string, Manifest[]> {
  const known = indexes.get(world);
  if (known) return known;
  const index = new Map<string, Manifest[]>();
  for (const maker of world.ofKind(...Object.keys(MAKERS), ...MANY_KINDS)) {
    for (const name of madeBy(maker)) index.set(name, [...(index.get(name) ?? []), maker]);
  }
  indexes.set(world, index);
  return index;
}

function madeBy(maker: Manifest): readonly string[] {
  const many = MANY[`${maker.group}/${maker.kind}`];
  if (many) return many(maker);
  const places = MAKERS[maker.kind];
  if (!places) return [];
  const [made] = places.flatMap((path) => string(maker.get(...path)) ?? []);
  return [made ?? maker.name];
}

/** Entries of a ConfigMap or Secret; undefined where something else fills it. */
export function keysOf(manifest: Manifest): ReadonlySet<string> | undefined {
  if (manifest.kind !== "ConfigMap" && manifest.kind !== "Secret") return undefined;
  const keys = ["data", "stringData", "binaryData"].flatMap((field) =>
    Object.keys(object(manifest.get(field))),
  );
  return keys.length === 0 || keys.some(isUnknown) ? undefined : new Set(keys);
}
