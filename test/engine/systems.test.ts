import { expect, test } from "@jest/globals";
import { membersOf, spareOf, systemOf } from "../../src/engine/systems.ts";
import { one } from "./files.ts";

const object = (apiVersion: string, kind: string, spec: string) =>
  one(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: store }\nspec: ${spec}\n`);

const counts = (apiVersion: string, kind: string, spec: string) =>
  membersOf(object(apiVersion, kind, spec)).map(
    ({ key, count, needs }) => `${key}: ${String(count)} ${needs}`,
  );

test.each([
  ["postgresql.cnpg.io/v1", "Cluster", "{ instances: 3 }", ["instances: 3 one"]],
  ["postgresql.cnpg.io/v1", "Cluster", "{ storage: { size: 1Gi } }", ["instances: 1 one"]],
  ["acid.zalan.do/v1", "postgresql", "{ numberOfInstances: 2 }", ["instances: 2 one"]],
  // Sets of pods of one cluster count together; a set without a number is one pod.
  [
    "postgres-operator.crunchydata.com/v1beta1",
    "PostgresCluster",
    "{ instances: [{ name: a, replicas: 2 }, { name: b }] }",
    ["instances: 3 one"],
  ],
  [
    "psmdb.percona.com/v1",
    "PerconaServerMongoDB",
    "{ replsets: [{ name: rs0, size: 3 }, { name: rs1, size: 2, arbiter: { enabled: true } }] }",
    ["members rs0: 3 majority"],
  ],
  [
    "kafka.strimzi.io/v1beta2",
    "Kafka",
    "{ kafka: { replicas: 3 }, zookeeper: { replicas: 5 } }",
    ["brokers: 3 copies", "ZooKeeper members: 5 majority"],
  ],
  [
    "kafka.strimzi.io/v1beta2",
    "KafkaNodePool",
    "{ replicas: 3, roles: [controller, broker] }",
    ["controllers: 3 majority", "brokers: 3 copies"],
  ],
  ["k8s.mariadb.com/v1alpha1", "MariaDB", "{ replicas: 3 }", ["replicas: 3 one"]],
  [
    "k8s.mariadb.com/v1alpha1",
    "MariaDB",
    "{ replicas: 3, galera: { enabled: true } }",
    ["replicas: 3 majority"],
  ],
  // A node without a list of roles may be elected; a node with one may not, unless it says so.
  [
    "elasticsearch.k8s.elastic.co/v1",
    "Elasticsearch",
    "{ nodeSets: [{ name: a, count: 2 }, { name: b, count: 1, config: { node.roles: [master] } }, { name: c, count: 4, config: { node.roles: [data] } }] }",
    ["master-eligible nodes: 3 majority", "nodes c: 4 copies"],
  ],
  [
    "clickhouse-keeper.altinity.com/v1",
    "ClickHouseKeeperInstallation",
    "{ configuration: { clusters: [{ name: k, layout: { replicasCount: 3 } }] } }",
    ["members k: 3 majority"],
  ],
  // Switched off, nothing runs, whatever the numbers say.
  [
    "pxc.percona.com/v1",
    "PerconaXtraDBCluster",
    "{ pause: true, pxc: { size: 3 } }",
    ["members: 0 majority"],
  ],
  ["clickhouse.altinity.com/v1", "ClickHouseInstallation", "{ stop: 'yes' }", []],
])("%s %s %s", (apiVersion, kind, spec, expected) => {
  expect(counts(apiVersion, kind, spec)).toEqual(expected);
});

test("the number stands where it is written", () => {
  const database = object("postgresql.cnpg.io/v1", "Cluster", "\n  imageName: postgres\n  instances: 3");
  const [group] = membersOf(database);
  expect(database.locate(...group!.path).line).toBe(6);
});

test("what another operator calls a Cluster is no database", () => {
  expect(systemOf(object("cluster.x-k8s.io/v1beta1", "Cluster", "{ paused: false }"))).toBeUndefined();
});

test.each([
  [1, "majority", 0],
  [2, "majority", 0],
  [3, "majority", 1],
  [4, "majority", 1],
  [5, "majority", 2],
  [1, "one", 0],
  [3, "one", 2],
  [3, "copies", undefined],
  [1, "copies", 0],
  [NaN, "majority", undefined],
] as const)("%d members of which %s must stand can lose %s", (count, needs, spare) => {
  expect(spareOf({ count, needs })).toBe(spare);
});
