import { nearest } from "../policy/nearest.ts";

/** What people can write in a comment on a pull request. */
export type Command =
  | { readonly kind: "recheck" }
  | { readonly kind: "help" }
  /** `meant`: the command it was probably mistyped for. */
  | { readonly kind: "unknown"; readonly word: string; readonly meant?: string };

const WORDS = ["recheck", "help"] as const;

/** More than anybody needs, and a bound on what one comment can cost. */
const MOST = 5;

/** `/nines word …` or `/recheck`, at the start of a line; four spaces would make it code. */
const COMMAND = /^ {0,3}\/(?:nines(?:[ \t]+(\S+))?|(recheck))(?=[ \t]|$)/i;

/**
 * Reads the commands of a comment: one a line, outside of quotes, code and HTML comments. Each is named once, in the
 * order written.
 * @param body Markdown, as a person wrote it.
 */
export function parseCommands(body: string): readonly Command[] {
  const commands = new Map<string, Command>();
  for (const line of proseLines(body)) {
    const [found, word, short] = COMMAND.exec(line) ?? [];
    if (found === undefined) continue;
    const command = commandOf((word ?? short ?? "help").toLowerCase());
    commands.set(JSON.stringify(command), command);
    if (commands.size === MOST) break;
  }
  return [...commands.values()];
}

function commandOf(word: string): Command {
  const known = WORDS.find((candidate) => candidate === word);
  if (known) return { kind: known };
  const meant = nearest(word, WORDS);
  return { kind: "unknown", word, ...(meant === undefined ? {} : { meant }) };
}

/** Three or more backticks or tildes, also as the first thing of a list item or a quote. */
const FENCE = /^(?:[ \t]*(?:[-*+>]|\d+[.)]))*[ \t]*(`{3,}(?!`)|~{3,}(?!~))(.*)/;

/** The lines that are neither in a fenced block nor in an HTML comment. Quotes and indented code cannot match a command. */
function* proseLines(body: string): Generator<string> {
  let fence: string | undefined;
  let comment = false;
  for (const line of body.split(/\r\n|\n|\r/)) {
    if (comment) {
      comment = !line.includes("-->");
      continue;
    }
    const [, mark = "", rest = ""] = FENCE.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark.startsWith(fence) && rest.trim() === "") fence = undefined;
      continue;
    }
    // A backtick after the backticks makes it inline code: ```like this```.
    if (mark !== "" && !(mark.startsWith("`") && rest.includes("`"))) {
      fence = mark;
      continue;
    }
    comment = line.lastIndexOf("<!--") > line.lastIndexOf("-->");
    yield line;
  }
}
