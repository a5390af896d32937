import type { Tree } from "../engine/types.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** More environments than this are not looked at for one command. */
const MOST = 50;

/** The commands of tox's environments: https://tox.wiki/en/latest/config.html#conditional-settings */
export function toxScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program, ...words] = command.split(" ");
  if (program !== "tox") return undefined;
  const path = join(folder, "tox.ini");
  const source = tree.files.get(path)?.text;
  const asked = askedFor(words);
  if (source === undefined || asked === undefined) return undefined;
  const sections = sectionsOf(source);
  const names = asked.length > 0 ? asked : listed(sections.get("tox"));
  const lines = names.slice(0, MOST).flatMap((name) => commandsOf(name, sections));
  if (lines.length === 0) return undefined;
  return { label: `${path}: ${names.join(",")}`, folder, text: [...new Set(lines)].join("\n") };
}

/** The environments that a command names; none where all of the list run, undefined where none of them runs. */
function askedFor(words: readonly string[]): string[] | undefined {
  const end = words.indexOf("--");
  const own = end === -1 ? words : words.slice(0, end);
  if (
    own.some((word) =>
      /^(-l|-a|--listenvs\S*|--notest|--version|--help|-h|list|config|devenv|-c|--conf)$/.test(word),
    )
  )
    return undefined;
  const given = own.flatMap((word, index) => {
    const [, value] = /^(?:-e|--env=)(.+)$/.exec(word) ?? [];
    if (value !== undefined) return value.replace(/^=/, "").split(",");
    return /^(-e|--env)$/.test(own[index - 1] ?? "") ? word.split(",") : [];
  });
  return given.some((name) => /[$*]/.test(name)) ? [] : given;
}

type Section = ReadonlyMap<string, readonly string[]>;

/** An INI file: a value goes on in the lines that are indented. */
function sectionsOf(source: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  let value: string[] = [];
  for (const line of source.split(/\r?\n/)) {
    const [, name] = /^\[([^\]]+)\]/.exec(line) ?? [];
    const [, key, first = ""] = /^([\w.-]+)\s*[=:]\s*(.*)/.exec(line) ?? [];
    if (/^\s*[#;]/.test(line)) continue;
    if (name !== undefined) {
      section = sections.get(name) ?? new Map<string, string[]>();
      sections.set(name, section);
    } else if (key !== undefined) {
      value = first === "" ? [] : [first];
      section.set(key.replaceAll("_", ""), value);
    } else if (/^\s+\S/.test(line)) value.push(line.trim());
  }
  return sections;
}

const listed = (section: Section | undefined): string[] =>
  (section?.get("envlist") ?? [])
    .flatMap((line) => expanded(line.replace(/\s+#.*$/, "")))
    .flatMap((line) => line.split(/[,\s]+/))
    .filter((name) => name !== "");

/** `py{38,39}` is `py38` and `py39`. */
function expanded(text: string, depth = 0): string[] {
  const [whole, before = "", list = "", after = ""] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(text) ?? [];
  if (whole === undefined || depth > 4) return [text];
  const starts = before.split(/[,\s]/);
  const head = starts.pop() ?? "";
  const [, rest = "", more = ""] = /^([^,\s]*)(.*)/s.exec(after) ?? [];
  const here = list.split(",").map((one) => `${head}${one.trim()}${rest}`);
  return [...starts, ...here, more].slice(0, MOST).flatMap((one) => expanded(one, depth + 1));
}

function commandsOf(name: string, sections: ReadonlyMap<string, Section>): string[] {
  const base = sections.get("testenv");
  const own = sections.get(`testenv:${name}`);
  const passes = /^true$/i.test((own?.get("ignoreoutcome") ?? [""])[0] ?? "");
  const lines = joined(own?.get("commands") ?? base?.get("commands") ?? []);
  return lines
    .flatMap((line) => chosen(line, name.split("-")))
    .flatMap((line) => {
      const [, of] = /^\{\[([^\]]+)\]commands\}$/.exec(line) ?? [];
      return of === undefined ? [line] : joined(sections.get(of)?.get("commands") ?? []);
    })
    .map((line) => lineOf(line, passes));
}

/** A backslash at the end goes on in the next line. */
const joined = (lines: readonly string[]): string[] => lines.join("\n").replaceAll(/\\\n/g, " ").split("\n");

/** `lint: ruff` is for environments with that part in their names, `!lint: pytest` for those without. */
function chosen(line: string, factors: readonly string[]): string[] {
  const [, condition, command = ""] = /^((?:[!\w.-]|\{[^{}]*\}|,\s?)+):\s+(.*)/.exec(line) ?? [];
  if (condition === undefined) return line.trim() === "" ? [] : [line.trim()];
  const holds = expanded(condition)
    .flatMap((part) => part.split(/,\s?/))
    .some((part) =>
      part.split("-").every((one) => factors.includes(one.replace("!", "")) !== one.startsWith("!")),
    );
  return holds ? [command] : [];
}

/** `-` before a command lets it fail; what tox puts in is left out, or its default is taken. */
function lineOf(line: string, passes: boolean): string {
  const [, marks = "", command = ""] = /^([-!]?)\s*(.*)/.exec(line) ?? [];
  const plain = command
    .replaceAll(/\{posargs:?([^{}]*)\}/g, "$1")
    .replaceAll(/\{(envpython|env_python)\}/g, "python")
    .replaceAll(/\{(toxinidir|tox_root)\}\/?/g, "./")
    .replaceAll(/\{env:\w+:([^{}]*)\}/g, "$1");
  return marks === "-" || passes ? `${plain} || true` : plain;
}
