import type { Manifest, Note, Render, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { releasedValues } from "../engine/values.ts";
import { chartsOf, join } from "./chart.ts";
import { chartNotes, type Touched } from "./chart-notes.ts";
import { dormantSwitches } from "./dormant.ts";
import { environmentOf } from "./environment.ts";
import { renderRelease } from "./helm.ts";
import { closureOf, kustomizationsOf, rootsOf, type Closure } from "./kustomization.ts";
import { buildKustomization, type Built } from "./kustomize.ts";
import { isInside } from "./paths.ts";
import { readPlain } from "./plain.ts";
import { orderedReleases } from "./orders.ts";
import { environmentOfRelease, releaseId, releasesOf, type Release } from "./release.ts";
import { releaseValues } from "./release-values.ts";
import { looseValues } from "./values.ts";

/** Renders at once: each is one process, and a machine has few cores. */
const PARALLEL = 4;
/** More units of one change than this are not rendered; a note names how many were left out. */
const MOST_UNITS = 100;

/**
 * Turns trees into what is deployed: charts through `helm template`, kustomizations through `kubectl kustomize`, the
 * rest as it is written. Only what the change can touch is rendered.
 */
export const render: Render = async (base, head) => {
  const changed = changedPaths(base, head);
  const plans = { base: planOf(base, "base"), head: planOf(head, "head") };
  const all = jobsOf(plans, { base, head }, changed);
  const { jobs, left } = atMost(all, changed);
  const results = await inParallel(jobs, PARALLEL, runJob);
  results.push(...(await inParallel(dormantJobs(results, { base, head }, changed), PARALLEL, runJob)));
  const failed = new Set(results.filter(({ built }) => !built.ok).map(({ job }) => job.id));
  const asWritten = new Set(results.flatMap(({ job }) => (failed.has(job.id) ? job.resources : [])));
  const claims = { base: claimedBy(plans.base), head: claimedBy(plans.head) };
  const isManifest = (side: Side) => (path: string) => asWritten.has(path) || !claims[side](path);
  const plain = readPlain(base, head, {
    isManifest: { base: isManifest("base"), head: isManifest("head") },
    changed,
  });
  const touched = [...changed].map((path) => {
    const texts = [base, head].map(({ files }) => files.get(path)?.text ?? "");
    return { path, text: texts.join("\n") };
  });
  const loose = looseValues({ base, head }, changed, isUsed(plans));
  const side = (name: Side, tree: Tree): Rendering => ({
    // What renders on one side only cannot be compared: both sides are read as they are written.
    units: withoutOrders(
      together([
        ...plain[name].units,
        ...unitsOf(results, { side: name, tree, failed, changed }),
        ...loose[name],
      ]),
      plans,
    ),
    notes: [...tree.notes, ...plain[name].notes, ...notesOf(results, name, touched), ...(left > 0 ? [leftOut(left)] : [])],
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

function planOf(tree: Tree, side: Side): Plan {
  const kustomizations = kustomizationsOf(tree);
  const charts = chartsOf(tree);
  const ordered = orderedReleases(charts, tree, side);
  return {
    releases: charts.flatMap((chart) => releasesOf(chart, ordered)),
    closures: rootsOf(kustomizations).map((root) => closureOf(root, kustomizations, tree)),
  };
}

/** Files that are not deployed as they are written. */
function claimedBy({ releases, closures }: Plan): (path: string) => boolean {
  const files = new Set(closures.flatMap(({ files }) => files));
  const charts = [...new Set(releases.map(({ chart }) => chart.folder))];
  const values = new Set(releases.flatMap((release) => release.files.map(({ path }) => path)));
  return (path) => files.has(path) || values.has(path) || charts.some((folder) => isInside(path, folder));
}

/** Files that are read through a chart or a kustomization. Others in a chart's folder are none of its values. */
function isUsed(plans: Record<Side, Plan>): (path: string) => boolean {
  const all = [plans.base, plans.head];
  const files = new Set(all.flatMap(({ closures }) => closures.flatMap((closure) => closure.files)));
  const releases = all.flatMap((plan) => plan.releases);
  for (const { chart, files: used } of releases) {
    files.add(join(chart.folder, "values.yaml"));
    for (const { path } of used) files.add(path);
  }
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

function releaseJob(release: Release, side: Side, tree: Tree): Job {
  return {
    ...{ id: releaseId(release), side, resources: [], release },
    run: () => renderRelease(release, tree, side),
  };
}

/** Charts of which a changed template is switched on by no values, once more with those switches on. */
function dormantJobs(results: readonly Result[], trees: Record<Side, Tree>, changed: ReadonlySet<string>): Job[] {
  const charts = Map.groupBy(
    results.filter(({ job }) => job.release !== undefined),
    ({ job }) => job.release?.chart.folder ?? "",
  );
  return [...charts.values()].flatMap((group) => {
    const chart = group[0]?.job.release?.chart;
    const manifests = group.flatMap(({ built }) => built.manifests);
    if (!chart || manifests.length === 0) return [];
    const on = dormantSwitches(chart, trees, changed, manifests);
    if (!on) return [];
    // Each side has its own chart: dependencies may differ.
    const sides = new Map(group.map(({ job }) => [job.side, job.release?.chart]));
    return [...sides].flatMap(([side, own]) => (own ? [releaseJob({ chart: own, files: [], on }, side, trees[side])] : []));
  });
}

function jobsOf(plans: Record<Side, Plan>, trees: Record<Side, Tree>, changed: ReadonlySet<string>): Job[] {
  const touched = new Set([...touchedIds(plans.base, changed), ...touchedIds(plans.head, changed)]);
  return (["base", "head"] as const).flatMap((side) => {
    const releases = plans[side].releases.map((release) => releaseJob(release, side, trees[side]));
    const closures = plans[side].closures.map((closure): Job => ({
      ...{ id: closure.root.folder, side, resources: closure.resources },
      run: () => buildKustomization(closure, trees[side], side),
    }));
    return [...releases, ...closures].filter(({ id }) => touched.has(id));
  });
}

function touchedIds({ releases, closures }: Plan, changed: ReadonlySet<string>): string[] {
  const others = new Set(releases.flatMap((release) => release.files.map(({ path }) => path)));
  // Another release's values do not touch this one.
  const shared = [...changed].filter((path) => !others.has(path));
  const charts = new Set(releases.map(({ chart }) => chart));
  const touched = new Set(
    [...charts].filter((chart) =>
      [chart.folder, ...chart.local.values()].some((folder) => shared.some((path) => isInside(path, folder))),
    ),
  );
  const isTouched = (release: Release) => touched.has(release.chart) || isRevalued(release, changed);
  return [
    ...releases.filter(isTouched).map(releaseId),
    ...closures.filter(({ files }) => files.some((path) => changed.has(path))).map(({ root }) => root.folder),
  ];
}

/** Whether its own values change. */
function isRevalued({ files, order }: Release, changed: ReadonlySet<string>): boolean {
  return files.some(({ path }) => changed.has(path)) || (order !== undefined && changed.has(order.path));
}

/** Both sides of a unit or none of it; first what changes itself, then production. */
function atMost(jobs: readonly Job[], changed: ReadonlySet<string>): { jobs: readonly Job[]; left: number } {
  const ids = [...new Map(jobs.map((job) => [job.id, job])).values()];
  if (ids.length <= MOST_UNITS) return { jobs, left: 0 };
  const rank = ({ id, release }: Job) =>
    (release && isRevalued(release, changed) ? 0 : 2) +
    ((release ? environmentOfRelease(release) : environmentOf(id)) === "production" ? 0 : 1);
  const chosen = new Set(
    ids
      .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
      .slice(0, MOST_UNITS)
      .map(({ id }) => id),
  );
  return { jobs: jobs.filter(({ id }) => chosen.has(id)), left: ids.length - MOST_UNITS };
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
  // What one side does without, the other does without too, or it would look removed.
  const dropped = new Set(results.flatMap(({ job, built }) => built.dropped.map((path) => `${job.id} ${path}`)));
  const partly = incompleteIds(results);
  return results
    .filter(({ job }) => job.side === side)
    .flatMap(({ job, built }): Unit[] => {
      const { id, release } = job;
      const rendered = !failed.has(id);
      const manifests = rendered ? built.manifests.filter(({ path }) => !dropped.has(`${id} ${path}`)) : [];
      const values = release
        ? releaseValues(release, side, tree, { manifests, changed })
        : built.values && [...built.values, ...releasedValues(manifests)];
      if (!rendered && (values ?? []).length === 0) return [];
      const incomplete = partly.has(id);
      const environment = release ? environmentOfRelease(release) : environmentOf(id);
      return [{ id, environment, manifests, incomplete, ...(values && { values }) }];
    });
}

/** Values of orders whose chart is in the tree are judged with that chart. */
function withoutOrders(units: readonly Unit[], plans: Record<Side, Plan>): Unit[] {
  const orders = new Set(
    [plans.base, plans.head].flatMap(({ releases }) =>
      releases.flatMap(({ order }) => (order ? [`${order.ref} ${order.path}`] : [])),
    ),
  );
  const isOrder = ({ ref, path }: Manifest) => orders.has(`${ref} ${path}`);
  return units.map((unit) => {
    if (unit.values !== undefined || !unit.manifests.some(isOrder)) return unit;
    return { ...unit, values: releasedValues(unit.manifests.filter((manifest) => !isOrder(manifest))) };
  });
}

/** What lacks objects of its own, or not the same on both sides. */
function incompleteIds(results: readonly Result[]): Set<string> {
  const byId = Map.groupBy(results, ({ job }) => job.id);
  return new Set(
    [...byId].flatMap(([id, sides]) => {
      const missing = new Set(sides.map(({ built }) => JSON.stringify(built.missing)));
      return missing.size > 1 || sides.some(({ built }) => built.incomplete) ? [id] : [];
    }),
  );
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

function notesOf(results: readonly Result[], side: Side, touched: readonly Touched[]): Note[] {
  const own = results.filter(({ job }) => job.side === side).map(({ built }) => built);
  const charts = Map.groupBy(
    own.flatMap(({ attempt }) => attempt ?? []),
    ({ release }) => release.chart,
  );
  return [
    ...own.flatMap(({ notes }) => notes),
    ...[...charts.values()].flatMap((attempts) => chartNotes(attempts, touched)),
  ];
}

function leftOut(count: number): Note {
  return {
    path: ".",
    message: `This change touches too many charts and overlays: ${count} were not rendered and not judged.`,
  };
}
