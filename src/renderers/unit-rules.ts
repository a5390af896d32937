import { isMeant, matches } from "../engine/glob.ts";
import type { Note, Tree, Unit, UnitRules } from "../engine/types.ts";
import { join, type Chart } from "./chart.ts";
import type { Job } from "./jobs.ts";
import type { Release } from "./release.ts";

export const NO_RULES: UnitRules = { exclude: [], environments: [], releases: [] };

/** Whether the policy says that nobody deploys this from here: by its id, its folder, or what it is made with. */
export function isExcludedJob({ exclude }: UnitRules, { id, release }: Job): boolean {
  const made = release ? [release.chart.folder, ...release.files.map(({ path }) => path)] : [];
  const ordered = release?.order ? [release.order.path] : [];
  return [id, ...made, ...ordered].some((name) => isMeant(exclude, name));
}

/** Units with the environment that the policy gives them. */
export function withEnvironments(units: readonly Unit[], { environments }: UnitRules): Unit[] {
  return units.map((unit) => {
    const rule = environments.find(({ match }) => matches(match, unit.id));
    return rule ? { ...unit, environment: rule.environment } : unit;
  });
}

/** Charts as the policy says that they are deployed. */
export function namedReleases(rules: UnitRules, charts: readonly Chart[], tree: Tree): Release[] {
  return rules.releases.flatMap(({ chart: folder, values, environment }) => {
    const chart = charts.find((one) => one.folder === folder);
    if (!chart) return [];
    const files = values.filter((path) => tree.files.has(path)).map((path) => ({ path }));
    return [{ chart, files, ...(environment && { environment }) }];
  });
}

/** What the policy names and the tree does not have, and what of the change it leaves out. */
export function ruleNotes(rules: UnitRules, tree: Tree, changed: ReadonlySet<string>): Note[] {
  const missing = rules.releases.flatMap(({ chart, values }) => {
    const files = [...["Chart.yaml", "Chart.yml"].map((name) => join(chart, name))];
    const gone = files.some((path) => tree.files.has(path))
      ? values.filter((path) => !tree.files.has(path))
      : [chart];
    return gone.map((path) => ({
      path,
      message: `The policy names this under units.releases, and it is not in the repository: write the path as it is now, or take the entry out.`,
    }));
  });
  const left = [...changed].filter((path) => isMeant(rules.exclude, path)).sort();
  const [first] = left;
  if (first === undefined) return missing;
  const more = left.length > 1 ? ` and ${left.length - 1} more` : "";
  const message = `This changed file${more} was not judged: the policy leaves it out under units.exclude.`;
  return [...missing, { path: first, message }];
}
