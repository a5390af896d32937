import type { Note, Tree } from "../engine/types.ts";

/** What a file can say to nines: an object (or what objects are made of), a way to production, or a decision. */
export type Relevance = "manifest" | "pipeline" | "policy";

/** The most bytes of one file that are read. An object of Kubernetes cannot be larger than 1.5 MiB (etcd's request limit). */
export const MAX_FILE_BYTES = 1_000_000;
/** The most bytes of a script that a pipeline calls; larger ones are installers and archives, not test runners. */
export const MAX_SCRIPT_BYTES = 64_000;
/** The most relevant files of one side. */
export const MAX_TREE_FILES = 20_000;
/** The most bytes of the relevant files of one side. */
export const MAX_TREE_BYTES = 100_000_000;

const YAML = /\.ya?ml$/i;
const JSON_FILE = /\.json$/i;

/** Folders in which nothing belongs to the repository's own deployment. */
const FOREIGN =
  /(^|\/)(\.git|node_modules|bower_components|\.yarn|\.vscode|\.idea|\.devcontainer|\.husky|\.changeset|\.terraform|__snapshots__)\//;

const PIPELINE = [
  /^\.github\/workflows\/[^/]+\.ya?ml$/i,
  /(^|\/)action\.ya?ml$/,
  /(^|\/)Jenkinsfile[^/]*$/,
  /\.jenkinsfile$/i,
  /(^|\/)[^/]*\.gitlab-ci\.ya?ml$/,
  /^\.gitlab(-ci)?\/.*\.ya?ml$/,
  /^\.circleci\/.*\.ya?ml$/,
  /(^|\/)\.?azure-pipelines?[^/]*\.ya?ml$/i,
  /^\.(azure-?pipelines|azuredevops|azdo|pipelines)\/.*\.ya?ml$/i,
  /(^|\/)\.travis\.ya?ml$/,
  /(^|\/)bitbucket-pipelines\.ya?ml$/,
  /(^|\/)cloudbuild[^/]*\.(ya?ml|json)$/,
  /^\.buildkite\/.*\.(ya?ml|json)$/,
  /(^|\/)\.drone\.(ya?ml|jsonnet|star)$/,
  /^\.woodpecker[^/]*\.ya?ml$/,
  /^\.woodpecker\/.*\.ya?ml$/,
  /^\.semaphore\/.*\.ya?ml$/,
  /^\.tekton\/.*\.ya?ml$/,
  // Systems that are recognised only: that they are there keeps their stages from being called absent.
  /^\.?appveyor\.ya?ml$/,
  /^(\.prow\.ya?ml|\.prow\/.+\.ya?ml)$/,
  /^\.teamcity\/.+\.(kts|xml)$/,
  /^\.harness\/.+\.ya?ml$/,
  /(^|\/)buildspec[^/]*\.ya?ml$/,
  /(^|\/)Earthfile$/,
  /^dagger\.json$/,
  /\.gocd\.(ya?ml|json)$/,
  /^(screwdriver|wercker|codefresh|codemagic)\.ya?ml$/,
  /^\.codefresh\/.+\.ya?ml$/,
  /^bamboo-specs\/.+\.ya?ml$/,
  /^\.?zuul(\.ya?ml|\.d\/.+\.ya?ml)$/,
  /^(ci|concourse|\.concourse)\/(.+\/)?pipelines?[^/]*(\/[^/]+)?\.ya?ml$/,
];

/** What pipelines call: most test steps go through one of these. */
const CALLED =
  /(^|\/)(package\.json|(GNU)?[Mm]akefile|[^/]+\.mk|\.?[Jj]ustfile|[Tt]askfile(\.dist)?\.ya?ml|composer\.json|Makefile\.toml|tox\.ini|noxfile\.py|[Rr]akefile(\.rb)?|[^/]+\.rake|magefile\.go|magefiles\/[^/]+\.go|[^/]+\.(sh|bash))$/;

/** Load tests: whether they can fail stands in themselves. They are known by their names, or by their folders. */
const LOAD_TEST =
  /(^|\/)(k6|load|load[-_]?tests?|perf|perf(ormance)?[-_]?tests?|performance|stress([-_]?tests?)?)\/.*\.[cm]?[jt]s$|(^|[/._-])(k6|load[-_]?tests?|stress[-_]?tests?|perf[-_]?tests?)[^/]*\.[cm]?[jt]s$|(^|\/)(load|stress|soak|spike|breakpoint|smoke)\.[jt]s$/i;

/** Where test runners are told how much must be covered. Only those that the whole repository shares are worth a request. */
const COVERAGE =
  /^([^/]+\/){0,3}((jest|vitest|vite)(\.[\w-]+)*\.config\.[cm]?[jt]s|jest\.config\.json|jest\.preset\.c?js|\.(nyc|c8)rc(\.json)?|nyc\.config\.c?js)$|^([^/]+\/)?(pyproject\.toml|\.coveragerc|setup\.cfg|pytest\.ini|build\.gradle(\.kts)?|pom\.xml|\.simplecov|(spec|test)\/\w+_helper\.rb)$|^(\.github\/)?\.?codecov\.ya?ml$/;

const POLICY = /^(\.github\/)?nines\.yml$/;

/** Files by whose name it is known that they hold no object of Kubernetes, though their form would allow it. */
const NO_MANIFEST = [
  // Settings of tools are dot files: .pre-commit-config.yaml, .golangci.yml, .eslintrc.json, …
  /(^|\/)\.[^/]+$/,
  /(^|\/)(ts|js)config[^/]*\.json$/,
  /(^|\/)(npm-shrinkwrap|composer|angular|nx|turbo|lerna|deno|biome|bower|jest\.config|renovate|vercel|firebase|manifest\.webmanifest)\.json$/,
  /[-.]lock\.(json|ya?ml)$/,
  /(^|\/)pnpm-workspace\.yaml$/,
  /\.(schema|tfvars|tfstate|sarif|stories|geo)\.json$/,
  /(^|\/)(locales?|i18n|translations)\/.*\.json$/,
  /(^|\/)(docker-)?compose[^/]*\.ya?ml$/,
  /(^|\/)(mkdocs|codecov|_config|dependabot|antora|buf|buf\.gen|sqlc|gitleaks|mkdocs\.\w+)\.ya?ml$/,
  /(^|\/)(openapi|swagger)[^/]*\.(json|ya?ml)$/i,
];

/** Chart files, and manifests in template languages: read so that what cannot be judged is said, not dropped. */
const TEMPLATES = [
  /\.ya?ml\.(gotmpl|tmpl|tpl|template|j2|jinja2?|erb|ejs)$/i,
  /(^|\/)templates\/.*\.tpl$/,
  /(^|\/)(k8s|kube|kubernetes|manifests|deploy|deployment|deployments)\/.*\.(tmpl|tpl|j2|erb)$/i,
  /(^|\/)Kustomization$/,
];

const matches = (patterns: readonly RegExp[], path: string) => patterns.some((pattern) => pattern.test(path));

/**
 * Whether a file can matter to the judgement, by its path alone (relative to the repository's root, with `/`).
 * `nines.yml` at the root counts as policy: in an organisation's `.github` repository it is the policy.
 */
export function relevance(path: string): Relevance | undefined {
  if (FOREIGN.test(path)) return undefined;
  if (POLICY.test(path)) return "policy";
  if (matches(PIPELINE, path) || CALLED.test(path)) return "pipeline";
  if (LOAD_TEST.test(path) || COVERAGE.test(path)) return "pipeline";
  if (path.startsWith(".github/") || matches(NO_MANIFEST, path)) return undefined;
  if (YAML.test(path) || JSON_FILE.test(path) || matches(TEMPLATES, path)) return "manifest";
  return undefined;
}

/** Whether a file is a pipeline itself, and not only something that pipelines call. */
export const isPipeline = (path: string): boolean => !FOREIGN.test(path) && matches(PIPELINE, path);

/** Says why a file is not read, where it is larger than what is read of its kind; undefined where it is read. */
export function oversized(path: string, bytes: number): Note | undefined {
  const limit = /\.(sh|bash|mk|go|py|rb|rake)$/.test(path) ? MAX_SCRIPT_BYTES : MAX_FILE_BYTES;
  if (bytes <= limit) return undefined;
  return {
    path,
    message: `This file has ${bytes.toLocaleString("en")} bytes and was not read: at most ${limit.toLocaleString("en")} bytes of such a file are. Split it to have it judged.`,
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LFS_POINTER = "version https://git-lfs.github.com/spec/v1";

const GIT_CRYPT = Buffer.from("\0GITCRYPT\0", "latin1");

/** A file's text, its byte order mark included; or a sentence that says why it is none and what to do. */
export function decode(bytes: Uint8Array): { readonly text: string } | string {
  if (GIT_CRYPT.equals(bytes.subarray(0, GIT_CRYPT.length))) return "It is encrypted with git-crypt.";
  if (bytes.includes(0)) return "It is binary, not text.";
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return "It is not UTF-8 text; convert it to UTF-8.";
  }
  if (text.startsWith(LFS_POINTER))
    return "Its content lies in Git LFS; keep manifests and pipelines in git itself.";
  return { text };
}

/**
 * Both trees without the files that could not be read on one of them: half a file's history proves nothing, and its
 * objects must not look removed, or new.
 */
export function judgeable(base: Tree, head: Tree): { base: Tree; head: Tree } {
  const unread = new Set([...base.notes, ...head.notes].map(({ path }) => path));
  const cut = (tree: Tree): Tree => {
    const files = [...tree.files].filter(([path]) => !unread.has(path));
    return files.length === tree.files.size ? tree : { ...tree, files: new Map(files) };
  };
  return { base: cut(base), head: cut(head) };
}
