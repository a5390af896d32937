import { setScalar } from "../../engine/edit.ts";
import {
  QUALITIES,
  qualityOf,
  shareOf,
  writtenShare,
  type Quality,
  type Resource,
} from "../../engine/resources.ts";
import type { FieldPath, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";
import { locateIn, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";
import { changedWorkloads, containerPairs, type ContainerPair } from "../../engine/workload-pairs.ts";

const pricing = (resources: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: pricing, namespace: shop }
spec:
  selector: { matchLabels: { app: pricing } }
  template:
    metadata: { labels: { app: pricing } }
    spec:
      containers:
        - name: api
          image: pricing:12
          ${resources}
---
apiVersion: v1
kind: Service
metadata: { name: pricing, namespace: shop }
spec: { selector: { app: pricing }, ports: [{ port: 80 }] }
`;

const resources = (
  requests: string,
  limits: string,
  marks: { requests?: string; limits?: string } = {},
) => `resources:
            requests:
              memory: ${requests}${marks.requests ?? ""}
            limits:
              memory: ${limits}${marks.limits ?? ""}`;

const MARK = " # <- finding";
const BOTH = resources("512Mi", "1Gi");

export default defineCheck({
  kind: "transition",
  id: "resources-cut",
  title: "A container gets much less to run with",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A container that needs more memory than its limit is killed, over and over, and so is every replica of it. One that no longer asks for what it uses can be put on a full node, and is among the first to be killed when that node runs short.",
  fix: "Cut in steps, and stay above what the container used at its peak of the last weeks.",
  references: [
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/",
  ],
  unsafe: [
    {
      title: "the limit falls below what the container asked for",
      before: pricing(BOTH),
      after: pricing(resources("256Mi", "256Mi", { limits: MARK })),
    },
    {
      title: "requests and limits are dropped: its pods are the first to be killed",
      before: pricing(BOTH),
      after: pricing(`imagePullPolicy: IfNotPresent`).replace("- name: api", `- name: api${MARK}`),
    },
    {
      title: "it asks for a fraction of what it did",
      before: pricing(BOTH),
      after: pricing(resources("64Mi", "1Gi", { requests: MARK })),
    },
    {
      title: "the limit is halved",
      before: pricing(resources("256Mi", "2Gi")),
      after: pricing(resources("256Mi", "1Gi", { limits: MARK })),
    },
  ],
  safe: [
    { title: "a little less", before: pricing(BOTH), after: pricing(resources("448Mi", "900Mi")) },
    { title: "more", before: pricing(BOTH), after: pricing(resources("1Gi", "2Gi")) },
    {
      title: "the same in another unit",
      before: pricing(BOTH),
      after: pricing(resources("0.5Gi", "1024Mi")),
    },
    {
      title: "the limit goes, the request stays",
      before: pricing(BOTH),
      after: pricing("resources: { requests: { memory: 512Mi } }"),
    },
    {
      title: "there were none",
      before: pricing("imagePullPolicy: Always"),
      after: pricing("imagePullPolicy: IfNotPresent"),
    },
  ],

  *run(transition) {
    for (const pair of changedWorkloads(transition)) {
      const fall = fallOf(pair.was, pair.is);
      for (const containers of containerPairs(pair)) {
        const cuts = containers.container.role === "init" ? [] : cutsOf(containers);
        if (cuts.length > 0) yield problem(containers, { cuts, fall }, transition.after);
      }
    }
  },
});

interface Cut {
  readonly text: string;
  /** In the container. */
  readonly path: FieldPath;
  /** What it proves. */
  readonly severity: Severity;
  readonly old: string;
  readonly suggestion: Suggestion | undefined;
}

/** The part that may go without a word; more than half is a lot. */
const SMALL = 0.25;
const LARGE = 0.5;

function cutsOf(pair: ContainerPair): Cut[] {
  return (["memory", "cpu"] as const).flatMap((resource) => [
    ...cut(pair, "limits", resource),
    ...cut(pair, "requests", resource),
  ]);
}

function cut(pair: ContainerPair, field: Field, resource: Resource): Cut[] {
  const { workload, container, previous } = pair;
  const lost = lostShare(pair, field, resource);
  if (!(lost >= (resource === "cpu" ? LARGE : SMALL))) return [];
  const path = ["resources", field, resource];
  const written = scalarText(writtenShare(previous, field, resource));
  const now = writtenShare(container, field, resource);
  const becomes = now === undefined ? `(${written}) is gone` : `goes from ${written} to ${scalarText(now)}`;
  return [
    {
      text: `${resource} ${field.slice(0, -1)} ${becomes}`,
      path,
      severity: field === "limits" && resource === "memory" && isSmall(pair, lost) ? "warning" : "notice",
      old: written,
      suggestion: setScalar(workload.manifest, [...container.path, ...path], written),
    },
  ];
}

/** The part that goes, between 0 and 1; NaN where nobody can tell. Without a limit a container may use more, not less. */
function lostShare({ container, previous }: ContainerPair, field: Field, resource: Resource): number {
  const [old, now] = [shareOf(previous, resource), shareOf(container, resource)];
  if (field === "limits") return 1 - (now.limit ?? NaN) / (old.limit ?? NaN);
  return 1 - (now.request ?? 0) / (old.request ?? NaN);
}

/** A memory limit below what the container asked for so far, or half of what it could have: it may be killed. */
function isSmall({ container, previous }: ContainerPair, lost: number): boolean {
  const limit = shareOf(container, "memory").limit ?? NaN;
  return lost >= LARGE || limit < (shareOf(previous, "memory").request ?? 0);
}

type Field = "requests" | "limits";

/** The pods' class before and after, where it falls. */
interface Fall {
  readonly from: Quality;
  readonly to: Quality;
}

function fallOf(was: Workload, is: Workload): Fall | undefined {
  const [from, to] = [qualityOf(was), qualityOf(is)];
  return from && to && QUALITIES.indexOf(to) < QUALITIES.indexOf(from) ? { from, to } : undefined;
}

interface Found {
  readonly cuts: readonly Cut[];
  readonly fall: Fall | undefined;
}

function problem({ workload, container }: ContainerPair, { cuts, fall }: Found, world: World): Problem {
  const worst = cuts.find(({ severity }) => severity === "warning") ?? cuts[0];
  const [service] = world.servicesOf(workload);
  const isGrave = worst?.severity === "warning" || (fall?.to === "BestEffort" && service !== undefined);
  const [only] = cuts;
  const suggestion = cuts.length === 1 ? only?.suggestion : undefined;
  return {
    subject: workload.manifest,
    key: container.name,
    at: locateIn(workload, container, ...placeOf(container, worst)),
    ...(isGrave ? {} : { atMost: "notice" as const }),
    message: `Container ${container.name} of ${workload.manifest.ref}: ${listText(
      cuts.map(({ text }) => text),
      4,
    )}. ${consequence(worst, fall)}`,
    fix: `Keep ${listText(
      cuts.map(({ old, path }) => `${path.slice(1).join(".")}: ${old}`),
      4,
    )}, or cut in steps and stay above its peak use of the last weeks.`,
    ...(suggestion && { suggestion }),
  };
}

/** The field itself; where all of it went, the container's name. */
function placeOf({ spec }: Container, cut: Cut | undefined): FieldPath {
  return cut && spec["resources"] !== undefined ? cut.path : [];
}

function consequence(cut: Cut | undefined, fall: Fall | undefined): string {
  if (fall?.to === "BestEffort")
    return "Its pods ask for nothing now (BestEffort): they can be put on full nodes, and are the first to be killed when one runs short of memory.";
  if (cut?.path.join(".") === "resources.limits.memory")
    return "If it needs more than that under load, it is killed (OOMKilled) and restarted, in every pod that carries that load.";
  if (cut?.path.join(".") === "resources.limits.cpu")
    return "If it needs more than that under load, it is throttled, and its answers slow down.";
  const killed = fall
    ? `, and its pods (now ${fall.to}, were ${fall.from}) are killed earlier when the node runs short`
    : ", and it is killed or slowed down earlier when they run short";
  return `It can be put on nodes with less room than it uses${killed}.`;
}
