import { imageName } from "./image.ts";
import type { Workload } from "./workload.ts";

/**
 * Programs that serve only while more than half of their members stand, by the last part of their image's name. Those
 * that vote in some set-ups only (Kafka, Vault, NATS) are not among them. Sources: etcd.io FAQ, ZooKeeper
 * administrator's guide, consul.io consensus, rabbitmq.com quorum queues, mongodb.com replica sets, galeracluster.com.
 */
const VOTERS: Readonly<Record<string, string>> = {
  etcd: "etcd",
  zookeeper: "ZooKeeper",
  consul: "Consul",
  rabbitmq: "RabbitMQ",
  mongo: "MongoDB",
  mongodb: "MongoDB",
  "clickhouse-keeper": "ClickHouse Keeper",
  "mariadb-galera": "MariaDB Galera",
  "percona-xtradb-cluster": "Percona XtraDB Cluster",
};

/** The name of the voting program that a StatefulSet runs; undefined for all else. */
export function votersIn({ kind, containers }: Workload): string | undefined {
  if (kind !== "StatefulSet") return undefined;
  const names = containers.flatMap(({ role, spec }) => {
    const image = spec["image"];
    return role === "app" && typeof image === "string" ? [imageName(image).name] : [];
  });
  return names
    .map((name) => VOTERS[name] ?? VOTERS[name.replace(/^(bitnami|library|cp)-/, "")])
    .find((program) => program !== undefined);
}
