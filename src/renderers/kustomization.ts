import { isObject, object, texts } from "../engine/json.ts";
import type { Json, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { folderOf, resolvePath } from "./paths.ts";

const FILE = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;

export const isKustomization = (path: string) => FILE.test(path);

/** One kustomization file: what it includes, and what it uses. */
export interface Kustomization {
  /** Its file. */
  readonly path: string;
  readonly folder: string;
  /** Folders of other kustomizations that it builds on: bases and components. */
  readonly bases: readonly string[];
  /** Files of whole objects that it includes. */
  readonly resources: readonly string[];
  /** Other files that it reads: patches, generators' sources, configurations. */
  readonly used: readonly string[];
  /** Includes that are not in the tree, as they are written: remote ones, which nines does not fetch, and lost ones. */
  readonly unavailable: readonly string[];
}

/** Every kustomization of a tree, by folder. */
export function kustomizationsOf(tree: Tree): Map<string, Kustomization> {
  const paths = [...tree.files.keys()].filter((path) => FILE.test(path)).sort();
  const folders = new Set(paths.map(folderOf));
  return new Map(paths.map((path) => [folderOf(path), read(path, tree, folders)]));
}

function read(path: string, { files: paths }: Tree, folders: ReadonlySet<string>): Kustomization {
  const folder = folderOf(path);
  const text = paths.get(path)?.text ?? "";
  const value = object(readYaml(text).documents[0]?.value);
  const included = INCLUDES.flatMap((field) => texts(value[field]));
  const isThere = (item: string) => {
    const target = isRemote(item) ? undefined : resolvePath(folder, item);
    return target !== undefined && (folders.has(target) || paths.has(target));
  };
  const local = included.filter(isThere).flatMap((item) => resolvePath(folder, item) ?? []);
  return {
    path,
    folder,
    bases: local.filter((item) => folders.has(item)),
    resources: local.filter((item) => !folders.has(item)),
    used: Object.entries(value).flatMap(([field, item]) =>
      INCLUDES.includes(field) ? [] : usedFiles(folder, item),
    ),
    unavailable: included.filter((item) => !isThere(item)),
  };
}

/** The fields that name what a kustomization takes in. */
export const INCLUDES = ["resources", "bases", "components"];

/** What kustomize would fetch with git or HTTP (kustomize api/internal/git/repospec.go, in its usual forms). */
function isRemote(include: string): boolean {
  return /:\/\/|^git@|^git::|[?&]ref=|^github\.com\//.test(include);
}

/** Every text of the file that names a file: patches, generators, configurations. Literal patches span lines. */
function usedFiles(folder: string, value: Json | undefined): string[] {
  if (typeof value === "string") {
    if (value.includes("\n") || value.length > 300) return [];
    const path = resolvePath(folder, value.replace(/^[\w.-]+=/, ""));
    return path === undefined ? [] : [path];
  }
  if (Array.isArray(value)) return value.flatMap((item: Json) => usedFiles(folder, item));
  return isObject(value) ? Object.values(value).flatMap((item) => usedFiles(folder, item)) : [];
}

/** A kustomization and everything below it. */
export interface Closure {
  readonly root: Kustomization;
  /** All kustomizations it is made of, itself first. */
  readonly parts: readonly Kustomization[];
  /** Files that it reads, its kustomization files included, outermost first: patches come before what they patch. */
  readonly files: readonly string[];
  /** Those of them that hold whole objects. */
  readonly resources: readonly string[];
  /** Files that generators name and that nines does not read: empty ones do, for only the objects' shape is judged. */
  readonly standIns: readonly string[];
  /** By kustomization file: what it includes and the tree does not have. */
  readonly unavailable: ReadonlyMap<string, readonly string[]>;
}

/** All that a kustomization is built from, itself and what it includes. */
export function closureOf(root: Kustomization, all: ReadonlyMap<string, Kustomization>, tree: Tree): Closure {
  const seen = new Set<string>();
  const queue = [root];
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (seen.has(next.folder)) continue;
    seen.add(next.folder);
    queue.push(...next.bases.flatMap((folder) => all.get(folder) ?? []));
  }
  const parts = [...seen].flatMap((folder) => all.get(folder) ?? []);
  const files = parts.flatMap(({ path, used, resources }) => [path, ...used, ...resources]);
  return {
    root,
    parts,
    files: [...new Set(files)].filter((path) => tree.files.has(path)),
    resources: parts.flatMap(({ resources }) => resources).filter((path) => tree.files.has(path)),
    standIns: parts
      .flatMap(({ used }) => used)
      .filter((path) => !tree.files.has(path) && /\.[\w-]+$/.test(path)),
    unavailable: new Map(
      parts.flatMap(({ path, unavailable }) => (unavailable.length > 0 ? [[path, unavailable]] : [])),
    ),
  };
}

/** What is built by itself: a kustomization that no other one builds on. */
export function rootsOf(all: ReadonlyMap<string, Kustomization>): Kustomization[] {
  const included = new Set([...all.values()].flatMap(({ bases }) => bases));
  return [...all.values()].filter(({ folder }) => !included.has(folder));
}
