import { list, object } from "./json.ts";
import type { Guard, KeepPolicy, MembersRule, System } from "./system-types.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

const isAbsent = (value: Json | undefined) => value === undefined;

const removed = "when it is removed";

/** Strimzi keeps claims unless it is told otherwise (strimzi.io, PersistentClaimStorage). */
const deleteClaim = (...path: string[]): KeepPolicy => ({
  ...{ path: [...path, "deleteClaim"], deletes: [true], otherwise: false, when: removed },
});

/** Elasticsearch's roles: a node without a list has all of them; `node.master` is the older way (elastic.co, node-roles). */
function electsMaster(entry: Json): boolean {
  const config = object(object(entry)["config"]);
  const node = object(config["node"]);
  const roles = config["node.roles"] ?? node["roles"];
  if (Array.isArray(roles)) return list(roles).includes("master");
  return (config["node.master"] ?? node["master"]) !== false;
}

/** A node pool of OpenSearch names its roles; `master` became `cluster_manager`. */
const managesCluster = (entry: Json) =>
  list(object(entry)["roles"]).some((role) => role === "master" || role === "cluster_manager");

/** github.com/opensearch-project/opensearch-k8s-operator, docs/userguide: the group was opensearch.opster.io until version 3. */
const OPENSEARCH: System = {
  runs: "OpenSearch",
  members: [
    {
      ...{ called: "cluster managers", count: ["spec", "nodePools", "*", "replicas"] },
      ...{ needs: "majority", together: true, among: managesCluster },
    },
    {
      ...{ called: "nodes", count: ["spec", "nodePools", "*", "replicas"], needs: "copies" },
      among: (entry) => !managesCluster(entry),
    },
  ],
};

/** etcd.io/docs/latest/faq: a majority of the members must agree to each write. */
const ETCD: System = {
  runs: "etcd",
  members: [{ called: "members", count: ["spec", "size"], needs: "majority" }],
};

const usesPools = ({ annotations }: Manifest) => annotations["strimzi.io/node-pools"] === "enabled";
const hasRole = (role: string) => (manifest: Manifest) => list(manifest.get("spec", "roles")).includes(role);

/** Sentinels vote; Redis itself is one primary with stand-bys. */
const sentinels = (count: FieldPath, otherwise?: number): MembersRule => ({
  ...{ called: "sentinels", count, needs: "majority" },
  ...(otherwise !== undefined && { otherwise }),
});

const ECK_BUDGET: Guard = {
  ...{ path: ["spec", "podDisruptionBudget"], kind: "disruptions" },
  // `{}` switches the default budget off (elastic.co/docs/deploy-manage, pod-disruption-budget).
  off: (value) => value !== undefined && Object.keys(object(value)).length === 0,
};

/** Queues, caches, search engines and coordinators by `group/Kind`, each with the place where its fields are written down. */
export const OTHER_SYSTEMS: Readonly<Record<string, System>> = {
  // strimzi.io/docs/operators/latest/configuring, KafkaClusterSpec: with node pools the counts stand there
  "kafka.strimzi.io/Kafka": {
    runs: "Kafka",
    members: [
      {
        ...{ called: "brokers", count: ["spec", "kafka", "replicas"], needs: "copies" },
        when: (manifest) => !usesPools(manifest),
      },
      { called: "ZooKeeper members", count: ["spec", "zookeeper", "replicas"], needs: "majority" },
    ],
    keeps: [deleteClaim("spec", "kafka", "storage"), deleteClaim("spec", "zookeeper", "storage")],
    // Strimzi spreads the copies of a partition over racks only where it is told what a rack is.
    guards: [{ path: ["spec", "kafka", "rack"], kind: "spread", off: isAbsent }],
  },
  "kafka.strimzi.io/KafkaNodePool": {
    runs: "Kafka",
    members: [
      {
        ...{ called: "controllers", count: ["spec", "replicas"], needs: "majority" },
        when: hasRole("controller"),
      },
      {
        ...{ called: "brokers", count: ["spec", "replicas"], needs: "copies" },
        when: hasRole("broker"),
      },
    ],
    keeps: [deleteClaim("spec", "storage"), deleteClaim("spec", "storage", "volumes", "*")],
  },
  "kafka.strimzi.io/KafkaTopic": { runs: "a Kafka topic", members: [] },
  // rabbitmq.com/kubernetes/operator/using-operator: replicas 1
  "rabbitmq.com/RabbitmqCluster": {
    runs: "RabbitMQ",
    members: [{ called: "nodes", count: ["spec", "replicas"], otherwise: 1, needs: "majority" }],
  },
  // github.com/spotahome/redis-operator, README: three of each
  "databases.spotahome.com/RedisFailover": {
    runs: "Redis",
    members: [
      { called: "Redis pods", count: ["spec", "redis", "replicas"], otherwise: 3, needs: "one" },
      {
        ...sentinels(["spec", "sentinel", "replicas"], 3),
        when: (manifest) => manifest.get("spec", "sentinel", "enabled") !== false,
      },
    ],
    keeps: [
      {
        ...{ path: ["spec", "redis", "storage", "keepAfterDeletion"], deletes: [false] },
        ...{ otherwise: false, when: removed },
      },
    ],
  },
  // redis-operator.opstree.dev: clusterSize counts the leaders, of which a majority must stand
  "redis.redis.opstreelabs.in/RedisCluster": {
    runs: "Redis",
    members: [{ called: "leaders", count: ["spec", "clusterSize"], needs: "majority" }],
  },
  "redis.redis.opstreelabs.in/RedisReplication": {
    runs: "Redis",
    members: [{ called: "Redis pods", count: ["spec", "clusterSize"], needs: "one" }],
  },
  "redis.redis.opstreelabs.in/RedisSentinel": {
    runs: "Redis Sentinel",
    members: [sentinels(["spec", "clusterSize"])],
  },
  // elastic.co/docs/reference/cloud-on-k8s: claims go with the cluster unless the policy keeps them
  "elasticsearch.k8s.elastic.co/Elasticsearch": {
    runs: "Elasticsearch",
    members: [
      {
        ...{ called: "master-eligible nodes", count: ["spec", "nodeSets", "*", "count"] },
        ...{ needs: "majority", together: true, among: electsMaster },
      },
      {
        ...{ called: "nodes", count: ["spec", "nodeSets", "*", "count"], needs: "copies" },
        among: (entry) => !electsMaster(entry),
      },
    ],
    keeps: [
      {
        ...{ path: ["spec", "volumeClaimDeletePolicy"], when: removed },
        deletes: ["DeleteOnScaledownAndClusterDeletion"],
        otherwise: "DeleteOnScaledownAndClusterDeletion",
      },
    ],
    guards: [ECK_BUDGET],
  },
  "opensearch.opster.io/OpenSearchCluster": OPENSEARCH,
  "opensearch.org/OpenSearchCluster": OPENSEARCH,
  "operator.etcd.io/EtcdCluster": ETCD,
  "etcd.database.coreos.com/EtcdCluster": ETCD,
  // github.com/pravega/zookeeper-operator, README: replicas 3, volumes are kept
  "zookeeper.pravega.io/ZookeeperCluster": {
    runs: "ZooKeeper",
    members: [{ called: "members", count: ["spec", "replicas"], otherwise: 3, needs: "majority" }],
    keeps: [
      {
        ...{ path: ["spec", "persistence", "reclaimPolicy"], deletes: ["Delete"] },
        ...{ otherwise: "Retain", when: removed },
      },
    ],
  },
  // docs.altinity.com, clickhouse-operator, keeper
  "clickhouse-keeper.altinity.com/ClickHouseKeeperInstallation": {
    runs: "ClickHouse Keeper",
    members: [
      {
        ...{ called: "members", needs: "majority", otherwise: 1 },
        count: ["spec", "configuration", "clusters", "*", "layout", "replicasCount"],
      },
    ],
  },
  // min.io/docs/minio/kubernetes: how many drives a write needs follows from the erasure code
  "minio.min.io/Tenant": {
    runs: "MinIO",
    members: [{ called: "servers", count: ["spec", "pools", "*", "servers"], needs: "copies" }],
  },
  // bank-vaults.dev/docs/operator: only with Raft storage do the members vote
  "vault.banzaicloud.com/Vault": {
    runs: "Vault",
    members: [
      {
        ...{ called: "members", count: ["spec", "size"], otherwise: 1 },
        needs: (manifest) =>
          manifest.get("spec", "config", "storage", "raft") === undefined ? "one" : "majority",
      },
    ],
  },
  // aws-controllers-k8s.github.io: one object, one managed service
  "rds.services.k8s.aws/DBInstance": { runs: "an RDS database", members: [] },
  "s3.services.k8s.aws/Bucket": { runs: "an S3 bucket", members: [] },
};
