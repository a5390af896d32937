import type { Manifest } from "../engine/types.ts";
import { folderOf } from "./paths.ts";

/**
 * Groups folders of plain manifests into units. What lies below one folder is deployed together unless two of its
 * parts write the same object: those are variants (environments, clusters), and each stays a unit of its own; so do
 * folders of what tests are made of.
 * Both sides' manifests come in, so that a change cannot move an object from one unit to another.
 * @returns the unit's folder of every folder that holds a manifest
 */
export function foldersOf(manifests: readonly Manifest[]): ReadonlyMap<string, string> {
  const root = treeOf(manifests);
  const units = new Map<string, string>();
  for (const group of merge(root)) for (const folder of group.folders) units.set(folder, group.root);
  return units;
}

interface Folder {
  readonly path: string;
  readonly ids: Set<string>;
  readonly children: Map<string, Folder>;
}

interface Group {
  readonly root: string;
  readonly ids: ReadonlySet<string>;
  readonly folders: readonly string[];
  /** What tests are made of is deployed with nothing else. */
  readonly isFixture: boolean;
}

function treeOf(manifests: readonly Manifest[]): Folder {
  const root: Folder = { path: ".", ids: new Set(), children: new Map() };
  const known = new Map([[".", root]]);
  for (const { path, id } of manifests) folderAt(folderOf(path), known).ids.add(id);
  return root;
}

/** The folder of a path, made with all its parents where it is new. */
function folderAt(path: string, known: Map<string, Folder>): Folder {
  const there = known.get(path);
  if (there) return there;
  const folder: Folder = { path, ids: new Set(), children: new Map() };
  known.set(path, folder);
  folderAt(folderOf(path), known).children.set(path, folder);
  return folder;
}

/** Folders of manifests that a program is tested with. */
const FIXTURES = /(^|\/)(testdata|test-data|fixtures?|__fixtures__|__tests__)$/i;

/** Bottom up: the groups below a folder become one with it, unless any two of them share an object. */
function merge(folder: Folder): Group[] {
  const isFixture = FIXTURES.test(folder.path);
  const below = [...folder.children.values()].flatMap(merge);
  const own: Group[] =
    folder.ids.size > 0 ? [{ root: folder.path, ids: folder.ids, folders: [folder.path], isFixture }] : [];
  const apart = isFixture ? [] : below.filter((group) => group.isFixture);
  const groups = [...own, ...below.filter((group) => !apart.includes(group))];
  return [...apart, ...joined(folder.path, groups, isFixture)];
}

function joined(root: string, groups: readonly Group[], isFixture: boolean): readonly Group[] {
  const all = groups.map((group) => ({ ...group, isFixture: group.isFixture || isFixture }));
  if (all.length < 2) return all;
  const ids = new Set<string>();
  for (const group of all) {
    for (const id of group.ids) {
      if (ids.has(id)) return all;
      ids.add(id);
    }
  }
  return [{ root, ids, folders: all.flatMap(({ folders }) => folders), isFixture }];
}
