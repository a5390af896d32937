import { at, isObject, list, object, string, type JsonObject } from "../engine/json.ts";
import type { Broken, FieldPath, Manifest, Note, Side, Tree, ValuesSet } from "../engine/types.ts";
import { layered } from "../engine/values.ts";
import { readYaml, selfReference } from "../engine/yaml.ts";
import { brokenAt } from "./broken.ts";
import type { Attempt } from "./chart-notes.ts";
import { isKustomization, type Closure } from "./kustomization.ts";
import {
  buildable,
  EMPTY,
  including,
  NO_OMISSIONS,
  usesPlugins,
  omissionFor,
  targetObject,
  TARGETS,
  type Omissions,
} from "./kustomization-edit.ts";
import { overridesOf } from "./kustomization-lines.ts";
import { locationOf, renderedManifest, sourceDocuments, type SourceDocument } from "./origin.ts";
import { folderOf, resolvePath } from "./paths.ts";
import { deadline, runTool, type Outcome } from "./process.ts";
import { inScratch, unwritable } from "./scratch.ts";
import { fileLayer } from "./values.ts";

export interface Built {
  /** Whether it could be built; if not, a note says why. */
  readonly ok: boolean;
  readonly manifests: readonly Manifest[];
  /** What is known of objects that are in no file: what patches say of them. */
  readonly values?: readonly ValuesSet[];
  /** Objects of its own files are missing: nobody can say that something is not there. */
  readonly incomplete: boolean;
  /** What it includes and the repository does not have. */
  readonly missing: readonly string[];
  readonly notes: readonly Note[];
  /** For a chart: how it went; its notes are said once for all its releases. */
  readonly attempt?: Attempt;
  /** Why it could not be built, where that is the repository's fault. */
  readonly broken?: Broken;
  /** Source files that had to be left out; the other side does without them too, or they would look removed. */
  readonly dropped: readonly string[];
}

/** How often it is tried again without what it could not be built with. */
const MOST_TRIES = 30;

/** Builds a kustomization with `kubectl kustomize`. What cannot be built is a note that says how to make it buildable. */
export async function buildKustomization(closure: Closure, tree: Tree, side: Side): Promise<Built> {
  const endless = endlessFile(closure, tree);
  if (endless !== undefined) return failed(closure.root.path, endless);
  const late = deadline();
  let omit: Omissions = {
    ...NO_OMISSIONS,
    includes: closure.unavailable,
    // Not only when kustomize refuses them: what configures them can name addresses to fetch from.
    plugins: closure.parts.some(({ path }) => usesPlugins(tree.files.get(path)?.text ?? "")),
  };
  let outcome = await build(closure, tree, omit);
  for (let tries = 0; !outcome.ok && !outcome.missing && tries < MOST_TRIES && !late(); tries++) {
    const next = omissionFor(outcome.detail, omit);
    if (!next) break;
    omit = next;
    outcome = await build(closure, tree, omit);
  }
  if (!outcome.ok) {
    const { path } = closure.root;
    if (outcome.missing) return failed(path, "kubectl is not in PATH. Install it beside nines");
    return { ...failed(path, outcome.reason), broken: brokenAt(path, 1, outcome.reason) };
  }
  const all = manifestsOf(outcome.output, closure, tree, side);
  const targets = new Set(omit.targets.flatMap((id) => targetName(targetObject(id)) ?? []));
  const charts = closure.parts.flatMap(({ path }) => inflated(path, tree, side));
  const isPartial = (manifest: Manifest) => targets.has(targetName(manifest) ?? "");
  return {
    ok: true,
    manifests: all.filter((manifest) => !isPartial(manifest)),
    ...(targets.size + charts.length > 0 && { values: [...all.filter(isPartial).map(partial), ...charts] }),
    incomplete: targets.size + charts.length > 0 || omit.plugins,
    missing: [...closure.unavailable.values()].flat().sort(),
    notes: [
      ...unavailableNotes(closure),
      ...omissionNotes(closure, omit),
      ...(charts.length > 0 ? [{ path: closure.root.path, message: INFLATED }] : []),
    ],
    dropped: [],
  };
}

function endlessFile({ files }: Closure, tree: Tree): string | undefined {
  for (const path of files) {
    const problem = selfReference(tree.files.get(path)?.text ?? "");
    if (problem) return `in ${path}, line ${problem.line}, ${problem.message.replace(/\.$/, "")}`;
  }
  return undefined;
}

const INFLATED =
  "Charts that this kustomization inflates (helmCharts) were not fetched: only their values were judged, by the usual meaning of the keys.";

/** Values of charts that kustomize would fetch and render. */
function inflated(path: string, tree: Tree, side: Side): ValuesSet[] {
  const [source] = sourceDocuments(path, tree.files.get(path)?.text ?? "");
  return list(source?.value["helmCharts"]).flatMap((item, index) => {
    const { name, namespace, valuesFile, valuesInline } = object(item);
    const file = resolvePath(folderOf(path), string(valuesFile) ?? "") ?? "";
    const below =
      valuesFile === undefined ? undefined : fileLayer(file, tree.files.get(file)?.text ?? "", side);
    const field = ["helmCharts", index, "valuesInline"];
    const inline = source && {
      values: object(valuesInline),
      locate: (key: FieldPath) => locationOf(source, [...field, ...key], side),
    };
    const all = layered([...(below ? [below] : []), ...(inline ? [inline] : [])]);
    const label = string(name) ?? "chart";
    const subject = {
      ref: `${path}#${label}`,
      kind: "Chart",
      namespace: string(namespace) ?? "",
      name: label,
    };
    return all ? [{ ...subject, labels: {}, ...all }] : [];
  });
}

/** Prefixes and namespaces of the kustomization may have changed more of the name. */
const targetName = (one: { kind: string; name: string } | undefined) => one && `${one.kind}/${one.name}`;

/** What a patch says of an object that is in no file is judged by the meaning of its keys. */
function partial(manifest: Manifest): ValuesSet {
  const { ref, kind, namespace, name, labels } = manifest;
  const values = object(manifest.object);
  return { ref, kind, namespace, name, labels, values, locate: (path) => manifest.locate(...path) };
}

function build(closure: Closure, tree: Tree, omit: Omissions): Promise<Outcome> {
  const exists = (path: string) => tree.files.has(path);
  const text = (file: string) => {
    const written = tree.files.get(file)?.text ?? "";
    return isKustomization(file) ? buildable(file, written, omit, exists) : written;
  };
  const files = new Map([...closure.standIns, ...closure.files].map((file) => [file, text(file)]));
  for (const { folder } of closure.parts) files.set(folder === "." ? EMPTY : `${folder}/${EMPTY}`, "");
  for (const id of omit.targets) addTarget(id, { closure, tree, files });
  return inScratch(files, (scratch) =>
    runTool("kubectl", ["kustomize", `./${closure.root.folder}`], scratch),
  ).catch(unwritable);
}

/** Puts an object that a patch can be merged into beside the kustomization that patches it. */
function addTarget(
  id: string,
  { closure, tree, files }: { closure: Closure; tree: Tree; files: Map<string, string> },
): void {
  const target = targetObject(id);
  if (!target) return;
  const names = (path: string) => {
    const text = tree.files.get(path)?.text ?? "";
    return text.includes(target.name) && text.includes(target.kind);
  };
  const owner = closure.parts.find(({ path, used }) => [path, ...used].some(names)) ?? closure.root;
  const path = owner.folder === "." ? TARGETS : `${owner.folder}/${TARGETS}`;
  const there = files.get(path);
  if (there === undefined) files.set(owner.path, including(files.get(owner.path) ?? "", TARGETS));
  files.set(path, `${there ?? ""}---\n${target.text}\n`);
}

function omissionNotes({ root }: Closure, { targets, plugins }: Omissions): Note[] {
  const { path } = root;
  const names = targets.flatMap((id) => targetName(targetObject(id)) ?? []);
  return [
    ...(plugins
      ? [{ path, message: "Plugins of this kustomization were not run, and what they make was not judged." }]
      : []),
    ...(names.length > 0
      ? [
          {
            path,
            message: `Some patches are for objects that are not in the repository: ${names.join(", ")}. Of those objects only what the patches say was judged, by the usual meaning of its keys.`,
          },
        ]
      : []),
  ];
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
  return { ok: false, manifests: [], incomplete: true, missing: [], notes: [{ path, message }], dropped: [] };
}

function manifestsOf(output: string, closure: Closure, tree: Tree, side: Side): Manifest[] {
  const sources = closure.files.flatMap((path) => sourceDocuments(path, tree.files.get(path)?.text ?? ""));
  const overrides = overridesOf(closure, tree, side);
  const byKind = Map.groupBy(sources, ({ value }) => string(value["kind"]) ?? "");
  return readYaml(output).documents.flatMap(({ value }) => {
    if (!isObject(value) || typeof at(value, ["metadata", "name"]) !== "string") return [];
    const candidates = sourcesOf(value, byKind.get(string(value["kind"]) ?? "") ?? []);
    const place = { side, fallback: closure.root.path, overrides };
    return [renderedManifest(value, candidates, place)];
  });
}

/** By its name; a name may have got a prefix or a suffix on the way, so else by the longest name within its own. */
function sourcesOf(rendered: JsonObject, sources: readonly SourceDocument[]): SourceDocument[] {
  const name = nameOf(rendered);
  const names = sources
    .map(({ value }) => nameOf(value))
    .filter((written) => written !== "" && name.includes(written));
  const best = names.includes(name)
    ? name
    : names.reduce((longest, one) => (one.length > longest.length ? one : longest), "");
  return best === "" ? [] : sources.filter(({ value }) => nameOf(value) === best);
}

const nameOf = (value: JsonObject) => string(at(value, ["metadata", "name"])) ?? "";
