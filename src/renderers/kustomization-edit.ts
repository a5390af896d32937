import { isMap, isScalar, isSeq, parseDocument, visit, type Document, type YAMLMap } from "yaml";
import { INCLUDES } from "./kustomization.ts";
import { folderOf, resolvePath } from "./paths.ts";

/** What a kustomization is built without, so that the rest of it can still be judged. */
export interface Omissions {
  /** Includes that are not in the repository, as they are written, by kustomization file. */
  readonly includes: ReadonlyMap<string, readonly string[]>;
  /** Variables, which generators would fill from files that are not there. */
  readonly vars: boolean;
  /** Generators, transformers and validators: plugins are programs, and nines runs none. */
  readonly plugins: boolean;
  /** Objects that patches are for and that are in no file: `Kind.version.group/name.namespace`. */
  readonly targets: readonly string[];
}

export const NO_OMISSIONS: Omissions = { includes: new Map(), vars: false, plugins: false, targets: [] };

/** An empty file of this name stands beside every kustomization that needs one. */
export const EMPTY = ".nines-empty";
/** Objects that stand in for the targets of patches. */
export const TARGETS = ".nines-targets.yaml";

/** A kustomization file as it can be built. `exists` tells of paths of the tree. */
export function buildable(
  path: string,
  text: string,
  omit: Omissions,
  exists: (path: string) => boolean,
): string {
  if (text.length > LONGEST) return refused(`has ${text.length} characters; at most ${LONGEST} are built`);
  const document = parseDocument(text);
  if (document.errors.length > 0) return refused("cannot be read");
  if (!isMap(document.contents)) return text;
  const before = document.toString();
  withoutIncludes(document, omit.includes.get(path) ?? []);
  splitPatches(document);
  withoutPatches(document, (file) => exists(resolvePath(folderOf(path), file) ?? ""));
  withoutUrls(document);
  withoutAddresses(document);
  // kustomize inflates charts with helm, which fetches them.
  document.delete("helmCharts");
  document.delete("helmChartInflationGenerator");
  if (omit.vars) document.delete("vars");
  if (omit.plugins) for (const field of PLUGINS) document.delete(field);
  const after = document.toString();
  return after === before ? text : after;
}

/** Real ones have some thousand characters; a parser's time must not be an attacker's to spend. */
const LONGEST = 100_000;

/** What kustomize refuses with these words, so that nothing of the file is built unread. */
const refused = (why: string) => `nines: this kustomization ${why}\n`;

/** Fields that hold texts for people and programs, never the names of files. */
const TEXTS = new Set([
  "commonAnnotations",
  "commonLabels",
  "labels",
  "literals",
  "valuesInline",
  "namespace",
]);

/**
 * kustomize takes an address wherever it takes a file, and fetches it: from this host too, which no proxy setting
 * prevents. Every address becomes the empty file.
 */
function withoutAddresses(document: Document): void {
  visit(document, {
    Pair: (_, pair) => (TEXTS.has(textOf(pair.key)) ? visit.SKIP : undefined),
    Scalar: (key, scalar) => {
      if (key !== "key" && typeof scalar.value === "string" && isAddress(scalar.value)) scalar.value = EMPTY;
    },
  });
}

function isAddress(text: string): boolean {
  if (text.includes("\n")) return false;
  return /^\s*(?:[\w.-]+=)?(?:[a-z][a-z0-9+.-]*:\/\/|git::|gh:|github\.com[/:]|[\w.-]+@[\w.-]+:)/i.test(text);
}

const PLUGINS = ["generators", "transformers", "validators"];

/** Whether a kustomization has programs of its own run, which is never done. */
export function usesPlugins(text: string): boolean {
  return /^\s*["']?(generators|transformers|validators)["']?\s*:|\{.*\b(generators|transformers|validators)\b/m.test(
    text,
  );
}

/** Includes another file of whole objects. */
export function including(text: string, file: string): string {
  const document = parseDocument(text);
  const resources = document.get("resources");
  if (isSeq(resources)) resources.add(file);
  else document.set("resources", [file]);
  return document.toString();
}

function withoutIncludes(document: Document, includes: readonly string[]): void {
  if (includes.length === 0) return;
  for (const field of INCLUDES) {
    const items = document.get(field);
    if (isSeq(items)) items.items = items.items.filter((item) => !includes.includes(textOf(item)));
  }
}

/** A list of file names was a list of strategic merge patches before kustomize 4, and still is in many repositories. */
function splitPatches(document: Document): void {
  const patches = document.get("patches");
  if (!isSeq(patches) || !patches.items.some((item) => isScalar(item))) return;
  document.delete("patches");
  document.set("patchesStrategicMerge", patches);
}

/** Patches whose file is not there would stop the build. */
function withoutPatches(document: Document, exists: (file: string) => boolean): void {
  const isLost = (file: string) =>
    isAddress(file) || (/^[^\n{:]+\.(ya?ml|json)$/.test(file) && !exists(file));
  for (const field of ["patches", "patchesStrategicMerge", "patchesJson6902"]) {
    const items = document.get(field);
    if (!isSeq(items)) continue;
    items.items = items.items.filter((item) => !isLost(textOf(isMap(item) ? item.get("path", true) : item)));
  }
}

/** Generators may name files on the net; only that the object is there matters. */
function withoutUrls(document: Document): void {
  for (const field of ["configMapGenerator", "secretGenerator"]) {
    const generators = document.get(field);
    if (!isSeq(generators)) continue;
    for (const generator of generators.items) if (isMap(generator)) localFiles(generator);
  }
}

function localFiles(generator: YAMLMap): void {
  for (const field of ["files", "envs"]) {
    const files = generator.get(field);
    if (!isSeq(files)) continue;
    files.items = files.items.map((item) => {
      const [, key = ""] = /^([^=]+=)?[^=]*:\/\//.exec(textOf(item)) ?? [];
      return textOf(item).includes("://") ? `${key}${EMPTY}` : item;
    });
  }
}

const textOf = (item: unknown) => (isScalar(item) ? String(item.value) : "");

/** What else to do without after an error; undefined where it tells nothing that can be left out. */
export function omissionFor(error: string, omit: Omissions): Omissions | undefined {
  if (/\bvar\b|\bvars\b/.test(error) && !omit.vars) return { ...omit, vars: true };
  if (/plugin|--enable-exec|--enable-alpha/.test(error) && !omit.plugins) return { ...omit, plugins: true };
  const target =
    /no matches for Id ([^\s;]+)/.exec(error)?.[1] ?? /no resource matches[^"]*"([^"]+)"/.exec(error)?.[1];
  if (target !== undefined && !omit.targets.includes(target))
    return { ...omit, targets: [...omit.targets, target] };
  return undefined;
}

/** `Deployment.v1.apps/api.shop`, `Service.v1.[noGrp]/api.[noNs]` → an object that a patch can be merged into. */
export function targetObject(
  id: string,
): { kind: string; name: string; namespace: string; text: string } | undefined {
  const [, kind = "", version = "", group = "", name = "", namespace = ""] =
    /^(\w+)\.(\w+)\.([\w.[\]-]+)\/(.+)\.([\w[\]-]+)$/.exec(id) ?? [];
  if (kind === "") return undefined;
  const apiVersion = group === "[noGrp]" ? version : `${group}/${version}`;
  const space = namespace === "[noNs]" ? "" : namespace;
  const metadata = { name, ...(space !== "" && { namespace: space }) };
  return { kind, name, namespace: space, text: JSON.stringify({ apiVersion, kind, metadata }) };
}
