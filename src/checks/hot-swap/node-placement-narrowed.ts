import {
  implies,
  isPlacementUnknown,
  lostTolerations,
  nodesFor,
  type Demand,
  type Toleration,
} from "../../engine/placement.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { changedWorkloads, type WorkloadPair } from "../../engine/workload-pairs.ts";
import { strategyOf, workloadOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const scorer = (pod: string, kind = "Deployment") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: scorer, namespace: ml }
spec:
  selector: { matchLabels: { app: scorer } }
  template:
    metadata: { labels: { app: scorer } }
    spec:
      ${pod}
      containers: [{ name: scorer, image: "scorer:5" }]
---
`;

const required = (values: string, mark = "") => `affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: example.com/pool, operator: In, values: ${values} }${mark}`;

const selector = (pool: string, mark = "") => `nodeSelector:
        example.com/pool: ${pool}${mark}`;
const bearing = (key: string) =>
  `tolerations: [{ key: ${key}, operator: Equal, value: gpu, effect: NoSchedule }]`;
const control = (...names: string[]) =>
  `tolerations: [${names.map((name) => `{ key: node-role.kubernetes.io/${name}, effect: NoSchedule }`).join(", ")}]`;
const instances = (group: string) => `nodeSelector: { ${group}/instance-type: m5.large }`;
const NOTHING = "terminationGracePeriodSeconds: 30";
const MARK = " # <- finding";
const OTHER = scorer(selector("fast")).replaceAll("scorer", "trainer");

export default defineCheck({
  kind: "transition",
  id: "node-placement-narrowed",
  title: "Pods may find no node that they are allowed on",
  pillar: "hot-swap",
  severity: severities("warning", "warning", "notice"),
  confidence: "possible",
  why: "A pod that no node fits stays Pending. Where the rollout stops old pods first, or once the nodes of the old ones are drained, nothing runs any more; and pods that are lost with a node do not come back.",
  fix: "Check whether nodes have the label (kubectl get nodes -l KEY=VALUE) and enough room, or prefer them (preferredDuringSchedulingIgnoredDuringExecution) instead of demanding them.",
  references: [
    "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
    "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
  ],
  unsafe: [
    {
      title: "a label is demanded that nothing here has named before",
      before: scorer(NOTHING, "StatefulSet"),
      after: scorer(selector("fast", MARK), "StatefulSet"),
    },
    {
      title: "another pool is demanded",
      before: scorer(required("[small, large]")),
      after: scorer(required("[fast]", MARK)),
    },
    {
      title: "the nodes stay, and their taint is no longer tolerated",
      before: scorer(`${selector("gpu")}\n      ${bearing("example.com/pool")}`),
      after: scorer(selector("gpu", MARK)),
    },
    {
      title: "an agent leaves the nodes whose taint it tolerated",
      before: scorer("tolerations: [{ operator: Exists }]", "DaemonSet"),
      after: scorer(NOTHING, "DaemonSet").replace("spec:\n      term", `spec:${MARK}\n      term`),
    },
    {
      title: "all pods go into one zone",
      before: scorer(NOTHING).replace("spec:\n  sel", "spec:\n  replicas: 3\n  sel"),
      after: scorer(
        selector("x").replace("example.com/pool: x", `topology.kubernetes.io/zone: eu-west-1a${MARK}`),
      ).replace("spec:\n  sel", "spec:\n  replicas: 3\n  sel"),
    },
  ],
  safe: [
    {
      title: "other workloads run on such nodes already",
      before: OTHER + scorer(NOTHING),
      after: OTHER + scorer(selector("fast")),
    },
    {
      title: "the node selector becomes a required affinity that says the same",
      before: scorer(selector("fast")),
      after: scorer(required("[fast]")),
    },
    {
      title: "one more pool is allowed",
      before: scorer(required("[small]")),
      after: scorer(required("[small, fast]")),
    },
    {
      title: "every cluster has such nodes",
      before: scorer(NOTHING),
      after: scorer("nodeSelector: { kubernetes.io/os: linux }"),
    },
    {
      title: "taint and nodes go together",
      before: scorer(`${selector("gpu")}\n      ${bearing("example.com/pool")}`),
      after: scorer(NOTHING),
    },
    {
      title: "one toleration for each effect takes the place of one for all",
      before: scorer("tolerations: [{ operator: Exists }]", "DaemonSet"),
      after: scorer(
        "tolerations: [{ operator: Exists, effect: NoSchedule }, { operator: Exists, effect: NoExecute }]",
        "DaemonSet",
      ),
    },
    {
      title: "the taint that control planes had under their old name",
      before: scorer(control("master", "control-plane"), "DaemonSet"),
      after: scorer(control("control-plane"), "DaemonSet"),
    },
    {
      title: "what the controller tolerates for every agent",
      before: scorer(
        "tolerations: [{ key: node.kubernetes.io/disk-pressure, operator: Exists }]",
        "DaemonSet",
      ),
      after: scorer(NOTHING, "DaemonSet"),
    },
    {
      title: "the label that every node has is called by its new name",
      before: scorer(instances("beta.kubernetes.io"), "StatefulSet"),
      after: scorer(instances("node.kubernetes.io"), "StatefulSet"),
    },
    {
      title: "a wider toleration takes its place",
      before: scorer(`${selector("gpu")}\n      ${bearing("example.com/pool")}`),
      after: scorer(`${selector("gpu")}\n      tolerations: [{ operator: Exists }]`),
    },
  ],

  *run(transition) {
    for (const pair of changedWorkloads(transition)) {
      if (isPlacementUnknown(pair.was) || isPlacementUnknown(pair.is)) continue;
      yield* narrowed(pair, transition);
      yield* intolerant(pair, transition.after);
    }
  },
});

function* narrowed({ was, is }: WorkloadPair, { before, after }: Transition): Iterable<Problem> {
  const [old, now] = [nodesFor(was), nodesFor(is)];
  const fits = (alternative: readonly Demand[], other: readonly Demand[]) =>
    alternative.every((demand) => other.some((one) => implies(one, demand)));
  // Whatever was allowed must still be.
  if (old.every((other) => now.some((alternative) => fits(alternative, other)))) return;
  const added =
    now[0]?.filter((demand) => !old.some((other) => other.some((one) => implies(one, demand)))) ?? [];
  const wasOne = old.every((alternative) => alternative.some(isOneZone));
  const zone = now.length === 1 && !wasOne ? added.find(isOneZone) : undefined;
  if (zone) yield* oneZone(is, zone, after);
  const known = labelsIn(before);
  const strange = added.filter((demand) => isStrange(demand, known));
  const [first] = strange;
  if (!first || now.some((alternative) => !alternative.some((demand) => isStrange(demand, known)))) return;
  const stops = stopsFirst(is, after);
  yield {
    subject: is.manifest,
    key: "nodes",
    at: is.manifest.locate(...first.path),
    ...(stops ? {} : { atMost: "notice" as const }),
    message: `${is.manifest.ref} now demands nodes with ${listText(strange.map(demandText))}, which no file here has named before. If no node has it, ${stops ? "its pods stop one after the other and their replacements stay Pending" : "its rollout stands still, and a pod whose node is drained does not come back"}.`,
    fix: `Before this is deployed, make sure that such nodes are there (kubectl get nodes -l "${selectorOf(first)}"), or prefer them with preferredDuringSchedulingIgnoredDuringExecution.`,
  };
}

const isOneZone = ({ label, operator, values }: Demand) =>
  label === "topology.kubernetes.io/zone" && operator === "In" && values.length === 1;

function* oneZone(is: Workload, { path, values }: Demand, after: World): Iterable<Problem> {
  const replicas = after.replicasOf(is);
  if (!(replicas >= 2)) return;
  const [service] = after.servicesOf(is);
  yield {
    subject: is.manifest,
    key: "zone",
    at: is.manifest.locate(...path),
    ...(service ? {} : { atMost: "notice" as const }),
    message: `All ${replicas} pods of ${is.manifest.ref} now run in zone ${values.join()} only. When that zone is lost, ${service ? `${service.ref} has nobody to answer` : "all of them go at once"}, and none can start elsewhere.`,
    fix: `Allow the other zones, and spread the pods of ${is.manifest.name} over them with topologySpreadConstraints.`,
  };
}

/** Labels that every node has, or that the clouds give to some nodes of nearly every cluster. */
const USUAL =
  /^(beta\.)?kubernetes\.io\/(os|arch|hostname)$|^(topology|failure-domain\.beta)\.kubernetes\.io\/|^metadata\.name$|^node-role\.kubernetes\.io\//;

/** A node label that nobody here has spoken of, so that nobody can tell whether such nodes are there. */
function isStrange({ label, operator, values }: Demand, known: ReadonlySet<string>): boolean {
  if (USUAL.test(label) || isUnknown(label) || (operator !== "In" && operator !== "Exists")) return false;
  if (operator === "Exists") return !known.has(label);
  return values.length > 0 && !values.some((value) => known.has(`${label}=${value}`));
}

/** As `kubectl -l` takes it. */
function selectorOf({ label, operator, values }: Demand): string {
  if (operator === "Exists") return label;
  return values.length === 1 ? `${label}=${values.join()}` : `${label} in (${values.join()})`;
}

function demandText({ label, operator, values }: Demand): string {
  return operator === "Exists" ? `the label ${label}` : `${label}=${values.join(" or ")}`;
}

const KINDS = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Rollout", "Pod"];
/** What makes nodes and labels them: Karpenter, Cluster API, kops, node feature discovery. */
const MAKERS = [
  "NodePool",
  "Provisioner",
  "MachineDeployment",
  "MachinePool",
  "InstanceGroup",
  "Node",
  "NodeFeatureRule",
];

const indexes = new WeakMap<World, ReadonlySet<string>>();

/** `label` and `label=value` of everything in the repository that demands nodes or makes them. */
function labelsIn(world: World): ReadonlySet<string> {
  const known = indexes.get(world);
  if (known) return known;
  const demands = KINDS.flatMap((kind) => world.everywhere(kind))
    .flatMap((manifest) => workloadOf(manifest) ?? [])
    .flatMap((workload) => nodesFor(workload).flat());
  const labels = new Set(
    demands.flatMap(({ label, values }) => [label, ...values.map((value) => `${label}=${value}`)]),
  );
  for (const maker of MAKERS.flatMap((kind) => world.everywhere(kind))) {
    for (const [, label, value] of JSON.stringify(maker.object).matchAll(/"([\w./-]+)":"([^"]*)"/g)) {
      labels.add(label ?? "").add(`${label ?? ""}=${value ?? ""}`);
    }
  }
  indexes.set(world, labels);
  return labels;
}

/** Whether an update stops pods before their replacements are placed. */
function stopsFirst(workload: Workload, world: World): boolean {
  const replicas = workload.kind === "DaemonSet" ? 1 : world.replicasOf(workload);
  const { type, maxUnavailable } = strategyOf(workload, replicas);
  return (
    type === "Recreate" ||
    (type === "RollingUpdate" && replicas > 0 && maxUnavailable >= replicas) ||
    workload.kind === "StatefulSet"
  );
}

/** Nodes are often tainted with the label by which they are chosen. */
function* intolerant({ was, is }: WorkloadPair, after: World): Iterable<Problem> {
  const lost = lostTolerations(was, is);
  const own = nodesFor(is);
  for (const toleration of lost) {
    const [demand] = own.length === 1 ? (own[0] ?? []).filter((one) => goesWith(one, toleration)) : [];
    if (demand) yield shutOut(is, toleration, demand, stopsFirst(is, after));
  }
  const [first] = lost;
  if (is.kind === "DaemonSet" && first && own.every((alternative) => alternative.length === 0))
    yield missing(is, first);
}

/** The label by which the nodes are chosen is the one that they are tainted with. */
function goesWith({ label, values }: Demand, { key, value }: Toleration): boolean {
  return key === label && (value === undefined || values.length === 0 || values.includes(value));
}

const taintText = ({ key, value, effect }: Toleration) =>
  key === ""
    ? "all taints"
    : `the taint ${key}${value === undefined || value === "" ? "" : `=${value}`}${effect === "" ? "" : `:${effect}`}`;

function shutOut({ manifest }: Workload, toleration: Toleration, demand: Demand, stops: boolean): Problem {
  return {
    subject: manifest,
    key: `taint ${toleration.key}`,
    at: manifest.locate(...demand.path),
    message: `${manifest.ref} still demands nodes with ${demandText(demand)}, and no longer tolerates ${taintText(toleration)}. Where those nodes have such a taint, ${stops ? "its pods stop and their replacements stay Pending" : "no new pod finds a place: the rollout stands still, and a drained pod does not come back"}.`,
    fix: `Keep the toleration of ${taintText(toleration)} as long as ${manifest.name} is bound to those nodes.`,
  };
}

function missing({ manifest, template }: Workload, toleration: Toleration): Problem {
  return {
    subject: manifest,
    key: `taint ${toleration.key}`,
    at: manifest.locate(...template, "spec", "tolerations"),
    message: `${manifest.ref} no longer tolerates ${taintText(toleration)}: on nodes with such a taint its pod is not started again after this rollout, and what it does there ends.`,
    fix: `Keep the toleration of ${taintText(toleration)}, or make sure that no node with such a taint needs ${manifest.name}.`,
  };
}
