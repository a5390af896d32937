import { createHash } from "node:crypto";
import { list, object, strings } from "../engine/json.ts";
import { fileReader, manifestsOf } from "../engine/manifest.ts";
import type { Blob, Json, Manifest, Side, Tree } from "../engine/types.ts";
import { isInside, resolvePath } from "./paths.ts";

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
    const text = expand(blob.text, agreed(around.map(({ variables }) => variables)));
    return [path, text === blob.text ? blob : { text, sha: createHash("sha1").update(text).digest("hex") }];
  });
  return { ...tree, files: new Map(files) };
}

interface Scope {
  readonly folder: string;
  readonly variables: Variables;
}

function scopesOf(tree: Tree, side: Side): Scope[] {
  const read = fileReader();
  const orders = [...tree.files].filter(([, { text }]) => ORDER.test(text) && text.includes("postBuild"));
  if (orders.length === 0) return [];
  const all = (files: readonly (readonly [string, Blob])[]) =>
    files.flatMap(([path, blob]) => manifestsOf(read(blob), { path, side, source: blob.text }));
  const maps = new Map(
    all([...tree.files].filter(([, { text }]) => /^kind:\s*ConfigMap\b/m.test(text))).flatMap((one) =>
      one.kind === "ConfigMap" ? [[one.name, one]] : [],
    ),
  );
  return all(orders).flatMap((order) => scopeOf(order, maps) ?? []);
}

function scopeOf(order: Manifest, maps: ReadonlyMap<string, Manifest>): Scope | undefined {
  const { path, postBuild } = object(order.get("spec"));
  if (order.kind !== "Kustomization" || postBuild === undefined || typeof path !== "string") return undefined;
  const folder = resolvePath(".", path);
  if (folder === undefined) return undefined;
  const { substitute, substituteFrom } = object(postBuild);
  const from = list(substituteFrom).flatMap((item: Json) => {
    const { kind, name } = strings(item);
    const map = kind === "ConfigMap" ? maps.get(name ?? "") : undefined;
    return map ? Object.entries(strings(map.get("data"))) : [];
  });
  return { folder, variables: new Map([...from, ...Object.entries(strings(substitute))]) };
}

function agreed(all: readonly Variables[]): Variables {
  const result = new Map<string, string | undefined>();
  for (const [name, value] of all.flatMap((variables) => [...variables]))
    result.set(name, result.has(name) && result.get(name) !== value ? undefined : value);
  return result;
}

function expand(text: string, variables: Variables): string {
  return text.replace(VARIABLE, (written, escape: string, name: string, fallback: string | undefined) => {
    if (escape !== "") return written;
    const value = variables.has(name) ? variables.get(name) : fallback;
    return value === undefined || value.includes("\n") ? written : value;
  });
}
