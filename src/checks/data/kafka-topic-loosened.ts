import { setScalar } from "../../engine/edit.ts";
import { numberOf } from "../../engine/kafka.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const topic = (config: string) => `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaTopic
metadata: { name: orders, namespace: shop, labels: { strimzi.io/cluster: events } }
spec:
  partitions: 12
  replicas: 3
  config:
    ${config}
`;

const kafka = (config: string) => `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: events, namespace: shop }
spec:
  kafka:
    replicas: 3
    config:
      ${config}
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "kafka-topic-loosened",
  title: "Kafka keeps messages for a shorter time, or may lose confirmed ones",
  pillar: "data",
  severity: severities("warning", "warning", "warning"),
  confidence: "certain",
  why: "Messages are the raw data from which everything else can be computed again. Where retention is cut, older ones are deleted soon after the deploy, read or not. Where an unclean leader may be elected, a broker that lags takes over, and what the lost one had confirmed is gone.",
  fix: "Keep retention until every consumer and every replay that may be needed is done, and keep unclean leader election off.",
  references: [
    "https://kafka.apache.org/documentation/#topicconfigs_retention.ms",
    "https://kafka.apache.org/documentation/#brokerconfigs_unclean.leader.election.enable",
  ],
  unsafe: [
    {
      title: "a topic keeps a day instead of a week",
      before: topic("retention.ms: 604800000"),
      after: topic(`retention.ms: 86400000${MARK}`),
    },
    {
      title: "unlimited retention gets a limit",
      before: topic("retention.ms: -1"),
      after: topic(`retention.ms: 604800000${MARK}`),
    },
    {
      title: "the last message of each key is no longer kept",
      before: topic("cleanup.policy: compact"),
      after: topic(`cleanup.policy: delete${MARK}`),
    },
    {
      title: "a broker that lags may take over",
      before: kafka("unclean.leader.election.enable: false"),
      after: kafka(`unclean.leader.election.enable: true${MARK}`),
    },
    {
      title: "all topics are kept for two days instead of seven",
      before: kafka("log.retention.hours: 168"),
      after: kafka(`log.retention.hours: 48${MARK}`),
    },
  ],
  safe: [
    {
      title: "the topic is only compacted, and nothing of it grows too old",
      before: topic("{ cleanup.policy: compact, retention.ms: 604800000 }"),
      after: topic("{ cleanup.policy: compact, retention.ms: 86400000 }"),
    },
    {
      title: "messages are kept longer",
      before: topic("retention.ms: 86400000"),
      after: topic("retention.ms: 604800000"),
    },
    {
      title: "the limit goes",
      before: topic("retention.bytes: 1073741824"),
      after: topic("retention.bytes: -1"),
    },
    {
      title: "the policy gets a second word",
      before: topic("cleanup.policy: compact"),
      after: topic("cleanup.policy: compact,delete\n    retention.ms: -1"),
    },
    {
      title: "it was so before",
      before: kafka("unclean.leader.election.enable: true"),
      after: kafka("unclean.leader.election.enable: true\n      num.partitions: 6"),
    },
    {
      title: "a new topic keeps a day",
      after: topic("retention.ms: 86400000"),
    },
  ],

  *run({ changes }) {
    for (const change of changes) {
      const { kind, before, after } = change;
      if (kind !== "kept" || before.object === after.object || after.group !== "kafka.strimzi.io") continue;
      const config = CONFIGS[after.kind];
      if (!config) continue;
      // Of a topic that is only compacted nothing is deleted for its age or size.
      const ages = after.get(...config, "cleanup.policy") !== "compact";
      for (const key of ages ? RETENTIONS : []) yield* shorter({ before, after, path: [...config, key] });
      yield* uncompacted({ before, after, path: [...config, "cleanup.policy"] });
      yield* unclean({ before, after, path: [...config, "unclean.leader.election.enable"] });
    }
  },
});

const CONFIGS: Readonly<Record<string, FieldPath>> = {
  Kafka: ["spec", "kafka", "config"],
  KafkaTopic: ["spec", "config"],
};

const RETENTIONS = [
  ...["retention.ms", "retention.bytes", "log.retention.ms", "log.retention.bytes"],
  ...["log.retention.minutes", "log.retention.hours"],
];

interface Field {
  readonly before: Manifest;
  readonly after: Manifest;
  readonly path: FieldPath;
}

/** -1 stands for no limit. */
const limitOf = (manifest: Manifest, path: FieldPath) => {
  const limit = numberOf(manifest, path);
  return limit !== undefined && limit < 0 ? Infinity : limit;
};

function* shorter({ before, after, path }: Field): Iterable<Problem> {
  const [was, is] = [limitOf(before, path), limitOf(after, path)];
  if (was === undefined || is === undefined || !(is < was)) return;
  const key = String(path.at(-1));
  yield problem({ before, after, path }, [
    `${after.ref} goes from ${key}: ${scalarText(before.get(...path))} to ${scalarText(after.get(...path))}: ${key === "delete.retention.ms" ? "marks of deleted keys go sooner, and a consumer that takes longer to read the topic keeps what was deleted" : "messages beyond that are deleted soon after the deploy, whether consumers have read them or not"}.`,
    `Keep ${key}: ${scalarText(before.get(...path))} until nobody needs those messages for a replay.`,
  ]);
}

function* uncompacted({ before, after, path }: Field): Iterable<Problem> {
  const compacts = (manifest: Manifest) => scalarText(manifest.get(...path)).includes("compact");
  if (!compacts(before) || compacts(after)) return;
  yield problem({ before, after, path }, [
    `${after.ref} no longer compacts: the last message of each key is deleted once it is older than the retention, and whoever rebuilds state from the topic misses it.`,
    `Keep cleanup.policy: ${scalarText(before.get(...path))}.`,
  ]);
}

function* unclean({ before, after, path }: Field): Iterable<Problem> {
  const on = (manifest: Manifest) => scalarText(manifest.get(...path)) === "true";
  if (on(before) || !on(after)) return;
  yield problem({ before, after, path }, [
    `${after.ref} may elect an unclean leader: when the brokers in sync are lost, one that lags takes over, and messages that were confirmed are gone.`,
    "Keep unclean.leader.election.enable: false; switch it on for one topic, by hand, when its data is given up.",
  ]);
}

function problem({ before, after, path }: Field, [message, fix]: readonly [string, string]): Problem {
  const old = before.get(...path);
  const suggestion = old === undefined ? undefined : setScalar(after, path, scalarText(old));
  return {
    subject: after,
    key: String(path.at(-1)),
    at: after.locate(...path),
    message,
    fix,
    ...(suggestion && { suggestion }),
  };
}
