import { list, object, string } from "../../engine/json.ts";
import { isCounted } from "../../engine/serving.ts";
import { mostInOne } from "../../engine/spread.ts";
import type { FieldPath, Problem } from "../../engine/types.ts";
import { podField, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { changedWorkloads, type WorkloadPair } from "../../engine/workload-pairs.ts";

const login = (spread: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: login, namespace: identity }
spec:
  replicas: 3
  selector: { matchLabels: { app: login } }
  template:
    metadata: { labels: { app: login } }
    spec:
      ${spread}
      containers: [{ name: web, image: "login:9" }]
---
apiVersion: v1
kind: Service
metadata: { name: login, namespace: identity }
spec: { selector: { app: login }, ports: [{ port: 80 }] }
`;

const APART = `affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - { labelSelector: { matchLabels: { app: login } }, topologyKey: kubernetes.io/hostname }`;

const PREFERRED = `affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm: { labelSelector: { matchLabels: { app: login } }, topologyKey: kubernetes.io/hostname }`;

const zones = (rule: string) => `topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ${rule}
          labelSelector: { matchLabels: { app: login } }`;

const MARK = " # <- finding";
const marked = (text: string, line: string) => text.replace(line, line + MARK);

export default defineCheck({
  kind: "transition",
  id: "spread-removed",
  title: "Nothing keeps the pods of a workload apart any more",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "Without a rule the scheduler may put all pods on one node, or into one zone, and after a few rollouts and drains it often does. When that node is lost, all of them are, and nobody answers users until new ones have started.",
  fix: "Keep the rule. If pods do not find a place, use a topologySpreadConstraint that allows one more per node (maxSkew: 2), rather than no rule.",
  references: [
    "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
    "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
  ],
  unsafe: [
    {
      title: "the required anti-affinity goes",
      before: login(APART),
      after: marked(login("terminationGracePeriodSeconds: 30"), "name: login, namespace: identity }"),
    },
    {
      title: "what was required is only preferred",
      before: login(APART),
      after: login(PREFERRED.replace("podAntiAffinity:", `podAntiAffinity:${MARK}`)),
    },
    {
      title: "spreading over zones becomes a wish",
      before: login(zones("DoNotSchedule")),
      after: login(
        zones(`ScheduleAnyway`).replace("topologySpreadConstraints:", `topologySpreadConstraints:${MARK}`),
      ),
    },
    {
      title: "the wish to keep them apart goes too",
      before: login(PREFERRED),
      after: marked(login("terminationGracePeriodSeconds: 30"), "name: login, namespace: identity }"),
    },
  ],
  safe: [
    { title: "a rule is added", before: login(PREFERRED), after: login(APART) },
    {
      title: "anti-affinity gives way to a spread constraint that says the same",
      before: login(APART),
      after: login(zones("DoNotSchedule").replace("topology.kubernetes.io/zone", "kubernetes.io/hostname")),
    },
    {
      title: "one pod is not spread over anything",
      before: login(APART).replace("replicas: 3", "replicas: 1"),
      after: login("terminationGracePeriodSeconds: 30").replace("replicas: 3", "replicas: 1"),
    },
    {
      title: "there was no rule",
      before: login("priorityClassName: high"),
      after: login("priorityClassName: higher"),
    },
  ],

  *run(transition) {
    for (const pair of changedWorkloads(transition)) yield* weaker(pair, transition);
  },
});

function* weaker({ was, is }: WorkloadPair, { after }: Transition): Iterable<Problem> {
  const replicas = after.replicasOf(is);
  if (!isCounted(is) || !(replicas >= 2)) return;
  const level = lostLevel({ was, is }, replicas, after);
  if (level === undefined && !lostWish({ was, is }, replicas)) return;
  const where = level ?? "node";
  const [service] = after.servicesOf(is);
  const left = wishesOf(is).length > 0 ? ", since what keeps them apart is only preferred" : "";
  yield {
    subject: is.manifest,
    key: where,
    at: is.manifest.locate(...placeOf(is)),
    ...(level === undefined || !service ? { atMost: "notice" as const } : {}),
    message: `All ${replicas} pods of ${is.manifest.ref} may now run ${where === "node" ? "on one node" : "in one zone"}${left}. When that ${where} is lost, ${service ? `${service.ref} has nobody to answer` : "all of them are lost at once"} until new ones have started.`,
    fix: `Keep the rule that spreads the pods of ${is.manifest.ref} over ${where}s. If they do not find a place, use a topologySpreadConstraint with whenUnsatisfiable: DoNotSchedule and a higher maxSkew.`,
  };
}

/** What the pods were surely spread over, and now are not. */
function lostLevel({ was, is }: WorkloadPair, replicas: number, world: World): "node" | "zone" | undefined {
  const domains = { node: world.cluster.nodes, zone: world.cluster.zones };
  return (["node", "zone"] as const).find(
    (level) =>
      mostInOne(is, level, replicas, domains[level]) === replicas &&
      mostInOne(was, level, replicas, domains[level]) < replicas,
  );
}

function lostWish({ was, is }: WorkloadPair, replicas: number): boolean {
  return wishesOf(was).length > 0 && wishesOf(is).length === 0 && !isHard(is, replicas);
}

function isHard(workload: Workload, replicas: number): boolean {
  return (
    mostInOne(workload, "node", replicas, undefined) < replicas ||
    mostInOne(workload, "zone", replicas, undefined) < replicas
  );
}

/** Topology keys that the scheduler is asked, not told, to spread over. */
function wishesOf(workload: Workload): string[] {
  const preferred = list(
    podField(workload, "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution"),
  );
  const anyway = list(podField(workload, "topologySpreadConstraints")).map(object);
  return [
    ...preferred.flatMap((item) => string(object(object(item)["podAffinityTerm"])["topologyKey"]) ?? []),
    ...anyway.flatMap((one) =>
      one["whenUnsatisfiable"] === "ScheduleAnyway" ? (string(one["topologyKey"]) ?? []) : [],
    ),
  ];
}

function placeOf({ template, podSpec }: Workload): FieldPath {
  const path = [...template, "spec"];
  if (object(podSpec["affinity"])["podAntiAffinity"] !== undefined)
    return [...path, "affinity", "podAntiAffinity"];
  return podSpec["topologySpreadConstraints"] === undefined ? [] : [...path, "topologySpreadConstraints"];
}
