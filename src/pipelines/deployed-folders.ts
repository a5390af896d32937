import type { Tree } from "../engine/types.ts";
import type { Deploy, DeployPoint } from "./deploys.ts";
import { join } from "./folders.ts";
import { isGitOps } from "./gitops.ts";
import { readYaml } from "./read-yaml.ts";
import { field, texts } from "./yaml.ts";

/** Kustomizations take others in; so deep, and so many, they are followed. */
const DEEP = 6;
const FOLDERS_AT_MOST = 100;

/** What a deploy brings to the cluster, as far as its commands and the kustomizations that they name tell. */
export interface Deployed {
  /** Folders and files of the repository. */
  readonly folders: readonly string[];
  /** All of it was seen to be plain manifests of workloads, and none of it is brought out step by step. */
  readonly plain: boolean;
}

/** @param tree the side that the deploy is of */
export function deployedBy(deploy: Deploy, tree: Tree): Deployed {
  const named = isGitOps(deploy)
    ? deploy.points.map(({ text: folder }) => folder)
    : deploy.points.flatMap(foldersOf);
  const closure = { folders: new Set<string>(), whole: named.length > 0 };
  for (const folder of new Set(named)) takeIn(folder, { tree, depth: 0 }, closure);
  return { folders: [...closure.folders], plain: closure.whole && isPlain([...closure.folders], tree) };
}

/** `-f` and `-k` of kubectl name what is applied; of other tools, all that looks like a path may. */
const GIVEN = /(?:^| )(?:-f|-k|--filename|--kustomize)[ =](\S+)/g;
const BUILT = /^(?:kustomize build|(?:kubectl|oc) kustomize)(?: -\S+)* (\S+)/;

function foldersOf({ job, step, text: command, folder, source }: DeployPoint): string[] {
  const at = folder ?? job.steps[step]?.folder ?? "";
  const built = BUILT.exec(source ?? command)?.[1];
  const kubectl = /^(kubectl|oc)\b/.test(command)
    ? [...command.matchAll(GIVEN)].map(([, name = ""]) => name)
    : [];
  const words = command.split(/[\s=]+/).filter((word) => /^[\w.][\w./-]*$/.test(word) && /[./]/.test(word));
  const all = [
    ...kubectl.flatMap((name) => name.split(",")),
    ...(built === undefined ? [] : [built]),
    ...words,
  ];
  const paths = all.filter((name) => name !== "-" && !/[:$*]/.test(name)).map((name) => join(at, name));
  return [...new Set(paths)].filter((path) => path !== "");
}

interface Found {
  readonly folders: Set<string>;
  /** Whether all that is taken in stands in the repository. */
  whole: boolean;
}

function takeIn(
  folder: string,
  { tree, depth }: { readonly tree: Tree; readonly depth: number },
  found: Found,
): void {
  if (found.folders.has(folder) || found.folders.size >= FOLDERS_AT_MOST || depth > DEEP) return;
  found.folders.add(folder);
  const taken = kustomization(folder, tree);
  found.whole &&= taken !== "unseen";
  if (taken === "unseen") return;
  for (const name of taken) {
    if (/:|^github\.com\//.test(name)) found.whole = false;
    else takeIn(join(folder, name), { tree, depth: depth + 1 }, found);
  }
}

/** What the kustomization of a folder takes in; nothing without one. */
function kustomization(folder: string, tree: Tree): readonly string[] | "unseen" {
  const names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
  const path = names.map((name) => join(folder, name)).find((name) => tree.files.has(name));
  if (path === undefined) return [];
  const read = readYaml(tree.files.get(path)?.text ?? "", path, "head", { merge: true });
  if (read.problem || field(read.root, "helmCharts")) return "unseen";
  const { root } = read;
  return ["resources", "bases", "components"].flatMap((key) =>
    texts(field(root, key)).map(({ text: name }) => name),
  );
}

const WORKLOAD = /^\s*kind:\s*["']?(Deployment|StatefulSet|DaemonSet)\b/m;
const GRADUAL = /^\s*kind:\s*["']?(Rollout|Canary|CloneSet)\b|^\s*(helmCharts|chart):/m;

/** Many deploys bring the same folders. */
const PLAIN = new WeakMap<Tree, Map<string, boolean>>();

function isPlain(folders: readonly string[], tree: Tree): boolean {
  const known = PLAIN.get(tree) ?? new Map<string, boolean>();
  PLAIN.set(tree, known);
  const key = folders.join("\n");
  const plain = known.get(key) ?? arePlain(folders, tree);
  known.set(key, plain);
  return plain;
}

/** Manifests as they are written; a chart may come out otherwise. */
function arePlain(folders: readonly string[], tree: Tree): boolean {
  const files = [...tree.files].filter(([path]) =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
  );
  if (files.some(([path]) => /(^|\/)(Chart\.ya?ml|helmfile\.ya?ml)$/.test(path))) return false;
  const yaml = files.filter(([path]) => /\.ya?ml$/.test(path));
  return (
    yaml.some(([, blob]) => WORKLOAD.test(blob.text)) && !yaml.some(([, blob]) => GRADUAL.test(blob.text))
  );
}
