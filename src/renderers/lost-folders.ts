import { list, object, string } from "../engine/json.ts";
import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { deployedFolders } from "../engine/pruning.ts";
import type { Broken, FieldPath, Manifest, Rendering, Side, Tree, Unit } from "../engine/types.ts";
import { DEPLOYER, isDeployer } from "./deployers.ts";
import { environmentOf } from "./environment.ts";
import { folderOf, isInside } from "./paths.ts";

type Sides = Record<Side, Rendering>;

/**
 * Folders that a change empties while an Application or a Flux Kustomization still deploys them: the tool finds nothing
 * there and stops with an error, so what was in them is not deleted either.
 */
export function withLostFolders(
  { base, head }: Sides,
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
): Sides {
  const lost = lostFolders(trees, changed);
  if (lost.size === 0) return { base, head };
  const orders = ordersOf(lost, trees.head);
  const units = new Map(head.units.map((unit) => [unit.id, unit]));
  for (const [folder, broken] of orders) {
    const [first = folder, ...others] = base.units.map(({ id }) => id).filter((id) => isOf(id, folder));
    for (const id of [first, ...others]) {
      const unit = units.get(id) ?? { id, environment: environmentOf(id), manifests: [] };
      units.set(id, { ...unit, incomplete: true, ...(id === first && { broken }) } satisfies Unit);
    }
  }
  return { base, head: { ...head, units: [...units.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) } };
}

/** The folder's own unit, those below it, and the releases of a chart that it is. */
const isOf = (id: string, folder: string) =>
  id === folder || isInside(id, folder) || id.startsWith(`${folder} (`);

/** Folders of files that go, and in which nothing is left. */
function lostFolders({ base, head }: Record<Side, Tree>, changed: ReadonlySet<string>): Set<string> {
  const lost = new Set<string>();
  for (const path of changed) {
    if (!base.files.has(path) || head.files.has(path)) continue;
    for (let folder = folderOf(path); folder !== "."; folder = folderOf(folder)) lost.add(folder);
  }
  if (lost.size === 0) return lost;
  for (const path of head.files.keys())
    for (let folder = folderOf(path); folder !== "."; folder = folderOf(folder)) lost.delete(folder);
  return lost;
}

/** By folder: who still deploys it. */
function ordersOf(lost: ReadonlySet<string>, tree: Tree): Map<string, Broken[]> {
  const read = fileReader();
  const all = [...tree.files].flatMap(([path, blob]) =>
    DEPLOYER.test(blob.text)
      ? manifestsOf(read(blob), { path, side: "head", source: blob.text }).filter(isDeployer)
      : [],
  );
  const orders = all
    .filter(followsBranch)
    .flatMap((order) => deployedFolders(order).map((folder) => ({ folder, order })));
  const gone = orders.filter(({ folder }) => lost.has(folder));
  return new Map(
    [...Map.groupBy(gone, ({ folder }) => folder)].map(([folder, group]) => [
      folder,
      group.map(({ order }) => brokenOrder(order, folder)),
    ]),
  );
}

const BRANCHES = new Set(["HEAD", "main", "master", "trunk", ""]);

/** What is pinned to a tag or a commit does not see this change. */
const followsBranch = (order: Manifest): boolean =>
  pathsOf(order).every((path) => {
    const { targetRevision } = object(order.get(...path.slice(0, -1)));
    return BRANCHES.has(string(targetRevision) ?? "");
  });

function pathsOf(order: Manifest): FieldPath[] {
  if (order.group !== "argoproj.io") return [["spec", "path"]];
  const spec = order.kind === "ApplicationSet" ? ["spec", "template", "spec"] : ["spec"];
  const several = list(order.get(...spec, "sources")).map((_, index) => [...spec, "sources", index, "path"]);
  return [[...spec, "source", "path"], ...several];
}

function brokenOrder(order: Manifest, folder: string): Broken {
  const path = pathsOf(order).find(
    (one) => string(order.get(...one))?.replace(/^(\.?\/)+|\/+$/g, "") === folder,
  );
  const { ref, kind, namespace, name, labels } = order;
  const reason = `it deploys ${folder}, which this change removes`;
  return { ref, kind, namespace, name, labels, at: order.locate(...(path ?? [])), reason, lost: folder };
}
