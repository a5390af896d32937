import type { Side, Tree } from "../engine/types.ts";
import { foldersOfChangedDeployers } from "./deployers.ts";
import { dormantSwitches } from "./dormant.ts";
import { environmentOf } from "./environment.ts";
import { appliedIn } from "./flux.ts";
import { renderRelease } from "./helm.ts";
import { buildKustomization, type Built } from "./kustomize.ts";
import { isRevalued, touchedIds, type Plan } from "./plan.ts";
import { environmentOfRelease, releaseId, sourcesOf, type Release } from "./release.ts";
import type { Repair } from "./repair.ts";
import { movedIds } from "./same-release.ts";

/** Renders at once: each is one process, and a machine has few cores. */
const PARALLEL = 4;
/** More units of one change than this are not rendered; a note names how many were left out. */
const MOST_UNITS = 100;

export interface Job {
  readonly id: string;
  /** The release that it renders, where it is one. */
  readonly release?: Release;
  readonly side: Side;
  /** Files of the tree that it is made of. */
  readonly sources: readonly string[];
  /** Read as they are written if the job fails. */
  readonly resources: readonly string[];
  /** @param seed what another release of the same chart had to do without */
  readonly run: (seed?: Repair) => Promise<Built>;
}

export interface Result {
  readonly job: Job;
  readonly built: Built;
}

/** What one release of a chart lacks the others lack too: the first tells them, always the same one. */
export async function runJobs(jobs: readonly Job[], known: ReadonlyMap<string, Repair>): Promise<Result[]> {
  const run = async (job: Job, seeds: ReadonlyMap<string, Repair>): Promise<Result> => ({
    job,
    built: await job.run(seeds.get(chartKey(job))).catch((error: unknown) => broken(job, error)),
  });
  const groups = [...Map.groupBy(jobs, chartKey).values()];
  const firsts = groups.flatMap(([first]) => first ?? []);
  const results = await inParallel(firsts, PARALLEL, (job) => run(job, known));
  const seeds = seedsOf(results);
  const others = groups.flatMap((group) => group.slice(1));
  const rest = await inParallel(others, PARALLEL, (job) => run(job, seeds));
  const byJob = new Map([...results, ...rest].map((result) => [result.job, result]));
  return jobs.flatMap((job) => byJob.get(job) ?? []);
}

/** A tree can hold what no folder can: a name that is too long, or that leads out of it. */
function broken({ id }: Job, error: unknown): Built {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `This could not be rendered, and was not judged: ${reason}.`;
  return {
    ok: false,
    manifests: [],
    incomplete: true,
    missing: [],
    notes: [{ path: id, message }],
    dropped: [],
  };
}

/** Kustomizations stand alone. */
const chartKey = ({ id, side, release }: Job) => `${side} ${release ? `chart ${release.chart.folder}` : id}`;

/** Templates that one release does without are tried again with the next. */
export function seedsOf(results: readonly Result[]): Map<string, Repair> {
  const seeds = new Map<string, Repair>();
  for (const { job, built } of results) {
    if (built.attempt && !seeds.has(chartKey(job)))
      seeds.set(chartKey(job), { ...built.attempt.tried, dropped: [] });
  }
  return seeds;
}

function releaseJob(release: Release, side: Side, tree: Tree): Job {
  return {
    ...{ id: releaseId(release), side, resources: [], release },
    // Looked for in the whole tree, and of most releases nobody asks.
    get sources() {
      return sourcesOf(release, tree);
    },
    run: (seed) => renderRelease(release, { tree, side, seed }),
  };
}

/** Charts of which a changed template is switched on by no values, once more with those switches on. */
export function dormantJobs(
  results: readonly Result[],
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
): Job[] {
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
    return [...sides].flatMap(([side, own]) =>
      own ? [releaseJob({ chart: own, files: [], on }, side, trees[side])] : [],
    );
  });
}

export function jobsOf(
  plans: Record<Side, Plan>,
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
): Job[] {
  const touched = new Set([
    ...touchedIds(plans.base, changed),
    ...touchedIds(plans.head, changed),
    ...foldersOfChangedDeployers(trees, changed),
    ...movedIds(plans),
  ]);
  const all = (["base", "head"] as const).flatMap((side) => allJobs(plans[side], side, trees[side]));
  // Of a kustomization also what its variables stand for. Releases know by themselves what touches them.
  const built = all.filter(({ release }) => release === undefined);
  for (const { id, sources } of built) if (sources.some((path) => changed.has(path))) touched.add(id);
  return all.filter(({ id }) => touched.has(id));
}

function allJobs({ releases, closures }: Plan, side: Side, tree: Tree): Job[] {
  const applied = appliedIn(tree, side);
  return [
    ...releases.map((release) => releaseJob(release, side, tree)),
    ...closures.map((closure): Job => ({
      ...{ id: closure.root.folder, side, resources: closure.resources },
      sources: [...closure.files, ...applied(closure).settings],
      run: () => buildKustomization(closure, applied(closure).tree, side),
    })),
  ];
}

/** What stands on both sides and is none of the jobs. */
export function untouchedJobs(plans: Record<Side, Plan>, tree: Tree, jobs: readonly Job[]): Job[] {
  const taken = new Set(jobs.map(({ id }) => id));
  const { releases, closures } = plans.base;
  const known = new Set([...releases.map(releaseId), ...closures.map(({ root }) => root.folder)]);
  return allJobs(plans.head, "head", tree).filter(({ id }) => known.has(id) && !taken.has(id));
}

/** Both sides of a unit or none of it; first what changes itself, then production. */
export function atMost(
  jobs: readonly Job[],
  changed: ReadonlySet<string>,
): { jobs: readonly Job[]; left: number } {
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
