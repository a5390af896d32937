import type { Tree } from "../engine/types.ts";
import { textsOf } from "./code-calls.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** The tasks of a `Makefile.toml`: https://sagiegurari.github.io/cargo-make/ */
export function cargoMakeScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [, rest] = /^(?:cargo make|makers)( .*)?$/.exec(command) ?? [];
  if (!/^(cargo make|makers)( |$)/.test(command)) return undefined;
  const words = (rest ?? "").trim().split(" ");
  if (words.some((word) => /^--?(list\S*|help|h|version|makefile|cwd|print-steps)(=|$)/.test(word)))
    return undefined;
  const target = words.find(
    (word, index) =>
      word !== "" &&
      !word.startsWith("-") &&
      !/^(-p|--profile|-e|--env|-l|--loglevel)$/.test(words[index - 1] ?? ""),
  );
  const path = join(folder, "Makefile.toml");
  const source = tree.files.get(path)?.text;
  const name = target ?? "default";
  // Tasks that are not written are cargo-make's own: `test` is `cargo test`.
  const lines = source === undefined ? [] : commandsOf(source, name);
  const text = lines.length > 0 ? lines : name === "test" ? ["cargo test"] : [];
  return text.length === 0 ? undefined : { label: `${path}: ${name}`, folder, text: text.join("\n") };
}

function commandsOf(source: string, name: string): string[] {
  const fields = sectionOf(source, name);
  if (!fields) return [];
  const list = (key: string): string[] => textsOf(fields.get(key) ?? "");
  const [command] = list("command");
  const needed = [...list("dependencies"), ...list("run_task"), ...list("alias")];
  const own = command === undefined ? [] : [[command, ...list("args")].join(" ")];
  const all = [...own, ...scriptOf(fields.get("script") ?? "")];
  const passes = fields.get("ignore_errors") === "true";
  return [
    ...needed.map((task) => `cargo make ${task}`),
    ...all.map((line) => (passes ? `${line} || true` : line)),
  ];
}

/** A task is no longer than this. */
const LONGEST = 10_000;

/** The keys of `[tasks.name]`, as they are written. */
function sectionOf(source: string, name: string): ReadonlyMap<string, string> | undefined {
  const lines = source.split(/\r?\n/);
  const start = lines.findIndex((line) => [`[tasks.${name}]`, `[tasks."${name}"]`].includes(line.trim()));
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\[[\w."'-]+\]\s*$/.test(line));
  const body = rest
    .slice(0, end === -1 ? rest.length : end)
    .join("\n")
    .slice(0, LONGEST);
  const field = /^([\w-]+)\s*=\s*('''[\s\S]*?'''|"""[\s\S]*?"""|\[[^\]]*\]|[^\n]*)/gm;
  return new Map([...body.matchAll(field)].map(([, key = "", value = ""]) => [key, value.trim()]));
}

/** A text of several lines, or a list of lines. */
function scriptOf(value: string): string[] {
  const [, block] = /^(?:'''|""")([\s\S]*)(?:'''|""")$/.exec(value) ?? [];
  if (block === undefined) return textsOf(value);
  return block
    .split("\n")
    .flatMap((line) => (line.trim() === "" || line.startsWith("#!") ? [] : [line.trim()]));
}
