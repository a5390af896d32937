import { podsInWords } from "../../engine/arithmetic.ts";
import { lacksRoom } from "../../engine/availability.ts";
import { domainsOf } from "../../engine/domains.ts";
import { nodePortOf } from "../../engine/node-ports.ts";
import { isCounted } from "../../engine/serving.ts";
import { requiredTerms, skewRules, type Level } from "../../engine/spread.ts";
import type { FieldPath, Problem } from "../../engine/types.ts";
import { aheadOf, strategyOf, type Strategy, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const broker = (
  replicas: number,
  unavailable: number,
  key = "topology.kubernetes.io/zone",
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: broker, namespace: events }
spec:
  replicas: ${replicas}
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: ${unavailable} } }
  selector: { matchLabels: { app: broker } }
  template:
    metadata: { labels: { app: broker } }
    spec:
      containers: [{ name: broker, image: "broker:2" }]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - labelSelector: { matchLabels: { app: broker } }
              topologyKey: ${key}
`;

const pinned = (port: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: edge, namespace: events }
spec:
  selector: { matchLabels: { app: edge } }
  template:
    metadata: { labels: { app: edge } }
    spec:
      nodeSelector: { kubernetes.io/hostname: edge-1 }
      containers:
        - name: edge
          image: edge:2
          ports: [{ ${port} }]
`;

const spread = (zones: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: feed, namespace: events }
spec:
  replicas: 4
  selector: { matchLabels: { app: feed } }
  template:
    metadata: { labels: { app: feed } }
    spec:
      containers: [{ name: feed, image: "feed:2" }]
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: topology.kubernetes.io/zone, operator: In, values: [${zones}] }
      topologySpreadConstraints:
        - labelSelector: { matchLabels: { app: feed } }
          topologyKey: topology.kubernetes.io/zone
          maxSkew: 1
          whenUnsatisfiable: DoNotSchedule
          minDomains: 3
`;

const MARK = " # <- finding";
const marked = (text: string) =>
  text.replace("topologyKey: topology.kubernetes.io/zone", `topologyKey: topology.kubernetes.io/zone${MARK}`);

export default defineCheck({
  kind: "state",
  id: "rollout-scheduling-deadlock",
  title: "A rollout can find no place for its first new pod",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "Every node, or zone, already has a pod of the workload, and the rule allows no second one there. The rollout must start a new pod before it may stop an old one, so it waits for ever: the new version never runs, and an urgent fix cannot be deployed.",
  fix: "Let the rollout stop one pod first (maxUnavailable: 1, maxSurge: 0), or spread with a topologySpreadConstraint instead of a required anti-affinity.",
  references: [
    "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
  ],
  unsafe: [
    {
      title: "one pod a zone, in all three zones, and none may stop",
      before: broker(2, 0),
      after: marked(broker(3, 0)),
    },
    { title: "there are more pods than zones", before: broker(2, 1), after: marked(broker(4, 1)) },
    {
      title: "the rollout may no longer stop a pod first",
      before: broker(3, 1),
      after: marked(broker(3, 0)),
    },
    {
      title: "the pod takes a port of the only node that it may run on",
      before: pinned("containerPort: 8443"),
      after: pinned(`hostPort: 443, containerPort: 8443 }] # <- finding`).replace("finding }]", "finding"),
    },
    {
      title: "the pods wait for a third zone, and may run in two only",
      before: spread("a, b, c"),
      after: spread("a, b").replace("minDomains: 3", `minDomains: 3${MARK}`),
    },
  ],
  safe: [
    { title: "there are as many zones as the pods wait for", after: spread("a, b, c") },
    {
      title: "the pod takes a port of some node",
      after: pinned("hostPort: 443, containerPort: 8443").replace(
        "kubernetes.io/hostname: edge-1",
        "kubernetes.io/os: linux",
      ),
    },
    { title: "a zone is free for the new pod", after: broker(2, 0) },
    { title: "one pod may stop first", after: broker(3, 1) },
    {
      title: "one pod a node, and nobody said how many nodes there are",
      after: broker(3, 0, "kubernetes.io/hostname"),
    },
    {
      title: "the rule is about other pods",
      after: broker(3, 0).replace(
        "labelSelector: { matchLabels: { app: broker } }",
        "labelSelector: { matchLabels: { app: database } }",
      ),
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      if (!isCounted(workload)) continue;
      const rules = rulesOf(workload);
      const ports = rules.some(({ level }) => level === "node") ? [] : portRule(workload);
      for (const rule of [...rules, ...ports]) yield* deadlock(workload, rule, world);
    }
  },
});

const KEYS: Readonly<Record<string, Level>> = {
  "kubernetes.io/hostname": "node",
  "topology.kubernetes.io/zone": "zone",
  "failure-domain.beta.kubernetes.io/zone": "zone",
};

interface Rule {
  readonly level: Level;
  readonly path: FieldPath;
  /** `runs at most one pod per zone`. */
  readonly because: string;
  /** A spread constraint can take its place. */
  readonly spreads: boolean;
  /** A spread constraint that lets one node or zone hold no more than its skew while there are fewer than `minDomains`. */
  readonly short?: { readonly skew: number; readonly minDomains: number };
}

/** A port of the node is one pod's: the scheduler puts no second one there. */
function portRule(workload: Workload): Rule[] {
  const found = nodePortOf(workload);
  if (!found) return [];
  return [
    {
      level: "node",
      path: found.path,
      because: `takes port ${found.port} of its node, so it runs at most one pod per node`,
      spreads: false,
    },
  ];
}

/** Required anti-affinity of the workload's pods against each other. With `matchLabelKeys` it may hold for each version apart. */
function rulesOf(workload: Workload): Rule[] {
  const path = ["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  const apart = requiredTerms(workload, "podAntiAffinity").flatMap(({ key, index, perGeneration }) => {
    const level = KEYS[key];
    if (!level || perGeneration) return [];
    const place = [...workload.template, "spec", ...path, index, "topologyKey"];
    return [{ level, path: place, because: `runs at most one pod per ${level}`, spreads: true }];
  });
  return [...apart, ...(["node", "zone"] as const).flatMap((level) => shortRules(workload, level))];
}

function shortRules(workload: Workload, level: Level): Rule[] {
  return skewRules(workload, level).flatMap(({ index, skew, minDomains, perGeneration }) => {
    if (minDomains < 2 || perGeneration) return [];
    const path = [...workload.template, "spec", "topologySpreadConstraints", index, "minDomains"];
    const because = `waits for ${minDomains} ${level}s (minDomains) before it runs more than ${podsInWords(skew)} in one (maxSkew)`;
    return [{ level, path, because, spreads: false, short: { skew, minDomains } }];
  });
}

/** Most clusters have three zones or fewer; how many nodes there are only the policy can say. */
const USUAL_ZONES = 3;

function* deadlock(workload: Workload, rule: Rule, world: World): Iterable<Problem> {
  const { level, path, short } = rule;
  const { atMost } = domainsOf(workload, level, world.cluster);
  const isStated = atMost < Infinity;
  if (short && !(atMost < short.minDomains)) return;
  const room = (isStated || level === "node" ? atMost : USUAL_ZONES) * (short?.skew ?? 1);
  const wanted = world.replicasOf(workload);
  const strategy = strategyOf(workload, wanted);
  const lack = lacksRoom({ wanted, strategy }, { room, perGeneration: false });
  if (!lack) return;
  const numbers = { room, isStated, wanted, strategy };
  yield {
    subject: workload.manifest,
    key: level,
    at: workload.manifest.locate(...path),
    measure: wanted - room,
    ...(isStated ? {} : { atMost: "notice" as const }),
    ...(short
      ? wordsForShort(workload, rule, { ...numbers, ...short, places: atMost })
      : lack === "pods"
        ? wordsForMany(workload, rule, numbers)
        : wordsForStill(workload, rule, numbers)),
  };
}

interface Numbers {
  readonly room: number;
  readonly isStated: boolean;
  readonly wanted: number;
  readonly strategy: Strategy;
}

type Words = Required<Pick<Problem, "message" | "fix">>;

function placesText(level: string, { room, isStated }: Numbers): string {
  if (isStated && room === 1) return `on the only ${level} for it`;
  const places = room === 1 ? `one ${level}` : `${room} ${level}s`;
  return `in ${isStated ? places : `a cluster with ${places}`}`;
}

function wordsForMany({ manifest }: Workload, { level, because, spreads }: Rule, numbers: Numbers): Words {
  const { wanted, room } = numbers;
  return {
    message: `${manifest.ref} wants ${podsInWords(wanted)}, and ${because}: ${placesText(level, numbers)} ${wanted - room} of them never ${wanted - room === 1 ? "starts" : "start"}.`,
    fix: `Run at most ${podsInWords(room)} of ${manifest.ref}${spreads ? `, or spread them with topologySpreadConstraints, which allow more than one pod a ${level}` : ""}.`,
  };
}

function wordsForShort(
  { manifest }: Workload,
  { level, because }: Rule,
  { room, wanted, places, minDomains }: Numbers & { places: number; minDomains: number },
): Words {
  const where = places === 1 ? `on the only ${level} for it` : `in ${places} ${level}s`;
  const late =
    wanted > room
      ? `${wanted - room} of its ${podsInWords(wanted)} never start`
      : "its rollout finds no place for the first new pod, and never ends";
  return {
    message: `${manifest.ref} ${because}: ${where} ${late}.`,
    fix: `Write minDomains: ${places} in ${manifest.ref}, or let it run in ${minDomains} ${level}s.`,
  };
}

function wordsForStill({ manifest }: Workload, rule: Rule, numbers: Numbers): Words {
  const { because, spreads } = rule;
  const instead = spreads ? ", or spread its pods with topologySpreadConstraints" : "";
  return {
    message:
      numbers.wanted === numbers.room
        ? `${manifest.ref} ${because}, and ${placesText(rule.level, numbers)} its ${numbers.wanted === 1 ? "pod leaves" : `${podsInWords(numbers.wanted)} leave`} no place for a new one. Its rollout may stop none before a new one is ready (maxUnavailable is 0 of ${podsInWords(numbers.wanted)}), so it never ends.`
        : besides(manifest.ref, rule, numbers),
    fix: numbers.strategy.apart
      ? `Run fewer pods of ${manifest.ref}, or use a rolling update with maxUnavailable: 1 and maxSurge: 0${instead}.`
      : numbers.wanted === 1
        ? `Let ${manifest.ref} run on a second ${rule.level}, or write maxUnavailable: 1 and maxSurge: 0 in it, with a short gap on every deploy.`
        : `Write maxUnavailable: 1 and maxSurge: 0 in ${manifest.ref}${instead}.`,
  };
}

/** A whole new set beside the old one. */
function besides(ref: string, { level, because }: Rule, numbers: Numbers): string {
  const { wanted, room, strategy } = numbers;
  const ahead = aheadOf(strategy);
  return `${ref} ${because}, and its rollout starts ${ahead} new ones beside ${podsInWords(wanted)}: ${placesText(level, numbers)} ${wanted + ahead - room} of them find no place, and it never ends.`;
}
