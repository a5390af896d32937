import { implies, isPlacementUnknown, nodesFor, type Demand } from "../../engine/placement.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { changedWorkloads, type WorkloadPair } from "../../engine/workload-pairs.ts";
import { workloadOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { demandText, intolerant, stopsFirst } from "./_lost-tolerations.ts";

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
