import type { Tree } from "../engine/types.ts";
import { callsOf } from "./code-calls.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** The tasks of a Rakefile, and of those that Rails reads beside it: https://ruby.github.io/rake/doc/rakefile_rdoc.html */
export function rakeScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program, ...words] = command.split(" ");
  if (program !== "rake" || words.some((word) => /^-/.test(word))) return undefined;
  const targets = words
    .filter((word) => /^[a-z][\w:]*(\[.*)?$/.test(word))
    .map((word) => word.replace(/\[.*/, ""));
  if (targets.length > 1)
    return { label: command, folder, text: targets.map((target) => `rake ${target}`).join("\n"), list: true };
  const target = targets[0] ?? "default";
  const tasks = sourcesOf(folder, tree).flatMap((source) => tasksOf(source));
  // What a library brings, such as `spec` of rspec-rails, is known by its name.
  const lines = tasks.filter(({ name }) => name === target).flatMap((task) => task.lines);
  if (lines.length === 0) return undefined;
  return { label: `${join(folder, "Rakefile")}: ${target}`, folder, text: lines.join("\n") };
}

const FILES = /(^|\/)([Rr]akefile(\.rb)?|[^/]+\.rake)$/;
const FILES_AT_MOST = 50;

function sourcesOf(folder: string, tree: Tree): string[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  return [...tree.files]
    .filter(([path]) => path.startsWith(prefix) && FILES.test(path) && isRead(path.slice(prefix.length)))
    .slice(0, FILES_AT_MOST)
    .map(([, { text }]) => text);
}

const isRead = (path: string): boolean => !path.includes("/") || /^(lib\/)?(tasks|rakelib)\//.test(path);

interface Task {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Classes of which an instance is a task, with what it runs. */
const MADE: readonly (readonly [RegExp, string, string])[] = [
  [/^RSpec::Core::RakeTask\.new/, "spec", "rspec"],
  [/^RuboCop::RakeTask\.new/, "rubocop", "rubocop"],
  [/^Cucumber::Rake::Task\.new/, "cucumber", "cucumber"],
];

/** Blocks are told by their indentation, as every formatter writes it. */
function tasksOf(source: string): Task[] {
  const lines = source.split(/\r?\n/);
  const spaces: { readonly indent: number; readonly name: string }[] = [];
  return lines.flatMap((line, index): Task[] => {
    const text = line.trimStart();
    const indent = line.length - text.length;
    if (text === "" || text.startsWith("#")) return [];
    while (spaces.length > 0 && indent <= (spaces.at(-1)?.indent ?? 0)) spaces.pop();
    const space = /^namespace[ (]+:?["']?([\w-]+)/.exec(text)?.[1];
    if (space !== undefined) spaces.push({ indent, name: space });
    const prefix = spaces.map(({ name }) => `${name}:`).join("");
    return space === undefined ? taskOf(text, prefix, () => blockOf(lines, index, indent)) : [];
  });
}

function taskOf(text: string, prefix: string, block: () => string): Task[] {
  const made = MADE.find(([is]) => is.test(text));
  if (made) {
    const [, usual, command] = made;
    const name = /\.new[ (]+:?["']?([\w:-]+)/.exec(text)?.[1] ?? usual;
    return [{ name: prefix + name, lines: [command] }];
  }
  const [, name, rest = ""] = /^(?:multi)?task[ (]+:?["']?([\w:-]+)["']?(.*)/s.exec(text) ?? [];
  if (name === undefined) return [];
  const body = /\bdo\b/.test(rest) ? block() : (/\{(.*)\}\s*$/.exec(rest)?.[1] ?? "");
  return [{ name: prefix + name.replace(/:$/, ""), lines: [...needed(rest, prefix), ...commandsOf(body)] }];
}

/** `=> [:a, "b:c"]`, `: %i[a b]`, `: :a`. A name is looked for in its own namespace first; as rake does, but once. */
function needed(rest: string, prefix: string): string[] {
  const [, list = ""] =
    /^(?:\s*,\s*\[[^\]]*\])?\s*(?:(?:=>|:)\s*)?(\[[^\]]*\]|%[iwIW][[(][^\])]*[\])]|:[\w:]+|["'][\w:]+["'])/.exec(
      rest,
    ) ?? [];
  const words = list.replace(/^%[iwIW]/, "").match(/[a-z][\w:]*/g) ?? [];
  return words.map((word) => `rake ${prefix !== "" && !word.includes(":") ? prefix : ""}${word}`);
}

function blockOf(lines: readonly string[], start: number, indent: number): string {
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== "" && line.search(/\S/) <= indent);
  return rest.slice(0, end === -1 ? rest.length : end).join("\n");
}

function commandsOf(body: string): string[] {
  const plain = body.replaceAll(/\b(sh|system|exec|invoke)[ ]+(?=["'])(.*)$/gm, "$1($2)");
  const run = callsOf(plain, /\b(?:sh|exec)\(/g).map(({ texts: [text = ""] }) => text);
  // `system` gives back whether it worked; only who asks fails.
  const loose = callsOf(plain, /\bsystem\(/g).map(({ texts: [text = ""], rest }) =>
    /exception:\s*true/.test(plain) || rest !== "" ? text : `${text} || true`,
  );
  const invoked = [...plain.matchAll(/Task\[["':]{0,2}([\w:]{1,80})["']?\]\.(?:invoke|execute)/g)].map(
    ([, name = ""]) => `rake ${name}`,
  );
  return [...run, ...loose, ...invoked].filter((text) => !/^( \|\| true)?$/.test(text));
}
