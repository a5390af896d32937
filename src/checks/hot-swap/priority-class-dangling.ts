import { removalOf } from "../../engine/pruning.ts";
import { referencesOf } from "../../engine/references.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const gate = (priority: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: gate, namespace: edge }
spec:
  selector: { matchLabels: { app: gate } }
  template:
    metadata: { labels: { app: gate } }
    spec:
      priorityClassName: ${priority}
      containers: [{ name: gate, image: "gate:2" }]
`;

const priority = (name: string) => `apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: ${name} }
value: 100000
`;

const FLUX = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: edge, namespace: flux-system }
spec: { path: ./, prune: true }
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "priority-class-dangling",
  title: "Pods name a PriorityClass that is gone",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "The API server refuses to create a pod whose PriorityClass does not exist. Those that run go on, and restart in place when they crash. But none that is drained, evicted or lost with its node comes back, and no rollout gets on.",
  fix: "Keep the PriorityClass, or take its name out of every pod first and remove it in a later change.",
  references: [
    "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#pod-priority",
  ],
  unsafe: [
    {
      title: "the class is removed, and a workload still names it",
      before: { "gate.yaml": gate("front-door"), "priority.yaml": priority("front-door"), "flux.yaml": FLUX },
      after: { "gate.yaml": gate(`front-door${MARK}`), "flux.yaml": FLUX },
    },
    {
      title: "the class gets another name",
      before: { "gate.yaml": gate("front-door"), "priority.yaml": priority("front-door") },
      after: { "gate.yaml": gate(`front-door${MARK}`), "priority.yaml": priority("entrance") },
    },
    {
      title: "a workload now names a class with a typing error",
      before: { "gate.yaml": gate("front-door"), "priority.yaml": priority("front-door") },
      after: { "gate.yaml": gate(`font-door${MARK}`), "priority.yaml": priority("front-door") },
    },
  ],
  safe: [
    {
      title: "both change together",
      before: { "gate.yaml": gate("front-door"), "priority.yaml": priority("front-door") },
      after: { "gate.yaml": gate("entrance"), "priority.yaml": priority("entrance") },
    },
    {
      title: "a class of Kubernetes itself",
      before: { "gate.yaml": gate("front-door"), "priority.yaml": priority("front-door") },
      after: { "gate.yaml": gate("system-cluster-critical"), "priority.yaml": priority("front-door") },
    },
    { title: "classes are made elsewhere", before: gate("front-door"), after: gate("entrance") },
  ],

  *run(transition) {
    const { changes, before, after } = transition;
    const gone = changes.some(({ kind, before: old }) => kind === "removed" && old.kind === "PriorityClass");
    for (const change of changes) {
      if (change.kind !== "kept" || (!gone && change.before.object === change.after.object)) continue;
      const was = before.workload(change.before);
      const is = after.workload(change.after);
      if (was && is) yield* dangling(was, is, transition);
    }
  },
});

const priorityOf = (workload: Workload) =>
  referencesOf(workload).find(({ kind }) => kind === "PriorityClass");

function* dangling(was: Workload, is: Workload, { before, after }: Transition): Iterable<Problem> {
  const [old, now] = [priorityOf(was), priorityOf(is)];
  const had = old && before.ofKind("PriorityClass").find(({ name }) => name === old.name);
  if (!had || !now || now.name.startsWith("system-") || after.anywhere("PriorityClass", now.name)) return;
  const at = is.manifest.locate(...now.path);
  if (old.name !== now.name) yield { ...unknownClass(is.manifest, now.name, old.name), at };
  else if (removalOf(had, before) !== "kept") {
    const sure = removalOf(had, before) === "deleted" && !is.runsToCompletion;
    yield { ...removedClass(is.manifest, now.name), at, ...(sure ? {} : { atMost: "warning" }) };
  }
}

function removedClass(subject: Manifest, name: string): Omit<Problem, "at"> {
  return {
    subject,
    message: `${subject.ref} names PriorityClass/${name}, which this change removes: no new pod of it can be created, so a pod that is drained or lost with its node does not come back, and rollouts stand still.`,
    fix: `Keep PriorityClass/${name} until no pod names it.`,
  };
}

/** It may be in the cluster and not in the repository. */
function unknownClass(subject: Manifest, name: string, old: string): Omit<Problem, "at"> {
  return {
    subject,
    atMost: "notice",
    message: `${subject.ref} names PriorityClass/${name}, instead of ${old}, and no file here defines it: if it is not in the cluster either, no new pod can be created.`,
    fix: `Write ${old}, or add PriorityClass/${name} to this change.`,
  };
}
