import type { Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";
import { readYaml } from "./read-yaml.ts";
import { entries, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

const FILES = [
  "Taskfile.yml",
  "taskfile.yml",
  "Taskfile.yaml",
  "taskfile.yaml",
  "Taskfile.dist.yml",
  "Taskfile.dist.yaml",
];
const VALUES = /^(-[dtCo]|--dir|--taskfile|--concurrency|--output)$/;

/** A task of a Taskfile: https://taskfile.dev/docs/reference/schema */
export function taskScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program, ...words] = command.split(" ");
  if (program !== "task" && program !== "go-task") return undefined;
  const given = (option: RegExp): string | undefined =>
    words.find((_, index) => option.test(words[index - 1] ?? ""));
  const targets = words
    .slice(0, words.includes("--") ? words.indexOf("--") : words.length)
    .filter((word, index) => word !== "" && !/^-|=/.test(word) && !VALUES.test(words[index - 1] ?? ""));
  const at = join(folder, given(/^(-d|--dir)$/) ?? "");
  const [target = "default", ...more] = targets;
  if (more.length > 0)
    return { label: command, folder, text: targets.map((name) => `task ${name}`).join("\n"), list: true };
  const named = given(/^(-t|--taskfile)$/);
  return find(target, named === undefined ? FILES.map((file) => join(at, file)) : [join(at, named)], {
    at,
    tree,
  });
}

interface Home {
  readonly at: string;
  readonly tree: Tree;
}

function find(target: string, paths: readonly string[], { at, tree }: Home): Script {
  const path = paths.find((candidate) => tree.files.has(candidate));
  const root = path === undefined ? undefined : rootOf(tree.files.get(path)?.text ?? "", path);
  const label = `${path ?? paths[0] ?? "Taskfile.yml"}: ${target}`;
  const own = field(field(root, "tasks"), target);
  if (own) return { label, folder: join(at, text(field(own, "dir")) ?? ""), text: commandsOf(own) };
  return included(target, root, { at, tree }) ?? { label, folder: at };
}

function rootOf(source: string, path: string): Node | undefined {
  const read = readYaml(source, path, "head", { merge: true, placeholders: true });
  return read.problem ? undefined : read.root;
}

/** `docs:build` is the task `build` of what is included as `docs`. */
function included(target: string, root: Node | undefined, { at, tree }: Home): Script | undefined {
  const [space = "", ...rest] = target.split(":");
  const include = field(field(root, "includes"), space);
  if (!include || rest.length === 0) return undefined;
  const path = fileOf(include, { at, tree });
  const name = rest.join(":");
  const own = field(
    field(path === undefined ? undefined : rootOf(tree.files.get(path)?.text ?? "", path), "tasks"),
    name,
  );
  const folder = join(at, text(field(include, "dir")) ?? text(field(own, "dir")) ?? "");
  return own && { label: `${path ?? space}: ${name}`, folder, text: commandsOf(own) };
}

function fileOf(include: Node, { at, tree }: Home): string | undefined {
  const base = join(at, text(include) ?? text(field(include, "taskfile")) ?? "");
  const paths = /\.ya?ml$/.test(base) ? [base] : FILES.map((file) => join(base, file));
  return paths.find((candidate) => tree.files.has(candidate));
}

const listed = (node: Node | undefined): readonly Node[] =>
  node?.kind === "sequence" ? node.items : node ? [node] : [];

/** What a task waits for, then its commands. */
function commandsOf(task: Node): string {
  const passes = text(field(task, "ignore_error")) === "true";
  const deps = listed(field(task, "deps")).flatMap((dep) => call(text(dep) ?? text(field(dep, "task"))));
  const own =
    task.kind === "map" ? [...listed(field(task, "cmds")), ...listed(field(task, "cmd"))] : listed(task);
  const commands = own.flatMap((node) => commandOf(node, passes));
  return [...deps, ...commands].join("\n");
}

const call = (name: string | undefined): string[] => (name === undefined ? [] : [`task ${name}`]);

function commandOf(node: Node, passes: boolean): string[] {
  const loop = node.kind === "map" && entries(node).some(({ key }) => key === "defer");
  // What is deferred cleans up.
  if (loop) return [];
  const found = text(node) ?? text(field(node, "cmd"));
  const lines = found === undefined ? call(text(field(node, "task"))) : [found];
  const ignored = passes || text(field(node, "ignore_error")) === "true";
  return lines.map((line) => (ignored ? `{ ${line}\n} || true` : line));
}
