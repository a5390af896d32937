import { imageName, isStore } from "../../engine/image.ts";
import { isObject, object } from "../../engine/json.ts";
import { dataUnder, foldersOf, removalOf, takesAlong } from "../../engine/pruning.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Json, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const application = (
  finalizers: string,
  name = "ledger",
  path = "apps/ledger",
) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
  ${finalizers}
spec:
  source: { repoURL: https://git.example.com/platform, path: ${path} }
`;

const FINALIZER = "finalizers: [resources-finalizer.argocd.argoproj.io]";

const kustomization = (prune: boolean) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ledger, namespace: flux-system }
spec: { path: ./apps/ledger, prune: ${String(prune)} }
`;

const release = (chart: string, values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ledger-db, namespace: bank }
spec:
  chart: { spec: { chart: ${chart}, sourceRef: { kind: HelmRepository, name: charts } } }
  values: ${values}
`;

const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ledger, namespace: bank }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 50Gi } } }
`;

const OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: bank }\n";
const MARK = " # <- finding";
const named = (text: string) => text.replace(/^( *name: ledger|metadata: \{ name: ledger.*)$/m, `$1${MARK}`);

export default defineCheck({
  kind: "transition",
  id: "deployer-removed",
  title: "What deploys an application is removed, and deletes it on its way out",
  pillar: "data",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "An Argo CD Application with its finalizer, a Flux Kustomization that prunes, and a HelmRelease take all that they deployed along when they are deleted: workloads stop and claims go with their data, though their manifests still stand in the repository.",
  fix: "First tell it to leave its objects behind (remove its finalizer, or write prune: false, deletionPolicy: Orphan or preserveResourcesOnDeletion: true), and remove it once that is deployed.",
  references: [
    "https://argo-cd.readthedocs.io/en/stable/user-guide/app_deletion/",
    "https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Application-Deletion/",
    "https://fluxcd.io/flux/components/kustomize/kustomizations/#deletion-policy",
  ],
  unsafe: [
    {
      title: "an Application with its finalizer goes, and what it deployed stays in the repository",
      before: { "argocd/ledger.yaml": named(application(FINALIZER)), "apps/ledger/claim.yaml": CLAIM },
      after: { "apps/ledger/claim.yaml": CLAIM },
    },
    {
      title: "a Flux Kustomization that prunes goes",
      before: { "flux/ledger.yaml": named(kustomization(true)), "apps/ledger/claim.yaml": CLAIM },
      after: { "apps/ledger/claim.yaml": CLAIM },
    },
    {
      title: "the release of a database goes",
      before: {
        "db.yaml": named(release("postgresql", "{ auth: { database: ledger } }")),
        "settings.yaml": OTHER,
      },
      after: { "settings.yaml": OTHER },
    },
  ],
  safe: [
    {
      title: "without the finalizer its objects stay",
      before: { "argocd/ledger.yaml": application("labels: {}"), "apps/ledger/claim.yaml": CLAIM },
      after: { "apps/ledger/claim.yaml": CLAIM },
    },
    {
      title: "it did not prune",
      before: { "flux/ledger.yaml": kustomization(false), "apps/ledger/claim.yaml": CLAIM },
      after: { "apps/ledger/claim.yaml": CLAIM },
    },
    {
      title: "one of two clusters goes with its folder, and the other has a claim of that name",
      before: {
        "argocd/east.yaml": application(FINALIZER, "ledger-east", "east/ledger"),
        "argocd/west.yaml": application(FINALIZER, "ledger-west", "west/ledger"),
        "east/ledger/claim.yaml": CLAIM,
        "west/ledger/claim.yaml": CLAIM,
      },
      after: {
        "argocd/west.yaml": application(FINALIZER, "ledger-west", "west/ledger"),
        "west/ledger/claim.yaml": CLAIM,
      },
    },
    {
      title: "it moves to another file",
      before: { "argocd/ledger.yaml": application(FINALIZER), "apps/ledger/claim.yaml": CLAIM },
      after: { "argocd/bank/ledger.yaml": application(FINALIZER), "apps/ledger/claim.yaml": CLAIM },
    },
    {
      title: "nothing that it deployed holds data",
      before: { "web.yaml": release("web-app", "{ replicaCount: 3 }"), "settings.yaml": OTHER },
      after: { "settings.yaml": OTHER },
    },
    {
      title: "the claim goes too, and that is said about the claim",
      before: {
        "argocd/ledger.yaml": application(FINALIZER),
        "apps/ledger/claim.yaml": CLAIM.replace(
          "namespace: bank }",
          "namespace: bank, annotations: { helm.sh/resource-policy: keep } }",
        ),
        "settings.yaml": OTHER,
      },
      after: { "settings.yaml": OTHER },
    },
  ],

  *run(transition) {
    const { before, after } = transition;
    for (const { kind, before: gone } of transition.changes) {
      if (kind !== "removed" || !takesAlong(gone) || after.incomplete) continue;
      if (after.count(gone.kind, gone.name) >= before.count(gone.kind, gone.name)) continue;
      yield* judge(gone, transition);
    }
  },
});

function* judge(gone: Manifest, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  const removal = removalOf(gone, before);
  if (removal === "kept") return;
  // What leaves the repository with it is judged by itself.
  const held = dataUnder(gone, before).filter(
    ({ kind, name }) => after.anywhere(kind, name) && after.count(kind, name) >= before.count(kind, name),
  );
  const store = storeOf(gone);
  if (held.length === 0 && store === undefined) return;
  const sure = removal === "deleted" && held.length > 0 && !hasHeir(gone, held, transition);
  const condition = removal === "unknown" ? "If it leaves the cluster as well, " : "At the next sync ";
  const what = held.length > 0 ? listText(held.map(({ ref }) => ref)) : (store ?? "");
  yield {
    subject: gone,
    at: gone.locate(),
    ...(removal === "asked" ? { atMost: "notice" } : sure ? {} : { atMost: "warning" }),
    message: `${gone.ref} is removed. ${condition}all that it deployed is deleted with it, including ${what}.`,
    fix: `${fixOf(gone)}, deploy that, and remove ${gone.kind} ${gone.name} afterwards. If all of it is meant to go, back up its data first and waive deployer-removed for "${gone.ref}" in .github/nines.yml.`,
  };
}

function fixOf({ ref, kind }: Manifest): string {
  if (kind === "Application")
    return `First remove the finalizer resources-finalizer.argocd.argoproj.io from ${ref}`;
  if (kind === "ApplicationSet")
    return `First write syncPolicy: { preserveResourcesOnDeletion: true } into the spec of ${ref}`;
  return kind === "Kustomization"
    ? `First write prune: false in ${ref}`
    : `First give the claims of ${ref} the annotation helm.sh/resource-policy: keep`;
}

/** Another one deploys the same: it may take over what is there, or make it again, but without its data. */
function hasHeir(gone: Manifest, held: readonly Manifest[], { after, changes }: Transition): boolean {
  const sets = changes.filter(({ kind, after: set }) => kind !== "removed" && set.kind === "ApplicationSet");
  // What a new set generates, only its generators tell.
  const generates = sets.some(
    ({ before, after: set }) =>
      before?.object !== set?.object && set !== undefined && foldersOf(set).some(isUnknown),
  );
  const folders = foldersOf(gone).filter((folder) => typeof folder === "string");
  const others = ["Application", "ApplicationSet", "Kustomization"].flatMap((kind) => after.everywhere(kind));
  return (
    generates ||
    others.some(
      (other) =>
        foldersOf(other).some((folder) => folders.some((one) => one === folder)) ||
        dataUnder(other, after).some(({ kind, name }) =>
          held.some((one) => one.kind === kind && one.name === name),
        ),
    )
  );
}

/** The chart of a release that is known to be a store, or whose values ask for a volume. */
function storeOf(release: Manifest): string | undefined {
  const chart =
    release.kind === "HelmRelease"
      ? release.get("spec", "chart", "spec", "chart")
      : (release.get("spec", "chart") ?? release.get("spec", "source", "chart"));
  if (typeof chart !== "string") return undefined;
  const values = release.get("spec", "values") ?? release.get("spec", "source", "helm", "valuesObject");
  return isStore(imageName(chart)) || asksForVolume(values) ? `the data of chart ${chart}` : undefined;
}

/** By the usual meaning of `persistence`: on, or with a size. */
function asksForVolume(values: Json | undefined): boolean {
  return Object.entries(object(values)).some(([key, value]) => {
    if (!isObject(value)) return false;
    if (/^(persistence|persistentVolume)$/.test(key)) return value["enabled"] === true;
    return asksForVolume(value);
  });
}
