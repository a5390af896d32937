import type { Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";
import { inShell, MakeBranches, makeValues } from "./make-conditions.ts";
import { own } from "./own.ts";

interface Tool {
  readonly name: "make" | "just";
  readonly files: readonly string[];
  /** Options that stand before their value. */
  readonly values: RegExp;
  readonly folder: RegExp;
  readonly file: RegExp;
}

const MAKE: Tool = {
  name: "make",
  files: ["GNUmakefile", "makefile", "Makefile"],
  values: /^(-[CfIjlo]|--directory|--file|--makefile|--jobs)$/,
  folder: /^(-C|--directory=?)/,
  file: /^(-f|--file=?|--makefile=?)/,
};
const JUST: Tool = {
  name: "just",
  files: ["justfile", "Justfile", ".justfile"],
  values: /^(-[df]|--working-directory|--justfile|--set|--shell|--dotenv-path)$/,
  folder: /^(-d|--working-directory=?)/,
  file: /^(-f|--justfile=?)/,
};

const TOOLS: Readonly<Partial<Record<string, Tool>>> = { make: MAKE, gmake: MAKE, just: JUST };

/** The recipe of a Makefile or a justfile that a command runs; undefined where it runs none. */
export function recipeScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program = "", ...words] = command.split(" ");
  const tool = own(TOOLS, program);
  if (!tool) return undefined;
  const asked = askedFor(words, tool);
  if (tool.name === "make" && asked.targets.length > 1)
    return each(words, asked.targets, { label: command, folder });
  const at = join(folder, asked.folder ?? "");
  const path = fileOf(tool, at, asked.file, tree);
  const source = path === undefined ? "" : withIncluded(path, tree);
  const target = asked.targets[0] ?? defaultOf(source, tool);
  if (target === undefined) return undefined;
  const label = `${path ?? join(at, tool.name)}: ${target}`;
  const text = recipe(source, target, tool);
  return text === undefined ? { label, folder: at } : { label, folder: at, text, separate: true };
}

/** `make lint test` is `make lint`, then `make test`. */
function each(
  words: readonly string[],
  targets: readonly string[],
  base: Omit<Script, "text" | "list">,
): Script {
  const options = words.slice(0, words.indexOf(targets[0] ?? ""));
  return {
    ...base,
    text: targets.map((target) => ["make", ...options, target].join(" ")).join("\n"),
    list: true,
  };
}

interface Asked {
  readonly targets: string[];
  folder?: string;
  file?: string;
}

function askedFor(words: readonly string[], tool: Tool): Asked {
  const asked: Asked = { targets: [] };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word.startsWith("-")) index += option(word, words[index + 1] ?? "", { asked, tool });
    else if (word !== "" && !/^[A-Za-z_]\w*[:?+]?=|[<>]/.test(word)) asked.targets.push(word);
  }
  return asked;
}

/** Notes what an option says; gives how many words it takes more. */
function option(
  word: string,
  next: string,
  { asked, tool }: { readonly asked: Asked; readonly tool: Tool },
): number {
  // `-j` may stand alone, or before a number.
  const takes = tool.values.test(word) && (word !== "-j" || /^\d+$/.test(next));
  const value = takes ? next : word.replace(tool.folder, "").replace(tool.file, "");
  if (tool.folder.test(word)) asked.folder = value;
  if (tool.file.test(word)) asked.file = value;
  return takes ? 1 : 0;
}

function fileOf({ files }: Tool, at: string, named: string | undefined, tree: Tree): string | undefined {
  const names = named === undefined ? files : [named];
  return names.map((name) => join(at, name)).find((path) => tree.files.has(path));
}

/** A Makefile with what it includes, one level deep. */
function withIncluded(path: string, tree: Tree): string {
  const folder = path.split("/").slice(0, -1).join("/");
  const source = tree.files.get(path)?.text ?? "";
  const names = [...source.matchAll(/^-?s?include\s+([^\n#]{1,300})/gm)].flatMap((match) =>
    (match[1] ?? "").trim().split(/\s+/),
  );
  const included = names.slice(0, 20).flatMap((name) => tree.files.get(join(folder, name))?.text ?? []);
  return [source, ...included].join("\n");
}

/** A line that begins a recipe: the names before its colon, and what stands after it. */
function header(line: string): { readonly names: readonly string[]; readonly rest: string } | undefined {
  if (/^[\s#.]|^$/.test(line)) return undefined;
  const colon = line.search(/:(?!=)/);
  if (colon === -1 || (line.slice(0, colon).includes("=") && !/^[@\w-]+ .*=/.test(line))) return undefined;
  const rest = line.slice(colon).replace(/^:+/, "");
  return rest.startsWith("=") ? undefined : { names: line.slice(0, colon).trim().split(/\s+/), rest };
}

const named = (line: string, target: string, { name }: Tool): boolean => {
  const found = header(line);
  if (!found) return false;
  // After the name of a recipe of just stand its parameters.
  return name === "just" ? found.names[0]?.replace(/^@/, "") === target : found.names.includes(target);
};

function defaultOf(source: string, { name }: Tool): string | undefined {
  const goal = name === "make" ? /^\.DEFAULT_GOAL\s*[:?]?=\s*(\S+)/m.exec(source)?.[1] : undefined;
  const first = source
    .split("\n")
    .map(header)
    .find((found) => found && !/[%$]/.test(found.names[0] ?? ""));
  return goal ?? first?.names[0]?.replace(/^@/, "");
}

/** Lines between those of a recipe that do not end it. */
const BETWEEN = /^(#|ifn?eq|ifn?def|else|endif|$)/;

/** The recipe of a target, and calls of what it needs, so that an umbrella target is followed. */
function recipe(source: string, target: string, tool: Tool): string | undefined {
  const lines = source.split("\n");
  const starts = lines.flatMap((line, index) => (named(line, target, tool) ? [index] : []));
  if (starts.length === 0) return undefined;
  const parts = starts.map((start) => one(lines, start, tool));
  const bodies = parts.flatMap(({ body }) => body);
  return [
    ...(tool.name === "make" ? makeValues(bodies, source) : []),
    ...parts.flatMap(({ before }) => before),
    ...bodies,
    ...parts.flatMap(({ after }) => after),
  ].join("\n");
}

interface Recipe {
  readonly before: readonly string[];
  readonly body: readonly string[];
  readonly after: readonly string[];
}

function one(lines: readonly string[], start: number, tool: Tool): Recipe {
  const { rest, end } = headerRest(lines, start);
  const [needed = "", inline = ""] = tool.name === "make" ? rest.split(/;(.*)/s) : [rest];
  // Behind `|` of make stands what must be there and need not be new, behind `&&` of just what comes after.
  const [before = "", after = ""] = (needed.split("#")[0] ?? "").split(tool.name === "just" ? "&&" : "|");
  const later = calls(after, tool);
  const first = inline.trim() === "" ? [] : [line(inline, tool)];
  const body = [...first, ...bodyOf(lines.slice(end + 1), tool)];
  if (tool.name === "just") return { before: calls(before, tool), body, after: later };
  return { before: [...calls(before, tool), ...later], body, after: [] };
}

/** What stands after a recipe's colon; it may go on in the next lines. */
function headerRest(
  lines: readonly string[],
  start: number,
): { readonly rest: string; readonly end: number } {
  let end = start;
  let rest = header(lines[start] ?? "")?.rest ?? "";
  while (rest.endsWith("\\") && end + 1 < lines.length) {
    end += 1;
    rest = `${rest.slice(0, -1)} ${lines[end] ?? ""}`;
  }
  return { rest, end };
}

function bodyOf(lines: readonly string[], tool: Tool): string[] {
  const end = lines.findIndex((text) => !/^[\t ]+\S/.test(text) && !BETWEEN.test(text.trimEnd()));
  const branches = new MakeBranches();
  const body = lines.slice(0, end === -1 ? lines.length : end).flatMap((text) => {
    const branch = tool.name === "make" && !text.startsWith("\t") ? branches.read(text) : undefined;
    return branch ?? (/^[\t ]+\S/.test(text) ? [line(text, tool)] : []);
  });
  return [...body, ...branches.end()];
}

/** `test (build "x")` needs `test` and `build`. */
const calls = (needed: string, { name }: Tool): string[] =>
  needed
    .replaceAll(/\(([\w-]+)(?![\w-])[^()]*\)/g, "$1")
    .split(/\s+/)
    .filter((word) => /^[\w./-]+$/.test(word))
    .map((word) => `${name} ${word}`);

/** A command of a recipe: `-` before it lets it fail, `@` keeps it quiet, and `$$` is a dollar. */
function line(source: string, { name }: Tool): string {
  const [, marks = "", command = ""] = /^\s*([@+-]*)\s*(.*)/s.exec(source) ?? [];
  const called = command.replaceAll(/\$[({]MAKE[)}]/g, "make");
  const plain = (name === "make" ? inShell(called) : called).replaceAll("$$", "$");
  return marks.includes("-") ? `${plain} || true` : plain;
}
