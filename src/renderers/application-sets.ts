import { matches } from "../engine/glob.ts";
import { at, isObject, list, object, string, strings, type JsonObject } from "../engine/json.ts";
import { describe, type Placement } from "../engine/manifest.ts";
import type { Json, Manifest, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";

/** One Application that an ApplicationSet makes. */
export interface Generated {
  /** The set with its template expanded: places stay those of the set. */
  readonly manifest: Manifest;
  /** What tells it from the others that the set makes: its name. */
  readonly name: string;
}

/** What one generator gives the template: names with dots for maps (`path.basename`), to texts. */
type Parameters = ReadonlyMap<string, string>;

/** A set for every folder of a large repository makes as many applications; more than these are not looked at. */
const MOST = 50;
/** `{{env}}`, `{{ .path.basename }}`, `{{.values.env}}`. Functions of Go templates are not followed. */
const PLACEHOLDER = /\{\{-?\s*\.?([A-Za-z_][\w.-]*)\s*-?\}\}/g;

/**
 * The Applications that an ApplicationSet makes from what is in the tree: lists, folders and files of the repository
 * itself, and their combinations. What only a cluster or another system knows (clusters, pull requests, plugins) stays
 * a placeholder.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
 */
export function generated(set: Manifest, tree: Tree): Generated[] {
  const all = ofGenerators(list(set.get("spec", "generators")), tree);
  const seen = new Map<string, Generated>();
  for (const parameters of all.slice(0, MOST)) {
    const expanded = object(expand(set.object, parameters));
    const name = string(at(expanded, ["spec", "template", "metadata", "name"])) ?? set.name;
    if (seen.has(name)) continue;
    seen.set(name, { name, manifest: describe(expanded, placementOf(set)) });
  }
  return [...seen.values()];
}

const placementOf = (set: Manifest): Placement => ({
  path: set.path,
  source: set.source,
  locate: (field) => set.locate(...field),
  span: (field) => set.span(...field),
});

function ofGenerators(generators: readonly Json[], tree: Tree): Parameters[] {
  return generators.flatMap((generator) => ofGenerator(object(generator), tree));
}

function ofGenerator(generator: JsonObject, tree: Tree): Parameters[] {
  const { list: elements, git, matrix, merge } = generator;
  if (isObject(elements)) return list(elements["elements"]).map((element) => flat(element));
  if (isObject(git)) return ofGit(git, tree);
  if (isObject(matrix)) return ofMatrix(list(matrix["generators"]), tree);
  // What a merge adds to the first generator's parameters are details of the same applications.
  if (isObject(merge)) return ofGenerators(list(merge["generators"]).slice(0, 1), tree);
  return [new Map()];
}

/** Every combination of what two generators give. */
function ofMatrix([first, second]: readonly Json[], tree: Tree): Parameters[] {
  if (first === undefined || second === undefined) return [];
  const outer = ofGenerator(object(first), tree);
  return outer.flatMap((left) => {
    const inner = ofGenerator(object(expand(second, left)), tree);
    return inner.map((right) => new Map([...left, ...right]));
  });
}

function ofGit(git: JsonObject, tree: Tree): Parameters[] {
  const values = [...flat(git["values"] ?? {})].map(([key, value]) => [`values.${key}`, value] as const);
  const found = [
    ...ofDirectories(list(git["directories"]), tree),
    ...list(git["files"]).flatMap((item) => ofFiles(strings(item)["path"] ?? "", tree)),
  ];
  return found.map((parameters) => {
    const own = values.map(([key, value]) => [key, filled(value, parameters)] as const);
    return new Map([...parameters, ...own]);
  });
}

/** Folders that fit a pattern and no pattern with `exclude`. */
function ofDirectories(patterns: readonly Json[], tree: Tree): Parameters[] {
  const folders = foldersOf(tree);
  const fitting = (exclude: boolean) =>
    patterns.flatMap((item) => {
      const { path, exclude: isOut } = object(item);
      if (typeof path !== "string" || (isOut === true) !== exclude) return [];
      return folders.filter((folder) => fits(path, folder));
    });
  const out = new Set(fitting(true));
  return [...new Set(fitting(false))].filter((folder) => !out.has(folder)).map(pathParameters);
}

function foldersOf({ files }: Tree): string[] {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    const steps = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= steps.length; depth++) folders.add(steps.slice(0, depth).join("/"));
  }
  return [...folders].sort();
}

/** Argo CD's patterns: `*` stays within one step of a path, `**` does not. */
function fits(pattern: string, path: string): boolean {
  const plain = pattern.replace(/^\.?\//, "").replace(/\/+$/, "");
  if (plain.includes("**")) return matches(plain.replaceAll(/\*+\/?/g, "*"), path);
  const steps = plain.split("/");
  const own = path.split("/");
  return steps.length === own.length && steps.every((step, index) => matches(step, own[index] ?? ""));
}

/** What the files say that fit a pattern, with where they are. */
function ofFiles(pattern: string, tree: Tree): Parameters[] {
  const paths = [...tree.files.keys()].filter((path) => fits(pattern, path)).sort();
  return paths.flatMap((path) => {
    const value = readYaml(tree.files.get(path)?.text ?? "").documents[0]?.value;
    const items = Array.isArray(value) ? (value as readonly Json[]) : [value ?? {}];
    const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
    const own = new Map([
      ...pathParameters(folder),
      ["path.filename", path.slice(path.lastIndexOf("/") + 1)] as const,
    ]);
    return items.map((item) => new Map([...own, ...flat(item)]));
  });
}

/** `path`, `path.path`, `path.basename` and `path[0]`, as both kinds of templates call them. */
function pathParameters(path: string): Parameters {
  const segments = path.split("/");
  return new Map([
    ["path", path],
    ["path.path", path],
    ["path.basename", segments.at(-1) ?? ""],
    ...segments.map((segment, index) => [`path[${index}]`, segment] as const),
  ]);
}

/** A map as names with dots. */
function flat(value: Json | undefined, prefix = ""): Map<string, string> {
  const entries = Object.entries(object(value)).flatMap(([key, item]): [string, string][] => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    if (isObject(item)) return [...flat(item, name)];
    const isScalar = typeof item === "string" || typeof item === "number" || typeof item === "boolean";
    return isScalar ? [[name, String(item)]] : [];
  });
  return new Map(entries);
}

const filled = (text: string, parameters: Parameters) =>
  text.replaceAll(PLACEHOLDER, (written, name: string) => parameters.get(name) ?? written);

function expand(value: Json, parameters: Parameters): Json {
  if (typeof value === "string") return filled(value, parameters);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => expand(item, parameters));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? item : expand(item, parameters)]),
  );
}
