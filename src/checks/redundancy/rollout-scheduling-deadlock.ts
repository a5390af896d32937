import { list, object, string } from "../../engine/json.ts";
import { nodesFor } from "../../engine/placement.ts";
import { matchesSelector } from "../../engine/selectors.ts";
import { isCounted } from "../../engine/serving.ts";
import type { FieldPath, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { podField, strategyOf, type Workload } from "../../engine/workload.ts";
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
  why: "Every node, or zone, already has a pod of the workload, and the rule allows no second. The rollout must start a new pod before it may stop an old one, so it waits for ever: the new version never runs, and a fix that is urgent cannot be deployed.",
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
  ],
  safe: [
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

const KEYS: Readonly<Record<string, "node" | "zone">> = {
  "kubernetes.io/hostname": "node",
  "topology.kubernetes.io/zone": "zone",
  "failure-domain.beta.kubernetes.io/zone": "zone",
};

interface Rule {
  readonly level: "node" | "zone";
  readonly path: FieldPath;
  /** `allows no second one there`. */
  readonly because: string;
  /** A spread constraint can take its place. */
  readonly spreads: boolean;
}

const SECOND = "allows no second one there";

/** A port of the node is one pod's: the scheduler puts no second one there. With the node's network all ports are its. */
function portRule(workload: Workload): Rule[] {
  const network = podField(workload, "hostNetwork") === true;
  const found = workload.containers.flatMap(({ spec, path }) =>
    list(spec["ports"]).flatMap((item, index) => {
      const { hostPort } = object(item);
      const field = typeof hostPort === "number" ? "hostPort" : "containerPort";
      if (!network && field !== "hostPort") return [];
      return [{ path: [...path, "ports", index, field], number: scalarText(object(item)[field]) }];
    }),
  );
  const [first] = found;
  return first
    ? [{ level: "node", path: first.path, because: `takes port ${first.number} of its node`, spreads: false }]
    : [];
}

/** A pod that is bound to one node by its name has only that one. */
function nodesOf(workload: Workload, world: World): number | undefined {
  const pinned = nodesFor(workload).every((alternative) =>
    alternative.some(
      ({ label, operator, values }) =>
        ["kubernetes.io/hostname", "metadata.name"].includes(label) &&
        operator === "In" &&
        values.length === 1,
    ),
  );
  return pinned && nodesFor(workload).length === 1 ? 1 : world.cluster.nodes;
}

/** Required anti-affinity of the workload's pods against each other. Without `matchLabelKeys` it holds across versions. */
function rulesOf(workload: Workload): Rule[] {
  const path = ["affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  return list(podField(workload, ...path)).flatMap((item, index) => {
    const { labelSelector, topologyKey, matchLabelKeys, mismatchLabelKeys } = object(item);
    const level = KEYS[string(topologyKey) ?? ""];
    const perVersion = list(matchLabelKeys).length + list(mismatchLabelKeys).length > 0;
    if (!level || perVersion || !matchesSelector(labelSelector, workload.labels)) return [];
    return [
      {
        level,
        path: [...workload.template, "spec", ...path, index, "topologyKey"],
        because: SECOND,
        spreads: true,
      },
    ];
  });
}

/** Most clusters have three zones or fewer; how many nodes there are only the policy can say. */
const USUAL_ZONES = 3;

function* deadlock(workload: Workload, rule: Rule, world: World): Iterable<Problem> {
  const { level, path } = rule;
  const stated = level === "node" ? nodesOf(workload, world) : world.cluster.zones;
  const domains = stated ?? (level === "zone" ? USUAL_ZONES : Infinity);
  const replicas = world.replicasOf(workload);
  const { maxSurge, maxUnavailable } = strategyOf(workload, replicas);
  const { manifest } = workload;
  const tooMany = replicas > domains;
  if (!tooMany && (replicas !== domains || maxSurge === 0 || maxUnavailable > 0)) return;
  yield {
    subject: manifest,
    key: level,
    at: manifest.locate(...path),
    measure: replicas - domains,
    ...(stated === undefined ? { atMost: "notice" as const } : {}),
    ...(tooMany
      ? wordsForMany(workload, rule, { replicas, domains, stated })
      : wordsForStill(workload, rule, { replicas, domains, stated })),
  };
}

interface Numbers {
  readonly replicas: number;
  readonly domains: number;
  readonly stated: number | undefined;
}

type Words = Required<Pick<Problem, "message" | "fix">>;

function placesText(level: string, { domains, stated }: Numbers): string {
  const places = domains === 1 ? `one ${level}` : `${domains} ${level}s`;
  return stated === undefined ? `a cluster with ${places}` : places;
}

function wordsForMany({ manifest }: Workload, { level, spreads }: Rule, numbers: Numbers): Words {
  const { replicas, domains } = numbers;
  return {
    message: `${manifest.ref} wants ${replicas} pods, one a ${level} at most: in ${placesText(level, numbers)} ${replicas - domains} of them never start.`,
    fix: `Run at most ${domains} pods of ${manifest.ref}${spreads ? `, or spread them with topologySpreadConstraints, which allow more than one a ${level}` : ""}.`,
  };
}

function wordsForStill({ manifest }: Workload, { level, because, spreads }: Rule, numbers: Numbers): Words {
  const place =
    numbers.domains === 1 ? "on the only node for it" : `in each of ${placesText(level, numbers)}`;
  return {
    message: `${manifest.ref} has a pod ${place} and ${because}, and its rollout may stop none before a new one is ready (maxUnavailable 0): it never ends.`,
    fix: `Write maxUnavailable: 1 and maxSurge: 0 in ${manifest.ref}${spreads ? ", or spread its pods with topologySpreadConstraints" : ""}.`,
  };
}
