import { fileReader, manifestsOf, notesOf, type ReadFile } from "../engine/manifest.ts";
import type { Manifest, Note, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { environmentOf } from "./environment.ts";
import { foldersOf } from "./folders.ts";
import { folderOf } from "./paths.ts";

/** Which files of each side are manifests, deployed as they are written. */
export interface Plain {
  readonly isManifest: Readonly<Record<Side, (path: string) => boolean>>;
  /** Paths whose content differs between the sides. */
  readonly changed: ReadonlySet<string>;
}

/** Reads manifests as they are written. Folders whose objects do not collide are one unit. */
export function readPlain(base: Tree, head: Tree, { isManifest, changed }: Plain): Record<Side, Rendering> {
  const read = fileReader();
  const sides = {
    base: readSide({ tree: base, side: "base", isManifest: isManifest.base, read, changed }),
    head: readSide({ tree: head, side: "head", isManifest: isManifest.head, read, changed }),
  };
  const folders = foldersOf([...sides.base.manifests, ...sides.head.manifests]);
  return {
    base: { units: unitsOf(sides.base.manifests, folders), notes: sides.base.notes },
    head: { units: unitsOf(sides.head.manifests, folders), notes: sides.head.notes },
  };
}

interface SideToRead {
  readonly tree: Tree;
  readonly side: Side;
  readonly isManifest: (path: string) => boolean;
  readonly read: ReadFile;
  readonly changed: ReadonlySet<string>;
}

function readSide({ tree, side, isManifest, read, changed }: SideToRead): {
  manifests: Manifest[];
  notes: Note[];
} {
  const manifests: Manifest[] = [];
  const notes: Note[] = [];
  for (const [path, blob] of [...tree.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/\.(ya?ml|json)$/i.test(path) || !isManifest(path)) continue;
    const file = read(blob);
    manifests.push(...manifestsOf(file, { path, side, source: blob.text }));
    // That a file is a template matters where this change touches it; that a file is broken always does.
    if (!file.templated || changed.has(path)) notes.push(...notesOf(file, path, blob.text));
  }
  return { manifests, notes };
}

function unitsOf(manifests: readonly Manifest[], folders: ReadonlyMap<string, string>): Unit[] {
  const groups = Map.groupBy(manifests, ({ path }) => folders.get(folderOf(path)) ?? folderOf(path));
  return [...groups].map(([id, group]) => ({ id, environment: environmentOf(id), manifests: group }));
}
