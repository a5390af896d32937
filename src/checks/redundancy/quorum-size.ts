import { membersIn } from "../../engine/member-falls.ts";
import { isCounted } from "../../engine/serving.ts";
import { quorumLostWhen, spareOf, systemOf } from "../../engine/systems.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { votersIn } from "../../engine/voters.ts";
import type { Needs } from "../../engine/system-types.ts";
import { defineCheck, severities } from "../define.ts";

const queue = (replicas: string) => `apiVersion: rabbitmq.com/v1beta1
kind: RabbitmqCluster
metadata: { name: jobs, namespace: shop }
spec:
  ${replicas}
`;

const database = (instances: string) => `apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: { name: ledger, namespace: shop }
spec:
  ${instances}
`;

const zookeeper = (replicas: string, image = "zookeeper:3.9") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: coordinator, namespace: shop }
spec:
  serviceName: coordinator
  ${replicas}
  selector: { matchLabels: { app: coordinator } }
  template:
    metadata: { labels: { app: coordinator } }
    spec: { containers: [{ name: store, image: "${image}" }] }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "quorum-size",
  title: "A system has one member, two, or an even number of voters",
  pillar: "redundancy",
  severity: severities("notice", "notice", "notice"),
  confidence: "certain",
  why: "Voters serve only while more than half of them are up. Of two, none may be lost, so two are no safer than one; of four only one may be lost, as of three. A database with a single instance stops for its users whenever that one is restarted or moved.",
  fix: "Run three or five members of a system that votes, and two or more instances of one that fails over.",
  references: [
    "https://etcd.io/docs/latest/faq/#why-an-odd-number-of-cluster-members",
    "https://www.rabbitmq.com/docs/clustering#node-count",
  ],
  unsafe: [
    { title: "two members vote", after: queue(`replicas: 2${MARK}`) },
    {
      title: "a fourth member is added",
      before: zookeeper("replicas: 3"),
      after: zookeeper(`replicas: 4${MARK}`),
    },
    { title: "a new database has one instance", after: database(`numberOfInstances: 1${MARK}`) },
  ],
  safe: [
    { title: "three members vote", after: queue("replicas: 3") },
    { title: "the database has a stand-by", after: database("numberOfInstances: 2") },
    { title: "it is switched off", after: database("numberOfInstances: 0") },
    {
      title: "the program does not vote",
      after: zookeeper("replicas: 2", "shop/catalogue:4"),
    },
    {
      title: "there were two before",
      before: queue("replicas: 2"),
      after: queue("replicas: 2\n  image: rabbitmq:4.1"),
    },
  ],

  *run(world) {
    for (const manifest of world.manifests) {
      const runs = systemOf(manifest)?.runs;
      if (runs === undefined) continue;
      for (const group of membersIn(manifest, world)) yield* judge({ manifest, runs, ...group });
    }
    for (const workload of world.workloads) {
      const runs = votersIn(workload);
      const count = runs === undefined || !isCounted(workload) ? 0 : world.replicasOf(workload);
      // A single pod is another check's word.
      if (runs === undefined || !(count > 1)) continue;
      const { manifest } = workload;
      yield* judge({ ...{ manifest, runs, count, called: "members" }, ...STATEFUL });
    }
  },
});

const STATEFUL = { needs: "majority", key: "members", path: ["spec", "replicas"] } as const;

interface Members {
  readonly manifest: Manifest;
  readonly runs: string;
  readonly called: string;
  readonly key: string;
  readonly path: FieldPath;
  readonly needs: Needs;
  readonly count: number;
}

function* judge(members: Members): Iterable<Problem> {
  const { manifest, key, path, count, called } = members;
  const saying = sayingOf(members);
  if (saying === undefined) return;
  yield {
    subject: manifest,
    key,
    measure: count % 2 === 0 && count > 2 ? 1 : 2,
    at: manifest.locate(...path),
    message: `${manifest.ref} ${saying}`,
    fix: `Run ${numberFor(members)} ${called} in ${manifest.ref}.`,
  };
}

/** An odd number for what votes; a stand-by for what fails over. */
function numberFor({ needs, count }: Members): string {
  if (needs !== "majority") return "2 or more";
  return count <= 2 ? "3" : `${count - 1} or ${count + 1}`;
}

function sayingOf({ runs, called, needs, count }: Members): string | undefined {
  const of = `${called} of ${runs}`;
  if (needs === "majority" && count === 2)
    return `has 2 ${of}: both are needed for a majority, so it stops whenever either of them is ${quorumLostWhen(runs)}.`;
  if (needs === "majority" && count > 2 && count % 2 === 0)
    return `has ${count} ${of}: it can lose ${spareOf({ count, needs }) ?? 0}, no more than with ${count - 1}, and if the network splits them in halves neither half serves.`;
  return count === 1
    ? `runs ${runs} with a single member: its users wait whenever that one is restarted, or moved to another node with its volume.`
    : undefined;
}
