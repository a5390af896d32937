import { isMeant } from "../engine/glob.ts";
import type { Note, Render, Rendering, Side, Tree } from "../engine/types.ts";
import { brokenBuilds, brokenCharts, isTold, lostFiles } from "./broken.ts";
import { chartNotes, type Touched } from "./chart-notes.ts";
import { substituted } from "./flux.ts";
import { atMost, dormantJobs, jobsOf, runJobs, seedsOf, untouchedJobs, type Result } from "./jobs.ts";
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
  const changed = changedPaths(base, head);
  const written = sameReleases({ base: planOf(base, "base", rules), head: planOf(head, "head", rules) });
  const plans = withoutLeftOut(written);
  const leftOut = leftOutFiles(written);
  const all = jobsOf(plans, { base, head }, changed).filter((job) => !isExcludedJob(rules, job));
  const { jobs, left } = atMost(all, changed);
  const results = await runJobs(jobs, new Map());
  const seeds = seedsOf(results);
  results.push(...(await runJobs(dormantJobs(results, { base, head }, changed), seeds)));
  const failed = new Set(results.filter(({ built }) => !built.ok).map(({ job }) => job.id));
  const asWritten = new Set(results.flatMap(({ job }) => (failed.has(job.id) ? job.resources : [])));
  const claims = { base: claimedBy(plans.base), head: claimedBy(plans.head) };
  const isManifest = (side: Side) => (path: string) =>
    (asWritten.has(path) || !(claims[side](path) || leftOut[side](path))) && !isMeant(rules.exclude, path);
  const plain = readPlain(base, head, {
    isManifest: { base: isManifest("base"), head: isManifest("head") },
    changed,
  });
  const touched = [...changed].map((path) => {
    const texts = [base, head].map(({ files }) => files.get(path)?.text ?? "");
    return { path, text: texts.join("\n") };
  });
  const used = isUsed(plans);
  const lost = lostFiles(plans, head);
  const loose = looseValues({ base, head }, changed, (path) => used(path) || isMeant(rules.exclude, path));
  const faults = brokenCharts(results);
  const told = new Set(faults.map(({ id }) => id));
  const untold = results.filter(({ job, built }) => !told.has(job.id) || built.attempt?.reason !== undefined);
  const side = (name: Side, tree: Tree): Rendering => ({
    // What renders on one side only cannot be compared: both sides are read as they are written.
    units: withEnvironments(
      withoutOrders(
        together([
          ...plain[name].units,
          ...unitsOf(results, { side: name, trees: { base, head }, failed, changed }),
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
  const sides = withLostFolders(
    { base: side("base", base), head: side("head", head) },
    { base, head },
    changed,
  );
  return withWitnesses(sides, { untouched, tree: head });
};

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
