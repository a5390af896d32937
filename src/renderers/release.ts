import { strings } from "../engine/json.ts";
import type { Environment, Manifest, ReleaseIdentity, Side, Tree, ValuesSet } from "../engine/types.ts";
import { orderedValues, type ValuesLayer } from "../engine/values.ts";
import { join, type Chart } from "./chart.ts";
import type { Switches } from "./dormant.ts";
import { environmentOf } from "./environment.ts";
import { branches } from "./helmfile-text.ts";
import { folderOf, isInside } from "./paths.ts";
import { fileLayer, fileSet } from "./values.ts";

/** A file of values, and the helmfile environment in which it is expanded. */
export interface ValuesFile {
  readonly path: string;
  readonly environment?: string;
}

/** A chart with one set of values. */
export interface Release {
  readonly chart: Chart;
  /** Values files of the tree, on top of the chart's own; the last one wins. */
  readonly files: readonly ValuesFile[];
  /** The object that orders it (an Argo CD Application, a Flux HelmRelease): its own values are on top of all. */
  readonly order?: Manifest;
  /** Which of several that one object orders: the name of the Application. */
  readonly variant?: string;
  /** The name under which it is installed, and where; absent where nothing says it. */
  readonly identity?: ReleaseIdentity;
  /** All of its values are known: whoever orders it names no source of them that is not here. */
  readonly whole?: boolean;
  /** What the other side calls it. */
  readonly id?: string;
  /** Values that switch on what nothing else does, by path. */
  readonly on?: Switches;
  /** Where the policy says that it goes. */
  readonly environment?: Environment;
}

/**
 * How a chart is deployed: as those that order it say; else with each values file that is its own. Where it is known
 * how production deploys it, nobody deploys its bare defaults.
 */
export function releasesOf(chart: Chart, ordered: readonly Release[]): Release[] {
  const orders = ordered.filter((release) => release.chart === chart);
  if (orders.length > 0) return orders;
  const releases = chart.values.map((path): Release => ({ chart, files: [{ path }] }));
  const production = releases.some((release) => environmentOfRelease(release) === "production");
  return production ? releases : [{ chart, files: [] }, ...releases];
}

/** What the report calls a release. */
export function releaseId({ chart, files, order, on, variant, id }: Release): string {
  if (id !== undefined) return id;
  if (on !== undefined) return `${chart.folder} (with ${Object.keys(on).join(", ")})`;
  if (variant !== undefined) return `${chart.folder} (${variant})`;
  if (order !== undefined) return `${chart.folder} (${order.ref})`;
  if (files.length === 0) return chart.folder;
  const names = files.map(({ path, environment }) => {
    const name = folderOf(path) === chart.folder ? path.slice(path.lastIndexOf("/") + 1) : path;
    return environment === undefined ? name : `${name} in ${environment}`;
  });
  return `${chart.folder} (${names.join(", ")})`;
}

/** What the values' names tell, or whoever orders it: its file, its names, and where it deploys to. */
export function environmentOfRelease(release: Release): Environment {
  const { chart, files, order, variant, environment: said } = release;
  if (said !== undefined) return said;
  const names = files.flatMap(({ path, environment }) => [path, environment ?? ""]);
  const template = variant === undefined ? ["spec"] : ["spec", "template", "spec"];
  const place = Object.values(strings(order?.get(...template, "destination")));
  const texts = order ? [order.path, order.namespace, ...place, variant ?? order.name] : [];
  return environmentOf(chart.folder, ...names, ...texts);
}

/** The file that people know the release by. */
export function placeOf({ chart, files, order }: Release): string {
  return order?.path ?? files.at(-1)?.path ?? join(chart.folder, "Chart.yaml");
}

/** Every source of its values, the one that wins last. */
export function layersOf({ chart, files, order }: Release, side: Side, tree: Tree): ValuesLayer[] {
  const own: ValuesFile = { path: join(chart.folder, "values.yaml") };
  const layers = [own, ...files].flatMap(({ path, environment }) => {
    const text = tree.files.get(path)?.text ?? "";
    return fileLayer(path, environment === undefined ? text : branches(text, environment), side) ?? [];
  });
  return [...layers, ...(order ? orderedValues(order) : [])];
}

/** Files of the tree that decide what it renders: its chart and the local ones below, its values, what orders it. */
export function sourcesOf({ chart, files, order }: Release, tree: Tree): string[] {
  const folders = [chart.folder, ...chart.local.values()];
  // Values files in the chart's folder are for other releases, if they are not its own.
  const others = new Set(chart.values.filter((path) => files.every((file) => file.path !== path)));
  const own = [...tree.files.keys()].filter(
    (path) => !others.has(path) && folders.some((folder) => isInside(path, folder)),
  );
  return [...new Set([...own, ...files.map(({ path }) => path), ...(order ? [order.path] : [])])];
}

/** Some layers of its values as one set. */
export function setOf(
  { chart, files, order }: Release,
  layers: readonly ValuesLayer[],
): ValuesSet | undefined {
  const set = fileSet(files.at(-1)?.path ?? join(chart.folder, "values.yaml"), layers);
  if (!set || !order) return set;
  const { ref, kind, namespace, name, labels } = order;
  return { ...set, ref, kind, namespace, name, labels };
}
