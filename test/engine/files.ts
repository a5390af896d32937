import { createHash } from "node:crypto";
import { worldsOf } from "../../src/checks/worlds.ts";
import { fileReader, manifestsOf, notesOf } from "../../src/engine/manifest.ts";
import type { Blob, Cluster, Manifest, Note, Side, Suggestion, Tree, Unit } from "../../src/engine/types.ts";
import type { Workload } from "../../src/engine/workload.ts";
import type { World } from "../../src/engine/world.ts";

/** What tests of the engine start from: text. */

export function blobOf(text: string): Blob {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

export function treeOf(files: Readonly<Record<string, string>>, commit = "head"): Tree {
  const blobs = Object.entries(files).map(([path, text]) => [path, blobOf(text)] as const);
  return { commit, files: new Map(blobs), notes: [] };
}

export function readAll(
  text: string,
  { path = "app.yaml", side = "head" }: { path?: string; side?: Side } = {},
): { manifests: Manifest[]; notes: Note[] } {
  const file = fileReader()(blobOf(text));
  return { manifests: manifestsOf(file, { path, side, source: text }), notes: notesOf(file, path, text) };
}

export function one(text: string): Manifest {
  const { manifests } = readAll(text);
  if (manifests.length !== 1) throw new Error(`expected one manifest, found ${String(manifests.length)}`);
  return manifests[0]!;
}

/** The world of one file's objects. */
export function worldFrom(text: string, cluster: Cluster = {}): World {
  const unit: Unit = { id: ".", environment: "unknown", manifests: readAll(text).manifests };
  const [worlds] = worldsOf(
    { before: { units: [], notes: [] }, after: { units: [unit], notes: [] } },
    { cluster, values: [] },
  );
  return worlds!.after;
}

/** What a place covers in the text: the words that a reader would see marked. */
export function shown(manifest: Manifest, ...field: (string | number)[]): string {
  const { line, column, endLine, endColumn } = manifest.locate(...field);
  if (line !== endLine) throw new Error("a location stays on one line");
  return (manifest.source.split("\n")[line - 1] ?? "").slice(column - 1, endColumn - 1);
}

/** The text of a field's value, or undefined where it is not written. */
export function valueText(manifest: Manifest, ...field: (string | number)[]): string | undefined {
  const span = manifest.span(...field);
  return span && manifest.source.slice(span.start, span.end);
}

/** Applies a suggestion as GitHub does: whole lines go, the new ones get the file's own line ends. */
export function applied(text: string, suggestion: Suggestion | undefined): string {
  if (!suggestion) throw new Error("there is no suggestion");
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(end);
  lines.splice(suggestion.line - 1, suggestion.endLine - suggestion.line + 1, ...suggestion.text.split("\n"));
  return lines.join(end);
}

/** A workload that makes pods with the label `app=web`, in the namespace shop. */
export const workload = (spec: string, { kind = "Deployment", pod = "" } = {}) => `apiVersion: apps/v1
kind: ${kind}
metadata: { name: web, namespace: shop }
spec:
  ${spec}
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web }]
      ${pod}
---
`;

/** The first workload of a text, and its world. */
export function parse(text: string, cluster: Cluster = {}): { web: Workload; world: World } {
  const world = worldFrom(text, cluster);
  const [web] = world.workloads;
  if (!web) throw new Error("expected a workload");
  return { web, world };
}
