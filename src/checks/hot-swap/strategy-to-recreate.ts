import { isSingleWriter, sharedClaims } from "../../engine/claims.ts";
import { setScalar } from "../../engine/edit.ts";
import { counterpart, hasPods } from "../../engine/generations.ts";
import type { Problem, Severity } from "../../engine/types.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const deployment = (strategy: string, volumes = "[]") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: wiki }
spec:
  replicas: 2
  strategy: ${strategy}
  selector: { matchLabels: { app: wiki } }
  template:
    metadata: { labels: { app: wiki } }
    spec:
      containers: [{ name: wiki, image: wiki:1 }]
      volumes: ${volumes}
`;

const SERVICE = `---
apiVersion: v1
kind: Service
metadata: { name: wiki }
spec: { selector: { app: wiki }, ports: [{ port: 80 }] }
`;

const CLAIM = `---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: pages }
spec: { accessModes: [ReadWriteOnce] }
`;

const MARK = " # <- finding";
const PAGES = "[{ name: pages, persistentVolumeClaim: { claimName: pages } }]";

export default defineCheck({
  kind: "transition",
  id: "strategy-to-recreate",
  title: "A rollout stops all pods before it starts new ones",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  why: "With the strategy Recreate, every deploy stops all old pods first. Users get errors until the first new pod is ready, and for as long as it takes to go back if the new version does not start.",
  fix: "Keep RollingUpdate. If two versions must never run together, say so with a waiver, and deploy at the quietest hour.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment",
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment",
  ],
  supersedes: ["rollout-availability-dip"],
  unsafe: [
    {
      title: "RollingUpdate becomes Recreate",
      before: deployment("{ type: RollingUpdate }") + SERVICE,
      after: deployment(`{ type: Recreate }${MARK}`) + SERVICE,
    },
    {
      title: "the default becomes Recreate",
      before: deployment("{}") + SERVICE,
      after: deployment(`{ type: Recreate }${MARK}`) + SERVICE,
    },
    {
      title: "the settings of RollingUpdate are left behind, which the API server refuses",
      before: deployment("{ type: RollingUpdate, rollingUpdate: { maxSurge: 1 } }"),
      after: deployment(`{ type: Recreate, rollingUpdate: { maxSurge: 1 } }${MARK}`),
    },
    {
      title: "the volume can be mounted on one node only: a gap is inherent, and worth knowing",
      before: deployment("{}", PAGES) + SERVICE + CLAIM,
      after: deployment(`{ type: Recreate }${MARK}`, PAGES) + SERVICE + CLAIM,
    },
  ],
  safe: [
    {
      title: "no Service sends requests to the pods",
      before: deployment("{ type: RollingUpdate }"),
      after: deployment("{ type: Recreate }"),
    },
    {
      title: "it was Recreate before",
      before: deployment("{ type: Recreate }") + SERVICE,
      after: deployment("{ type: Recreate }").replace("wiki:1", "wiki:2") + SERVICE,
    },
    {
      title: "Recreate becomes RollingUpdate",
      before: deployment("{ type: Recreate }") + SERVICE,
      after: deployment("{ type: RollingUpdate }") + SERVICE,
    },
    {
      title: "no pod runs",
      before: deployment("{}").replace("replicas: 2", "replicas: 0") + SERVICE,
      after: deployment("{ type: Recreate }").replace("replicas: 2", "replicas: 0") + SERVICE,
    },
  ],

  *run({ changes, before, after }) {
    for (const { after: manifest } of changes) {
      const now = manifest && after.workload(manifest);
      if (!now || now.kind !== "Deployment" || !isRecreate(now)) continue;
      yield* judge(now, counterpart(now, before), { before, after });
    }
  },
});

interface Worlds {
  readonly before: World;
  readonly after: World;
}

function* judge(now: Workload, was: Workload | undefined, { before, after }: Worlds): Iterable<Problem> {
  if (hasLeftover(now)) {
    if (!was || !isRecreate(was) || !hasLeftover(was)) yield leftover(now);
  } else if (was && rolledBefore(was, before) && after.servicesOf(now).length > 0) yield switched(now, after);
}

const TYPE = ["spec", "strategy", "type"] as const;

function isRecreate(workload: Workload): boolean {
  return strategyOf(workload, 1).type === "Recreate";
}

/** It had pods, and replaced them one by one. */
function rolledBefore(was: Workload, before: World): boolean {
  return !isRecreate(was) && hasPods(was, before);
}

function hasLeftover({ manifest }: Workload): boolean {
  return (manifest.get("spec", "strategy", "rollingUpdate") ?? null) !== null;
}

function leftover({ manifest }: Workload): Problem {
  const suggestion = setScalar(manifest, TYPE, "RollingUpdate");
  return {
    subject: manifest,
    at: manifest.locate(...TYPE),
    atMost: "warning",
    message: `${manifest.ref} has the strategy Recreate and settings for RollingUpdate. The API server refuses that, and the deploy fails.`,
    fix: `Put ${manifest.ref} back to type: RollingUpdate, or remove the rollingUpdate block as well.`,
    ...(suggestion && { suggestion }),
  };
}

function switched(now: Workload, after: World): Problem {
  const { manifest } = now;
  const { atMost, reason } = excuse(now, after);
  const suggestion = atMost === undefined ? setScalar(manifest, TYPE, "RollingUpdate") : undefined;
  return {
    subject: manifest,
    at: manifest.locate(...TYPE),
    ...(atMost && { atMost }),
    message: `${manifest.ref} goes from RollingUpdate to Recreate: every deploy now stops all of its pods before new ones start, and ${after.servicesOf(now)[0]?.ref ?? "its Service"} has nobody to answer until the first one is ready.${reason}`,
    ...(atMost === "notice" && {
      fix: `Deploy ${manifest.ref} at a quiet hour, or use a volume with ReadWriteMany and keep RollingUpdate.`,
    }),
    ...(suggestion && { suggestion }),
  };
}

/** A volume that only one pod can have leaves no other way. */
function excuse(now: Workload, after: World): { atMost?: Severity; reason: string } {
  const names = sharedClaims(now);
  const claims = names.map((name) => after.find("PersistentVolumeClaim", name, now.manifest));
  const claim = claims.find((one) => one && isSingleWriter(one));
  if (claim) {
    return {
      atMost: "notice",
      reason: ` With the volume ${claim.name}, which one node at a time can mount, there is no rollout without that gap.`,
    };
  }
  const unseen = names.find((_, index) => claims[index] === undefined);
  if (unseen === undefined) return { reason: "" };
  return {
    atMost: "warning",
    reason: ` That is needed only if its volume ${unseen} can be mounted on one node at a time.`,
  };
}
