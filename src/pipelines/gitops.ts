import { isObject, list, object, string } from "../engine/json.ts";
import { fileReader, manifestsOf } from "../engine/manifest.ts";
import { isUnknown } from "../engine/template.ts";
import type { Json, Location, Manifest, Side, Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import { tierOfWords } from "./deploy-tiers.ts";
import type { DeployTier } from "./deploy-tiers.ts";
import type { Deploy } from "./deploys.ts";
import type { Pipeline, Provider } from "./model.ts";
import { newJob, trigger } from "./reading.ts";

/**
 * Deploys that no job makes: Argo CD and Flux bring what is merged to the cluster, where they watch a folder of the
 * repository that holds their own orders. What can stop them is a check before the merge, or a test in the cluster.
 */
export function gitOpsDeploys(tree: Tree, side: Side): Deploy[] {
  const manifests = ordersOf(tree, side);
  const folders = foldersOf(tree);
  const pinned = new Set(manifests.filter(isPinned).map(({ name }) => name));
  const orders = manifests.flatMap((manifest) => watched(manifest, { folders, pinned }));
  const groups = Map.groupBy(orders, ({ provider, tier }) => `${provider} ${tier}`);
  return [...groups.values()].flatMap((group) => deployOf(group) ?? []);
}

/** Whether a deploy is a merge that a controller in the cluster picks up, and no job. */
export const isGitOps = ({ pipeline }: Pick<Deploy, "pipeline">): boolean =>
  pipeline.provider === "argocd" || pipeline.provider === "flux";

/** One folder of the repository that a controller watches. */
interface Order {
  readonly provider: Extract<Provider, "argocd" | "flux">;
  readonly name: string;
  readonly folder: string;
  /** What starts it besides a merge, or instead of one. */
  readonly events: readonly string[];
  readonly tier: DeployTier;
  readonly at: Location;
}

const ORDER = /^kind:\s*["']?(Application|ApplicationSet|Kustomization|HelmRelease|GitRepository)\b/m;
const CONTROLLER = /argoproj\.io\/|toolkit\.fluxcd\.io\//;
/** Folders whose orders show something, and deploy nothing. */
const SHOWN = /(^|\/)(examples?|samples?|docs?|tests?|testdata|fixtures|e2e|templates)\//;

function ordersOf(tree: Tree, side: Side): Manifest[] {
  const read = fileReader();
  const files = [...tree.files].filter(
    ([path, { text }]) =>
      /\.ya?ml$/.test(path) && !SHOWN.test(path) && ORDER.test(text) && CONTROLLER.test(text),
  );
  return files
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, blob]) => manifestsOf(read(blob), { path, side, source: blob.text }));
}

/** All folders that hold files, directly or further down. */
function foldersOf(tree: Tree): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of tree.files.keys()) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
    if (/^(kustomization\.ya?ml|Kustomization|Chart\.yaml)$/.test(path)) folders.add("");
  }
  return folders;
}

/** Flux' sources that stay at a tag or a commit: a merge brings nothing new. */
function isPinned(source: Manifest): boolean {
  const ref = object(source.kind === "GitRepository" ? source.get("spec", "ref") : undefined);
  return ["tag", "semver", "commit"].some((key) => ref[key] !== undefined);
}

interface Repository {
  readonly folders: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
}

function watched(manifest: Manifest, repository: Repository): Order[] {
  const { group, kind } = manifest;
  if (group === "argoproj.io" && kind === "Application")
    return ofApplication({ manifest, spec: manifest.get("spec"), name: manifest.name }, repository);
  if (group === "argoproj.io" && kind === "ApplicationSet") return ofSet(manifest, repository);
  return group.endsWith("toolkit.fluxcd.io") ? ofFlux(manifest, repository) : [];
}

interface Application {
  readonly manifest: Manifest;
  readonly spec: Json | undefined;
  readonly name: string;
}

function ofApplication({ manifest, spec, name }: Application, { folders }: Repository): Order[] {
  const { syncPolicy, source, sources, destination } = object(spec);
  const automated = object(syncPolicy)["automated"];
  // `automated:` with nothing behind it is none; `automated: {}` is.
  if (!isObject(automated) || automated["enabled"] === false) return [];
  const updated = manifest.annotations["argocd-image-updater.argoproj.io/image-list"] !== undefined;
  const aims = object(destination);
  return [source ?? null, ...list(sources)].flatMap((item): Order[] => {
    const { path, targetRevision, helm } = object(item);
    const folder = folderOf(path, folders);
    const revision = string(targetRevision) ?? "HEAD";
    if (folder === undefined || /^v?\d|^[0-9a-f]{40}$/.test(revision)) return [];
    const words = [
      folder,
      aims["namespace"],
      aims["name"],
      ...list(object(helm)["valueFiles"]),
      revision,
      name,
    ];
    return [
      {
        provider: "argocd",
        name,
        folder,
        events: updated ? ["gitops-sync", "image-update"] : ["gitops-sync"],
        tier: tierOf([...words, manifest.path]),
        at: manifest.locate(),
      },
    ];
  });
}

const ELEMENTS_AT_MOST = 50;

/** A set makes one Application for each element of its list; what other generators find is one, as it is written. */
function ofSet(manifest: Manifest, repository: Repository): Order[] {
  const template = object(manifest.get("spec", "template"));
  const generators = list(manifest.get("spec", "generators"));
  const elements = generators.flatMap((item) => list(object(object(item)["list"])["elements"]));
  const applications = (elements.length > 0 ? elements : [null]).slice(0, ELEMENTS_AT_MOST).map((element) => {
    const { spec, metadata } = object(filled(template, object(element)));
    return { manifest, spec, name: string(object(metadata)["name"]) ?? manifest.name };
  });
  return applications.flatMap((application) => {
    const orders = ofApplication(application, repository);
    return orders.length > 0 ? orders : ofDirectories(application, generators, repository);
  });
}

/** The folders that a generator looks for in the repository: `apps/*`. */
function ofDirectories(
  application: Application,
  generators: readonly Json[],
  { folders, pinned }: Repository,
): Order[] {
  const patterns = generators.flatMap((item) => list(object(object(item)["git"])["directories"]));
  const all = patterns.flatMap((item) => {
    const pattern = string(object(item)["path"]);
    if (pattern === undefined || object(item)["exclude"] === true || pattern.split("*").length > 4) return [];
    const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, "[^/]+");
    return [...folders].filter((folder) => new RegExp(`^${source}$`).test(folder)).sort();
  });
  return [...new Set(all)].slice(0, ELEMENTS_AT_MOST).flatMap((folder) => {
    const values = { path: folder, "path.path": folder, "path.basename": folder.split("/").at(-1) ?? "" };
    const { spec, metadata } = object(filled(object(application.manifest.get("spec", "template")), values));
    const name = string(object(metadata)["name"]) ?? application.name;
    return ofApplication({ ...application, spec, name }, { folders, pinned });
  });
}

/** Puts an element's values where a template names them, in either of Argo CD's two ways of writing. */
function filled(value: Json | undefined, values: Readonly<Record<string, Json | undefined>>): Json {
  if (typeof value === "string") {
    return value.replaceAll(/\{\{\s*\.?([\w.-]+)\s*\}\}/g, (written, key: string) => {
      const found = values[key];
      return typeof found === "string" || typeof found === "number" ? String(found) : written;
    });
  }
  if (Array.isArray(value)) return value.map((item: Json) => filled(item, values));
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item as Json, values)]));
}

function ofFlux(manifest: Manifest, { folders, pinned }: Repository): Order[] {
  const { kind, name } = manifest;
  const { path, sourceRef, suspend, targetNamespace, chart } = object(manifest.get("spec"));
  const inner = object(object(chart)["spec"]);
  const source = object(kind === "HelmRelease" ? inner["sourceRef"] : sourceRef);
  const written = { HelmRelease: inner["chart"], Kustomization: path }[kind];
  const folder = folderOf(written, folders);
  if (folder === undefined || source["kind"] !== "GitRepository" || suspend === true) return [];
  if (pinned.has(string(source["name"]) ?? "")) return [];
  const words = [folder, targetNamespace, manifest.namespace, name, manifest.path];
  return [
    { provider: "flux", name, folder, events: ["gitops-sync"], tier: tierOf(words), at: manifest.locate() },
  ];
}

/** A folder of this repository; undefined for what lies elsewhere, or cannot be told. */
function folderOf(path: Json | undefined, folders: ReadonlySet<string>): string | undefined {
  if (typeof path !== "string" || isUnknown(path)) return undefined;
  const folder = join("", path.replace(/^\/+/, ""));
  return folders.has(folder) ? folder : undefined;
}

/** The first of its names that tells. */
function tierOf(words: readonly (Json | undefined)[]): DeployTier {
  const tiers = words.flatMap((word) => (typeof word === "string" ? tierOfWords(word) : []));
  return tiers.find((tier) => tier !== "unknown") ?? "unknown";
}

/** All that one controller brings to one tier is stopped by the same things: it is one deploy. */
function deployOf(group: readonly Order[]): Deploy | undefined {
  const [first] = group;
  if (!first) return undefined;
  const { provider, name, at, tier } = first;
  const root = newJob(name, at);
  const events = [...new Set(group.flatMap((order) => order.events))];
  const ref = `${at.path}#${name}`;
  const pipeline: Pipeline = {
    provider,
    path: at.path,
    id: ref,
    name,
    triggers: events.map((event) => trigger(event, at)),
    triggersAt: at,
    jobs: [root],
    inputs: {},
    refs: [],
    opaque: [],
  };
  const points = group.map((order) => ({
    job: root,
    step: -1,
    mechanism: provider === "argocd" ? "Argo CD" : "Flux",
    text: order.folder,
    at: order.at,
  }));
  return { ref, pipeline, root, tier, named: tier !== "unknown", points, waits: [], recovers: [] };
}
