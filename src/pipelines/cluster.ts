import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { isFlagger, isGradual, isRollout, strategyKind } from "../engine/progressive.ts";
import { STAGES } from "../engine/types.ts";
import type { Manifest, PathNode, Side, Stage, StageCell, Tree, Unit } from "../engine/types.ts";
import { workloadOf } from "../engine/workload.ts";
import { clusterTests } from "./cluster-tests.ts";
import type { ClusterTest } from "./cluster-tests.ts";
import type { Deploy } from "./deploys.ts";
import { rank } from "./rank.ts";

/** What is deployed together, as far as tests in the cluster go. */
interface Part {
  readonly id: string;
  readonly manifests: readonly Manifest[];
  readonly tests: readonly ClusterTest[];
  /** Its files were read one by one, so it may hold more than is seen. */
  readonly loose: boolean;
  /** Objects of it could not be rendered: that something is not there proves nothing. */
  readonly incomplete: boolean;
}

/** The side of a delivery that stands in the manifests. */
export type Cluster = readonly Part[];

const GUARD = /argoproj\.io\/|flagger\.app\/|helm\.sh\/hook/;

/**
 * Reads the tests that manifests hold: from the rendered units, and from files of what the change does not touch and
 * nobody rendered.
 */
export function readCluster(tree: Tree, side: Side, units: readonly Unit[]): Cluster {
  const rendered = new Set(units.flatMap(({ manifests }) => manifests.map(({ path }) => path)));
  const read = fileReader();
  const files = [...tree.files].filter(
    ([path, { text }]) => /\.ya?ml$/.test(path) && GUARD.test(text) && !rendered.has(path),
  );
  const loose = Map.groupBy(
    files.flatMap(([path, blob]) => manifestsOf(read(blob), { path, side, source: blob.text })),
    ({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/"))),
  );
  const parts = [
    ...units.map(({ id, manifests, incomplete = false }) => ({ id, manifests, incomplete, loose: false })),
    ...[...loose].map(([id, manifests]) => ({ id, manifests, incomplete: false, loose: true })),
  ];
  const templates = new Map(
    parts.flatMap(({ manifests }) =>
      manifests.flatMap((one) =>
        /AnalysisTemplate$/.test(one.kind) ? [[`${one.kind}/${one.name}`, one] as const] : [],
      ),
    ),
  );
  const find = (kind: string, name: string): Manifest | undefined => templates.get(`${kind}/${name}`);
  return parts.map((part) => ({ ...part, tests: clusterTests(part.manifests, find) }));
}

/** What a deploy brings to the cluster, as far as its folders tell; undefined where they do not. */
export function partsOf(deploy: Deploy, cluster: Cluster): readonly Part[] | undefined {
  const folders = deploy.brings?.folders ?? [];
  const parts = cluster.filter((part) => folders.some((folder) => covers(folder, part)));
  return parts.length > 0 ? parts : undefined;
}

const covers = (folder: string, { id, manifests }: Part): boolean =>
  folder === id ||
  id.startsWith(`${folder}/`) ||
  id.startsWith(`${folder} (`) ||
  manifests.some(({ path }) => path === folder || path.startsWith(`${folder}/`));

/** How a stage stands before a deploy by what the cluster does; undefined where no manifest says anything of it. */
export function clusterCell(stage: Stage, deploy: Deploy, cluster: Cluster): StageCell | undefined {
  const parts = partsOf(deploy, cluster);
  const tests = (parts ?? cluster).flatMap((part) =>
    part.tests.filter((test) => test.stage === stage).map((test) => ({ test, part })),
  );
  const [best] = tests.map(({ test }) => test).sort((a, b) => rank(a.verdict) - rank(b.verdict));
  if (!best) return undefined;
  const { verdict, reason, at } = best;
  if (!parts)
    return {
      stage,
      verdict: "unlinked",
      reason: `${best.owner.ref} has one; which workloads this deploys is not in its commands`,
      at,
    };
  const bare =
    verdict === "required"
      ? unguarded(
          tests.map(({ test }) => test),
          parts,
        )
      : undefined;
  if (bare === undefined) return { stage, verdict, reason, at };
  return { stage, verdict: "unlinked", reason: `${reason}; ${bare} is deployed without it`, at };
}

/** Tests of more objects than this do not fit a small picture. */
const NODES_AT_MOST = 3;

/** What tests a deploy once its manifests are in the cluster, one node for each object that does, the gating ones first. */
export function clusterNodes(deploy: Deploy, cluster: Cluster): PathNode[] {
  const tests = (partsOf(deploy, cluster) ?? []).flatMap((part) => part.tests);
  // A Helm test that no pipeline runs is none.
  const run = tests.filter(({ verdict }) => verdict !== "capability");
  const nodes = [...Map.groupBy(run, ({ owner }) => owner.ref)].map(([name, group]): PathNode => ({
    id: `cluster ${name}`,
    name,
    kind: "cluster",
    stages: STAGES.filter((stage) => group.some((test) => test.stage === stage)),
    gates: group.every(({ verdict }) => verdict === "required"),
    after: [deploy.root.key],
  }));
  return nodes.sort((a, b) => Number(b.gates) - Number(a.gates)).slice(0, NODES_AT_MOST);
}

/** A workload beside those that are guarded. */
function unguarded(tests: readonly ClusterTest[], parts: readonly Part[]): string | undefined {
  const good = tests.filter(({ verdict }) => verdict === "required");
  if (good.some(({ guards }) => guards === undefined)) return undefined;
  const guarded = new Set(good.map(({ guards }) => guards));
  const workloads = parts.flatMap(({ manifests }) =>
    manifests.filter(
      (manifest) => workloadOf(manifest)?.runsToCompletion === false && manifest.kind !== "Pod",
    ),
  );
  return workloads.find(({ kind, name }) => !guarded.has(`${kind}/${name}`))?.ref;
}

/** What rolls a deploy's workloads out step by step: empty where nothing does, undefined where that cannot be told. */
export function gradualOf(deploy: Deploy, cluster: Cluster): string | undefined {
  const parts = partsOf(deploy, cluster);
  if (!parts) return undefined;
  const found = parts
    .flatMap(({ manifests }) => manifests)
    .find((manifest) => isFlagger(manifest) || (isRollout(manifest) && isGradual(manifest)));
  if (!found) return parts.some(({ loose }) => loose) ? undefined : "";
  return `${found.ref} (${isRollout(found) ? (strategyKind(found) ?? "canary") : "Flagger"})`;
}
