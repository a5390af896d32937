import { createHash } from "node:crypto";
import { list, object, strings } from "../engine/json.ts";
import { fileReader, manifestsOf } from "../engine/manifest.ts";
import type { Blob, Json, Manifest, Side, Tree } from "../engine/types.ts";
import type { Closure } from "./kustomization.ts";
import { folderOf, isInside, resolvePath } from "./paths.ts";

/** Values of variables; undefined where Kustomizations of the same files say different things. */
type Variables = ReadonlyMap<string, string | undefined>;

const ORDER = /kustomize\.toolkit\.fluxcd\.io/;
/** `${name}`, `${name:=default}`, `${name:-default}`; `$${name}` is text. */
const VARIABLE = /(\$?)\$\{([A-Za-z_]\w*)(?::[=-]([^}$]*))?\}/g;
/** Objects and files that Flux leaves as they are. */
const DISABLED = /kustomize\.toolkit\.fluxcd\.io\/substitute["']?:\s*["']?disabled/;

/**
 * A tree as Flux applies it: variables in the files below a Kustomization's path get the values that its
 * `postBuild` says, or their defaults. What is not in the tree (a Secret, another cluster's ConfigMap) stays a
 * variable. Lines stay where they are.
 */
export function substituted(tree: Tree, side: Side): Tree {
  const scopes = scopesOf(tree, side);
  if (scopes.length === 0) return tree;
  const files = [...tree.files].map(([path, blob]): [string, Blob] => {
    if (!/\.ya?ml$/.test(path) || !blob.text.includes("${") || DISABLED.test(blob.text)) return [path, blob];
    const around = scopes.filter(({ folder }) => isInside(path, folder));
    if (around.length === 0) return [path, blob];
    const text = expand(blob.text, around);
    return [path, text === blob.text ? blob : blobOf(text)];
  });
  return { ...tree, files: new Map(files) };
}

/** A kustomization as Flux applies it. */
interface Applied {
  readonly tree: Tree;
  /** Files that give its variables their values. */
  readonly settings: readonly string[];
}

/**
 * Flux fills in what is built: a base beside a Kustomization's path gets the values of whoever builds on it, so another
 * text for each of them.
 */
export function appliedIn(tree: Tree, side: Side): (closure: Pick<Closure, "root" | "files">) => Applied {
  let scopes: readonly Scope[] | undefined;
  return ({ root, files }) => {
    scopes ??= scopesOf(tree, side);
    const around = scopes.filter(({ folder }) => isInside(root.path, folder));
    if (around.length === 0) return { tree, settings: [] };
    const isDone = (path: string) => scopes?.some(({ folder }) => isInside(path, folder));
    const now = new Map(tree.files);
    for (const path of files) {
      const text = tree.files.get(path)?.text ?? "";
      if (text.includes("${") && !isDone(path) && !DISABLED.test(text))
        now.set(path, blobOf(expand(text, around)));
    }
    return { tree: { ...tree, files: now }, settings: around.flatMap((scope) => scope.settings) };
  };
}

const blobOf = (text: string): Blob => ({ text, sha: createHash("sha1").update(text).digest("hex") });

interface Scope {
  readonly folder: string;
  readonly variables: Variables;
  /** A Secret, or what lies elsewhere, may give variables that stand nowhere else, so that no default is sure. */
  readonly open: boolean;
  /** Files that say what the variables are. */
  readonly settings: readonly string[];
}

function scopesOf(tree: Tree, side: Side): Scope[] {
  const read = fileReader();
  const orders = [...tree.files].filter(([, { text }]) => ORDER.test(text) && text.includes("postBuild"));
  if (orders.length === 0) return [];
  const all = (files: readonly (readonly [string, Blob])[]) =>
    files.flatMap(([path, blob]) => manifestsOf(read(blob), { path, side, source: blob.text }));
  const maps = all([...tree.files].filter(([, { text }]) => /^kind:\s*ConfigMap\b/m.test(text))).filter(
    ({ kind }) => kind === "ConfigMap",
  );
  const byName = Map.groupBy(maps, ({ name }) => name);
  return all(orders).flatMap((order) => scopeOf(order, byName) ?? []);
}

function scopeOf(order: Manifest, maps: ReadonlyMap<string, readonly Manifest[]>): Scope | undefined {
  const { path, postBuild } = object(order.get("spec"));
  if (order.kind !== "Kustomization" || postBuild === undefined || typeof path !== "string") return undefined;
  const folder = resolvePath(".", path);
  if (folder === undefined) return undefined;
  const { substitute, substituteFrom } = object(postBuild);
  const from = list(substituteFrom).flatMap((item: Json) => {
    const { kind, name } = strings(item);
    return kind === "ConfigMap" ? (nearest(order, maps.get(name ?? "") ?? []) ?? []) : [];
  });
  const given = from.flatMap((map) => Object.entries(strings(map.get("data"))));
  return {
    folder,
    variables: new Map([...given, ...Object.entries(strings(substitute))]),
    open: from.length < list(substituteFrom).length,
    settings: [order.path, ...from.map((map) => map.path)],
  };
}

/** Each cluster has settings of the same name: those that lie nearest to the Kustomization are its own. */
function nearest(order: Manifest, maps: readonly Manifest[]): Manifest | undefined {
  const common = ({ path }: Manifest) => sharedSteps(folderOf(order.path), folderOf(path));
  const most = Math.max(...maps.map(common));
  const [map, ...others] = maps.filter((one) => common(one) === most);
  return others.length === 0 ? map : undefined;
}

function sharedSteps(one: string, other: string): number {
  const [left, right] = [one.split("/"), other.split("/")];
  const index = left.findIndex((step, place) => step !== right[place]);
  return index < 0 ? left.length : index;
}

function agreed(all: readonly Variables[]): Variables {
  const result = new Map<string, string | undefined>();
  for (const [name, value] of all.flatMap((variables) => [...variables]))
    result.set(name, result.has(name) && result.get(name) !== value ? undefined : value);
  return result;
}

function expand(text: string, scopes: readonly Scope[]): string {
  const variables = agreed(scopes.map((scope) => scope.variables));
  const isOpen = scopes.some(({ open }) => open);
  return text.replace(VARIABLE, (written, escape: string, name: string, fallback: string | undefined) => {
    if (escape !== "") return written;
    const value = variables.has(name) ? variables.get(name) : isOpen ? undefined : fallback;
    return value === undefined || value.includes("\n") ? written : value;
  });
}
