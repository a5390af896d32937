import { shareInWords } from "../../engine/arithmetic.ts";
import { bindingClaim } from "../../engine/claims.ts";
import { setScalar } from "../../engine/edit.ts";
import { object } from "../../engine/json.ts";
import { scaled } from "../../engine/quantity.ts";
import { isCounted } from "../../engine/serving.ts";
import type { FieldPath, Json, Manifest, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { strategyOf, type Strategy, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const session = (replicas: number, strategy: string, kind = "Deployment") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: session, namespace: shop }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: session } }
  ${strategy}
  template:
    metadata: { labels: { app: session } }
    spec:
      containers: [{ name: api, image: session:8 }]
---
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: session, namespace: shop }
spec: { selector: { app: session }, ports: [{ port: 80 }] }
---
`;

const rolling = (surge: string, unavailable: string) => `strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: ${surge}
      maxUnavailable: ${unavailable}`;

const AUTOSCALER = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: session, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: session }
  minReplicas: 2
  maxReplicas: 10
---
`;

export default defineCheck({
  kind: "state",
  id: "rollout-availability-dip",
  title: "A rollout stops pods before their replacements are ready",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "maxUnavailable says how many of the pods may be missing while a new version rolls out. Where that is all of them, every deploy is an outage until the first new pod is ready; where it is half of them, the rest carries double load.",
  fix: "Let new pods come before old ones go: maxSurge: 1 and maxUnavailable: 0.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
    "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
  ],
  unsafe: [
    {
      title: "the only pod may be missing",
      before: session(1, rolling("1", "0")) + SERVICE,
      after: session(1, rolling("1", "1 # <- finding")) + SERVICE,
    },
    {
      title: "all pods may be missing",
      before: session(4, rolling("1", "1")) + SERVICE,
      after: session(4, rolling("1", "100% # <- finding")) + SERVICE,
    },
    {
      title: "the replicas fall to the number that may be missing",
      before: session(5, rolling("1", "2")) + SERVICE,
      after: session(2, rolling("1", "2 # <- finding")) + SERVICE,
    },
    {
      title: "the autoscaler's minimum is the number that may be missing",
      before: session(6, rolling("1", "2")) + SERVICE,
      after: session(6, rolling("1", "2 # <- finding")) + SERVICE + AUTOSCALER,
    },
    {
      title: "no extra pod is allowed, so the only one goes first",
      after: session(1, "strategy: { rollingUpdate: { maxSurge: 0 } } # <- finding") + SERVICE,
    },
    {
      title: "a new workload stops all pods before it starts new ones",
      after: session(3, "strategy: { type: Recreate } # <- finding") + SERVICE,
    },
    {
      title: "half of the pods may be missing",
      before: session(8, "minReadySeconds: 5") + SERVICE,
      after: session(8, rolling("25%", "50% # <- finding")) + SERVICE,
    },
    {
      title: "a DaemonSet replaces the pods of all nodes at once",
      before: session(1, "updateStrategy: { rollingUpdate: { maxUnavailable: 1 } }", "DaemonSet") + SERVICE,
      after:
        session(1, "updateStrategy: { rollingUpdate: { maxUnavailable: 100% } } # <- finding", "DaemonSet") +
        SERVICE,
    },
  ],
  safe: [
    {
      title: "the default strategy, even of one pod, starts the new one first",
      after: session(1, "minReadySeconds: 5") + SERVICE,
    },
    { title: "a new pod comes before an old one goes", after: session(1, rolling("1", "0")) + SERVICE },
    { title: "one of two may be missing", after: session(2, rolling("1", "1")) + SERVICE },
    { title: "the default quarter of many", after: session(12, "minReadySeconds: 5") + SERVICE },
    { title: "no Service sends to it", after: session(1, rolling("0", "1")) },
    {
      title: "a StatefulSet of one pod has no other way",
      after: session(1, "serviceName: session", "StatefulSet") + SERVICE,
    },
    {
      title: "it always rolled out so",
      before: session(1, rolling("1", "1")) + SERVICE,
      after: session(1, rolling("2", "1")) + SERVICE,
    },
  ],

  *run(world) {
    for (const workload of world.workloads) {
      if (world.servicesOf(workload).length > 0) yield* dip(workload, world);
    }
  },
});

function* dip(workload: Workload, world: World): Iterable<Problem> {
  if (workload.kind === "DaemonSet") yield* everyNode(workload, world);
  const replicas = world.replicasOf(workload);
  const strategy = strategyOf(workload, replicas);
  if (!isCounted(workload) || !(replicas >= 1) || hasNoChoice(workload, replicas)) return;
  const lost = strategy.maxUnavailable;
  if (!(lost > 0) || (lost < replicas && (lost === 1 || lost * 4 <= replicas))) return;
  const { manifest } = workload;
  const path = settingOf(workload, strategy);
  const suggestion = mend(workload, strategy, world);
  yield {
    subject: manifest,
    at: manifest.locate(...path),
    measure: Math.round((100 * lost) / replicas),
    atMost: proves(workload, world, { strategy, replicas }),
    message: message(workload, world.servicesOf(workload)[0], { strategy, replicas }),
    fix: fix(workload, world, { strategy, replicas }),
    ...(suggestion && { suggestion }),
  };
}

/** A StatefulSet replaces a pod by stopping it, and OnDelete leaves the moment to a person: nothing to set here. */
function hasNoChoice({ kind }: Workload, replicas: number): boolean {
  return kind === "StatefulSet" && replicas === 1;
}

/**
 * None left is an outage. An autoscaler may have more pods than its minimum; who chose Recreate for something new knows
 * that it goes down, and where one node's volume holds the pods there is no better way.
 */
function proves(
  workload: Workload,
  world: World,
  { strategy, replicas }: { strategy: Strategy; replicas: number },
): Severity {
  const lost = strategy.maxUnavailable;
  const bound = bindingClaim(workload, world) !== undefined;
  if (strategy.type === "Recreate") return bound ? "notice" : "warning";
  if (lost < replicas) return lost * 2 >= replicas ? "warning" : "notice";
  const scaled = world.autoscalersOf(workload).length > 0;
  const unsure =
    bound || scaled || workload.kind === "StatefulSet" || workload.declaredReplicas === undefined;
  return unsure ? "warning" : "error";
}

function message(
  workload: Workload,
  service: Manifest | undefined,
  { strategy, replicas }: { strategy: Strategy; replicas: number },
): string {
  const { ref } = workload.manifest;
  const lost = strategy.maxUnavailable;
  const sum = arithmetic(workload, strategy, replicas);
  if (lost < replicas)
    return `A rollout of ${ref} may stop ${lost} of its ${replicas} pods before new ones are ready (${sum}): only ${replicas - lost} ${replicas - lost === 1 ? "carries" : "carry"} the load meanwhile.`;
  const pods = replicas === 1 ? "its only pod" : `all ${replicas} pods`;
  return `A rollout of ${ref} may stop ${pods} before a new one is ready (${sum}): ${service?.ref ?? "the Service"} has nobody to answer on every deploy.`;
}

/** A StatefulSet starts no extra pods, and beside a volume of one node none can start. */
function fix(
  workload: Workload,
  world: World,
  { strategy, replicas }: { strategy: Strategy; replicas: number },
): string {
  const { ref } = workload.manifest;
  if (bindingClaim(workload, world) !== undefined)
    return `Deploy ${ref} at a quiet hour: its volume lets no new pod start beside the old one. With a ReadWriteMany volume, write maxSurge: 1 and maxUnavailable: 0.`;
  if (workload.kind === "StatefulSet") return `Write maxUnavailable: 1 in the rolling update of ${ref}.`;
  const numbers = `maxSurge: 1 and maxUnavailable: 0${replicas === 1 ? "" : " (or 1)"}`;
  return strategy.type === "Recreate"
    ? `Write type: RollingUpdate, with ${numbers}, in the strategy of ${ref}.`
    : `Write ${numbers} in the rolling update of ${ref}.`;
}

/** How the controller comes to the number of pods that go first. */
function arithmetic(workload: Workload, { type, maxUnavailable }: Strategy, replicas: number): string {
  if (type === "Recreate") return "strategy: Recreate";
  const settings = object(workload.manifest.get(...rollingPath(workload)));
  const isStateful = workload.kind === "StatefulSet";
  const share = (field: string, fallback: Json, rounding: "up" | "down") =>
    shareInWords(field, settings[field] ?? fallback, { total: replicas, rounding });
  const unavailable = share("maxUnavailable", isStateful ? 1 : "25%", isStateful ? "up" : "down");
  const isForced =
    !isStateful && scaled(settings["maxUnavailable"] ?? "25%", replicas, "down") !== maxUnavailable;
  return isForced && maxUnavailable === 1
    ? `${unavailable}, ${share("maxSurge", "25%", "up")}, and where both are 0 one pod goes first`
    : unavailable;
}

function rollingPath(workload: Workload): FieldPath {
  const { kind, manifest } = workload;
  if (kind === "StatefulSet" || kind === "DaemonSet") return ["spec", "updateStrategy", "rollingUpdate"];
  if (kind === "Rollout" && manifest.get("spec", "strategy", "canary") !== undefined)
    return ["spec", "strategy", "canary"];
  return ["spec", "strategy", "rollingUpdate"];
}

/** The field that decides how many go: the strategy's type, what may be missing, or that none may come before. */
function settingOf(workload: Workload, strategy: Strategy): FieldPath {
  if (strategy.type === "Recreate") return ["spec", "strategy", "type"];
  const path = rollingPath(workload);
  const settings = object(workload.manifest.get(...path));
  return [...path, settings["maxUnavailable"] === undefined ? "maxSurge" : "maxUnavailable"];
}

/** One number, where changing one is enough. */
function mend(workload: Workload, strategy: Strategy, world: World): Suggestion | undefined {
  const { kind, manifest } = workload;
  if (
    strategy.type !== "RollingUpdate" ||
    kind === "StatefulSet" ||
    bindingClaim(workload, world) !== undefined
  )
    return undefined;
  const path = rollingPath(workload);
  if (strategy.maxSurge > 0) return setScalar(manifest, [...path, "maxUnavailable"], "0");
  const written = object(manifest.get(...path))["maxUnavailable"];
  return written === undefined ? setScalar(manifest, [...path, "maxSurge"], "1") : undefined;
}

/** How many nodes there are is not in the manifest; that all of them may be missing is. */
function* everyNode({ manifest }: Workload, world: World): Iterable<Problem> {
  const path = ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"];
  const onDelete = manifest.get("spec", "updateStrategy", "type") === "OnDelete";
  if (onDelete || manifest.get(...path) !== "100%") return;
  const suggestion = setScalar(manifest, path, "1");
  const workload = world.workload(manifest);
  const service = workload && world.servicesOf(workload)[0];
  yield {
    subject: manifest,
    at: manifest.locate(...path),
    message: `A rollout of ${manifest.ref} may stop the pods of all nodes at once: ${service?.ref ?? "its Service"} has nobody to answer on every deploy.`,
    fix: `Write maxUnavailable: 1 (or 10%) in the rolling update of ${manifest.ref}.`,
    ...(suggestion && { suggestion }),
  };
}
