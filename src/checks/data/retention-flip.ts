import { setScalar } from "../../engine/edit.ts";
import { string } from "../../engine/json.ts";
import { lossOf } from "../../engine/loss.ts";
import type { KeepPolicy } from "../../engine/system-types.ts";
import { placesOf, systemOf } from "../../engine/systems.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Json, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const volume = (policy: string) => `apiVersion: v1
kind: PersistentVolume
metadata: { name: archive }
spec:
  capacity: { storage: 500Gi }
  ${policy}
  csi: { driver: csi.example.com, volumeHandle: archive }
`;

const store = (policy: string) => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ledger, namespace: bank }
spec:
  serviceName: ledger
  persistentVolumeClaimRetentionPolicy:
    ${policy}
  selector: { matchLabels: { app: ledger } }
  template:
    metadata: { labels: { app: ledger } }
    spec: { containers: [{ name: db, image: "postgres:17" }] }
  volumeClaimTemplates: [{ metadata: { name: data } }]
`;

const claim = (annotations: string) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: invoices
  namespace: bank
  ${annotations}
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 20Gi } } }
`;

const kafka = (deleteClaim: string) => `apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: { name: events, namespace: bank }
spec:
  kafka:
    replicas: 3
    storage:
      type: persistent-claim
      size: 100Gi
      deleteClaim: ${deleteClaim}
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "retention-flip",
  title: "Data that was kept is now deleted with its owner",
  pillar: "data",
  severity: severities("warning", "warning", "warning"),
  confidence: "certain",
  why: "Nothing happens on the day of the change. But the next time that somebody removes, renames or scales down the object, its volumes are deleted with it, and only a backup brings the data back.",
  fix: "Keep the old policy, and delete volumes by hand when their data is not needed any more.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming",
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
  ],
  unsafe: [
    {
      title: "a volume that was kept is deleted with its claim",
      before: volume("persistentVolumeReclaimPolicy: Retain"),
      after: volume(`persistentVolumeReclaimPolicy: Delete${MARK}`),
    },
    {
      title: "volumes go when the StatefulSet is scaled down",
      before: store("whenDeleted: Retain"),
      after: store(`whenScaled: Delete${MARK}`),
    },
    {
      title: "the annotation that keeps a claim is removed",
      before: claim("annotations: { helm.sh/resource-policy: keep }"),
      after: claim(`annotations: { team: billing }${MARK}`),
    },
    {
      title: "an operator is told to delete the volumes",
      before: kafka("false"),
      after: kafka(`true${MARK}`),
    },
  ],
  safe: [
    {
      title: "a volume is kept from now on",
      before: volume("persistentVolumeReclaimPolicy: Delete"),
      after: volume("persistentVolumeReclaimPolicy: Retain"),
    },
    {
      title: "the default is written out",
      before: store("{}"),
      after: store("whenDeleted: Retain\n    whenScaled: Retain"),
    },
    {
      title: "another annotation that keeps it takes its place",
      before: claim("annotations: { helm.sh/resource-policy: keep }"),
      after: claim("annotations: { argocd.argoproj.io/sync-options: Prune=false }"),
    },
    {
      title: "it was deleted before too",
      before: kafka("true"),
      after: kafka("true").replace("100Gi", "200Gi"),
    },
  ],

  *run(transition) {
    for (const change of transition.changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      yield* flips(change.before, change.after);
      yield* released(change.before, change.after, transition);
    }
  },
});

const removal = "when it is removed";

/** What Kubernetes itself has of such fields; operators' own stand in the table of systems. */
const POLICIES: Readonly<Record<string, readonly KeepPolicy[]>> = {
  // A volume written by hand is kept unless it says otherwise (core/v1).
  "/PersistentVolume": [
    {
      path: ["spec", "persistentVolumeReclaimPolicy"],
      deletes: ["Delete", "Recycle"],
      otherwise: "Retain",
      when: "when its claim is removed",
    },
  ],
  "apps/StatefulSet": [
    {
      path: ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"],
      deletes: ["Delete"],
      otherwise: "Retain",
      when: removal,
    },
    {
      path: ["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"],
      deletes: ["Delete"],
      otherwise: "Retain",
      when: "when it is scaled down",
    },
  ],
  "snapshot.storage.k8s.io/VolumeSnapshotClass": [
    {
      path: ["deletionPolicy"],
      deletes: ["Delete"],
      otherwise: "Retain",
      when: "when a snapshot object is removed",
    },
  ],
  "snapshot.storage.k8s.io/VolumeSnapshotContent": [
    {
      path: ["spec", "deletionPolicy"],
      deletes: ["Delete"],
      otherwise: "Retain",
      when: "when its snapshot is removed",
    },
  ],
};

function* flips(before: Manifest, after: Manifest): Iterable<Problem> {
  const policies = [...(POLICIES[`${after.group}/${after.kind}`] ?? []), ...(systemOf(after)?.keeps ?? [])];
  for (const policy of policies) {
    const old = new Map(placesOf(before, policy.path).map((place) => [place.name, place.path]));
    for (const { path, name } of placesOf(after, policy.path)) {
      const was = old.get(name);
      if (was) yield* flip(before.get(...was), { after, path, policy });
    }
  }
}

interface Place {
  readonly after: Manifest;
  readonly path: FieldPath;
  readonly policy: KeepPolicy;
}

function* flip(written: Json | undefined, { after, path, policy }: Place): Iterable<Problem> {
  const { deletes, otherwise, when } = policy;
  const [old, now] = [written ?? otherwise, after.get(...path) ?? otherwise];
  const isDelete = (value: unknown) => deletes.some((one) => one === value);
  if (isUnknown(old) || isDelete(old) || !isDelete(now)) return;
  const suggestion = setScalar(after, path, scalarText(old));
  yield {
    subject: after,
    key: policy.path.join("."),
    at: after.locate(...path),
    message: `${after.ref}: ${path.join(".")} goes from ${scalarText(old)} to ${scalarText(now)}. From now on its data is deleted ${when}; until now it was kept.`,
    fix: `Keep ${path.at(-1) ?? ""}: ${scalarText(old)}, and delete volumes by hand when their data is no longer needed.`,
    ...(suggestion && { suggestion }),
  };
}

/** Annotations by which a deploy tool leaves an object in the cluster though it left the repository. */
function keeperOf({ annotations }: Manifest): string | undefined {
  if (annotations["helm.sh/resource-policy"]?.includes("keep")) return "helm.sh/resource-policy: keep";
  const options = string(annotations["argocd.argoproj.io/sync-options"]) ?? "";
  const option = /\b(Prune|Delete)=(false|confirm)\b/.exec(options)?.[0];
  if (option !== undefined) return `argocd.argoproj.io/sync-options: ${option}`;
  return /^disabled$/i.test(annotations["kustomize.toolkit.fluxcd.io/prune"] ?? "")
    ? "kustomize.toolkit.fluxcd.io/prune: disabled"
    : undefined;
}

function* released(before: Manifest, after: Manifest, { after: world }: Transition): Iterable<Problem> {
  const keeper = keeperOf(before);
  const loss = lossOf(after, world);
  if (keeper === undefined || keeperOf(after) !== undefined || !loss || loss.atMost === "notice") return;
  yield {
    subject: after,
    key: "keep",
    at: after.locate("metadata", "annotations"),
    message: `${after.ref} loses the annotation ${keeper}. From now on it is deleted from the cluster when it leaves the repository or its release is removed: ${loss.text}.`,
    fix: `Keep ${keeper} on ${after.ref} as long as its data is needed.`,
  };
}
