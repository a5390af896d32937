import { lossOf, type Loss } from "../../engine/loss.ts";
import { removalOf } from "../../engine/pruning.ts";
import { heirsOf, releaseMove } from "../../engine/release-move.ts";
import type { Location, Manifest, Problem, Severity } from "../../engine/types.ts";
import { usersOf } from "../../engine/users.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const claim = (annotations = "{}", namespace = "media") => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: uploads, namespace: ${namespace}, annotations: ${annotations} }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 50Gi } }
`;

const KUSTOMIZATION = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: media }
spec: { path: ./media, prune: true }
`;

const viewer = (mark = "") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: viewer, namespace: media }${mark}
spec:
  template:
    spec:
      containers: [{ name: viewer, image: viewer:1 }]
      volumes: [{ name: uploads, persistentVolumeClaim: { claimName: uploads } }]
`;

const NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: { name: media }\n";

const crd = (group: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: backups.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Backup, plural: backups }
`;

const store = (policy: string) => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: store, namespace: media }
spec:
  serviceName: store
  persistentVolumeClaimRetentionPolicy: { whenDeleted: ${policy} }
  selector: { matchLabels: { app: store } }
  template:
    metadata: { labels: { app: store } }
    spec: { containers: [{ name: db, image: postgres:17 }] }
  volumeClaimTemplates:
    - metadata: { name: data }
`;

const MARK = " # <- finding";
const OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: media }\n";

const marked = (text: string) => text.replace(/^(metadata: \{.*\})$/m, `$1${MARK}`);

export default defineCheck({
  kind: "transition",
  id: "destructive-removal",
  title: "An object is removed that takes data with it",
  pillar: "data",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "Where the deploy tool prunes, removing a claim deletes its volume, removing a namespace deletes all that is in it, and removing a CustomResourceDefinition deletes every object of its kind. It happens at the next sync, and only a backup brings the data back.",
  fix: "Keep the object until its data is backed up or moved. To take it out of this repository and leave it in the cluster, first deploy it with the annotation that tells the deploy tool not to prune it.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources",
    "https://fluxcd.io/flux/components/kustomize/kustomizations/#prune",
  ],
  unsafe: [
    {
      title: "a claim is removed while a workload still mounts it",
      before: { "media/claim.yaml": claim(), "media/viewer.yaml": viewer() },
      after: { "media/viewer.yaml": viewer(MARK) },
    },
    {
      title: "a claim is removed, and Flux prunes",
      before: { "media/claim.yaml": marked(claim()), "clusters/flux.yaml": KUSTOMIZATION },
      after: { "clusters/flux.yaml": KUSTOMIZATION },
    },
    {
      title: "a namespace is removed",
      before: { "namespace.yaml": marked(NAMESPACE), "claim.yaml": claim(), "settings.yaml": OTHER },
      after: { "other.yaml": OTHER.replaceAll("media", "shop") },
    },
    {
      title: "a CustomResourceDefinition changes its group, which is another one",
      before: { "crd.yaml": crd("poc.example.com") },
      after: { "crd.yaml": crd("example.com").replace(".com }", `.com }${MARK}`) },
    },
    {
      title: "a StatefulSet is removed that deletes its claims with it",
      before: { "store.yaml": marked(store("Delete")), "settings.yaml": OTHER },
      after: { "settings.yaml": OTHER },
    },
    {
      title: "one of two claims of the same name is removed",
      before: { "eu/claim.yaml": marked(claim()), "us/claim.yaml": claim() },
      after: { "us/claim.yaml": claim() },
    },
    {
      title: "a claim moves to another namespace, where it starts empty",
      before: { "claim.yaml": claim() },
      after: { "claim.yaml": marked(claim("{}", "shop")) },
    },
  ],
  safe: [
    {
      title: "the claim moves to another file",
      before: { "claim.yaml": claim(), "settings.yaml": OTHER },
      after: { "storage/uploads.yaml": claim(), "settings.yaml": OTHER },
    },
    {
      title: "the deploy tool is told to keep it",
      before: {
        "claim.yaml": claim("{ argocd.argoproj.io/sync-options: Prune=false }"),
        "settings.yaml": OTHER,
      },
      after: { "settings.yaml": OTHER },
    },
    {
      title: "Helm is told to keep it",
      before: { "claim.yaml": claim("{ helm.sh/resource-policy: keep }"), "settings.yaml": OTHER },
      after: { "settings.yaml": OTHER },
    },
    {
      title: "nothing that is removed holds data",
      before: { "viewer.yaml": viewer(), "settings.yaml": OTHER },
      after: { "settings.yaml": OTHER },
    },
  ],

  *run(transition) {
    const removed = transition.changes.flatMap(({ kind, before }) => (kind === "removed" ? [before] : []));
    const heirs = storesThatMove(transition);
    const candidates = removed.filter(
      (gone) => !heirs.has(gone) && lossOf(gone, transition.before) !== undefined,
    );
    if (candidates.length === 0) return;
    const index = indexOf(transition);
    const namespaces = new Set(
      candidates.flatMap((gone) =>
        gone.kind === "Namespace" && isGone(gone, transition) ? [gone.name] : [],
      ),
    );
    for (const gone of candidates) {
      // What goes with its namespace is said there.
      if (gone.kind === "Namespace" || !namespaces.has(gone.namespace)) yield* judge(gone, index, transition);
    }
  },
});

/** Of a whole release that moves, it is said at once that what holds data starts anew. */
function storesThatMove({ before, after, changes }: Transition): ReadonlySet<Manifest> {
  const move = releaseMove(before, after);
  const old = move ? [...heirsOf(move, changes).keys()] : [];
  return new Set(old.filter(({ kind }) => kind === "StatefulSet"));
}

/** Looked up for every removed object, so made once. */
interface Index {
  readonly userBefore: (gone: Manifest) => Manifest | undefined;
  readonly userAfter: (gone: Manifest) => Manifest | undefined;
  readonly addedByName: ReadonlyMap<string, readonly Manifest[]>;
  readonly addedByPlace: ReadonlyMap<string, readonly Manifest[]>;
}

function indexOf({ before, after, changes }: Transition): Index {
  const added = changes.flatMap(({ kind, after: one }) => (kind === "added" ? [one] : []));
  return {
    userBefore: usersOf(before),
    userAfter: usersOf(after),
    addedByName: Map.groupBy(added, ({ name }) => name),
    addedByPlace: Map.groupBy(added, placeKey),
  };
}

const placeKey = ({ path, kind }: Manifest) => `${path}#${kind}`;

function* judge(gone: Manifest, index: Index, transition: Transition): Iterable<Problem> {
  const loss = lossOf(gone, transition.before);
  // That pruning is switched on by this very change deletes as surely.
  const was = removalOf(gone, transition.before);
  const removal = was === "unknown" ? removalOf(gone, transition.after) : was;
  if (!loss || removal === "kept") return;
  const moved = movedTo(gone, index);
  if (moved) yield emptied(gone, moved);
  else if (isGone(gone, transition))
    yield problem(gone, { loss, removal }, { ...index, after: transition.after });
}

/** The repository holds fewer objects of that kind and name than before: else it only moved. */
function isGone({ kind, name }: Manifest, { before, after }: Transition): boolean {
  // Where the new side could not be read whole, that something is not there proves nothing.
  if (after.incomplete && !before.incomplete) return false;
  return after.count(kind, name) < before.count(kind, name);
}

/** The same name, new in another namespace of the unit: in the cluster that is a new object. */
function movedTo({ kind, name, namespace }: Manifest, { addedByName }: Index): Manifest | undefined {
  if (kind !== "PersistentVolumeClaim" || namespace === "") return undefined;
  return addedByName
    .get(name)
    ?.find((claim) => claim.kind === kind && claim.namespace !== "" && claim.namespace !== namespace);
}

function emptied(gone: Manifest, moved: Manifest): Problem {
  return {
    subject: moved,
    at: moved.locate(),
    atMost: "warning",
    message: `${gone.ref} becomes ${moved.ref}: a claim in another namespace is a new, empty volume, and what was in the old one stays behind or is deleted with it.`,
    fix: `Copy the data before the switch, and keep ${gone.ref} until it is checked.`,
  };
}

interface Removed {
  readonly loss: Loss;
  readonly removal: "asked" | "deleted" | "unknown";
}

const ORDER: readonly Severity[] = ["notice", "warning", "error"];

function problem(gone: Manifest, { loss, removal }: Removed, index: Heirs): Problem {
  const user = index.userAfter(gone);
  // That it is deleted is proven where something prunes, and its loss is felt where something still needs it.
  const proven: Severity = removal === "asked" ? "notice" : removal === "deleted" ? "error" : "warning";
  const atMost = ORDER.find((severity) => severity === proven || severity === (loss.atMost ?? "error"));
  const condition =
    removal === "unknown" ? "If the deploy tool prunes (Argo CD, Flux, Helm), " : "At the next sync ";
  const heir = user ? undefined : heirOf(gone, index);
  const still = user
    ? ` ${user.ref} still needs it.`
    : heir
      ? ` ${heir.ref} takes its user's place and starts without that data.`
      : "";
  return {
    subject: gone,
    at: user ? user.locate() : placeOf(gone, heir, index),
    ...(atMost && atMost !== "error" && { atMost }),
    message: `${gone.ref} is removed. ${condition}${loss.text}.${still}`,
    fix: `Keep ${gone.ref} until its data is backed up or moved. If it is meant to go, say so with a waiver. To take it out of this repository only, first deploy it with argocd.argoproj.io/sync-options: Prune=false (Argo CD), kustomize.toolkit.fluxcd.io/prune: disabled (Flux) or helm.sh/resource-policy: keep (Helm).`,
  };
}

interface Heirs extends Index {
  readonly after: World;
}

/** The new workload that has the name of one that mounted the claim: a Deployment that became a StatefulSet. */
function heirOf(gone: Manifest, { userBefore, addedByName, after }: Heirs): Manifest | undefined {
  if (gone.kind !== "PersistentVolumeClaim") return undefined;
  const user = userBefore(gone);
  return user && addedByName.get(user.name)?.find((added) => after.workload(added));
}

/** In head, as near as there is something: what takes the place of its user, or of itself, else where it was. */
function placeOf(gone: Manifest, heir: Manifest | undefined, { addedByPlace }: Index): Location {
  const templates = ["spec", "volumeClaimTemplates"];
  if (heir) return heir.get(...templates) === undefined ? heir.locate() : heir.locate(...templates);
  const alike = addedByPlace.get(placeKey(gone)) ?? [];
  const names = JSON.stringify(gone.get("spec", "names"));
  return (
    alike.find((one) => JSON.stringify(one.get("spec", "names")) === names) ??
    alike[0] ??
    gone
  ).locate();
}
