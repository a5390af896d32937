import { isObject, string } from "../../engine/json.ts";
import { dataUnder } from "../../engine/pruning.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const application = (policy: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ledger, namespace: argocd }
spec:
  source: { repoURL: https://git.example.com/platform, path: apps/ledger }
  syncPolicy:
    ${policy}
`;

const kustomization = (spec: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ledger, namespace: flux-system }
spec:
  path: ./apps/ledger
  ${spec}
`;

const CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ledger, namespace: bank }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 50Gi } } }
`;

const over = (deployer: string, data = CLAIM) => ({
  "deployer.yaml": deployer,
  "apps/ledger/claim.yaml": data,
});
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "sync-policy-changed",
  title: "A deploy tool starts to delete or replace objects, or stops deploying",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "With pruning on, whatever the tool once made and git no longer holds is deleted at the next sync. With force or replace, an object whose change is refused is deleted and created again, a claim with its data among them. And while the tool is suspended, it deploys nothing, not even the fix that users wait for.",
  fix: "Before pruning or force is switched on, compare the cluster with git, and protect what holds data with the annotation that the tool reads. Suspend only for a while, and say until when.",
  references: [
    "https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/",
    "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/",
    "https://fluxcd.io/flux/components/kustomize/kustomizations/",
  ],
  unsafe: [
    {
      title: "pruning is switched on over what holds data",
      before: over(application("automated: { prune: false }")),
      after: over(application(`automated: { prune: true }${MARK}`)),
    },
    {
      title: "what cannot be changed is deleted and created again",
      before: over(kustomization("prune: true")),
      after: over(kustomization(`prune: true\n  force: true${MARK}`)),
    },
    {
      title: "nothing is deployed any more",
      before: over(kustomization("prune: true")),
      after: over(kustomization(`prune: true\n  suspend: true${MARK}`)),
    },
    {
      title: "the tool syncs only by hand",
      before: over(application("automated: { prune: true }")),
      after: over(application("retry: { limit: 3 }").replace("syncPolicy:", `syncPolicy:${MARK}`)),
    },
    {
      title: "changes by hand are taken back at once",
      before: over(application("automated: { prune: true }")),
      after: over(application(`automated: { prune: true, selfHeal: true }${MARK}`)),
    },
    {
      title: "what is lost by mistake is no longer restored",
      before: over(application("automated: { prune: true, selfHeal: true }")),
      after: over(application(`automated: { prune: true, selfHeal: false }${MARK}`)),
    },
  ],
  safe: [
    {
      title: "it pruned before",
      before: over(application("automated: { prune: true }")),
      after: over(application("automated: { prune: true, allowEmpty: false }")),
    },
    {
      title: "changes by hand are taken back where nothing holds data",
      before: over(application("automated: {}"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"),
      after: over(
        application("automated: { selfHeal: true }"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n",
      ),
    },
    { title: "a new one prunes from its first day", after: over(application("automated: { prune: true }")) },
    {
      title: "it goes on after it was suspended",
      before: over(kustomization("suspend: true")),
      after: over(kustomization("suspend: false")),
    },
    {
      title: "pruning is switched on where nothing holds data",
      before: over(kustomization("prune: false"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"),
      after: over(kustomization("prune: true"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"),
    },
  ],

  *run({ changes, after: world }) {
    for (const change of changes) {
      if (change.kind !== "kept" || change.before.object === change.after.object) continue;
      const switches = SWITCHES[`${change.after.group}/${change.after.kind}`] ?? [];
      for (const one of switches) yield* turned(one, change, world);
    }
  },
});

interface Switch {
  readonly path: FieldPath;
  readonly on: (manifest: Manifest) => boolean;
  readonly effect: "prunes" | "forces" | "stops" | "heals" | "drifts";
}

const isTrue = (path: FieldPath) => (manifest: Manifest) => manifest.get(...path) === true;
const flag = (effect: Switch["effect"], ...path: string[]): Switch => ({ path, effect, on: isTrue(path) });

/** Argo CD's switches stand in the Application, or in the template of a set of them. */
const argo = (...spec: string[]): Switch[] => [
  flag("prunes", ...spec, "syncPolicy", "automated", "prune"),
  flag("heals", ...spec, "syncPolicy", "automated", "selfHeal"),
  {
    path: [...spec, "syncPolicy", "automated", "selfHeal"],
    effect: "drifts",
    // Without any automation it stops, which is said already.
    on: (manifest) => {
      const automated = manifest.get(...spec, "syncPolicy", "automated");
      return isObject(automated) && automated["enabled"] !== false && automated["selfHeal"] !== true;
    },
  },
  {
    path: [...spec, "syncPolicy", "syncOptions"],
    effect: "forces",
    on: (manifest) =>
      /\b(Replace|Force)=true\b/.test(
        JSON.stringify(manifest.get(...spec, "syncPolicy", "syncOptions") ?? ""),
      ),
  },
  {
    path: [...spec, "syncPolicy", "automated"],
    effect: "stops",
    on: (manifest) => {
      const automated = manifest.get(...spec, "syncPolicy", "automated");
      const off = manifest.get(...spec, "syncPolicy", "automated", "enabled") === false;
      return automated === undefined || automated === null || off;
    },
  },
];

const SWITCHES: Readonly<Record<string, readonly Switch[]>> = {
  "argoproj.io/Application": argo("spec"),
  "argoproj.io/ApplicationSet": argo("spec", "template", "spec"),
  "kustomize.toolkit.fluxcd.io/Kustomization": [
    flag("prunes", "spec", "prune"),
    flag("forces", "spec", "force"),
    flag("stops", "spec", "suspend"),
  ],
  "helm.toolkit.fluxcd.io/HelmRelease": [flag("stops", "spec", "suspend")],
};

function* turned(
  { path, on, effect }: Switch,
  { before, after }: { before: Manifest; after: Manifest },
  world: World,
): Iterable<Problem> {
  if (on(before) || !on(after)) return;
  // What was not automated at all did not keep the cluster to git either.
  if (effect === "drifts" && before.get(...path) !== true) return;
  const held = dataUnder(after, world);
  if (effect !== "stops" && held.length === 0) return;
  const data = listText(held.map(({ ref }) => ref));
  yield {
    subject: after,
    key: effect,
    at: after.locate(...path),
    // Only force deletes what still stands in git.
    ...(effect === "forces" ? {} : { atMost: "notice" as const }),
    ...SAYINGS[effect](after.ref, data, string(after.kind) ?? ""),
  };
}

type Saying = (ref: string, data: string, kind: string) => { message: string; fix: string };

const isArgo = (kind: string) => kind === "Application" || kind === "ApplicationSet";

const SAYINGS: Readonly<Record<Switch["effect"], Saying>> = {
  prunes: (ref, data) => ({
    message: `${ref} prunes from now on: at the next sync, what it once made and git no longer holds is deleted. It deploys ${data}, so claims and databases may be among the leftovers.`,
    fix: `Compare what runs with what git holds before this is merged (argocd app diff, flux diff kustomization), and protect what holds data with argocd.argoproj.io/sync-options: Prune=false or kustomize.toolkit.fluxcd.io/prune: disabled.`,
  }),
  forces: (ref, data) => ({
    message: `From now on ${ref} may delete and create again what it cannot change: at the next change of an immutable field, the data of ${data} can be lost.`,
    fix: "Switch it on for the one object that needs it, by its own annotation, and remove that again after the sync.",
  }),
  heals: (ref, data) => ({
    message: `From now on ${ref} takes back at once what anybody changes in the cluster by hand, for ${data} too: replicas that are added in an emergency, a volume that is made larger, a member that is taken out for a restore.`,
    fix: `Commit what was changed by hand before this is merged (argocd app diff shows it), and write in the runbook that emergency changes go through git, or that selfHeal is switched off first.`,
  }),
  drifts: (ref, data) => ({
    message: `${ref} no longer takes back what is changed or deleted in the cluster by hand, for ${data} too: what is lost there by mistake stays lost until the next commit.`,
    fix: `Keep selfHeal: true in ${ref}. If it is meant to be off for a while, say until when with a waiver.`,
  }),
  stops: (ref, _data, kind) => ({
    message: `${ref} ${isArgo(kind) ? "no longer syncs by itself" : "is suspended"}: nothing that is merged from now on reaches the cluster, not even a fix that users wait for.`,
    fix: `Keep ${isArgo(kind) ? "syncPolicy.automated" : "suspend: false"} in ${ref}. If it is meant to stop for a while, say until when with a waiver.`,
  }),
};
