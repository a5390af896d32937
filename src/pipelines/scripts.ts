import type { Tree } from "../engine/types.ts";
import { join } from "./commands.ts";

/** A script of the repository that a command names. */
export interface Script {
  /** Its file and name, such as `package.json: test`. */
  readonly label: string;
  /** The folder in which it runs. */
  readonly folder: string;
  /** Its text; absent where the file is not in the tree or does not hold it. */
  readonly text?: string;
}

/** Npm's own commands are not scripts. `test` and `start` are scripts that need no `run`. */
const PACKAGE_SCRIPT =
  /^(npm|yarn|pnpm|bun)(?<options>( -\S+( (?!run\b|test\b)[^-\s]\S*)?)*) (?:(?:run|run-script) (?:-\S+ )*(?<run>[\w:.-]+)|(?<bare>test|t|tst)\b|(?<yarn>[\w:.-]+))/;
const NOT_SCRIPTS =
  /^(install|i|ci|add|exec|x|dlx|publish|audit|config|cache|login|pack|version|set|init|link|up|upgrade|why|info|outdated|remove|rm|workspaces?|node|create|store|import|rebuild|prune|view|deploy|dedupe|self-update|plugin|run|corepack|--.*)$/;

/** The script of the repository that a command runs; undefined where it runs none. */
export function findScript(command: string, folder: string, tree: Tree): Script | undefined {
  return (
    packageScript(command, folder, tree) ??
    makeTarget(command, folder, tree) ??
    shellFile(command, folder, tree)
  );
}

function packageScript(command: string, folder: string, tree: Tree): Script | undefined {
  const name = packageScriptName(command);
  if (name === undefined) return undefined;
  const prefix = /(?:--prefix|-C|--cwd|--dir)[ =](\S+)/.exec(command)?.[1];
  const at = prefix === undefined ? folder : join(folder, prefix);
  const path = join(at, "package.json");
  const text = jsonScript(tree.files.get(path)?.text, name);
  const label = `${path}: ${name}`;
  return text === undefined ? { label, folder: at } : { label, folder: at, text };
}

function packageScriptName(command: string): string | undefined {
  const groups = PACKAGE_SCRIPT.exec(command)?.groups;
  if (!groups) return undefined;
  const { run, bare, yarn } = groups;
  const name = run ?? (bare === undefined ? yarn : "test");
  // npm has no scripts without `run`, except the few that it knows by name.
  const notNpm = yarn === undefined || !command.startsWith("npm");
  return name !== undefined && notNpm && !NOT_SCRIPTS.test(name) ? name : undefined;
}

function jsonScript(source: string | undefined, name: string): string | undefined {
  if (source === undefined) return undefined;
  try {
    const scripts = (JSON.parse(source) as { scripts?: Record<string, unknown> } | null)?.scripts;
    const script = scripts && Object.hasOwn(scripts, name) ? scripts[name] : undefined;
    return typeof script === "string" ? script : undefined;
  } catch {
    return undefined;
  }
}

/** Options of make that stand before their value. */
const MAKE_VALUES = /^(-[CfIjlo]|--directory|--file|--jobs)$/;

function makeTarget(command: string, folder: string, tree: Tree): Script | undefined {
  const words = command.split(" ");
  if (!/^(g?make|just)$/.test(words[0] ?? "")) return undefined;
  let at = 1;
  while (/^-|^[A-Z_]+=/.test(words[at] ?? "")) at += MAKE_VALUES.test(words[at] ?? "") ? 2 : 1;
  const target = words[at];
  if (target === undefined || target === "") return undefined;
  const directory = /(?:-C|--directory)[ =]?(\S+)/.exec(words.slice(1, at).join(" "))?.[1];
  return targetOf(
    { tool: words[0] ?? "", target },
    directory === undefined ? folder : join(folder, directory),
    tree,
  );
}

function targetOf({ tool, target }: { tool: string; target: string }, at: string, tree: Tree): Script {
  const names =
    tool === "just" ? ["justfile", "Justfile", ".justfile"] : ["Makefile", "makefile", "GNUmakefile"];
  const path = names.map((name) => join(at, name)).find((candidate) => tree.files.has(candidate));
  const label = `${path ?? join(at, names[0] ?? "")}: ${target}`;
  const text = path === undefined ? undefined : recipe(tree.files.get(path)?.text ?? "", target);
  return text === undefined ? { label, folder: at } : { label, folder: at, text };
}

/** The recipe of a target, and `make` of what it needs, so that an umbrella target is followed. */
function recipe(makefile: string, target: string): string | undefined {
  const lines = makefile.split("\n");
  const start = lines.findIndex((line) => {
    const [names = "", rest] = line.split(/:(?!=)/, 2);
    return rest !== undefined && !/^\s|#/.test(line) && names.split(/\s+/).includes(target);
  });
  if (start === -1) return undefined;
  const needed = (lines[start] ?? "").replace(/^[^:]*:+/, "").split("#")[0] ?? "";
  const calls = needed
    .split(/\s+/)
    .filter((name) => /^[\w.-]+$/.test(name))
    .map((name) => `make ${name}`);
  const body: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (!/^[\t ]/.test(line) && line.trim() !== "") break;
    body.push(
      line
        .trim()
        .replace(/^[@+]+/, "")
        .replace(/^-(.*)$/, "$1 || true"),
    );
  }
  return [...calls, ...body].join("\n");
}

const SHELL_FILE =
  /^(?:(?:ba|z|da)?sh (?:-\S+ )*|source |\. )?(?<file>[\w./-]+\.(?:sh|bash))\b|^(?<plain>\.\/[\w./-]+)(?: |$)/;

function shellFile(command: string, folder: string, tree: Tree): Script | undefined {
  const groups = SHELL_FILE.exec(command)?.groups;
  const file = groups?.["file"] ?? groups?.["plain"];
  if (file === undefined) return undefined;
  const path = join(folder, file);
  const text = tree.files.get(path)?.text;
  return text === undefined ? { label: path, folder } : { label: path, folder, text };
}
