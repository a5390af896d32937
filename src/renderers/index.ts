import { isMeant } from "../engine/glob.ts";
import type { Note, Render, Rendering, Side, Tree, UnitRules } from "../engine/types.ts";
import { brokenBuilds, brokenCharts, isTold, lostFiles } from "./broken.ts";
import { chartNotes, type Touched } from "./chart-notes.ts";
import { substituted } from "./flux.ts";
import {
  atMost,
  dormantJobs,
  jobsOf,
  runJobs,
  seedsOf,
  untouchedJobs,
  type Job,
  type Result,
} from "./jobs.ts";
import { leftOutFiles, withoutLeftOut } from "./left-out.ts";
import { withLostFolders } from "./lost-folders.ts";
import { changedPaths, claimedBy, isUsed, planOf } from "./plan.ts";
import { readPlain } from "./plain.ts";
import { sameReleases } from "./same-release.ts";
import { isExcludedJob, NO_RULES, ruleNotes, withEnvironments } from "./unit-rules.ts";
import { together, unitsOf, withoutOrders } from "./units.ts";
import { looseValues } from "./values.ts";
import { withWitnesses } from "./witnesses.ts";

/**
 * Turns trees into what is deployed: charts through `helm template`, kustomizations through `kubectl kustomize`, the
 * rest as it is written. Only what the change can touch is rendered.
 */
export const render: Render = async (baseTree, headTree, rules = NO_RULES) => {
  const [base, head] = [substituted(baseTree, "base"), substituted(headTree, "head")];
  const trees = { base, head };
  const changed = changedPaths(base, head);
  const written = sameReleases({ base: planOf(base, "base", rules), head: planOf(head, "head", rules) });
  const plans = withoutLeftOut(written);
  const all = jobsOf(plans, trees, changed).filter((job) => !isExcludedJob(rules, job));
  const { jobs, left } = atMost(all, changed);
  const results = await resultsOf(jobs, trees, changed);
  const failed = new Set(results.filter(({ built }) => !built.ok).map(({ job }) => job.id));
  const asWritten = new Set(results.flatMap(({ job }) => (failed.has(job.id) ? job.resources : [])));
  const isPlain = plainOf({ written, plans, asWritten }, rules);
  const plain = readPlain(base, head, {
    isManifest: { base: isPlain("base"), head: isPlain("head") },
    changed,
  });
  const touched = textsOf(trees, changed);
  const used = isUsed(plans);
  const lost = lostFiles(plans, head);
  const loose = looseValues(trees, changed, (path) => used(path) || isMeant(rules.exclude, path));
  const faults = brokenCharts(results);
  const told = new Set(faults.map(({ id }) => id));
  const untold = results.filter(({ job, built }) => !told.has(job.id) || built.attempt?.reason !== undefined);
  const side = (name: Side, tree: Tree): Rendering => ({
    // What renders on one side only cannot be compared: both sides are read as they are written.
    units: withEnvironments(
      withoutOrders(
        together([
          ...plain[name].units,
          ...unitsOf(results, { side: name, trees, failed, changed }),
          ...loose[name],
          ...(name === "head" ? [...brokenBuilds(results), ...faults, ...lost] : []),
        ]),
        plans,
      ),
      rules,
    ),
    notes: [
      ...tree.notes,
      ...plain[name].notes,
      ...notesOf(untold, name, touched).filter((note) => !isTold(note, lost)),
      ...(left > 0 ? [tooMany(left)] : []),
      ...ruleNotes(rules, tree, changed),
    ],
  });
  const untouched = untouchedJobs(plans, head, all).filter((job) => !isExcludedJob(rules, job));
  const sides = withLostFolders({ base: side("base", base), head: side("head", head) }, trees, changed);
  return withWitnesses(sides, { untouched, tree: head });
};

type Trees = Readonly<Record<Side, Tree>>;

/** What the tools made of the jobs, and of those that show a changed template that no values switch on. */
async function resultsOf(
  jobs: readonly Job[],
  trees: Trees,
  changed: ReadonlySet<string>,
): Promise<Result[]> {
  const results = await runJobs(jobs, new Map());
  return [...results, ...(await runJobs(dormantJobs(results, trees, changed), seedsOf(results)))];
}

type Plans = ReturnType<typeof withoutLeftOut>;

/** Which files of a side are read as they are written: those that nothing renders, and those of what could not be rendered. */
function plainOf(
  {
    written,
    plans,
    asWritten,
  }: { readonly written: Plans; readonly plans: Plans; readonly asWritten: ReadonlySet<string> },
  { exclude }: UnitRules,
): (side: Side) => (path: string) => boolean {
  const leftOut = leftOutFiles(written);
  const claims = { base: claimedBy(plans.base), head: claimedBy(plans.head) };
  return (side) => (path) =>
    (asWritten.has(path) || !(claims[side](path) || leftOut[side](path))) && !isMeant(exclude, path);
}

/** Of both sides together: notes look for what a change names. */
const textsOf = ({ base, head }: Trees, changed: ReadonlySet<string>): Touched[] =>
  [...changed].map((path) => {
    const texts = [base, head].map(({ files }) => files.get(path)?.text ?? "");
    return { path, text: texts.join("\n") };
  });

function notesOf(results: readonly Result[], side: Side, touched: readonly Touched[]): Note[] {
  const own = results.filter(({ job }) => job.side === side).map(({ built }) => built);
  // What one side could not switch on, the other could not compare.
  const asleep = results.filter(({ job }) => job.side !== side && job.release?.on !== undefined);
  const charts = Map.groupBy(
    [...own, ...asleep.map(({ built }) => built)].flatMap(({ attempt }) => attempt ?? []),
    ({ release }) => release.chart.folder,
  );
  return [
    ...own.flatMap(({ notes }) => notes),
    ...[...charts.values()].flatMap((attempts) => chartNotes(attempts, touched)),
  ];
}

function tooMany(count: number): Note {
  return {
    path: ".",
    message: `This change touches too many charts and overlays: ${count} were not rendered and not judged.`,
  };
}
