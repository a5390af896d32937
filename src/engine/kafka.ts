import { integer } from "./json.ts";
import { sameNamespace } from "./selectors.ts";
import { membersOf } from "./systems.ts";
import type { FieldPath, Manifest } from "./types.ts";
import type { World } from "./world.ts";

/** Kafka as Strimzi writes it: a cluster, its pools of nodes, its topics. */

/** A number of Kafka's configuration, which people also write as text; undefined where there is none to read. */
export function numberOf(manifest: Manifest, path: FieldPath): number | undefined {
  const value = manifest.get(...path);
  if (typeof value === "string" && /^-?\d{1,18}$/.test(value)) return Number(value);
  return integer(value);
}

/** How many brokers a cluster has, over all of its node pools; NaN where the unit does not tell. */
export function brokersOf(cluster: Manifest, world: World): number {
  const pools = world
    .ofKind("KafkaNodePool")
    .filter((pool) => pool.labels["strimzi.io/cluster"] === cluster.name && sameNamespace(pool, cluster));
  const counts = [cluster, ...pools]
    .flatMap(membersOf)
    .flatMap(({ called, count }) => (called === "brokers" ? [count] : []));
  return counts.length === 0 || world.incomplete ? NaN : counts.reduce((sum, count) => sum + count, 0);
}

/** The cluster that a topic's label names, where the unit has it. */
export function topicsCluster(topic: Manifest, world: World): Manifest | undefined {
  const name = topic.labels["strimzi.io/cluster"];
  return name === undefined ? undefined : world.find("Kafka", name, topic);
}
