import { list, object, string, texts } from "../engine/json.ts";
import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { skeleton } from "../engine/template.ts";
import type { FieldPath, Manifest, Side, Tree } from "../engine/types.ts";
import { orderedValues } from "../engine/values.ts";
import { generated } from "./application-sets.ts";
import type { Chart } from "./chart.ts";
import { environmentsIn } from "./helmfile-text.ts";
import { argoIdentity, fluxIdentity, helmfileIdentity } from "./identity.ts";
import { sourceDocuments, type SourceDocument } from "./origin.ts";
import { folderOf, isInside, resolvePath } from "./paths.ts";
import type { Release, ValuesFile } from "./release.ts";

const ORDER = /^kind:\s*["']?(Application|ApplicationSet|HelmRelease)\b/m;
const HELMFILE = /(^|\/)(helmfile[^/]*|helmfile\.d\/[^/]+)\.ya?ml(\.gotmpl)?$/;

/** Releases of charts of the tree that Applications, their sets, HelmReleases and helmfiles of the tree order. */
export function orderedReleases(charts: readonly Chart[], tree: Tree, side: Side): Release[] {
  const folders = new Map(charts.map((chart) => [chart.folder, chart]));
  if (folders.size === 0) return [];
  const read = fileReader();
  return [...tree.files].flatMap(([path, blob]) => {
    if (charts.some(({ folder }) => isInside(path, folder))) return [];
    if (HELMFILE.test(path)) return ofHelmfile(path, blob.text, { folders, tree, side });
    if (!ORDER.test(blob.text)) return [];
    const manifests = manifestsOf(read(blob), { path, side, source: blob.text });
    return manifests.flatMap((manifest) => ofManifest(manifest, { folders, tree, side }));
  });
}

interface Repository {
  readonly folders: ReadonlyMap<string, Chart>;
  readonly tree: Tree;
  readonly side: Side;
}

function ofManifest(manifest: Manifest, repository: Repository): Release[] {
  if (manifest.kind === "HelmRelease") return ofHelmRelease(manifest, repository);
  if (manifest.group !== "argoproj.io") return [];
  if (manifest.kind === "Application")
    return ofSpec({ order: manifest, spec: ["spec"], application: manifest.name }, repository);
  if (manifest.kind !== "ApplicationSet") return [];
  return generated(manifest, repository.tree).flatMap(({ name, manifest: order }) =>
    ofSpec({ order, spec: ["spec", "template", "spec"], application: name }, repository).map((release) => ({
      ...release,
      variant: name,
    })),
  );
}

/** An Application, or what a set of them makes of its template. */
interface Order {
  readonly order: Manifest;
  /** Where its spec stands. */
  readonly spec: FieldPath;
  /** The Application's name. */
  readonly application: string;
}

function ofSpec(order: Order, repository: Repository): Release[] {
  const { order: manifest, spec } = order;
  const several = list(manifest.get(...spec, "sources")).map((_, index): FieldPath => [
    ...spec,
    "sources",
    index,
  ]);
  const paths: FieldPath[] = [[...spec, "source"], ...several];
  return paths.flatMap((source) => ofSource(order, source, repository));
}

/** Flux: a chart of a GitRepository, with values files, all relative to the repository's root. */
function ofHelmRelease(manifest: Manifest, { folders, tree }: Repository): Release[] {
  const spec = object(manifest.get("spec", "chart", "spec"));
  const names = texts(spec["valuesFiles"]);
  const isGit = object(spec["sourceRef"])["kind"] === "GitRepository";
  const chart = isGit ? folders.get(resolvePath(".", string(spec["chart"]) ?? "") ?? "") : undefined;
  if (!chart) return [];
  const files = names.flatMap((file) => existing(resolvePath(".", file), tree));
  const whole = files.length === names.length && isWhole(manifest) && !manifest.get("spec", "valuesFrom");
  return [
    { chart, files: withoutOwn(files, chart), order: manifest, whole, identity: fluxIdentity(manifest) },
  ];
}

/** Argo CD: a chart by its path; values files relative to it, or to a source with a name: `$values/shop/prod.yaml`. */
function ofSource(one: Order, source: FieldPath, { folders, tree }: Repository): Release[] {
  const { order } = one;
  const { path, helm } = object(order.get(...source));
  const chart = typeof path === "string" ? folders.get(resolvePath(".", path) ?? "") : undefined;
  if (!chart) return [];
  const names = texts(object(helm)["valueFiles"]);
  // A name that only the cluster could complete: nobody knows with which values this is deployed.
  if (names.some((name) => name.includes("{{"))) return [];
  const files = names.flatMap((file) => {
    // A name that begins with a slash begins at the repository's root, as does one in another source.
    const fromRoot = /^(?:\$[\w-]+)?\/(.+)$/.exec(file)?.[1];
    return existing(
      fromRoot === undefined ? resolvePath(chart.folder, file) : resolvePath(".", fromRoot),
      tree,
    );
  });
  return [
    {
      ...{ chart, files: withoutOwn(files, chart), order, identity: argoIdentity(order, { ...one, source }) },
      whole: files.length === names.length && isWhole(order) && object(helm)["fileParameters"] === undefined,
    },
  ];
}

/** What only a cluster could complete is no value. */
const isWhole = (order: Manifest) =>
  !orderedValues(order).some(({ values }) => /\{\{|\$\{/.test(JSON.stringify(values)));

/** helmfile: local charts with values files. Of the template around them only the environment's name is followed. */
function ofHelmfile(path: string, text: string, repository: Repository): Release[] {
  return sourceDocuments(path, skeleton(text)).flatMap((document) =>
    list(document.value["releases"]).flatMap((_, index) => ofItem(document, index, repository)),
  );
}

function ofItem(file: SourceDocument, index: number, { folders, tree, side }: Repository): Release[] {
  const folder = folderOf(file.path);
  const { chart: place, values } = object(list(file.value["releases"])[index]);
  const chart = typeof place === "string" ? folders.get(resolvePath(folder, place) ?? "") : undefined;
  if (!chart) return [];
  const identity = helmfileIdentity(file, index, side);
  return variants(texts(values), folder, tree).map((files): Release => ({
    ...{ chart, files: withoutOwn(files, chart), identity },
  }));
}

/** One list of values files for each environment: by the names that stand where the pattern has an action, or in the files. */
function variants(patterns: readonly string[], folder: string, tree: Tree): ValuesFile[][] {
  const found = patterns.map((pattern) => matching(pattern, folder, tree));
  const paths = found.flat().map(({ path }) => path);
  const written = environmentsIn(paths.map((path) => tree.files.get(path)?.text ?? ""));
  const named = [...new Set(found.flat().flatMap(({ environment }) => environment ?? []))];
  const names = named.length > 0 ? named : written;
  return names.slice(0, MOST_ENVIRONMENTS).map((name) =>
    found
      .flat()
      .filter(({ environment }) => environment === undefined || environment === name)
      .map(({ path }) => ({
        path,
        ...(name !== undefined && path.endsWith(".gotmpl") && { environment: name }),
      })),
  );
}

const MOST_ENVIRONMENTS = 12;

/** Files that a pattern such as `overrides/{{ .Environment.Name }}/web.yaml` means. */
function matching(pattern: string, folder: string, tree: Tree): ValuesFile[] {
  const literal = pattern.replaceAll(/[\uE000-\uE0FF]+/g, "\u0000");
  if (!literal.includes("\u0000")) return existing(resolvePath(folder, literal), tree);
  const path = resolvePath(folder, literal) ?? "";
  const expression = path
    .split("\u0000")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const matcher = new RegExp(`^${expression.join("([^/]+)")}$`);
  return [...tree.files.keys()].flatMap((file) => {
    const environment = matcher.exec(file)?.[1];
    return environment === undefined ? [] : [{ path: file, environment }];
  });
}

function existing(path: string | undefined, tree: Tree): ValuesFile[] {
  return path !== undefined && tree.files.has(path) ? [{ path }] : [];
}

/** The chart's own values are below all others in any case. */
function withoutOwn(files: readonly ValuesFile[], { folder }: Chart): ValuesFile[] {
  return files.filter(({ path }) => path !== (folder === "." ? "values.yaml" : `${folder}/values.yaml`));
}
