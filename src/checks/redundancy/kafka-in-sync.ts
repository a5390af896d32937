import { brokersOf, numberOf, topicsCluster } from "../../engine/kafka.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const kafka = (config: string, replicas = 3) => `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: events, namespace: shop }
spec:
  kafka:
    replicas: ${replicas}
    config:
      ${config}
---
`;

const topic = (replicas: string, config = "{}") => `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata: { name: orders, namespace: shop, labels: { strimzi.io/cluster: events } }
spec:
  partitions: 12
  ${replicas}
  config: ${config}
`;

const MARK = " # <- finding";
const DEFAULTS = "default.replication.factor: 3\n      ";

export default defineCheck({
  kind: "state",
  id: "kafka-in-sync",
  title: "Kafka needs more copies in sync than it has to spare",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "A producer that waits for all copies in sync (acks=all, Kafka's default since 3.0) is refused while fewer than min.insync.replicas of them are. Where that is as many as there are copies, each restart of a broker, and so each rollout and each node drain, stops writes; where it is more, no write is taken at all.",
  fix: "Keep min.insync.replicas one below the replication factor, and the replication factor at or below the number of brokers: 2, 3 and 3.",
  references: [
    "https://kafka.apache.org/documentation/#brokerconfigs_min.insync.replicas",
    "https://strimzi.io/docs/operators/latest/deploying#con-config-kafka-replication-str",
  ],
  unsafe: [
    {
      title: "every copy must be in sync",
      before: kafka(`${DEFAULTS}min.insync.replicas: 2`),
      after: kafka(`${DEFAULTS}min.insync.replicas: 3${MARK}`),
    },
    {
      title: "a topic has fewer copies than the brokers want in sync",
      before: kafka("min.insync.replicas: 2") + topic("replicas: 3"),
      after: kafka("min.insync.replicas: 2") + topic(`replicas: 1${MARK}`),
    },
    {
      title: "a topic wants more copies than there are brokers",
      before: kafka("min.insync.replicas: 2") + topic("replicas: 3"),
      after: kafka("min.insync.replicas: 2") + topic(`replicas: 5${MARK}`),
    },
    {
      title: "brokers go, and the copies do not fit on the rest",
      before: kafka(`${DEFAULTS}min.insync.replicas: 2`, 3),
      after: kafka(`default.replication.factor: 3${MARK}\n      min.insync.replicas: 2`, 2),
    },
  ],
  safe: [
    {
      title: "one copy may be missing",
      before: kafka(`${DEFAULTS}min.insync.replicas: 1`),
      after: kafka(`${DEFAULTS}min.insync.replicas: 2`),
    },
    {
      title: "a topic has its own minimum",
      after: kafka("min.insync.replicas: 2") + topic("replicas: 2", "{ min.insync.replicas: 1 }"),
    },
    {
      title: "a topic of one copy, where one is enough",
      after: kafka("auto.create.topics.enable: false") + topic("replicas: 1"),
    },
    {
      title: "it was so before",
      before: kafka(`${DEFAULTS}min.insync.replicas: 3`),
      after: kafka(`${DEFAULTS}min.insync.replicas: 3\n      num.partitions: 12`),
    },
  ],

  *run(world) {
    for (const cluster of world.ofKind("Kafka")) {
      if (cluster.group === "kafka.strimzi.io") yield* ofCluster(cluster, world);
    }
    for (const topic of world.ofKind("KafkaTopic")) yield* ofTopic(topic, world);
  },
});

const config = (key: string): FieldPath => ["spec", "kafka", "config", key];
const MINIMUM = config("min.insync.replicas");

/** How topics are copied that do not say it themselves, and the topics that Kafka keeps its own state in. */
const FACTORS = [
  ["default.replication.factor", "min.insync.replicas", "topics that set no number of their own"],
  ["offsets.topic.replication.factor", "min.insync.replicas", "the topic of consumers' offsets"],
  ["transaction.state.log.replication.factor", "transaction.state.log.min.isr", "the topic of transactions"],
] as const;

function* ofCluster(cluster: Manifest, world: World): Iterable<Problem> {
  const brokers = brokersOf(cluster, world);
  for (const [factor, minimum, whose] of FACTORS) {
    const copies = numberOf(cluster, config(factor));
    if (copies === undefined) continue;
    const path = config(minimum);
    const wanted = { copies, minimum: numberOf(cluster, path) ?? 1, whose, minimumPath: path };
    yield* judge(cluster, { ...wanted, brokers, path: config(factor) });
  }
}

function* ofTopic(topic: Manifest, world: World): Iterable<Problem> {
  const cluster = topicsCluster(topic, world);
  const copies = numberOf(topic, ["spec", "replicas"]);
  if (copies === undefined) return;
  const own: FieldPath = ["spec", "config", "min.insync.replicas"];
  const said = numberOf(topic, own);
  const inherited = cluster && numberOf(cluster, MINIMUM);
  const path = ["spec", "replicas"];
  yield* judge(topic, {
    ...{ copies, path, minimumPath: said === undefined ? path : own },
    minimum: said ?? inherited ?? 1,
    whose: "its partitions",
    brokers: cluster ? brokersOf(cluster, world) : NaN,
  });
}

interface Copies {
  readonly copies: number;
  readonly minimum: number;
  readonly brokers: number;
  readonly whose: string;
  readonly path: FieldPath;
  readonly minimumPath: FieldPath;
}

function* judge(subject: Manifest, found: Copies): Iterable<Problem> {
  const { copies, minimum, brokers, whose, path, minimumPath } = found;
  const key = String(path.at(-1));
  if (copies > brokers) {
    yield {
      subject,
      key: `${key} brokers`,
      at: subject.locate(...path),
      atMost: "warning",
      message: `${subject.ref} wants ${copies} copies of ${whose}, and there are ${brokers} brokers: such a topic cannot be created, and one that exists stays short of a copy.`,
      fix: `Run ${copies} brokers, or write ${key}: ${brokers} in ${subject.ref} with min.insync.replicas: ${Math.max(1, brokers - 1)}.`,
    };
  } else if (copies > 1 && minimum >= copies) yield stops(subject, found, `${key} in sync`);
  else if (minimum > copies) yield stops(subject, { ...found, path, minimumPath }, `${key} in sync`);
}

function stops(subject: Manifest, found: Copies, key: string): Problem {
  const { copies, minimum, whose, minimumPath } = found;
  const many = copies === 1 ? "1 copy" : `${copies} copies`;
  const never = minimum > copies;
  return {
    subject,
    key,
    measure: minimum - copies,
    at: subject.locate(...minimumPath),
    // Producers that wait for one copy only (acks=1) are not refused.
    ...(never ? {} : { atMost: "warning" as const }),
    message: never
      ? `${subject.ref} keeps ${many} of ${whose}, and min.insync.replicas is ${minimum}: producers that wait for all copies (acks=all, the default) are refused from this deploy on.`
      : `${subject.ref} keeps ${many} of ${whose}, and min.insync.replicas is ${minimum} too: producers that wait for all copies (acks=all, the default) are refused whenever a broker is restarted, drained or lost.`,
    fix:
      copies > 2
        ? `Write min.insync.replicas: ${copies - 1} for ${subject.ref}.`
        : `Keep ${minimum + 1} copies. With min.insync.replicas: 1 producers go on, but a write is then confirmed when one broker has it, and lost with that broker.`,
  };
}
