import { object } from "./json.ts";
import type { BackupFields, Guard, MembersRule, System } from "./system-types.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/** Fields that protect only where they say so, or unless they say otherwise. */
const isFalse = (value: Json | undefined) => value === false;
const isNotTrue = (value: Json | undefined) => value !== true && value !== "true" && value !== "on";
const isNoCount = (value: Json | undefined) => value === undefined || value === 0;

const isOn = (...path: FieldPath) => {
  return (manifest: Manifest) => manifest.get(...path) === true;
};

/** Patroni waits for a stand-by before it confirms a write only where it is told to (patroni.readthedocs.io, replication_modes). */
const synchronous = (...path: string[]): Guard => ({ path, kind: "synchronous", off: isNotTrue });

/** Percona's operators spread members over nodes unless the key is `none`, or rules of one's own stand beside it (docs.percona.com, constraints). */
const antiAffinity = (...path: string[]): Guard => ({
  ...{ path, kind: "spread", unless: [...path.slice(0, -1), "advanced"] },
  off: (value) => value === "none",
});

/** Sets of pods of one PostgreSQL cluster, as Crunchy and Percona write them. */
const INSTANCE_SETS: MembersRule = {
  ...{ called: "instances", count: ["spec", "instances", "*", "replicas"], otherwise: 1 },
  ...{ needs: "one", together: true },
};

const PGBACKREST: BackupFields = {
  parts: [["spec", "backups", "pgbackrest", "repos", "*", "schedules"]],
  switches: [["spec", "backups", "enabled"]],
  schedules: ["full", "differential", "incremental"].map((type) => [
    ...["spec", "backups", "pgbackrest", "repos", "*", "schedules", type],
  ]),
  suspends: [],
  retentions: [1, 2, 3, 4].map((repo) => [
    ...["spec", "backups", "pgbackrest", "global", `repo${repo}-retention-full`],
  ]),
};

/** Percona's list of scheduled backups. */
const scheduled = (list: string): BackupFields => ({
  parts: [["spec", "backup", list]],
  switches: [["spec", "backup", "enabled"]],
  continuous: [["spec", "backup", "pitr", "enabled"]],
  schedules: [["spec", "backup", list, "*", "schedule"]],
  suspends: [],
  retentions: [
    ["spec", "backup", list, "*", "keep"],
    ["spec", "backup", list, "*", "retention", "count"],
  ],
});

/** Arbiters vote too, and so do nodes outside of this cluster: the members alone do not say what is a majority. */
const votesAlone = (entry: Json) => {
  const { arbiter, externalNodes } = object(entry);
  return object(arbiter)["enabled"] !== true && externalNodes === undefined;
};

const GALERA: FieldPath = ["spec", "galera", "enabled"];

/** Databases by `group/Kind`, each with the place where its fields are written down. */
export const DATABASE_SYSTEMS: Readonly<Record<string, System>> = {
  // cloudnative-pg.io/documentation/current/cloudnative-pg.v1: instances 1, enablePDB and enablePodAntiAffinity true
  "postgresql.cnpg.io/Cluster": {
    runs: "PostgreSQL",
    members: [{ called: "instances", count: ["spec", "instances"], otherwise: 1, needs: "one" }],
    backups: {
      parts: [
        ["spec", "backup"],
        ["spec", "plugins"],
      ],
      schedules: [],
      suspends: [],
      retentions: [["spec", "backup", "retentionPolicy"]],
    },
    stop: ["metadata", "annotations", "cnpg.io/hibernation"],
    guards: [
      { path: ["spec", "enablePDB"], kind: "disruptions", off: isFalse },
      {
        ...{ path: ["spec", "affinity", "enablePodAntiAffinity"], kind: "spread", off: isFalse },
        unless: ["spec", "affinity", "additionalPodAntiAffinity"],
      },
      { path: ["spec", "postgresql", "synchronous", "number"], kind: "synchronous", off: isNoCount },
      { path: ["spec", "minSyncReplicas"], kind: "synchronous", off: isNoCount },
      {
        ...{ path: ["spec", "postgresql", "synchronous", "dataDurability"], kind: "durability" },
        off: (value) => value === "preferred",
        beside: ["spec", "postgresql", "synchronous", "number"],
      },
    ],
  },
  // postgres-operator.readthedocs.io/en/latest/reference/cluster_manifest
  "acid.zalan.do/postgresql": {
    runs: "PostgreSQL",
    members: [{ called: "instances", count: ["spec", "numberOfInstances"], needs: "one" }],
    backups: {
      parts: [["spec", "enableLogicalBackup"]],
      schedules: [["spec", "logicalBackupSchedule"]],
      suspends: [],
      retentions: [["spec", "logicalBackupRetention"]],
    },
    guards: [synchronous("spec", "patroni", "synchronous_mode")],
  },
  // access.crunchydata.com/documentation/postgres-operator/latest/references/crd
  "postgres-operator.crunchydata.com/PostgresCluster": {
    runs: "PostgreSQL",
    members: [INSTANCE_SETS],
    backups: PGBACKREST,
    stop: ["spec", "shutdown"],
    guards: [synchronous("spec", "patroni", "dynamicConfiguration", "synchronous_mode")],
  },
  // docs.percona.com/percona-operator-for-postgresql/latest/operator.html
  "pgv2.percona.com/PerconaPGCluster": {
    runs: "PostgreSQL",
    members: [INSTANCE_SETS],
    backups: PGBACKREST,
    stop: ["spec", "pause"],
    guards: [synchronous("spec", "patroni", "dynamicConfiguration", "synchronous_mode")],
  },
  // docs.percona.com/percona-operator-for-mysql/pxc/operator.html
  "pxc.percona.com/PerconaXtraDBCluster": {
    runs: "MySQL",
    members: [
      { called: "members", count: ["spec", "pxc", "size"], needs: "majority" },
      {
        ...{ called: "HAProxy pods", count: ["spec", "haproxy", "size"], needs: "one" },
        when: isOn("spec", "haproxy", "enabled"),
      },
      {
        ...{ called: "ProxySQL pods", count: ["spec", "proxysql", "size"], needs: "one" },
        when: isOn("spec", "proxysql", "enabled"),
      },
    ],
    backups: scheduled("schedule"),
    stop: ["spec", "pause"],
    guards: [antiAffinity("spec", "pxc", "affinity", "antiAffinityTopologyKey")],
  },
  // docs.percona.com/percona-operator-for-mysql/ps/operator.html: clusterType group-replication by default
  "ps.percona.com/PerconaServerMySQL": {
    runs: "MySQL",
    members: [
      {
        ...{ called: "members", count: ["spec", "mysql", "size"] },
        needs: (manifest) => (manifest.get("spec", "mysql", "clusterType") === "async" ? "one" : "majority"),
      },
    ],
    backups: scheduled("schedule"),
    stop: ["spec", "pause"],
    guards: [antiAffinity("spec", "mysql", "affinity", "antiAffinityTopologyKey")],
  },
  // docs.percona.com/percona-operator-for-mongodb/operator.html
  "psmdb.percona.com/PerconaServerMongoDB": {
    runs: "MongoDB",
    members: [
      {
        ...{ called: "members", count: ["spec", "replsets", "*", "size"], needs: "majority" },
        among: votesAlone,
      },
      {
        ...{ called: "config servers", count: ["spec", "sharding", "configsvrReplSet", "size"] },
        ...{ needs: "majority", when: isOn("spec", "sharding", "enabled") },
      },
      {
        ...{ called: "mongos", count: ["spec", "sharding", "mongos", "size"] },
        ...{ needs: "one", when: isOn("spec", "sharding", "enabled") },
      },
    ],
    backups: scheduled("tasks"),
    stop: ["spec", "pause"],
    guards: [antiAffinity("spec", "replsets", "*", "affinity", "antiAffinityTopologyKey")],
  },
  // github.com/mongodb/mongodb-kubernetes, config/crd: arbiters vote too
  "mongodbcommunity.mongodb.com/MongoDBCommunity": {
    runs: "MongoDB",
    members: [
      {
        ...{ called: "members", count: ["spec", "members"], needs: "majority" },
        when: (manifest) => (manifest.get("spec", "arbiters") ?? 0) === 0,
      },
    ],
  },
  // github.com/mariadb-operator/mariadb-operator, docs/api_reference: replicas 1
  "k8s.mariadb.com/MariaDB": {
    runs: "MariaDB",
    members: [
      {
        ...{ called: "replicas", count: ["spec", "replicas"], otherwise: 1 },
        needs: (manifest) => (manifest.get(...GALERA) === true ? "majority" : "one"),
      },
    ],
    guards: [
      {
        ...{ path: ["spec", "affinity", "antiAffinityEnabled"], kind: "spread", off: isNotTrue },
        unless: ["spec", "affinity", "podAntiAffinity"],
      },
    ],
  },
  // dev.mysql.com/doc/mysql-operator/en/mysql-operator-properties.html: group replication, instances 1
  "mysql.oracle.com/InnoDBCluster": {
    runs: "MySQL",
    members: [
      { called: "instances", count: ["spec", "instances"], otherwise: 1, needs: "majority" },
      { called: "routers", count: ["spec", "router", "instances"], needs: "one" },
    ],
    backups: {
      parts: [["spec", "backupSchedules"]],
      schedules: [["spec", "backupSchedules", "*", "schedule"]],
      suspends: [],
      retentions: [],
    },
  },
  // docs.k8ssandra.io/reference/crd: how many copies there are is said for each keyspace, inside of the database
  "cassandra.datastax.com/CassandraDatacenter": {
    runs: "Cassandra",
    members: [{ called: "nodes", count: ["spec", "size"], needs: "copies" }],
    stop: ["spec", "stopped"],
  },
  "k8ssandra.io/K8ssandraCluster": {
    runs: "Cassandra",
    members: [{ called: "nodes", count: ["spec", "cassandra", "datacenters", "*", "size"], needs: "copies" }],
  },
  // github.com/cockroachdb/cockroach-operator, config/crd: ranges have three copies, wherever the nodes are
  "crdb.cockroachlabs.com/CrdbCluster": {
    runs: "CockroachDB",
    members: [{ called: "nodes", count: ["spec", "nodes"], needs: "copies" }],
  },
  // github.com/Altinity/clickhouse-operator, docs/custom_resource_explained: one of each by default
  "clickhouse.altinity.com/ClickHouseInstallation": {
    runs: "ClickHouse",
    members: [
      {
        ...{ called: "replicas of each shard", needs: "one", otherwise: 1 },
        count: ["spec", "configuration", "clusters", "*", "layout", "replicasCount"],
        // Listed one by one, each shard has a number of its own.
        among: (entry) => {
          const { shards, replicas } = object(object(entry)["layout"]);
          return shards === undefined && replicas === undefined;
        },
      },
    ],
    stop: ["spec", "stop"],
  },
};
