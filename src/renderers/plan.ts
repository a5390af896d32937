import type { Side, Tree, UnitRules } from "../engine/types.ts";
import { chartsOf, join } from "./chart.ts";
import { closureOf, kustomizationsOf, rootsOf, type Closure } from "./kustomization.ts";
import { orderedReleases } from "./orders.ts";
import { isInside } from "./paths.ts";
import { releaseId, releasesOf, type Release } from "./release.ts";
import { namedReleases } from "./unit-rules.ts";

/** What was added, removed or changed between two trees. */
export function changedPaths(base: Tree, head: Tree): Set<string> {
  const paths = [...base.files.keys(), ...head.files.keys()];
  return new Set(paths.filter((path) => base.files.get(path)?.sha !== head.files.get(path)?.sha));
}

/** What of a tree has to be rendered. */
export interface Plan {
  readonly releases: readonly Release[];
  readonly closures: readonly Closure[];
}

/** What of a side has to be rendered, whether the change touches it or not. */
export function planOf(tree: Tree, side: Side, rules: UnitRules): Plan {
  const kustomizations = kustomizationsOf(tree);
  const charts = chartsOf(tree);
  const ordered = [...orderedReleases(charts, tree, side), ...namedReleases(rules, charts, tree)];
  return {
    releases: charts.flatMap((chart) => releasesOf(chart, ordered)),
    closures: rootsOf(kustomizations).map((root) => closureOf(root, kustomizations, tree)),
  };
}

/** Files that are not deployed as they are written. */
export function claimedBy({ releases, closures }: Plan): (path: string) => boolean {
  const files = new Set(closures.flatMap(({ files }) => files));
  const charts = [...new Set(releases.map(({ chart }) => chart.folder))];
  const values = new Set(releases.flatMap((release) => release.files.map(({ path }) => path)));
  return (path) => files.has(path) || values.has(path) || charts.some((folder) => isInside(path, folder));
}

/** Files that are read through a chart or a kustomization. Others in a chart's folder are none of its values. */
export function isUsed(plans: Record<Side, Plan>): (path: string) => boolean {
  const all = [plans.base, plans.head];
  const files = new Set(all.flatMap(({ closures }) => closures.flatMap((closure) => closure.files)));
  const releases = all.flatMap((plan) => plan.releases);
  for (const { chart, files: used } of releases) {
    files.add(join(chart.folder, "values.yaml"));
    for (const { path } of used) files.add(path);
  }
  return (path) => files.has(path);
}

/** What of a plan a change touches, by its id. */
export function touchedIds({ releases, closures }: Plan, changed: ReadonlySet<string>): string[] {
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
export function isRevalued({ files, order }: Release, changed: ReadonlySet<string>): boolean {
  return files.some(({ path }) => changed.has(path)) || (order !== undefined && changed.has(order.path));
}
