import type { Tree } from "../engine/types.ts";
import { lineAt } from "../engine/yaml.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** What a package manager is asked to run, and where. */
interface Asked {
  readonly name: string;
  /** The tool, to write calls of other scripts with. */
  readonly tool: string;
  readonly folder?: string;
  /** The name or the folder of a workspace; `*` for all of them. */
  readonly workspace?: string;
}

/** Commands of package managers that are no scripts. `test` and `start` are scripts that need no `run`. */
const NOT_SCRIPTS =
  /^(install|i|ci|add|exec|x|dlx|publish|audit|config|cache|login|pack|version|set|init|link|up|upgrade|why|info|outdated|remove|rm|node|create|store|import|rebuild|prune|view|deploy|dedupe|self-update|plugin|corepack|--.*)$/;

/** Options that stand before their value. */
const VALUES =
  /^(--prefix|-C|--cwd|--dir|-w|--workspace|-F|--filter|--include|--exclude|--from|--loglevel|--max-parallel|-j|--jobs|--reporter)$/;
const FOLDER = /^(--prefix|-C|--cwd|--dir)$/;
const WORKSPACE = /^(-w|--workspace|-F|--filter|--include)$/;
const ALL = /^(-r|--recursive|-ws|--workspaces|-A|--all|-W|--worktree)$/;

/** The script of a `package.json` that a command runs; undefined where it runs none. */
export function packageScript(command: string, folder: string, tree: Tree): Script | undefined {
  const asked = askedFor(command.split(" "));
  if (!asked) return undefined;
  const at = asked.folder === undefined ? folder : join(folder, asked.folder);
  if (asked.workspace !== undefined) return inWorkspaces(asked, asked.workspace, { at, tree });
  const path = join(at, "package.json");
  const source = tree.files.get(path)?.text;
  const text = scriptsOf(source)[asked.name];
  const label = `${path}: ${asked.name}`;
  if (text === undefined) return { label, folder: at };
  return { label, folder: at, text, start: { path, line: lineOf(asked.name, source ?? ""), spread: false } };
}

/** The line of a script, by its key: 1-based. */
function lineOf(name: string, source: string): number {
  const [scripts, key] = [source.indexOf('"scripts"'), `${JSON.stringify(name)}:`];
  const at = source.indexOf(key, Math.max(scripts, 0));
  return at === -1 ? 1 : lineAt(source, at);
}

interface State {
  folder?: string;
  workspace?: string;
  readonly words: string[];
}

/** Takes the options off, up to the script's name; what follows are its arguments. */
function askedFor([tool = "", ...rest]: readonly string[]): Asked | undefined {
  if (!/^(npm|yarn|pnpm|bun)$/.test(tool)) return undefined;
  const state: State = { words: [] };
  for (let index = 0; index < rest.length && !isComplete(state.words); index += 1) {
    const word = rest[index] ?? "";
    if (!word.startsWith("-")) state.words.push(word);
    else index += option(word, rest[index + 1], state);
  }
  // npm also takes its options after the name.
  const after = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : rest.length);
  if (tool === "npm") after.forEach((word, index) => option(word, after[index + 1], state));
  const name = nameOf(tool, state);
  const { folder, workspace } = state;
  return name === undefined
    ? undefined
    : {
        name,
        tool,
        ...(folder === undefined ? {} : { folder }),
        ...(workspace === undefined ? {} : { workspace }),
      };
}

const isComplete = (words: readonly string[]): boolean => {
  const [first, second] = words;
  if (first === "workspace") return words.length > (words[2] === "run" ? 3 : 2);
  if (first === "workspaces")
    return words.length > (words[2] === "run" ? 3 : second === "run" || words.length > 2 ? 2 : 9);
  return first !== undefined && (first === "run" || first === "run-script" ? words.length > 1 : true);
};

/** Notes what an option says; gives how many words it takes more. */
function option(word: string, next: string | undefined, state: State): number {
  const [, key = word, value] = /^(--?[\w-]+)=(.*)$/.exec(word) ?? [];
  const given = value ?? next;
  if (FOLDER.test(key) && given !== undefined) state.folder = given;
  if (WORKSPACE.test(key) && given !== undefined) state.workspace = given;
  if (ALL.test(key)) state.workspace ??= "*";
  return VALUES.test(key) && value === undefined ? 1 : 0;
}

function nameOf(tool: string, state: State): string | undefined {
  const [first = "", ...rest] = state.words;
  if (first === "workspace" && rest[0] !== undefined) {
    [state.workspace] = rest;
    return rest[1] === "run" ? rest[2] : rest[1];
  }
  if (first === "workspaces") {
    state.workspace = "*";
    return rest.filter((word) => !/^(foreach|run)$/.test(word))[0];
  }
  if (first === "run" || first === "run-script") return rest[0];
  if (/^(test|t|tst)$/.test(first)) return "test";
  // npm has no scripts without `run`, except the few that it knows by name.
  return first !== "" && tool !== "npm" && !NOT_SCRIPTS.test(first) ? first : undefined;
}

function inWorkspaces(
  { name, tool }: Asked,
  wanted: string,
  { at, tree }: { readonly at: string; readonly tree: Tree },
): Script {
  const homes = workspaces(tree, at).filter(
    ({ path, package: own }) => fits(wanted, path, own) && scriptsOf(own)[name] !== undefined,
  );
  const label = `${join(at, wanted === "*" ? "workspaces" : wanted)}: ${name}`;
  if (homes.length === 0) return { label, folder: at };
  const folders = homes.map(({ path }) => path.slice(at === "" ? 0 : at.length + 1));
  const text = folders.map(
    (folder) =>
      `${tool === "yarn" ? "yarn --cwd" : tool === "npm" ? "npm --prefix" : `${tool} -C`} ./${folder} run ${name}`,
  );
  return { label, folder: at, text: text.join("\n"), list: true };
}

/** More packages than this are not looked through for one command. */
const PACKAGES_AT_MOST = 200;

function workspaces(tree: Tree, root: string): { readonly path: string; readonly package: string }[] {
  const prefix = root === "" ? "" : `${root}/`;
  const found = [...tree.files].filter(
    ([path]) => path.startsWith(prefix) && path.endsWith("/package.json") && path !== `${prefix}package.json`,
  );
  return found
    .slice(0, PACKAGES_AT_MOST)
    .map(([path, blob]) => ({ path: path.slice(0, -"/package.json".length), package: blob.text }));
}

/** A workspace by its name, its folder, or a pattern of either; `...` asks for what depends on it too. */
function fits(wanted: string, path: string, source: string): boolean {
  const plain = wanted.replaceAll(/^(\.{3}\^?|\.\/|\{)|(\^?\.{3}|\})$/g, "").replace(/\/$/, "");
  const name = (parsed(source) as { name?: unknown } | null)?.name;
  const same = (candidate: string): boolean =>
    plain.includes("*") ? candidate.startsWith(plain.slice(0, plain.indexOf("*"))) : candidate === plain;
  return (
    wanted === "*" ||
    same(path) ||
    path.endsWith(`/${plain}`) ||
    (typeof name === "string" && (same(name) || name.endsWith(`/${plain}`)))
  );
}

function parsed(source: string | undefined): unknown {
  try {
    return source === undefined ? null : JSON.parse(source);
  } catch {
    return null;
  }
}

/** The scripts of a `package.json` or a `composer.json`; those of the latter may be lists. */
function scriptsOf(source: string | undefined): Readonly<Partial<Record<string, string>>> {
  const scripts = (parsed(source) as { scripts?: Readonly<Record<string, unknown>> } | null)?.scripts ?? {};
  const texts = Object.entries(scripts).flatMap(([name, script]) => {
    if (typeof script === "string") return [[name, script] as const];
    return Array.isArray(script)
      ? [[name, script.filter((line) => typeof line === "string").join("\n")] as const]
      : [];
  });
  return Object.fromEntries(texts);
}

/** Programs that run several scripts of a package: https://github.com/mysticatea/npm-run-all, https://github.com/open-cli-tools/concurrently */
export function severalScripts(command: string, folder: string, tree: Tree): Script | undefined {
  const [tool = "", ...words] = command.split(" ");
  if (!/^(run-s|run-p|npm-run-all2?|concurrently)$/.test(tool)) return undefined;
  const names = words.filter(
    (word, index) => !word.startsWith("-") && !VALUES.test(words[index - 1] ?? "") && word !== "",
  );
  const known = Object.keys(scriptsOf(tree.files.get(join(folder, "package.json"))?.text));
  if (tool === "concurrently" && !names.every((name) => /^(npm|yarn|pnpm|bun):/.test(name))) return undefined;
  const plain = names.map((name) => name.replace(/^(npm|yarn|pnpm|bun):/, ""));
  const all = plain.flatMap((name) =>
    name.includes("*") ? known.filter((other) => glob(name).test(other)) : [name],
  );
  return all.length === 0
    ? undefined
    : { label: command, folder, text: all.map((name) => `npm run ${name}`).join("\n"), list: true };
}

/** `test:*` is one level, `test:**` all of them. */
const glob = (name: string): RegExp =>
  new RegExp(
    `^${name
      .slice(0, 200)
      .replaceAll(/[.+^$(){}|[\]\\?]/g, String.raw`\$&`)
      .replaceAll(/\*{2,}/g, "\u0000")
      .replaceAll("*", "[^:]*")
      .replaceAll("\u0000", ".*")}$`,
  );

/** A script of `composer.json`: https://getcomposer.org/doc/articles/scripts.md */
export function composerScript(command: string, folder: string, tree: Tree): Script | undefined {
  const name = /^composer (?:-\S+ )*(?:(?:run|run-script) (?:-\S+ )*)?([\w:.-]+)/.exec(command)?.[1];
  const path = join(folder, "composer.json");
  const text = name === undefined ? undefined : scriptsOf(tree.files.get(path)?.text)[name];
  if (name === undefined || text === undefined) return undefined;
  const lines = text
    .split("\n")
    .map((line) => line.replace(/^@(php|composer|putenv) /, "$1 ").replace(/^@(?=[\w:-]+)/, "composer run "));
  return { label: `${path}: ${name}`, folder, text: lines.join("\n") };
}
