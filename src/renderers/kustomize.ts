import { isScalar, isSeq, parseDocument } from "yaml";
import { at, isObject, string, type JsonObject } from "../engine/json.ts";
import type { Manifest, Note, Side, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { INCLUDES, isKustomization, type Closure } from "./kustomization.ts";
import { renderedManifest, sourceDocuments, type SourceDocument } from "./origin.ts";
import { runTool } from "./process.ts";
import { inScratch } from "./scratch.ts";

export interface Built {
  /** Whether it could be built; if not, a note says why. */
  readonly ok: boolean;
  readonly manifests: readonly Manifest[];
  readonly notes: readonly Note[];
  /** Source files that had to be left out; the other side does without them too, or they would look removed. */
  readonly dropped: readonly string[];
}

/** Builds a kustomization with `kubectl kustomize`. What cannot be built is a note that says how to make it buildable. */
export async function buildKustomization(closure: Closure, tree: Tree, side: Side): Promise<Built> {
  const { path, folder } = closure.root;
  const text = (file: string) => {
    const written = tree.files.get(file)?.text ?? "";
    return isKustomization(file) ? without(closure.unavailable.get(file) ?? [], written) : written;
  };
  const files = new Map([...closure.standIns, ...closure.files].map((file) => [file, text(file)]));
  const outcome = await inScratch(files, (scratch) => runTool("kubectl", ["kustomize", folder], scratch));
  if (outcome.ok) {
    return {
      ok: true,
      manifests: manifestsOf(outcome.output, closure, tree, side),
      notes: unavailableNotes(closure),
      dropped: [],
    };
  }
  return failed(path, outcome.missing ? "kubectl is not in PATH. Install it beside nines" : outcome.reason);
}

/** A kustomization file without the includes that cannot be had, so that the rest of it can still be judged. */
function without(includes: readonly string[], text: string): string {
  const document = parseDocument(text);
  const patches = document.get("patches");
  // A list of file names was a list of strategic merge patches before kustomize 4, and still is in many repositories.
  const legacy = isSeq(patches) && patches.items.some((item) => isScalar(item));
  if (includes.length === 0 && !legacy) return text;
  if (legacy) {
    document.delete("patches");
    document.set("patchesStrategicMerge", patches);
  }
  for (const field of INCLUDES) {
    const items = document.get(field);
    if (isSeq(items))
      items.items = items.items.filter(
        (item) => !includes.includes(String(isScalar(item) ? item.value : item)),
      );
  }
  return document.toString();
}

function unavailableNotes({ unavailable }: Closure): Note[] {
  return [...unavailable].flatMap(([path, includes]) =>
    includes.map((include) => ({
      path,
      message: `${include} is not in the repository, and nines fetches nothing: what it deploys was not judged. Vendor it to have it judged.`,
    })),
  );
}

function failed(path: string, reason: string): Built {
  const message = `This kustomization could not be built: ${reason}. Its resources were judged as they are written, without its patches.`;
  return { ok: false, manifests: [], notes: [{ path, message }], dropped: [] };
}

function manifestsOf(output: string, closure: Closure, tree: Tree, side: Side): Manifest[] {
  const sources = closure.files.flatMap((path) => sourceDocuments(path, tree.files.get(path)?.text ?? ""));
  const byKind = Map.groupBy(sources, ({ value }) => string(value["kind"]) ?? "");
  return readYaml(output).documents.flatMap(({ value }) => {
    if (!isObject(value) || typeof at(value, ["metadata", "name"]) !== "string") return [];
    const candidates = sourcesOf(value, byKind.get(string(value["kind"]) ?? "") ?? []);
    return [renderedManifest(value, candidates, side, closure.root.path)];
  });
}

/** By its name; a name may have got a prefix or a suffix on the way, so else by the longest name within its own. */
function sourcesOf(object: JsonObject, sources: readonly SourceDocument[]): SourceDocument[] {
  const name = nameOf(object);
  const names = sources
    .map(({ value }) => nameOf(value))
    .filter((written) => written !== "" && name.includes(written));
  const best = names.includes(name)
    ? name
    : names.reduce((longest, one) => (one.length > longest.length ? one : longest), "");
  return best === "" ? [] : sources.filter(({ value }) => nameOf(value) === best);
}

const nameOf = (object: JsonObject) => string(at(object, ["metadata", "name"])) ?? "";
