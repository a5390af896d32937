import type { Files } from "./github-actions.ts";
import { itemsOf } from "./reading.ts";
import { field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** An object of a CI system that runs in the cluster, with the file that holds it. */
export interface ClusterObject {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
  readonly node: Node;
}

/** Files with more objects than this are generated, and hold no pipeline. */
const DOCUMENTS_AT_MOST = 500;

/** The objects of an API group, from wherever in the repository they stand. Placeholders in braces are read as texts. */
export function clusterObjects(files: Files, group: string, kinds: RegExp): ClusterObject[] {
  const version = new RegExp(
    String.raw`^\s*["']?apiVersion["']?:\s*["']?${group.replaceAll(".", String.raw`\.`)}/`,
    "m",
  );
  return [...files.tree.files].flatMap(([path, blob]) => {
    if (!/\.ya?ml$/.test(path) || !version.test(blob.text) || !kinds.test(blob.text)) return [];
    const documents = itemsOf(files.read(path, { merge: true, several: true, placeholders: true }));
    return documents.slice(0, DOCUMENTS_AT_MOST).flatMap((node) => objectOf(node, path, group));
  });
}

function objectOf(node: Node, path: string, group: string): ClusterObject[] {
  const kind = text(field(node, "kind"));
  if (kind === undefined || !(text(field(node, "apiVersion")) ?? "").startsWith(`${group}/`)) return [];
  const metadata = field(node, "metadata");
  const generated = text(field(metadata, "generateName"))?.replace(/-$/, "");
  return [{ kind, name: text(field(metadata, "name")) ?? generated ?? kind, path, node }];
}
