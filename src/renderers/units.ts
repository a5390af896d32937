import type { Manifest, Side, Tree, Unit } from "../engine/types.ts";
import { releasedValues } from "../engine/values.ts";
import { join } from "./chart.ts";
import { environmentOf } from "./environment.ts";
import type { Result } from "./jobs.ts";
import type { Plan } from "./plan.ts";
import { environmentOfRelease, type Release } from "./release.ts";
import { releaseValues } from "./release-values.ts";
import { unreadValues } from "./unread-values.ts";
import { repeatedIn } from "./values.ts";

interface SideOfResults {
  readonly side: Side;
  readonly trees: Record<Side, Tree>;
  /** Ids of what could not be rendered on one side or on both. */
  readonly failed: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
}

/** The units of one side, out of what the tools made of its jobs. */
export function unitsOf(results: readonly Result[], { side, trees, failed, changed }: SideOfResults): Unit[] {
  const tree = trees[side];
  const old = new Map(
    results.flatMap(({ job }) =>
      job.side === "base" && job.release ? [[job.id, job.release] as const] : [],
    ),
  );
  // What one side does without, the other does without too, or it would look removed.
  const dropped = new Set(
    results.flatMap(({ job, built }) => built.dropped.map((path) => `${job.id} ${path}`)),
  );
  const unsure = unsureIds(results, side);
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
      const incomplete = unsure.has(id);
      const keys = release ? keysOf(release, side, { trees, rendered, was: old.get(id) }) : {};
      const environment = release ? environmentOfRelease(release) : environmentOf(id);
      return [
        {
          ...{ id, environment, manifests, incomplete },
          sources: job.sources.filter((path) => changed.has(path)),
          ...(values && { values }),
          ...(release?.identity && { release: release.identity }),
          ...keys,
        },
      ];
    });
}

interface Around {
  readonly trees: Record<Side, Tree>;
  readonly rendered: boolean;
  /** The same release on base. */
  readonly was: Release | undefined;
}

/** What is odd about the keys of a release's values. */
function keysOf(
  release: Release,
  side: Side,
  { trees, rendered, was }: Around,
): Pick<Unit, "repeats" | "unread"> {
  const { chart, files } = release;
  const paths = [join(chart.folder, "values.yaml"), ...files.map(({ path }) => path)];
  const repeats = paths.flatMap((path) => repeatedIn(path, trees[side].files.get(path)?.text ?? "", side));
  return { repeats, unread: rendered && side === "head" ? unreadValues(release, trees, was) : [] };
}

/** Values of orders whose chart is in the tree are judged with that chart. */
export function withoutOrders(units: readonly Unit[], plans: Record<Side, Plan>): Unit[] {
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

const unsureIds = (results: readonly Result[], side: Side): Set<string> =>
  side === "head" ? incompleteIds(results) : lackingIds(results);

/** What lacks objects of its own, or not the same on both sides: nobody can say that something new is new. */
function incompleteIds(results: readonly Result[]): Set<string> {
  const byId = Map.groupBy(results, ({ job }) => job.id);
  return new Set(
    [...byId].flatMap(([id, sides]) => {
      const missing = new Set(sides.map(({ built }) => JSON.stringify(built.missing)));
      return missing.size > 1 || sides.some(({ built }) => built.incomplete) ? [id] : [];
    }),
  );
}

/** What lacked objects before: where only the new side does, what it does not have was not removed. */
function lackingIds(results: readonly Result[]): Set<string> {
  const missing = new Map(
    results.flatMap(({ job, built }) => (job.side === "head" ? [[job.id, built.missing] as const] : [])),
  );
  const old = results.filter(({ job }) => job.side === "base");
  return new Set(
    old.flatMap(({ job: { id }, built }) => {
      const now = missing.get(id) ?? [];
      return built.incomplete || built.missing.some((one) => !now.includes(one)) ? [id] : [];
    }),
  );
}

/** A folder read as written and a kustomization in it have one name: they are one unit. */
export function together(units: readonly Unit[]): Unit[] {
  return [...Map.groupBy(units, ({ id }) => id)]
    .map(([id, group]) => ({
      id,
      environment: group[0]?.environment ?? environmentOf(id),
      manifests: group.flatMap(({ manifests }) => manifests),
      ...valuesOf(group),
      ...releaseOf(group),
      ...sourcesOf(group),
      unread: group.flatMap(({ unread }) => unread ?? []),
      repeats: group.flatMap(({ repeats }) => repeats ?? []),
      broken: group.flatMap(({ broken }) => broken ?? []),
      incomplete: group.some(({ incomplete }) => incomplete),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function releaseOf(group: readonly Unit[]): Pick<Unit, "release"> {
  const [release] = group.flatMap((unit) => unit.release ?? []);
  return release ? { release } : {};
}

/** What is partly read as it is written has other sources too. */
function sourcesOf(group: readonly Unit[]): Pick<Unit, "sources"> {
  if (group.some(({ sources, manifests }) => !sources && manifests.length > 0)) return {};
  return { sources: group.flatMap(({ sources }) => sources ?? []) };
}

/** Where all parts leave it to their manifests, so does the whole. */
function valuesOf(group: readonly Unit[]): Pick<Unit, "values"> {
  if (group.every(({ values }) => values === undefined)) return {};
  return { values: group.flatMap(({ values, manifests }) => values ?? releasedValues(manifests)) };
}
