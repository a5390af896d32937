import { object } from "../../engine/json.ts";
import { fillsIn } from "../../engine/limit-ranges.ts";
import { shareOf, type Resource } from "../../engine/resources.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { podField, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const resizer = (resources: string, name = "resizer") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: media }
spec:
  replicas: 3
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: web
          image: ${name}:6
          ${resources}
---
`;

const ASKS = "resources: { requests: { memory: 256Mi } }";
const SILENT = "ports: [{ containerPort: 8080 }]";

const quota = (hard: string, more = "") => `apiVersion: v1
kind: ResourceQuota
metadata: { name: media, namespace: media }
spec:
  ${more}hard:
    pods: "40"
    ${hard}
---
`;

const DEFAULTS = `apiVersion: v1
kind: LimitRange
metadata: { name: media, namespace: media }
spec:
  limits: [{ type: Container, defaultRequest: { memory: 128Mi } }]
`;

const MARK = " # <- finding";
const MEMORY = "requests.memory: 16Gi";

export default defineCheck({
  kind: "transition",
  id: "quota-needs-requests",
  title: "A quota refuses pods that do not say what they need",
  pillar: "redundancy",
  severity: severities("error", "warning", "notice"),
  confidence: "likely",
  why: "Where a quota limits CPU or memory of a namespace, the API server refuses every pod with a container that does not say how much it needs. Running pods stay, so nothing seems wrong. But none that is drained, evicted or lost with its node is replaced, and no rollout gets on.",
  fix: "Write the request (or the limit) in every container, or add a LimitRange with a default to the namespace, in the same change.",
  references: [
    "https://kubernetes.io/docs/concepts/policy/resource-quotas/#requests-vs-limits",
    "https://kubernetes.io/docs/concepts/policy/limit-range/",
  ],
  unsafe: [
    {
      title: "a container drops its request under a quota",
      before: resizer(ASKS) + quota(MEMORY),
      after: resizer(SILENT).replace("name: web", `name: web${MARK}`) + quota(MEMORY),
    },
    {
      title: "a namespace gets its first quota",
      before: resizer(SILENT),
      after: resizer(SILENT) + quota(MEMORY + MARK),
    },
    {
      title: "a quota begins to limit limits, and the pods write requests only",
      before: resizer(ASKS) + quota(MEMORY),
      after: resizer(ASKS) + quota(`${MEMORY}\n    limits.memory: 32Gi${MARK}`),
    },
    {
      title: "the defaults of the namespace go",
      before: resizer(SILENT) + quota(MEMORY) + DEFAULTS,
      after: resizer(SILENT) + quota(MEMORY + MARK),
    },
    {
      title: "a new workload beside others that ask",
      before: resizer(ASKS, "thumbs") + quota(MEMORY),
      after:
        resizer(ASKS, "thumbs") + quota(MEMORY) + resizer(SILENT).replace("name: web", `name: web${MARK}`),
    },
  ],
  safe: [
    { title: "each container asks", before: resizer(ASKS), after: resizer(ASKS) + quota(MEMORY) },
    {
      title: "a limit is a request, too",
      after: resizer("resources: { limits: { memory: 1Gi } }") + quota(MEMORY),
    },
    { title: "a LimitRange fills it in", after: resizer(SILENT) + quota(MEMORY) + DEFAULTS },
    {
      title: "others live under the quota without a request: something from elsewhere fills it in",
      before: resizer(SILENT, "thumbs") + quota(MEMORY),
      after: resizer(SILENT, "thumbs") + quota(MEMORY) + resizer(SILENT),
    },
    { title: "the quota counts objects only", after: resizer(SILENT) + quota('configmaps: "10"') },
    {
      title: "the quota is for other pods",
      after: resizer(SILENT) + quota(MEMORY, "scopes: [Terminating]\n  "),
    },
    {
      title: "the quota is for another namespace",
      after: resizer(SILENT) + quota(MEMORY).replaceAll("namespace: media", "namespace: video"),
    },
  ],

  *run({ before, after }) {
    const old = demandsOf(before);
    for (const demand of demandsOf(after)) {
      const same = old.find((one) => one.quota.id === demand.quota.id && one.name === demand.name);
      // Who lives under it already shows that something fills the request in, such as a LimitRange from elsewhere.
      if (same && same.lacking.length > 0) continue;
      yield* refused(demand, same === undefined);
    }
  },
});

/** What a limit of a quota makes every container of its namespace write (pkg/quota/v1/evaluator/core, Constraints). */
const DEMANDS: Readonly<Record<string, { field: "request" | "limit"; resource: Resource }>> = {
  cpu: { field: "request", resource: "cpu" },
  memory: { field: "request", resource: "memory" },
  "requests.cpu": { field: "request", resource: "cpu" },
  "requests.memory": { field: "request", resource: "memory" },
  "limits.cpu": { field: "limit", resource: "cpu" },
  "limits.memory": { field: "limit", resource: "memory" },
};

interface Lacking {
  readonly workload: Workload;
  readonly container: Container;
}

interface Demand {
  readonly quota: Manifest;
  /** The key in `spec.hard`. */
  readonly name: string;
  readonly lacking: readonly Lacking[];
}

/** Quotas with a scope are for some pods only, and left out. */
function demandsOf(world: World): Demand[] {
  return world.ofKind("ResourceQuota").flatMap((quota) => {
    if (quota.get("spec", "scopes") || quota.get("spec", "scopeSelector")) return [];
    const inside = world.workloads.filter(({ manifest }) => manifest.namespace === quota.namespace);
    return Object.keys(object(quota.get("spec", "hard"))).flatMap((name): Demand[] => {
      const demand = DEMANDS[name];
      if (!demand || hasDefault(quota, demand, world)) return [];
      return [{ quota, name, lacking: inside.flatMap((workload) => lackingIn(workload, demand)) }];
    });
  });
}

function hasDefault(quota: Manifest, { field, resource }: (typeof DEMANDS)[string], world: World): boolean {
  return world
    .everywhere("LimitRange")
    .some((range) => range.namespace === quota.namespace && fillsIn(range, field, resource));
}

/** The first container that does not say it; resources of the pod as a whole stand for all of its containers. */
function lackingIn(workload: Workload, { field, resource }: (typeof DEMANDS)[string]): Lacking[] {
  if (podField(workload, "resources") !== undefined) return [];
  const container = workload.containers.find((one) => shareOf(one, resource)[field] === undefined);
  return container ? [{ workload, container }] : [];
}

function* refused({ quota, name, lacking }: Demand, isNew: boolean): Iterable<Problem> {
  const demand = DEMANDS[name];
  const [first] = lacking;
  if (!demand || !first) return;
  const { field, resource } = demand;
  const refs = listText(lacking.map(({ workload }) => workload.manifest.ref));
  const fix = `Write resources.${field}s.${resource} in each container of ${refs}, or add a LimitRange with ${field === "request" ? "defaultRequest" : "default"}.${resource} to the namespace.`;
  const because = (container: Container) =>
    `container ${container.name} has no ${resource} ${field}, which ${quota.ref} demands of each by its limit on ${name}`;
  const end =
    "Pods that run stay, but one that is evicted, or lost with its node, is not replaced, and rollouts stand still.";
  if (isNew) {
    yield {
      subject: quota,
      key: name,
      at: quota.locate("spec", "hard", name),
      message: `No new pod of ${refs} can be created: ${because(first.container)}. ${end}`,
      fix,
    };
    return;
  }
  for (const { workload, container } of lacking) {
    yield {
      subject: workload.manifest,
      key: `${container.name} ${name}`,
      at: workload.manifest.locate(...container.path, "name"),
      message: `No new pod of ${workload.manifest.ref} can be created: ${because(container)}. ${end}`,
      fix,
    };
  }
}
