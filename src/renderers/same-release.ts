import type { Side } from "../engine/types.ts";
import { orderedValues } from "../engine/values.ts";
import type { Plan } from "./plan.ts";
import { environmentOfRelease, releaseId, type Release } from "./release.ts";

type Plans = Record<Side, Plan>;

/**
 * Gives releases what the two sides are compared by: an id of its own for each of several that are made of the same
 * chart and values, the new id for a release whose Application or HelmRelease got another name, and a name where only
 * the other side says it.
 */
export function sameReleases(plans: Plans): Plans {
  return renamed(distinct(adopted(plans)));
}

function withReleases(
  { base, head }: Plans,
  more: (release: Release, side: Side) => Pick<Release, "id" | "identity"> | undefined,
): Plans {
  const changed = (plan: Plan, side: Side): Plan => ({
    ...plan,
    releases: plan.releases.map((release) => ({ ...release, ...more(release, side) })),
  });
  return { base: changed(base, "base"), head: changed(head, "head") };
}

/** That a change first says how a chart is installed, or no longer says it, gives nothing in the cluster another name. */
function adopted(plans: Plans): Plans {
  const said = { base: identified(plans.base), head: identified(plans.head) };
  return withReleases(plans, ({ chart, files, identity }, side) => {
    const others = said[side === "base" ? "head" : "base"].get(chart.folder) ?? [];
    if (identity || said[side].has(chart.folder) || others.length === 0) return undefined;
    const wanted = JSON.stringify(files);
    const same = others.find((other) => JSON.stringify(other.files) === wanted) ?? others[0];
    return same?.identity && { identity: same.identity };
  });
}

/** Releases with a name, by the folder of their chart. */
const identified = ({ releases }: Plan): Map<string, Release[]> =>
  Map.groupBy(
    releases.filter(({ identity }) => identity !== undefined),
    ({ chart }) => chart.folder,
  );

/** Two releases of one chart with the same values, under two names, are two units. */
function distinct(plans: Plans): Plans {
  const shared = new Set(
    [plans.base, plans.head].flatMap(({ releases }) =>
      [...Map.groupBy(releases, releaseId)].flatMap(([id, group]) =>
        new Set(group.map(({ identity }) => identity?.name)).size > 1 ? [id] : [],
      ),
    ),
  );
  if (shared.size === 0) return plans;
  return withReleases(plans, (release) => {
    const id = releaseId(release);
    if (!shared.has(id) || !release.identity) return undefined;
    const { name } = release.identity;
    return { id: id.endsWith(")") ? `${id.slice(0, -1)} as ${name})` : `${id} (as ${name})` };
  });
}

/** What goes from base and comes to head with the same chart, values and environment, and is the only such, is one. */
function renamed(plans: Plans): Plans {
  const [left, come] = [only(plans.base, plans.head), only(plans.head, plans.base)];
  const ids = new Map(
    [...left].flatMap(([key, [was, ...others]]) => {
      const [is, ...more] = come.get(key) ?? [];
      const isOne = others.length === 0 && more.length === 0;
      return was && is && isOne ? [[releaseId(was), releaseId(is)] as const] : [];
    }),
  );
  if (ids.size === 0) return plans;
  return withReleases(plans, (release, side) => {
    const id = side === "base" ? ids.get(releaseId(release)) : undefined;
    return id === undefined ? undefined : { id };
  });
}

/** Releases that the other side does not have, by what they are made of. */
function only(plan: Plan, other: Plan): Map<string, Release[]> {
  const known = new Set(other.releases.map(releaseId));
  return Map.groupBy(
    plan.releases.filter((release) => release.identity !== undefined && !known.has(releaseId(release))),
    contents,
  );
}

function contents(release: Release): string {
  const { chart, files, order, identity } = release;
  const values = (order ? orderedValues(order) : []).map((layer) => layer.values);
  return JSON.stringify([chart.folder, files, values, identity?.tool, environmentOfRelease(release)]);
}

/** Ids of releases that one side only has, or installs under another name or elsewhere: what says so may be no file of theirs. */
export function movedIds({ base, head }: Plans): string[] {
  const [was, is] = [placesOf(base), placesOf(head)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((id) => was.get(id) !== is.get(id));
}

function placesOf({ releases }: Plan): Map<string, string> {
  const named = releases.filter(({ identity }) => identity?.tool === "helmfile");
  return new Map(
    named.map((release) => [
      releaseId(release),
      JSON.stringify([release.identity?.name, release.identity?.namespace]),
    ]),
  );
}
