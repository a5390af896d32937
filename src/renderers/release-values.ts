import { isObject } from "../engine/json.ts";
import type { Json, Manifest, Side, Tree, ValuesSet } from "../engine/types.ts";
import { releasedValues, type ValuesLayer } from "../engine/values.ts";
import { layersOf, setOf, type Release } from "./release.ts";

/** What of a release's objects is seen. */
export interface Seen {
  /** None where it could not be rendered, on one side or on both. */
  readonly manifests: readonly Manifest[];
  readonly changed: ReadonlySet<string>;
}

/** Kinds that order other charts to be installed: a chart that makes them hands its values on. */
const ORDERS = /^(Application|ApplicationSet|HelmRelease|HelmChart)$/;

/**
 * Values of a release whose effect is not seen in rendered objects: all of them where it could not be rendered or
 * hands them on, those of dependencies that are not there, and those that its templates write into such orders.
 */
export function releaseValues(release: Release, side: Side, tree: Tree, seen: Seen): ValuesSet[] {
  if (release.on !== undefined) return [];
  const orders = seen.manifests.filter(({ kind }) => ORDERS.test(kind));
  // Orders whose template is as it was differ by the values only, and those are seen where they are written.
  const written = releasedValues(orders.filter(({ path }) => seen.changed.has(path)));
  const layers = layersOf(release, side, tree);
  const whole = seen.manifests.length === 0 || orders.length > 0;
  const parts = whole ? layers : layers.map((layer) => unseen(layer, release.chart.missingKeys));
  const own = setOf(release, parts);
  const isBelow =
    release.order === undefined && release.files.length === 0 && release.chart.values.length > 0;
  return [...written, ...(own && !isBelow && Object.keys(own.values).length > 0 ? [own] : [])];
}

/** Values of dependencies; and switches that a rendered object only hands to the program in its containers. */
function unseen(layer: ValuesLayer, keys: readonly string[]): ValuesLayer {
  const kept = Object.entries(layer.values).flatMap(([key, value]) => {
    if (keys.includes(key)) return [[key, value] as const];
    const switches = inside(key, value);
    return switches === undefined ? [] : [[key, switches] as const];
  });
  return { ...layer, values: Object.fromEntries(kept) };
}

const INSIDE = /maintenance/i;

function inside(key: string, value: Json | undefined): Json | undefined {
  if (INSIDE.test(key)) return value;
  if (!isObject(value)) return undefined;
  const kept = Object.entries(value).flatMap(([name, item]) => {
    const found = inside(name, item);
    return found === undefined ? [] : [[name, found] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
