import { quantityOf } from "../../engine/bytes.ts";
import { object } from "../../engine/json.ts";
import { shareOf, type Resource } from "../../engine/resources.ts";
import { isCounted } from "../../engine/serving.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const render = (
  replicas: number,
  request: string,
  name = "render",
  strategy = "strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }",
) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: studio }
spec:
  replicas: ${replicas}
  ${strategy}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: ${name}, image: "${name}:1", resources: { requests: { memory: ${request} } } }] }
---
`;

const quota = (hard: string, more = "") => `apiVersion: v1
kind: ResourceQuota
metadata: { name: studio, namespace: studio }
spec:
  ${more}hard:
    ${hard}
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "state",
  id: "surge-vs-quota",
  title: "A rollout needs more than the namespace's quota allows",
  pillar: "redundancy",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "A rollout starts new pods before it stops old ones. Where the quota has no room for them, the new version does not start, the rollout stands still at the old one, and a pod that crashes meanwhile may find no place either.",
  fix: "Raise the quota by what one rollout needs, or lower requests or replicas so that the surge fits.",
  references: ["https://kubernetes.io/docs/concepts/policy/resource-quotas/"],
  unsafe: [
    {
      title: "more pods fill the quota to the brim",
      before: render(3, "1Gi") + quota("requests.memory: 4Gi"),
      after: render(4, "1Gi") + quota(`requests.memory: 4Gi${MARK}`),
    },
    {
      title: "each pod asks for more than there is",
      before: render(3, "1Gi") + quota("requests.memory: 4Gi"),
      after: render(3, "2Gi") + quota(`requests.memory: 4Gi${MARK}`),
    },
    {
      title: "the quota is lowered",
      before: render(3, "1Gi") + render(2, "1Gi", "encode") + quota("requests.memory: 8Gi"),
      after: render(3, "1Gi") + render(2, "1Gi", "encode") + quota(`requests.memory: 5Gi${MARK}`),
    },
    {
      title: "the number of pods is limited",
      before: render(3, "1Gi") + quota('pods: "4"'),
      after: render(4, "1Gi") + quota(`pods: "4"${MARK}`),
    },
  ],
  safe: [
    { title: "there is room for the surge", after: render(3, "1Gi") + quota("requests.memory: 4Gi") },
    {
      title: "the quota is for other pods",
      after: render(4, "1Gi") + quota("requests.memory: 4Gi", "scopes: [BestEffort]\n  "),
    },
    {
      title: "the rollout stops a pod before it starts one",
      after:
        render(4, "1Gi", "render", "strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }") +
        quota("requests.memory: 4Gi"),
    },
    {
      title: "the quota is for another namespace",
      after: render(4, "1Gi") + quota("requests.memory: 4Gi").replaceAll("studio", "archive"),
    },
  ],

  *run(world) {
    const quotas = world
      .ofKind("ResourceQuota")
      .filter(
        (quota) =>
          quota.get("spec", "scopes") === undefined && quota.get("spec", "scopeSelector") === undefined,
      );
    for (const quota of quotas) {
      const inside = world.workloads.filter(
        (workload) => workload.manifest.namespace === quota.namespace && isCounted(workload),
      );
      for (const [name, hard] of Object.entries(object(quota.get("spec", "hard")))) {
        const limit = quantityOf(hard);
        const measure = MEASURES[name];
        if (limit !== undefined && measure) yield* exceeded({ quota, name, limit, measure }, inside, world);
      }
    }
  },
});

/** What one pod counts against a quota. */
type Measure = (workload: Workload) => number;

const MEASURES: Readonly<Record<string, Measure>> = {
  pods: () => 1,
  "requests.cpu": (workload) => sum(workload, "cpu", "request"),
  "requests.memory": (workload) => sum(workload, "memory", "request"),
  cpu: (workload) => sum(workload, "cpu", "request"),
  memory: (workload) => sum(workload, "memory", "request"),
  "limits.cpu": (workload) => sum(workload, "cpu", "limit"),
  "limits.memory": (workload) => sum(workload, "memory", "limit"),
};

/** Containers that run beside each other; what is not written counts nothing, so that the sum is the least there can be. */
function sum({ containers }: Workload, resource: Resource, field: "request" | "limit"): number {
  return containers
    .filter(({ role }) => role !== "init")
    .reduce((total, container) => total + (shareOf(container, resource)[field] ?? 0), 0);
}

interface Line {
  readonly quota: Manifest;
  readonly name: string;
  readonly limit: number;
  readonly measure: Measure;
}

/** A workload while it rolls out, beside the others at rest. */
interface Rolling {
  readonly workload: Workload;
  readonly needs: number;
  /** It may stop a pod first, and goes on without the surge. */
  readonly canShrink: boolean;
}

function* exceeded(line: Line, inside: readonly Workload[], world: World): Iterable<Problem> {
  const { quota, name, measure } = line;
  // Sums of fractions are not exact.
  const limit = line.limit * 1.000001;
  const standing = inside.reduce((total, one) => total + world.replicasOf(one) * measure(one), 0);
  const rolling = inside
    .map((workload): Rolling => {
      const replicas = world.replicasOf(workload);
      const { maxSurge, maxUnavailable } = strategyOf(workload, replicas);
      return { workload, needs: standing + maxSurge * measure(workload), canShrink: maxUnavailable > 0 };
    })
    .filter(({ workload, needs }) => needs > limit && measure(workload) > 0);
  const worst = rolling.find(({ canShrink }) => !canShrink) ?? rolling[0];
  const needed = Math.max(standing, ...rolling.map(({ needs }) => needs));
  if (!(needed > limit)) return;
  const isGrave = standing > limit || worst?.canShrink === false;
  yield {
    subject: quota,
    key: name,
    at: quota.locate("spec", "hard", name),
    measure: needed / limit,
    ...(isGrave ? {} : { atMost: "notice" as const }),
    message:
      standing > limit || !worst
        ? `${allows(line)}, and the workloads of ${quota.namespace || "the namespace"} need ${amount(standing, name)} without any rollout: the last pods are not started.`
        : `${allows(line)}. During a rollout of ${worst.workload.manifest.ref} ${amount(worst.needs, name)} are needed: ${worst.canShrink ? "it goes on more slowly, with fewer pods than usual" : "new pods are refused, and the rollout never ends"}.`,
    fix: `Raise ${name} of ${quota.ref} to at least ${amount(needed, name)}, or ask for less.`,
  };
}

function allows({ quota, name }: Line): string {
  return `${quota.ref} allows ${scalarText(quota.get("spec", "hard", name))} of ${name}`;
}

/** In the unit that people write. */
function amount(value: number, name: string): string {
  if (!name.includes("memory")) return String(Math.round(value * 1000) / 1000);
  const gibi = value / 2 ** 30;
  return gibi >= 1 ? `${Math.round(gibi * 100) / 100}Gi` : `${Math.round(value / 2 ** 20)}Mi`;
}
