import { removalOf } from "../../engine/pruning.ts";
import { keysOf, referencesOf, type Reference } from "../../engine/references.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const search = (config: string, strategy = "replicas: 3") => `apiVersion: apps/v1
kind: Deployment
metadata: { name: search, namespace: shop }
spec:
  ${strategy}
  selector: { matchLabels: { app: search } }
  template:
    metadata: { labels: { app: search } }
    spec:
      containers: [{ name: search, image: "search:2" }]
      volumes: [{ name: config, configMap: { ${config} } }]
---
`;

const settings = (name: string, annotations = "{}", mark = "") => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: shop, annotations: ${annotations} }${mark}
data: { language: en }
---
`;

const FLUX = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop, namespace: flux-system }
spec: { path: ./, prune: true }
`;

const NAME = "metadata: { name: search, namespace: shop }";
const KEYED = (key: string, asked: string) =>
  search(`name: search-settings, items: [{ key: ${asked}, path: url }]`) +
  settings("search-settings").replace("language", key);

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "config-prune-race",
  title: "A setting is deleted while old pods still need it",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The deploy tool deletes the old ConfigMap or Secret at once, and the rollout takes minutes. An old pod that has to start again in the meantime (after a drain, an eviction or a rollback) cannot read it and does not start. If the new version fails, there is no way back.",
  fix: "Remove the old object in a later change, when no pod refers to it any more, or tell the deploy tool to prune last.",
  references: [
    "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#prune-last",
    "https://fluxcd.io/flux/components/kustomize/kustomizations/#prune",
  ],
  unsafe: [
    {
      title: "the ConfigMap gets another name, and Flux prunes",
      before: search("name: search-settings") + settings("search-settings") + FLUX,
      after:
        search("name: search-config").replace(
          "name: search, namespace: shop }",
          `name: search, namespace: shop }${MARK}`,
        ) +
        settings("search-config") +
        FLUX,
    },
    {
      title: "the number in its name goes up",
      before: search("name: search-v1") + settings("search-v1") + FLUX,
      after:
        search("name: search-v2").replace(
          "name: search, namespace: shop }",
          `name: search, namespace: shop }${MARK}`,
        ) +
        settings("search-v2") +
        FLUX,
    },
    {
      title: "the settings move into the image",
      before: search("name: search-settings") + settings("search-settings") + FLUX,
      after:
        search("name: search-settings")
          .replace(/      volumes: .*\n/, "")
          .replace("name: search, namespace: shop }", `name: search, namespace: shop }${MARK}`) + FLUX,
    },
    {
      title: "a key of the ConfigMap is renamed together with the pod that reads it",
      before: KEYED("url", "url"),
      after: KEYED("address", "address").replace(NAME, `${NAME}${MARK}`),
    },
  ],
  safe: [
    {
      title: "the old key stays for now",
      before: KEYED("url", "url"),
      after: KEYED("address", "address").replace(/^data: \{/m, "data: { url: old,"),
    },
    {
      title: "Argo CD prunes it last",
      before:
        search("name: search-settings") +
        settings("search-settings", "{ argocd.argoproj.io/sync-options: PruneLast=true }") +
        FLUX,
      after: search("name: search-config") + settings("search-config") + FLUX,
    },
    {
      title: "the old one stays for now",
      before: search("name: search-settings") + settings("search-settings") + FLUX,
      after: search("name: search-config") + settings("search-settings") + settings("search-config") + FLUX,
    },
    {
      title: "all old pods stop before new ones start",
      before:
        search("name: search-settings", "strategy: { type: Recreate }") + settings("search-settings") + FLUX,
      after: search("name: search-config", "strategy: { type: Recreate }") + settings("search-config") + FLUX,
    },
    {
      title: "kustomize counts in the name, and old ones are kept",
      before: search("name: search-config-5f7hc2k9dd") + settings("search-config-5f7hc2k9dd"),
      after: search("name: search-config-77h8mtb4kc") + settings("search-config-77h8mtb4kc"),
    },
  ],

  *run(transition) {
    const gone = new Map(
      transition.changes.flatMap((change) =>
        change.kind === "removed" && isConfig(change.before, transition)
          ? [[`${change.before.kind}/${change.before.name}`, change.before]]
          : [],
      ),
    );
    const keys = lostKeys(transition);
    if (gone.size === 0 && keys.size === 0) return;
    for (const change of transition.changes) {
      if (change.kind !== "kept") continue;
      const was = transition.before.workload(change.before);
      const is = transition.after.workload(change.after);
      if (!was || !is || is.runsToCompletion || !isRolling(is, transition)) continue;
      yield* races(was, is, gone);
      yield* keyRaces(was, is, keys);
    }
  },
});

/** Deleted for sure while the rollout is on its way. Names that end in a hash have their own history. */
function isConfig(manifest: Manifest, { before, after }: Transition): boolean {
  const { kind, name, annotations } = manifest;
  if (kind !== "ConfigMap" && kind !== "Secret") return false;
  if (
    /-[a-z0-9]{10}$/.test(name) ||
    annotations["argocd.argoproj.io/sync-options"]?.includes("PruneLast=true")
  )
    return false;
  return removalOf(manifest, before) === "deleted" && after.count(kind, name) < before.count(kind, name);
}

function isRolling(workload: Workload, { after }: Transition): boolean {
  const replicas = after.replicasOf(workload);
  const { type, maxUnavailable } = strategyOf(workload, replicas);
  return type === "RollingUpdate" && replicas > 0 && maxUnavailable < Math.max(replicas, 2);
}

function* races(was: Workload, is: Workload, gone: ReadonlyMap<string, Manifest>): Iterable<Problem> {
  const now = new Set(referencesOf(is).map(({ kind, name }) => `${kind}/${name}`));
  const old = new Map(
    referencesOf(was).map((reference) => [`${reference.kind}/${reference.name}`, reference]),
  );
  for (const [name, reference] of old) {
    const removed = gone.get(name);
    if (!removed || now.has(name)) continue;
    yield {
      subject: is.manifest,
      key: name,
      at: is.manifest.locate(),
      message: `This change deletes ${removed.ref}, and the old pods of ${is.manifest.ref} need it until the rollout is complete: ${victim(reference)} does not start again, and neither do those that a rollback brings back.`,
      fix: `Keep ${removed.ref} in this change and remove it in the next one${removed.kind === "Secret" ? "" : "; or, with Argo CD, annotate it with argocd.argoproj.io/sync-options: PruneLast=true in a change before this one"}.`,
    };
  }
}

/** Variables are read again when a container restarts; what a pod has mounted outlives a crash. */
const victim = ({ use }: Reference) =>
  use === "env" ? "one that crashes or is drained before that" : "one that is drained or evicted before that";

/** Objects that stay and lose entries, by `Kind/name key`: those are gone as soon as the object is applied. */
function lostKeys({ changes }: Transition): ReadonlyMap<string, Manifest> {
  return new Map(
    changes.flatMap(({ kind, before, after }) => {
      if (kind !== "kept" || before.object === after.object) return [];
      const [old, now] = [keysOf(before), keysOf(after)];
      if (!old || !now) return [];
      return [...old].flatMap((key) =>
        now.has(key) ? [] : [[`${after.kind}/${after.name} ${key}`, after] as const],
      );
    }),
  );
}

const keyName = ({ kind, name, key }: Reference) => `${kind}/${name} ${key ?? ""}`;

/** New pods ask for another entry; the old ones cannot start again without theirs. */
function* keyRaces(was: Workload, is: Workload, lost: ReadonlyMap<string, Manifest>): Iterable<Problem> {
  const now = new Set(referencesOf(is).map(keyName));
  const told = new Set<string>();
  for (const reference of referencesOf(was)) {
    const name = keyName(reference);
    const config = lost.get(name);
    if (!config || reference.key === undefined || now.has(name) || told.has(name)) continue;
    told.add(name);
    yield {
      subject: is.manifest,
      key: name,
      at: is.manifest.locate(),
      was: was.manifest.locate(...reference.path),
      message: `This change removes key ${reference.key} from ${config.ref}, and the old pods of ${is.manifest.ref} need it until the rollout is complete: ${victim(reference)} does not start again, and neither do those that a rollback brings back.`,
      fix: `Keep ${reference.key} in ${config.ref} beside the new key, and remove it in the next change.`,
    };
  }
}
