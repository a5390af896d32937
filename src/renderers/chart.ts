import { parseDocument } from "yaml";
import { list, object, string, type JsonObject } from "../engine/json.ts";
import type { Json, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { folderOf, isInside, resolvePath } from "./paths.ts";
import { linkedValues, topKeys } from "./values-links.ts";

/** A Helm chart of the tree. */
export interface Chart {
  readonly folder: string;
  readonly name: string;
  /** Named by Chart.yaml and not in the tree: nines fetches nothing. */
  readonly missing: readonly string[];
  /** Under which of the chart's values those read theirs: their aliases, else their names. */
  readonly missingKeys: readonly string[];
  /** Dependencies that stand elsewhere in the tree: name → folder. */
  readonly local: ReadonlyMap<string, string>;
  /** Names under which its dependencies read the chart's values: their aliases, else their names. */
  readonly dependencies: readonly string[];
  /** Values files, each a way in which the chart is deployed; the chart's own values.yaml is under all of them. */
  readonly values: readonly string[];
}

const CHART = /(^|\/)Chart\.ya?ml$/;

/** Charts that are deployed: those of a chart's own `charts/` folder are part of it, and a library renders nothing. */
export function chartsOf(tree: Tree): Chart[] {
  const files = [...tree.files.keys()].filter((path) => CHART.test(path)).sort();
  const folders = files.map(folderOf);
  const charts = files.filter((path) => !folders.some((other) => isInside(path, join(other, "charts"))));
  const all = charts.flatMap((path) => read(path, tree) ?? []);
  const links = linkedValues(
    all.map((chart) => ({ chart, keys: keysOf(chart, tree) })),
    tree,
  );
  return all.map((chart) => ({
    ...chart,
    values: [...new Set([...chart.values, ...(links.get(chart) ?? [])])].sort(),
  }));
}

/** What the chart's values have at the top: its own, and those of its dependencies. */
function keysOf({ folder, dependencies }: Chart, tree: Tree): Set<string> {
  const text = tree.files.get(join(folder, "values.yaml"))?.text ?? "";
  return new Set([...topKeys(text), ...dependencies]);
}

export const join = (folder: string, path: string) => (folder === "." ? path : `${folder}/${path}`);

/** The tree's path of what Helm calls `templates/x.yaml`. */
export function pathIn({ folder, local }: Chart, source: string): string {
  const [, sub = "", rest = ""] = /^charts\/([^/]+)\/(.+)$/.exec(source) ?? [];
  const place = local.get(sub);
  return place === undefined ? join(folder, source) : join(place, rest);
}

function read(path: string, tree: Tree): Chart | undefined {
  const value = object(readYaml(tree.files.get(path)?.text ?? "").documents[0]?.value);
  const name = string(value["name"]);
  if (name === undefined || value["type"] === "library") return undefined;
  const folder = folderOf(path);
  const dependencies = DEPENDENCY_FILES.flatMap((file) =>
    dependenciesIn(tree.files.get(join(folder, file))?.text ?? ""),
  );
  const names = dependencies.flatMap(({ alias, name: own }) => string(alias) ?? string(own) ?? []);
  const found = findDependencies(folder, dependencies, tree);
  return { folder, name, ...found, dependencies: names, values: valuesFiles(folder, tree) };
}

/** Vendored ones are part of the chart; others may stand elsewhere in the tree. */
function findDependencies(
  folder: string,
  dependencies: readonly JsonObject[],
  tree: Tree,
): Pick<Chart, "missing" | "missingKeys" | "local"> {
  const local = new Map<string, string>();
  const missing: string[] = [];
  const missingKeys: string[] = [];
  for (const dependency of dependencies) {
    const wanted = string(dependency["name"]) ?? "";
    const place = localFolder(folder, string(dependency["repository"]) ?? "");
    if (hasFiles(tree, join(folder, `charts/${wanted}`))) continue;
    if (place !== undefined && hasFiles(tree, place)) local.set(wanted, place);
    else {
      missing.push(wanted);
      missingKeys.push(string(dependency["alias"]) ?? wanted);
    }
  }
  return { local, missing, missingKeys };
}

/** Where a chart names its dependencies: in Chart.yaml, or beside it in the first chart API version. */
const DEPENDENCY_FILES = ["Chart.yaml", "requirements.yaml"];

function dependenciesIn(text: string): JsonObject[] {
  return list(object(readYaml(text).documents[0]?.value)["dependencies"]).map(object);
}

function localFolder(folder: string, repository: string): string | undefined {
  return repository.startsWith("file://")
    ? resolvePath(folder, repository.slice("file://".length))
    : undefined;
}

function hasFiles(tree: Tree, folder: string): boolean {
  return [...tree.files.keys()].some((path) => isInside(path, folder) && CHART.test(path));
}

/** `values-prod.yaml`, `prod.values.yaml`, … in the chart or in the folder that holds it. */
function valuesFiles(folder: string, tree: Tree): string[] {
  const parent = folder === "." ? undefined : folderOf(folder);
  const siblings =
    parent === undefined ? [] : [...tree.files.keys()].filter((path) => folderOf(path) === parent);
  const own = [...tree.files.keys()].filter(
    (path) =>
      isInside(path, folder) &&
      !isInside(path, join(folder, "templates")) &&
      !isInside(path, join(folder, "charts")),
  );
  return [...own, ...siblings]
    .filter((path) => isValuesFile(path) && path !== join(folder, "values.yaml"))
    .sort();
}

function isValuesFile(path: string): boolean {
  return (
    /(^|\/)(values[-._][^/]+|[^/]+[-._]values)\.ya?ml$/.test(path) &&
    !/schema|example|template|\/ci\//.test(path)
  );
}

/** Locks name what cannot be had; a schema refuses the values that stand in for unknown ones. */
const UNWANTED = /(^|\/)((Chart|requirements)\.lock|values\.schema\.json)$/;

const MOST_VALUES = 50;

/** The chart's files for a scratch folder, at the same paths, without what cannot be had. */
export function chartFiles(chart: Chart, tree: Tree): Map<string, string> {
  const files = new Map<string, string>();
  // Templates can read the values files of other releases as text; where there are that many, none does.
  const others = new Set(chart.values.length > MOST_VALUES ? chart.values : []);
  for (const [path, { text }] of tree.files) {
    if (isInside(path, chart.folder) && !UNWANTED.test(path) && !others.has(path)) files.set(path, text);
    for (const [name, folder] of chart.local) {
      if (isInside(path, folder) && !UNWANTED.test(path))
        files.set(join(chart.folder, `charts/${name}/${path.slice(folder.length + 1)}`), text);
    }
  }
  makeRenderable(chart, files);
  return files;
}

function makeRenderable(chart: Chart, files: Map<string, string>): void {
  for (const path of DEPENDENCY_FILES.map((file) => join(chart.folder, file))) {
    const text = files.get(path);
    if (text !== undefined && (chart.missing.length > 0 || text.includes("kubeVersion")))
      files.set(path, renderable(text, chart.missing));
  }
}

/**
 * Helm refuses a chart whose dependencies are not there, though its own templates may do without them, and one that is
 * for other versions of Kubernetes than the one that it takes for granted.
 */
function renderable(text: string, names: readonly string[]): string {
  const document = parseDocument(text);
  document.delete("kubeVersion");
  if (!document.has("dependencies")) return document.toString();
  const value = object(document.toJS({ maxAliasCount: 100 }) as Json);
  const kept = list(value["dependencies"]).filter(
    (item) => !names.includes(string(object(item)["name"]) ?? ""),
  );
  document.set("dependencies", kept);
  return document.toString();
}
