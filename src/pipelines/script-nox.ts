import type { Tree } from "../engine/types.ts";
import { callsOf, textsOf } from "./code-calls.ts";
import { join } from "./folders.ts";
import type { Script } from "./scripts.ts";

/** The sessions of a `noxfile.py`: https://nox.thea.codes/en/stable/config.html */
export function noxScript(command: string, folder: string, tree: Tree): Script | undefined {
  const [program, ...words] = command.split(" ");
  if (program !== "nox") return undefined;
  const path = join(folder, "noxfile.py");
  const source = tree.files.get(path)?.text;
  if (source === undefined || words.some((word) => UNSEEN.test(word))) return undefined;
  const sessions = sessionsOf(source);
  const names =
    askedFor(words) ?? byDefault(source) ?? sessions.filter(({ off }) => !off).map(({ name }) => name);
  // `tests-3.12` is the session `tests` with one of its interpreters, `tests(pg)` with one of its parameters.
  const plain = [...new Set(names.map((name) => name.replace(/(-\d[\w.]*)?(\(.*)?$/, "")))];
  const chosen = sessions.filter(({ name }) => plain.includes(name) || names.includes(name));
  const lines = chosen.flatMap(({ body }) => commandsOf(body));
  return lines.length === 0
    ? undefined
    : { label: `${path}: ${names.join(",")}`, folder, text: lines.join("\n") };
}

/** Options that run nothing, or choose what cannot be told here. */
const UNSEEN =
  /^(-l|--list\S*|--help|-h|--version|-f|--noxfile\S*|-t|--tags?\S*|-k|--keywords?\S*|--install-only)$/;

function askedFor(words: readonly string[]): string[] | undefined {
  const end = words.indexOf("--");
  const own = end === -1 ? words : words.slice(0, end);
  const at = own.findIndex((word) => /^(-s|-e|--sessions?)(=|$)/.test(word));
  if (at === -1) return undefined;
  const [, value] = /^--?\w+=(.+)$/.exec(own[at] ?? "") ?? [];
  if (value !== undefined) return [value];
  const rest = own.slice(at + 1);
  const stop = rest.findIndex((word) => word.startsWith("-"));
  return rest.slice(0, stop === -1 ? rest.length : stop);
}

const byDefault = (source: string): string[] | undefined => {
  const [, list] = /^nox\.options\.sessions\s*=\s*[[(]([^\])]*)[\])]/m.exec(source) ?? [];
  return list === undefined ? undefined : textsOf(list);
};

interface Session {
  readonly name: string;
  readonly off: boolean;
  readonly body: string;
}

/** Functions with the decorator; a body is what is indented below. */
function sessionsOf(source: string): Session[] {
  const lines = source.split(/\r?\n/);
  const found: Session[] = [];
  let decorators = "";
  for (const [index, line] of lines.entries()) {
    const [, own] = /^def\s+(\w+)\s*\(/.exec(line) ?? [];
    if (own === undefined) {
      decorators = /^@|^[\s)]/.test(line) ? `${decorators}\n${line}` : "";
      continue;
    }
    if (/^@(nox\.|nox_poetry\.)?session\b/m.test(decorators)) {
      const [, name = own] = /\bname\s*=\s*["']([^"']+)["']/.exec(decorators) ?? [];
      const rest = lines.slice(index + 1);
      const end = rest.findIndex((next) => /^[^\s#)]/.test(next));
      const body = rest.slice(0, end === -1 ? rest.length : end).join("\n");
      found.push({ name, off: /\bdefault\s*=\s*False/.test(decorators), body });
    }
    decorators = "";
  }
  return found;
}

function commandsOf(body: string): string[] {
  return callsOf(body, /\bsession\.(?:run|run_always|notify)\(/g).flatMap(({ name, texts, rest }) => {
    if (name.includes("notify")) return texts.slice(0, 1).map((session) => `nox -s ${session}`);
    const command = texts.join(" ");
    if (command === "") return [];
    return [/success_codes\s*=\s*(?!\[0\])/.test(rest) ? `${command} || true` : command];
  });
}
