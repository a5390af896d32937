import { at, isObject } from "../engine/json.ts";
import { actionTexts } from "../engine/template.ts";
import { slipOf } from "../engine/text.ts";
import type { FieldPath, Json, Side, Tree, UnreadValue } from "../engine/types.ts";
import { layered, type ValuesLayer } from "../engine/values.ts";
import { isInside } from "./paths.ts";
import { join, type Chart } from "./chart.ts";
import { layersOf, setOf, type Release } from "./release.ts";

/**
 * Keys of a release's values that nothing of its chart reads, and beside which stands one that it reads and that was
 * meant: another way to write it, or what stood there before. Only of charts that are here as a whole, and only where no
 * template takes a map of values as a whole, for then nobody can say what it reads.
 */
export function unreadValues(release: Release, trees: Record<Side, Tree>, was?: Release): UnreadValue[] {
  const { chart } = release;
  const read = readsOf(chart, trees.head);
  const own = ownValues(release, "head", trees.head);
  const all = layered(layersOf(release, "head", trees.head))?.values;
  if (!read || !own || !all) return [];
  const old = was && before(was, trees.base);
  const { ref, kind, namespace, name, labels } = own;
  return unreadIn(own.values, [], { chart, read }).flatMap((path): UnreadValue[] => {
    const [parent, key, value] = [path.slice(0, -1), String(path.at(-1)), at(own.values, path) ?? null];
    const here = mapAt(all, parent);
    const free = Object.keys({ ...here, ...mapAt(old?.own, parent) }).filter(
      (one) => read.has(one) && at(own.values, [...parent, one]) === undefined,
    );
    const isOld = at(old?.own, path) !== undefined;
    const meant = isOld
      ? renamed(value, free, { here, was: old?.reads.has(key) ? mapAt(old.all, parent) : undefined })
      : (slipOf(key, free) ?? replaced(value, free, mapAt(old?.own, parent)));
    const now = meant === undefined ? undefined : here[meant];
    if (meant === undefined || JSON.stringify(now) === JSON.stringify(value)) return [];
    const subject = { ref, kind, namespace, name, labels };
    return [{ ...subject, chart: chart.folder, path, meant, value, now, at: own.locate(path) }];
  });
}

function before(was: Release, tree: Tree) {
  const [own, reads] = [ownValues(was, "base", tree)?.values, readsOf(was.chart, tree)];
  const all = layered(layersOf(was, "base", tree))?.values;
  return own && reads && { own, reads, all };
}

interface Renaming {
  readonly here: Values;
  /** What stood beside it, where the chart read it before; undefined where it did not. */
  readonly was: Values | undefined;
}

/** The chart read the key, and reads a new one instead that holds something like it. */
function renamed(value: Json, free: readonly string[], { here, was }: Renaming): string | undefined {
  const fresh = was ? free.filter((name) => !(name in was) && typeof here[name] === typeof value) : [];
  return fresh.length === 1 && !isObject(value) ? fresh[0] : undefined;
}

type Values = Readonly<Record<string, Json | undefined>>;

/** The one key that is gone and held what the new one holds, or at least something like it. */
function replaced(value: Json, free: readonly string[], old: Values): string | undefined {
  const gone = free.filter((name) => old[name] !== undefined);
  const same = gone.filter((name) => JSON.stringify(old[name]) === JSON.stringify(value));
  const alike = gone.filter(
    (name) => typeof old[name] === typeof value && !isObject(value) && !Array.isArray(value),
  );
  const [one, ...more] = same.length > 0 ? same : alike;
  return more.length === 0 ? one : undefined;
}

/** What its own files and its order say, above the chart's defaults; a chart that is deployed by its defaults has only them. */
function ownValues(release: Release, side: Side, tree: Tree) {
  const layers: readonly ValuesLayer[] = layersOf(release, side, tree);
  const isBare = release.files.length === 0 && release.order === undefined;
  const hasDefaults = tree.files.has(join(release.chart.folder, "values.yaml"));
  return setOf(release, isBare || !hasDefaults ? layers : layers.slice(1));
}

const mapAt = (values: Json | undefined, path: FieldPath): Values => {
  const found = values === undefined ? undefined : at(values, path);
  return isObject(found) ? found : {};
};

interface Context {
  readonly chart: Chart;
  readonly read: Reads;
}

/** Whoever has more keys than this has no slips that a person would look for. */
const MOST_DEPTH = 6;

/** The topmost keys that nothing reads. A dependency's values are its own matter. */
function unreadIn(values: Json | undefined, path: FieldPath, context: Context): FieldPath[] {
  if (!isObject(values) || path.length > MOST_DEPTH) return [];
  const { chart, read } = context;
  return Object.entries(values).flatMap(([key, value]) => {
    const here = [...path, key];
    if (path.length === 0 && (key === "global" || chart.dependencies.includes(key))) return [];
    if (!/^[A-Za-z][\w-]*$/.test(key) || key.startsWith("x-")) return [];
    if (!read.has(key)) return [here];
    return read.asWhole(key) ? [] : unreadIn(value, here, context);
  });
}

/** What the templates of a chart, and of the charts in it, name. */
interface Reads {
  /** A template names the key: `.key`, or `"key"` as `index` and `dig` take it. */
  readonly has: (key: string) => boolean;
  /** A template takes what is below the key as a whole. */
  readonly asWhole: (key: string) => boolean;
}

const known = new WeakMap<Tree, Map<string, Reads | undefined>>();

function readsOf(chart: Chart, tree: Tree): Reads | undefined {
  const charts = known.get(tree) ?? new Map<string, Reads | undefined>();
  known.set(tree, charts);
  if (!charts.has(chart.folder)) charts.set(chart.folder, readingOf(chart, tree));
  return charts.get(chart.folder);
}

/** Longer than the templates of all but a few charts, which are too many to look at. */
const MOST_CHARACTERS = 2_000_000;

function readingOf(chart: Chart, tree: Tree): Reads | undefined {
  if (chart.missing.length > 0) return undefined;
  const folders = [chart.folder, ...chart.local.values()];
  const files = [...tree.files].filter(([path]) => folders.some((folder) => isInside(path, folder)));
  const text = files
    .map(([path, blob]) =>
      /(^|\/)(Chart|requirements)\.ya?ml$|values\.schema\.json$/.test(path)
        ? `{{ ${blob.text.replaceAll(/(\w[\w-]*)/g, '"$1"')} }}`
        : blob.text,
    )
    .join("\n");
  if (text.length > MOST_CHARACTERS) return undefined;
  const actions = actionTexts(text).join("\n");
  // Whoever takes all values at once, or computes their names, may read any of them.
  if (actions === "" || /\.Values(?!\.\w)|\bindex\s+\.Values\b|\.AsMap\b/.test(actions)) return undefined;
  const names = new Set(Array.from(actions.matchAll(/[."`]([A-Za-z][\w-]*)/g), ([, name]) => name ?? ""));
  const wholes = new Set(
    Array.from(actions.matchAll(/\.([A-Za-z][\w-]*)(?![\w.-])/g), ([, name]) => name ?? ""),
  );
  return { has: (key) => names.has(key), asWhole: (key) => wholes.has(key) };
}
