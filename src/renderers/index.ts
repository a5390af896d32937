import type { Note, Render, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { releasedValues } from "../engine/values.ts";
import { chartsOf, join } from "./chart.ts";
import { environmentOf } from "./environment.ts";
import { releaseId, releasesOf, renderRelease, type Release } from "./helm.ts";
import { closureOf, kustomizationsOf, rootsOf, type Closure } from "./kustomization.ts";
import { buildKustomization, type Built } from "./kustomize.ts";
import { isInside } from "./paths.ts";
import { readPlain } from "./plain.ts";
import { releaseValues } from "./release-values.ts";
import { looseValues } from "./values.ts";

/** Renders at once: each is one process, and a machine has few cores. */
const PARALLEL = 4;
/** More releases of one change than this are not rendered; a note names how many were left out. */
const MOST_RENDERS = 200;

/**
 * Turns trees into what is deployed: charts through `helm template`, kustomizations through `kubectl kustomize`, the
 * rest as it is written. Only what the change can touch is rendered.
 */
export const render: Render = async (base, head) => {
  const changed = changedPaths(base, head);
  const plans = { base: planOf(base), head: planOf(head) };
  const jobs = jobsOf(plans, { base, head }, changed);
  const results = await inParallel(jobs.slice(0, MOST_RENDERS), PARALLEL, runJob);
  const failed = new Set(results.filter(({ built }) => !built.ok).map(({ job }) => job.id));
  const asWritten = new Set(results.flatMap(({ job }) => (failed.has(job.id) ? job.resources : [])));
  const claims = { base: claimedBy(plans.base), head: claimedBy(plans.head) };
  const isManifest = (side: Side) => (path: string) => asWritten.has(path) || !claims[side](path);
  const plain = readPlain(base, head, {
    isManifest: { base: isManifest("base"), head: isManifest("head") },
    changed,
  });
  const left = jobs.length > MOST_RENDERS ? [leftOut(jobs.length - MOST_RENDERS)] : [];
  const loose = looseValues({ base, head }, changed, isUsed(plans));
  const side = (name: Side, tree: Tree): Rendering => ({
    // What renders on one side only cannot be compared: both sides are read as they are written.
    units: together([
      ...plain[name].units,
      ...unitsOf(results, { side: name, tree, failed, changed }),
      ...loose[name],
    ]),
    notes: [...tree.notes, ...plain[name].notes, ...notesOf(results, name), ...left],
  });
  return { base: side("base", base), head: side("head", head) };
};

function changedPaths(base: Tree, head: Tree): Set<string> {
  const paths = [...base.files.keys(), ...head.files.keys()];
  return new Set(paths.filter((path) => base.files.get(path)?.sha !== head.files.get(path)?.sha));
}

/** What of a tree has to be rendered. */
interface Plan {
  readonly releases: readonly Release[];
  readonly closures: readonly Closure[];
}

function planOf(tree: Tree): Plan {
  const kustomizations = kustomizationsOf(tree);
  return {
    releases: chartsOf(tree).flatMap(releasesOf),
    closures: rootsOf(kustomizations).map((root) => closureOf(root, kustomizations, tree)),
  };
}

/** Files that are not deployed as they are written. */
function claimedBy({ releases, closures }: Plan): (path: string) => boolean {
  const files = new Set(closures.flatMap(({ files }) => files));
  const charts = [...new Set(releases.map(({ chart }) => chart.folder))];
  const values = new Set(releases.flatMap(({ values }) => values ?? []));
  return (path) => files.has(path) || values.has(path) || charts.some((folder) => isInside(path, folder));
}

/** Files that are read through a chart or a kustomization. Others in a chart's folder are none of its values. */
function isUsed(plans: Record<Side, Plan>): (path: string) => boolean {
  const all = [plans.base, plans.head];
  const files = new Set(all.flatMap(({ closures }) => closures.flatMap((closure) => closure.files)));
  const releases = all.flatMap((plan) => plan.releases);
  for (const { chart, values } of releases) files.add(values ?? join(chart.folder, "values.yaml"));
  return (path) => files.has(path);
}

interface Job {
  readonly id: string;
  /** The release that it renders, where it is one. */
  readonly release?: Release;
  readonly side: Side;
  /** Read as they are written if the job fails. */
  readonly resources: readonly string[];
  readonly run: () => Promise<Built>;
}

interface Result {
  readonly job: Job;
  readonly built: Built;
}

async function runJob(job: Job): Promise<Result> {
  return { job, built: await job.run() };
}

function jobsOf(plans: Record<Side, Plan>, trees: Record<Side, Tree>, changed: ReadonlySet<string>): Job[] {
  const touched = new Set([...touchedIds(plans.base, changed), ...touchedIds(plans.head, changed)]);
  return (["base", "head"] as const).flatMap((side) => {
    const releases = plans[side].releases.map((release): Job => ({
      ...{ id: releaseId(release), side, resources: [], release },
      run: () => renderRelease(release, trees[side], side),
    }));
    const closures = plans[side].closures.map((closure): Job => ({
      ...{ id: closure.root.folder, side, resources: closure.resources },
      run: () => buildKustomization(closure, trees[side], side),
    }));
    return [...releases, ...closures].filter(({ id }) => touched.has(id));
  });
}

function touchedIds({ releases, closures }: Plan, changed: ReadonlySet<string>): string[] {
  const others = new Set(releases.flatMap(({ values }) => values ?? []));
  const inChart = ({ chart, values }: Release) =>
    [...changed].some(
      (path) =>
        path === values ||
        // Another release's values do not touch this one.
        (!others.has(path) &&
          [chart.folder, ...chart.local.values()].some((folder) => isInside(path, folder))),
    );
  return [
    ...releases.filter(inChart).map(releaseId),
    ...closures.filter(({ files }) => files.some((path) => changed.has(path))).map(({ root }) => root.folder),
  ];
}

async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

interface SideOfResults {
  readonly side: Side;
  readonly tree: Tree;
  /** Ids of what could not be rendered on one side or on both. */
  readonly failed: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
}

function unitsOf(results: readonly Result[], { side, tree, failed, changed }: SideOfResults): Unit[] {
  const dropped = new Set(results.flatMap(({ built }) => built.dropped));
  return results
    .filter(({ job }) => job.side === side)
    .flatMap(({ job, built }): Unit[] => {
      const { id, release } = job;
      const rendered = !failed.has(id);
      const manifests = rendered ? built.manifests.filter(({ path }) => !dropped.has(path)) : [];
      const values = release
        ? releaseValues(release, side, tree, { rendered, manifests, changed })
        : built.values && [...built.values, ...releasedValues(manifests)];
      if (!rendered && (values ?? []).length === 0) return [];
      const { incomplete } = built;
      return [{ id, environment: environmentOf(id), manifests, incomplete, ...(values && { values }) }];
    });
}

/** A folder read as written and a kustomization in it have one name: they are one unit. */
function together(units: readonly Unit[]): Unit[] {
  return [...Map.groupBy(units, ({ id }) => id)]
    .map(([id, group]) => ({
      id,
      environment: group[0]?.environment ?? environmentOf(id),
      manifests: group.flatMap(({ manifests }) => manifests),
      ...valuesOf(group),
      incomplete: group.some(({ incomplete }) => incomplete),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Where all parts leave it to their manifests, so does the whole. */
function valuesOf(group: readonly Unit[]): Pick<Unit, "values"> {
  if (group.every(({ values }) => values === undefined)) return {};
  return { values: group.flatMap(({ values, manifests }) => values ?? releasedValues(manifests)) };
}

function notesOf(results: readonly Result[], side: Side): Note[] {
  return results.filter(({ job }) => job.side === side).flatMap(({ built }) => built.notes);
}

function leftOut(count: number): Note {
  return {
    path: ".",
    message: `This change touches too many charts and overlays: ${count} were not rendered and not judged.`,
  };
}
