import { setScalar } from "../../engine/edit.ts";
import { feltByTesters } from "../../engine/before-production.ts";
import { fallsOf, type MembersFall } from "../../engine/member-falls.ts";
import { quorumLostWhen, spareOf } from "../../engine/systems.ts";
import type { Problem, Severity } from "../../engine/types.ts";
import { defineCheck, severities } from "../define.ts";

const database = (spec: string) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: orders-db, namespace: shop }
spec:
  ${spec}
  storage: { size: 50Gi }
`;

const galera = (spec: string) => `apiVersion: pxc.percona.com/v1
kind: PerconaXtraDBCluster
metadata: { name: carts, namespace: shop }
spec:
  ${spec}
`;

const clickhouse = (layout: string) => `apiVersion: clickhouse.altinity.com/v1
kind: ClickHouseInstallation
metadata: { name: events, namespace: shop }
spec: { configuration: { clusters: [{ name: main, layout: ${layout} }] } }
`;

const elastic = (sets: string) => `apiVersion: elasticsearch.k8s.elastic.co/v1
kind: Elasticsearch
metadata: { name: finds, namespace: shop }
spec: { nodeSets: [${sets.replaceAll(/ }/g, ", config: { node.roles: [data] } }")}] }
`;

const pool = (name: string, spec: string) => `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaNodePool
metadata: { name: ${name}, namespace: shop, labels: { strimzi.io/cluster: events } }
spec:
  roles: [controller]
  ${spec}
---
`;

const etcd = (spec: string, image = "quay.io/coreos/etcd:v3.6.1") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: registry, namespace: shop }
spec:
  serviceName: registry
  ${spec}
  selector: { matchLabels: { app: registry } }
  template:
    metadata: { labels: { app: registry } }
    spec: { containers: [{ name: store, image: "${image}" }] }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "members-reduced",
  title: "A database, queue or coordinator keeps fewer members than before",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "Members of such a system stand in for each other, and many need more than half of them to serve at all. Two voting members stop when either of them is lost, and most systems also while one restarts; a single instance stops with its node, and its users wait until its volume is mounted elsewhere.",
  fix: "Keep three members of what votes, and two or more of what fails over; lower the number only by members that the rest can spare.",
  references: [
    "https://etcd.io/docs/latest/faq/#what-is-failure-tolerance",
    "https://cloudnative-pg.io/documentation/current/replication/",
    "https://docs.percona.com/percona-operator-for-mysql/pxc/scaling.html",
  ],
  supersedes: ["quorum-size", "replica-reduction", "single-replica-served"],
  unsafe: [
    {
      title: "a database keeps no stand-by",
      before: database("instances: 3"),
      after: database(`instances: 1${MARK}`),
    },
    {
      title: "two members are left of three, and both must agree",
      before: galera("pxc: { size: 3 }"),
      after: galera(`pxc: { size: 2 }${MARK}`),
    },
    {
      title: "all of it is stopped",
      before: galera("pause: false\n  pxc: { size: 3 }"),
      after: galera(`pause: true${MARK}\n  pxc: { size: 3 }`),
    },
    {
      title: "a database is put to sleep",
      before: database("instances: 3"),
      after: database("instances: 3").replace(
        "metadata: { name: orders-db, namespace: shop }",
        `metadata:\n  name: orders-db\n  namespace: shop\n  annotations:\n    cnpg.io/hibernation: "on"${MARK}`,
      ),
    },
    {
      title: "a StatefulSet of voters loses its majority",
      before: etcd("replicas: 3"),
      after: etcd(`replicas: 1${MARK}`),
    },
    {
      title: "controllers go, and no other pool has as many more",
      before: pool("old", "replicas: 3"),
      after: pool("old", `replicas: 1${MARK}`),
    },
    {
      title: "the number goes, and one instance is the default",
      before: database("instances: 3"),
      after: database("enablePDB: true").replace("spec:", `spec:${MARK}`),
    },
  ],
  safe: [
    { title: "there are more", before: database("instances: 2"), after: database("instances: 3") },
    {
      title: "three members can lose one, as four could",
      before: galera("pxc: { size: 4 }"),
      after: galera("pxc: { size: 3 }"),
    },
    {
      title: "the members move to another pool",
      before: pool("old", "replicas: 3"),
      after: pool("old", "replicas: 0") + pool("new", "replicas: 3"),
    },
    {
      title: "there was one before",
      before: database("instances: 1"),
      after: database("enablePDB: true"),
    },
    { title: "the database is removed", before: database("instances: 3"), after: etcd("replicas: 3") },
    {
      title: "nodes that hold copies move to another set",
      before: elastic("{ name: hot, count: 6 }"),
      after: elastic("{ name: hot, count: 3 }, { name: hot-new, count: 3 }"),
    },
    {
      title: "each shard says its own number",
      before: clickhouse("{ shardsCount: 1, replicasCount: 2 }"),
      after: clickhouse("{ shards: [{ replicasCount: 2 }] }"),
    },
    {
      title: "nobody can tell the number",
      before: database("instances: 3"),
      after: database("instances: ${instances}"),
    },
  ],

  *run(transition) {
    for (const fall of fallsOf(transition)) {
      const atMost = proves(fall);
      if (atMost) yield problem(fall, feltByTesters(atMost, transition.after));
    }
  },
});

/** What the fall proves; undefined where the rest can lose as many as before. */
function proves(fall: MembersFall): Severity | undefined {
  const { from, to, needs } = fall;
  if (fall.plain) return to > 0 && losesItsSpare(fall) ? "error" : undefined;
  if (to === 0) return "error";
  if (needs === "copies") return to === 1 || (from - to) * 3 >= from ? "warning" : "notice";
  if (losesItsSpare(fall)) return "error";
  const same = spareOf({ count: to, needs }) === spareOf({ count: from, needs });
  return same && !(needs === "majority" && to === 1) ? undefined : "notice";
}

/** It could lose a member before, and cannot now. */
function losesItsSpare({ from, to, needs }: MembersFall): boolean {
  return spareOf({ count: from, needs }) !== 0 && spareOf({ count: to, needs }) === 0;
}

function problem(fall: MembersFall, atMost: Severity): Problem {
  const { after, path, key, from, called, plain } = fall;
  const isNumber = typeof after.get(...path) === "number";
  const suggestion = isNumber ? setScalar(after, path, String(from)) : undefined;
  return {
    subject: after,
    ...(plain ? {} : { key }),
    at: after.locate(...path),
    atMost,
    message: message(fall),
    fix: `Keep ${from} ${called} of ${after.ref}. If this is intended, waive members-reduced for "${after.ref}" in .github/nines.yml, with a reason and an end date.`,
    ...(suggestion && { suggestion }),
  };
}

/** Proxies stand before the data, and hold none. */
const isDoor = (called: string) => /^(HAProxy|ProxySQL|mongos|routers)/.test(called);

function message(fall: MembersFall): string {
  const { after, from, to, called, needs, runs, plain } = fall;
  const start = `${after.ref} goes from ${from} ${called} of ${runs} to ${to === 0 ? "none" : to}:`;
  if (to === 0) return `${start} from this deploy on nothing serves its data.`;
  if (needs === "copies")
    return `${start} the copies of its data must fit on fewer, and fewer are left when a node is lost.`;
  if (needs === "one") return `${start} ${isDoor(called) ? doorText(to) : standByText(to)}`;
  const members = plain
    ? ` Unless the others are removed from its list of members first, it is no majority of the ${from} and stops at once.`
    : "";
  if (to === 1)
    return `${start} it stops whenever that one is restarted, drained or lost.${from === 2 ? "" : members}`;
  return spareOf({ count: to, needs }) === 0
    ? `${start} both are needed for a majority, so it stops whenever either of them is ${quorumLostWhen(runs)}.`
    : `${start} it can lose ${spareOf({ count: to, needs }) ?? 0} of them instead of ${spareOf({ count: from, needs }) ?? 0}.`;
}

const doorText = (to: number) =>
  to === 1
    ? "nobody reaches it while the only one is restarted, drained or lost."
    : "fewer are left when a node is lost.";

const standByText = (to: number) =>
  to === 1
    ? "none is left to fail over to, and its users wait while that one is restarted, or moved to another node with its volume."
    : "fewer are left to fail over to.";
