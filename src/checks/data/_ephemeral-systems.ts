import { quantityOf } from "../../engine/bytes.ts";
import { at, list, object } from "../../engine/json.ts";
import type { FieldPath, Json, Manifest } from "../../engine/types.ts";

/** What of an operator's object says that its members keep their data on the disk of their pod. */
interface OnPod {
  readonly path: FieldPath;
  /** `Kafka`, as people call the members. */
  readonly what: string;
}

const isEphemeral = (value: Json | undefined) => object(value)["type"] === "ephemeral";

/** Strimzi: a storage is `ephemeral`, or a list of volumes (`jbod`) that may be (strimzi.io/docs, EphemeralStorage). */
const strimzi =
  (what: string, ...path: FieldPath) =>
  (manifest: Manifest): OnPod[] => {
    const storage = manifest.get(...path);
    if (isEphemeral(storage)) return [{ what, path: [...path, "type"] }];
    const index = list(object(storage)["volumes"]).findIndex(isEphemeral);
    return index < 0 ? [] : [{ what, path: [...path, "volumes", index, "type"] }];
  };

/** ECK takes a volume of the name `elasticsearch-data` for the data: a claim by default (elastic.co/docs, volume claim templates). */
function elasticsearch(manifest: Manifest): OnPod[] {
  return list(manifest.get("spec", "nodeSets")).flatMap((set, index) =>
    list(at(set, ["podTemplate", "spec", "volumes"])).flatMap((item, place): OnPod[] => {
      const { name, emptyDir } = object(item);
      if (name !== "elasticsearch-data" || (emptyDir ?? null) === null) return [];
      const path = ["spec", "nodeSets", index, "podTemplate", "spec", "volumes", place, "emptyDir"];
      return [{ what: "Elasticsearch", path }];
    }),
  );
}

/** A size of nothing is an emptyDir (rabbitmq.com/kubernetes/operator, persistence). */
function rabbitmq(manifest: Manifest): OnPod[] {
  const path = ["spec", "persistence", "storage"];
  return quantityOf(manifest.get(...path)) === 0 ? [{ what: "RabbitMQ", path }] : [];
}

const READERS: Readonly<Record<string, (manifest: Manifest) => OnPod[]>> = {
  "kafka.strimzi.io/Kafka": (kafka) => [
    ...strimzi("Kafka", "spec", "kafka", "storage")(kafka),
    ...strimzi("ZooKeeper", "spec", "zookeeper", "storage")(kafka),
  ],
  "kafka.strimzi.io/KafkaNodePool": strimzi("Kafka", "spec", "storage"),
  "elasticsearch.k8s.elastic.co/Elasticsearch": elasticsearch,
  "rabbitmq.com/RabbitmqCluster": rabbitmq,
};

/** Where an operator is told to keep a store's data on the disks of its pods. */
export function onPodDisks(manifest: Manifest): OnPod[] {
  return READERS[`${manifest.group}/${manifest.kind}`]?.(manifest) ?? [];
}
