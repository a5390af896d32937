import { fileReader, manifestsOf, notesOf, type ReadFile } from "../engine/manifest.ts";
import type { Broken, Manifest, Note, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { brokenAt } from "./broken.ts";
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
  const left = readSide({ tree: base, side: "base", isManifest: isManifest.base, read, changed });
  const right = readSide({ tree: head, side: "head", isManifest: isManifest.head, read, changed });
  const sides = { base: completed(left, right), head: completed(right, left) };
  const folders = foldersOf([...sides.base.manifests, ...sides.head.manifests]);
  const broken = brokenFiles(left, right, changed).map((one): Unit => {
    const id = folders.get(folderOf(one.ref)) ?? folderOf(one.ref);
    return { id, environment: environmentOf(id), manifests: [], broken: [one] };
  });
  return {
    base: { units: unitsOf(sides.base.manifests, folders), notes: sides.base.notes },
    head: {
      units: [...unitsOf(sides.head.manifests, folders), ...broken],
      // Each is said once: there as what this change does, or here as what was not judged.
      notes: sides.head.notes.filter((note) => !broken.some((unit) => unit.broken?.[0]?.ref === note.path)),
    },
  };
}

interface SideToRead {
  readonly tree: Tree;
  readonly side: Side;
  readonly isManifest: (path: string) => boolean;
  readonly read: ReadFile;
  readonly changed: ReadonlySet<string>;
}

interface ReadSide {
  readonly manifests: readonly Manifest[];
  readonly notes: readonly Note[];
  /** Files of which something could not be read. */
  readonly unread: ReadonlySet<string>;
  /** What is wrong with them, where that is known. */
  readonly problems: ReadonlyMap<string, { readonly line: number; readonly message: string }>;
}

/** What could not be read is taken to be as on the other side: neither gone nor new. */
function completed(side: ReadSide, other: ReadSide): ReadSide {
  if (side.unread.size === 0) return side;
  const known = new Set(side.manifests.map(({ id }) => id));
  const missing = other.manifests.filter(({ path, id }) => side.unread.has(path) && !known.has(id));
  return { ...side, manifests: [...side.manifests, ...missing] };
}

function readSide({ tree, side, isManifest, read, changed }: SideToRead): ReadSide {
  const manifests: Manifest[] = [];
  const notes: Note[] = [];
  const unread = new Set(tree.notes.map(({ path }) => path));
  const problems = new Map<string, { line: number; message: string }>();
  for (const [path, blob] of [...tree.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/\.(ya?ml|json)$/i.test(path) || !isManifest(path)) continue;
    const file = read(blob);
    const [problem] = file.problems;
    if (problem) unread.add(path);
    if (problem && !file.templated) problems.set(path, problem);
    manifests.push(...manifestsOf(file, { path, side, source: blob.text }));
    // That a file is a template matters where this change touches it; that a file is broken always does.
    if (!file.templated || changed.has(path)) notes.push(...notesOf(file, path, blob.text));
  }
  return { manifests, notes, unread, problems };
}

/** Files that held objects before, and of which something can no longer be read. */
function brokenFiles(left: ReadSide, right: ReadSide, changed: ReadonlySet<string>): Broken[] {
  const before = new Set(left.manifests.map(({ path }) => path));
  return [...right.problems].flatMap(([path, { line, message }]) =>
    changed.has(path) && before.has(path) && !left.unread.has(path) ? [brokenAt(path, line, message)] : [],
  );
}

function unitsOf(manifests: readonly Manifest[], folders: ReadonlyMap<string, string>): Unit[] {
  const groups = Map.groupBy(manifests, ({ path }) => folders.get(folderOf(path)) ?? folderOf(path));
  return [...groups].map(([id, group]) => ({ id, environment: environmentOf(id), manifests: group }));
}
