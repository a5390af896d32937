import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { benchRepository } from "../../scripts/bench/manifests.ts";
import type { Tree } from "../../src/engine/types.ts";
import { SPECIAL } from "./special.ts";
import { copy, isValues, text, type Values } from "./values.ts";

/** One object and the file that holds it. */
export interface Entry {
  readonly path: string;
  readonly object: Values;
}

export type Repository = readonly Entry[];
export type Files = ReadonlyMap<string, string>;

/** What a company has: a dozen services of each kind, the shop of the examples, and what is out of the ordinary. */
export function repository(): Repository {
  const shop = join(import.meta.dirname, "../../examples/shop/before/deploy");
  const files = readdirSync(shop, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".yaml"),
  );
  return [
    ...[...benchRepository(72).files].flatMap(([path, yaml]) => entries(path, yaml)),
    ...files.flatMap((path) => entries(`apps/shop/${path}`, readFileSync(join(shop, path), "utf8"))),
    ...Object.entries(SPECIAL).flatMap(([path, yaml]) => entries(`apps/${path}`, yaml)),
  ];
}

export function entries(path: string, yaml: string): Entry[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const object: unknown = document.toJS();
    return isValues(object as Values) ? [{ path, object: object as Values }] : [];
  });
}

export function cloned(repo: Repository): Entry[] {
  return repo.map(({ path, object }) => ({ path, object: copy(object) }));
}

/** Block style, one file for each path. */
export function written(repo: Repository, write = yamlOf): Files {
  const files = new Map<string, string[]>();
  for (const { path, object } of repo) files.set(path, [...(files.get(path) ?? []), write(object)]);
  return new Map([...files].map(([path, texts]) => [path, texts.join("---\n")]));
}

export function yamlOf(object: Values): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
}

export function treeOf(files: Files, commit: string): Tree {
  const blobs = [...files].map(
    ([path, content]) =>
      [path, { text: content, sha: createHash("sha1").update(content).digest("hex") }] as const,
  );
  return { commit, files: new Map(blobs), notes: [] };
}

export const nameOf = (object: Values) => text(object, "metadata.name");
export const kindOf = (object: Values) => text(object, "kind");
