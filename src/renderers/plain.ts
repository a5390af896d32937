import { fileReader, manifestsOf, notesOf, type ReadFile } from "../engine/manifest.ts";
import type { Manifest, Note, Render, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { environmentOf } from "./environment.ts";
import { foldersOf } from "./folders.ts";
import { KUSTOMIZATION, patchFilesOf, transforms } from "./kustomization.ts";
import { folderOf, isInside } from "./paths.ts";

/**
 * Reads manifests as they are written: no chart and no kustomization is rendered. What this change touches and what
 * would have to be rendered is said in notes.
 */
export const plain: Render = (base, head) => {
  const read = fileReader();
  const before = readSide(base, "base", read);
  const after = readSide(head, "head", read);
  const folders = foldersOf([...before.manifests, ...after.manifests]);
  const rendering = (side: ReadSide, notes: readonly Note[]): Rendering => ({
    units: unitsOf(side.manifests, folders),
    notes: [...side.notes, ...notes],
  });
  return Promise.resolve({ base: rendering(before, []), head: rendering(after, notRendered(base, head)) });
};

interface ReadSide {
  readonly manifests: readonly Manifest[];
  readonly notes: readonly Note[];
}

function readSide(tree: Tree, side: Side, read: ReadFile): ReadSide {
  const manifests: Manifest[] = [];
  const notes: Note[] = [...tree.notes];
  const isManifest = manifestFilter(tree);
  for (const [path, blob] of [...tree.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isManifest(path)) continue;
    const file = read(blob);
    manifests.push(...manifestsOf(file, { path, side, source: blob.text }));
    notes.push(...notesOf(file, path));
  }
  return { manifests, notes };
}

/** Leaves out what looks like manifests and is not deployed as written: chart templates, and patches of kustomizations. */
function manifestFilter(tree: Tree): (path: string) => boolean {
  const templates = chartFolders(tree).map((folder) => (folder === "." ? "templates" : `${folder}/templates`));
  const patches = new Set<string>();
  for (const [path, { text }] of tree.files) {
    if (KUSTOMIZATION.test(path)) for (const patch of patchFilesOf(path, text)) patches.add(patch);
  }
  return (path) =>
    /\.(ya?ml|json)$/i.test(path) && !patches.has(path) && !templates.some((folder) => isInside(path, folder));
}

function chartFolders(tree: Tree): string[] {
  return [...tree.files.keys()].filter((path) => /(^|\/)Chart\.ya?ml$/.test(path)).map(folderOf);
}

function unitsOf(manifests: readonly Manifest[], folders: ReadonlyMap<string, string>): Unit[] {
  const groups = Map.groupBy(manifests, ({ path }) => folders.get(folderOf(path)) ?? folderOf(path));
  return [...groups]
    .map(([id, group]) => ({ id, environment: environmentOf(id), manifests: group }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Charts and kustomizations that this change touches, and that were therefore not judged as they are deployed. */
function notRendered(base: Tree, head: Tree): Note[] {
  const changed = [...new Set([...base.files.keys(), ...head.files.keys()])].filter(
    (path) => base.files.get(path)?.sha !== head.files.get(path)?.sha,
  );
  const touches = (folder: string) => changed.some((path) => isInside(path, folder));
  const charts = chartFolders(head).filter(touches);
  const kustomizations = [...head.files].filter(
    ([path, { text }]) => KUSTOMIZATION.test(path) && transforms(text) && touches(folderOf(path)),
  );
  return [
    ...charts.map((folder) => ({ path: folder, message: CHART })),
    ...kustomizations.map(([path]) => ({ path, message: OVERLAY })),
  ];
}

const CHART =
  "This Helm chart was not rendered, so its templates and values were not judged. Review what they change by hand.";
const OVERLAY =
  "This kustomization was not built: its resources were judged as they are written, without its patches. Review what the patches change by hand.";
