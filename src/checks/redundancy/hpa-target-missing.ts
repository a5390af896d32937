import { plainScalar, setScalar } from "../../engine/edit.ts";
import { object, string } from "../../engine/json.ts";
import { AUTOSCALERS } from "../../engine/scaling.ts";
import { sameNamespace } from "../../engine/selectors.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Manifest, Problem, Severity } from "../../engine/types.ts";
import type { Workload } from "../../engine/workload.ts";
import { minimumReplicas, type World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const workload = (name: string, kind = "Deployment", replicas = "minReadySeconds: 1") => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: maps }
spec:
  ${replicas}
  selector: { matchLabels: { app: tiles } }
  template:
    metadata: { labels: { app: tiles } }
    spec: { containers: [{ name: web, image: "tiles:7" }] }
`;

const autoscaler = (target: string) => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: tiles, namespace: maps }
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    ${target}
  minReplicas: 4
  maxReplicas: 20
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: tiles, namespace: maps }
spec: { selector: { app: tiles }, ports: [{ port: 80 }] }
`;

const TILES = autoscaler("kind: Deployment\n    name: tiles");
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "hpa-target-missing",
  title: "An autoscaler loses what it scales",
  pillar: "redundancy",
  severity: severities("error", "error", "warning"),
  confidence: "certain",
  absence: true,
  why: "The autoscaler goes on looking for a workload that is not there. The workload that took its place stays at the number that its manifest says, or at 1: from the deploy on it has less than the load needs, and does not grow at the next peak.",
  fix: "Change scaleTargetRef together with the name and the kind of the workload.",
  references: [
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
  ],
  unsafe: [
    {
      title: "the workload gets another name",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES, "service.yaml": SERVICE },
      after: {
        "tiles.yaml": workload("map-tiles"),
        "hpa.yaml": autoscaler(`kind: Deployment\n    name: tiles${MARK}`),
        "service.yaml": SERVICE,
      },
    },
    {
      title: "the Deployment becomes a StatefulSet",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
      after: {
        "tiles.yaml": workload("tiles", "StatefulSet"),
        "hpa.yaml": autoscaler(`kind: Deployment${MARK}\n    name: tiles`),
      },
    },
    {
      title: "the autoscaler is given a name that does not exist",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
      after: {
        "tiles.yaml": workload("tiles"),
        "hpa.yaml": autoscaler(`kind: Deployment\n    name: tile${MARK}`),
      },
    },
    {
      title: "the workload is removed and its autoscaler stays",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
      after: { "hpa.yaml": autoscaler(`kind: Deployment\n    name: tiles${MARK}`) },
    },
  ],
  safe: [
    {
      title: "both change together",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
      after: {
        "tiles.yaml": workload("map-tiles"),
        "hpa.yaml": autoscaler("kind: Deployment\n    name: map-tiles"),
      },
    },
    { title: "its workload was never here", before: TILES, after: TILES.replace("20", "30") },
    {
      title: "both are removed",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES, "service.yaml": SERVICE },
      after: { "service.yaml": SERVICE },
    },
    {
      title: "the workload moves to another file",
      before: { "tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
      after: { "web/tiles.yaml": workload("tiles"), "hpa.yaml": TILES },
    },
  ],

  *run(transition) {
    for (const change of transition.changes) {
      if (change.kind !== "kept" || !AUTOSCALERS.includes(change.after.kind)) continue;
      const was = targetOf(change.before, transition.before);
      if (was === undefined || targetOf(change.after, transition.after) !== undefined) continue;
      yield* lost(change.after, was, transition);
    }
  },
});

/** Where KEDA is given no kind it means a Deployment. */
function nameOf(scaler: Manifest): { kind: string; name: string } {
  const { kind, name } = object(scaler.get("spec", "scaleTargetRef"));
  return { kind: string(kind) ?? "Deployment", name: string(name) ?? "" };
}

function targetOf(scaler: Manifest, world: World): Manifest | undefined {
  const { kind, name } = nameOf(scaler);
  return world.find(kind, name, scaler);
}

function* lost(scaler: Manifest, was: Manifest, { before, after, changes }: Transition): Iterable<Problem> {
  const { kind, name } = nameOf(scaler);
  if (isUnknown(name) || after.anywhere(kind, name)) return;
  const same = nameOf(scaler).name === was.name && kind === was.kind;
  const old = before.workload(was);
  const kept = after.find(was.kind, was.name, was);
  const heir = kept ? after.workload(kept) : heirOf(was, old, { after, changes });
  const frozen = isFrozen(heir, kept);
  const field = !heir || heir.manifest.name !== name ? "name" : "kind";
  const path = ["spec", "scaleTargetRef", field];
  const suggestion =
    heir && setScalar(scaler, path, plainScalar(field === "name" ? heir.manifest.name : heir.kind));
  yield {
    subject: scaler,
    at: scaler.locate(...path),
    ...atMost(scaler, heir, { world: after, isFrozen: frozen }),
    message: `${scaler.ref} scales ${kind}/${name}, which ${same ? "is gone" : "does not exist"}. ${consequence(scaler, heir, frozen)}`,
    fix: heir
      ? `Point scaleTargetRef of ${scaler.ref} at ${heir.kind}/${heir.manifest.name}.`
      : `Remove ${scaler.ref} together with ${was.ref}.`,
    ...(suggestion && { suggestion }),
  };
}

/** The new workload with the same pods: by its labels, or by its name. */
function heirOf(
  was: Manifest,
  old: Workload | undefined,
  { after, changes }: Pick<Transition, "after" | "changes">,
): Workload | undefined {
  const added = changes.flatMap((change) =>
    change.kind === "added" ? (after.workload(change.after) ?? []) : [],
  );
  const labels = JSON.stringify(Object.entries(old?.labels ?? {}).sort());
  return added.find(
    ({ manifest, labels: now, runsToCompletion }) =>
      !runsToCompletion &&
      sameNamespace(manifest, was) &&
      (manifest.name === was.name || JSON.stringify(Object.entries(now).sort()) === labels),
  );
}

/** A workload that stays, and whose number no file writes, keeps the number that it has. */
function isFrozen(heir: Workload | undefined, kept: Manifest | undefined): boolean {
  return kept !== undefined && heir?.declaredReplicas === undefined;
}

interface Heir {
  readonly world: World;
  readonly isFrozen: boolean;
}

function atMost(
  scaler: Manifest,
  heir: Workload | undefined,
  { world, isFrozen: frozen }: Heir,
): { atMost?: Severity } {
  if (!heir) return { atMost: "notice" };
  const falls =
    !frozen &&
    (heir.declaredReplicas ?? 1) < minimumReplicas(scaler) &&
    world.autoscalersOf(heir).length === 0;
  return falls && world.servicesOf(heir).length > 0 ? {} : { atMost: "warning" };
}

function consequence(scaler: Manifest, heir: Workload | undefined, frozen: boolean): string {
  if (!heir) return "It is left over, and reports errors from now on.";
  if (frozen)
    return `${heir.manifest.ref} stays at the number of pods that it has at that moment, and does not grow when load rises.`;
  const count = heir.declaredReplicas ?? 1;
  return `${heir.manifest.ref} stays at ${count === 1 ? "1 pod" : `${count} pods`}, where the autoscaler kept at least ${minimumReplicas(scaler)}, and does not grow when load rises.`;
}
