import { podsInWords } from "../../engine/arithmetic.ts";
import {
  amountInWords,
  isOver,
  limitOfQuota,
  quotaLines,
  rollingUnder,
  type QuotaLine,
  type Rolling,
} from "../../engine/quota.ts";
import type { Problem } from "../../engine/types.ts";
import { strategyOf } from "../../engine/workload.ts";
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
  why: "A rollout starts new pods before it stops old ones. Where the quota has no room for them, the new version does not start, the rollout stands still at the old one, and a pod that is drained meanwhile may not come back either.",
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
    {
      title: "one of two new pods fits: the rollout takes twice as long",
      before: render(3, "1Gi") + quota("requests.memory: 4Gi"),
      after:
        render(3, "1Gi", "render", "strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } }") +
        quota(`requests.memory: 4Gi${MARK}`),
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
    for (const line of quotaLines(world)) yield* exceeded(line, world);
  },
});

function* exceeded(line: QuotaLine, world: World): Iterable<Problem> {
  const { quota, name, limit, standing, inside } = line;
  const rolling = inside
    .map((workload) => rollingUnder(line, workload, world))
    .filter(({ needs }) => isOver(needs, line) && needs > standing);
  const worst = rolling.find(({ isRefused }) => isRefused) ?? rolling[0];
  const needed = Math.max(standing, ...rolling.map(({ needs }) => needs));
  if (!isOver(needed, line)) return;
  const isGrave = isOver(standing, line) || worst?.isRefused === true;
  yield {
    subject: quota,
    key: name,
    at: quota.locate("spec", "hard", name),
    measure: needed / limit,
    ...(isGrave ? {} : { atMost: "notice" as const }),
    message: isOver(standing, line) || !worst ? crowded(line, world) : duringRollout(line, worst, world),
    fix: `Raise ${name} of ${quota.ref} to at least ${amountInWords(needed, name)}${needed > standing ? ", which leaves room for a rollout" : ""}, or ${name === "pods" ? "run fewer pods" : "lower requests or replicas"}.`,
  };
}

function crowded(line: QuotaLine, { replicasOf }: World): string {
  const { quota, name, standing, inside, measure } = line;
  const pods = inside.reduce((sum, one) => sum + (measure(one) > 0 ? replicasOf(one) : 0), 0);
  const who = `the ${podsInWords(pods)} of ${quota.namespace || "the namespace"}`;
  return `${limitOfQuota(line)}, and ${who} need ${amountInWords(standing, name)} without any rollout: the last of them cannot be created.`;
}

function duringRollout(line: QuotaLine, { workload, needs, isRefused }: Rolling, world: World): string {
  const { name, standing } = line;
  const { maxSurge } = strategyOf(workload, world.replicasOf(workload));
  const each = name === "pods" ? "" : ` of ${amountInWords(line.measure(workload), name)} each`;
  const sum = `${amountInWords(standing, name)} for what runs, and ${podsInWords(maxSurge)} more${each}`;
  const outcome = isRefused
    ? "no old pod may go before a new one is ready, and new ones are refused, so the rollout never ends"
    : "it goes on more slowly, with fewer new pods at a time";
  return `${limitOfQuota(line)}. A rollout of ${workload.manifest.ref} needs ${amountInWords(needs, name)} (${sum}): ${outcome}.`;
}
