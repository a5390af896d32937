import { rewrite } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Guard, Guarded, Reading } from "./shell-forks.ts";
import { markGroups } from "./shell-groups.ts";
import { OPAQUE } from "./reading.ts";
import { readGuards } from "./shell-guards.ts";
import { tokenize } from "./shell-tokens.ts";
import type { Token } from "./shell-tokens.ts";

/** One simple command of a script, with what the shell does when it fails. */
export interface Command {
  /** Words without quotes; assignments before the command are left out. */
  readonly words: readonly string[];
  /** The words joined by one space. */
  readonly text: string;
  /** Lines below the script's first line. */
  readonly line: number;
  /** Why its failure does not end the script with a failure; undefined where it does. */
  readonly swallowed?: string;
  /** What must hold for it to run; absent where it always does. */
  readonly guards?: readonly Guard[];
}

/** What the shell starts with. */
export interface ShellOptions extends Reading {
  /** Whether a pipe fails with any of its parts. */
  readonly pipefail?: boolean;
  /** Whether the script ends with the first command that fails. */
  readonly errexit?: boolean;
}

/** The commands of a script, each with what its failure means. */
export function readScript(script: string, options: ShellOptions = {}): Command[] {
  const errexit = (options.errexit ?? true) || BRANCHES.test(script);
  const tokens = markGroups(tokenize(script));
  return judge(statements(tokens), { ...options, errexit, guarded: readGuards(tokens, options) });
}

/** With functions and branches it is not told what ends a script without `set -e`; then its commands are taken to count. */
const BRANCHES = /^\s{0,40}(function\s|[\w-]{1,80}\s?\(\)|else\b|elif\b|esac\b|trap\b)/m;

/** A list of pipelines that `&&` and `||` join, up to the end of a line or a `;`. */
interface Part {
  readonly words: readonly Token[];
  /** The operator after it. */
  readonly next: string;
}

const ENDS = new Set(["\n", ";", ";;", "&", "(", ")"]);

function statements(tokens: readonly Token[]): Part[][] {
  const lists: Part[][] = [];
  let list: Part[] = [];
  let words: Token[] = [];
  for (const token of tokens) {
    const open = joins(list) && words.length === 0;
    if (isWord(token, open)) words.push(asGroup(token));
    // A line may end after `&&`, `||` and `|`.
    else if (token.text !== "\n" || !open) {
      if (words.length > 0) list.push({ words, next: token.text });
      words = [];
      if (ENDS.has(token.text)) list = pushed(lists, list);
    }
  }
  if (words.length > 0) list.push({ words, next: "\n" });
  pushed(lists, list);
  return lists;
}

const isWord = ({ kind, text }: Token, open: boolean): boolean => kind === "word" || (text === "(" && open);

/** Ends a list, and begins the next. */
function pushed(lists: Part[][], list: Part[]): Part[] {
  if (list.length === 0) return list;
  lists.push(list);
  return [];
}

/** `|| ( … )` and `|| { … }` are read alike. */
const asGroup = (token: Token): Token =>
  token.kind === "word" ? token : { ...token, kind: "word", text: "{" };

const joins = (list: readonly Part[]): boolean => ["&&", "||", "|", "|&"].includes(list.at(-1)?.next ?? "");

const KEYWORDS = new Set([
  "then",
  "do",
  "else",
  "fi",
  "done",
  "{",
  "}",
  "!",
  "time",
  "esac",
  "elif",
  "if",
  "while",
  "until",
]);
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

function judge(
  lists: readonly (readonly Part[])[],
  options: ShellOptions & { readonly guarded: Guarded },
): Command[] {
  const commands: Command[] = [];
  let mode: Mode = {
    exits: options.errexit ?? true,
    pipefail: options.pipefail ?? false,
    because: "the script has no `set -e`, and goes on after it failed",
  };
  const rechecks = reads(lists, /\$\?|PIPESTATUS/);
  const pipesRechecked = reads(lists, /PIPESTATUS/);
  const end = lists.findLastIndex((list) =>
    list.some(({ words }) => words.some(({ text }) => !KEYWORDS.has(text))),
  );
  const failing = lists.findLastIndex((list, index) =>
    list.some(({ words }) => isFailing(words, index === end)),
  );
  lists.forEach((list, index) => {
    mode = modeAfter(list, mode);
    const around = {
      list,
      last: index === end,
      goesOn: mode.exits || rechecks ? undefined : mode.because,
      failsLater: failing > index,
      pipefail: mode.pipefail || pipesRechecked,
      guarded: options.guarded,
    };
    list.forEach((part, position) => commands.push(...command(part, { ...around, position })));
  });
  return commands;
}

/** What a shell does with a command that failed. */
interface Mode {
  /** It ends the script. */
  readonly exits: boolean;
  readonly pipefail: boolean;
  /** Why a script goes on, where it does. */
  readonly because: string;
}

/** The mode once a `set` among the commands was run. */
function modeAfter([first]: readonly Part[], mode: Mode): Mode {
  const [command, ...options] = first?.words.map(({ text }) => text) ?? [];
  if (command !== "set") return mode;
  const set = options.join(" ");
  const isOff = /\+[a-z]*e|\+o errexit/.test(set);
  const isOn = /(^|\s)-([a-z]*e|o errexit)/.test(set);
  return {
    exits: isOn || (mode.exits && !isOff),
    pipefail: set.includes("pipefail") ? !/\+o pipefail/.test(set) : mode.pipefail,
    because: isOff ? "`set +e` hides its failure" : mode.because,
  };
}

/** `exit 1`; at the end, also a condition. */
function isFailing(words: readonly Token[], isEnd: boolean): boolean {
  const text = words.map((token) => token.text).join(" ");
  return /(^| )((exit|return) [1-9$]|false$)/.test(text) || (isEnd && /^(\[\[?|test) /.test(text));
}

/** A script that reads `$?` or `PIPESTATUS`, or hands a status on, is taken to judge its failures itself. */
function reads(lists: readonly (readonly Part[])[], status: RegExp): boolean {
  return lists.some((list) => list.some(({ words }) => words.some(({ text }) => status.test(text))));
}

interface Context {
  readonly list: readonly Part[];
  readonly position: number;
  readonly last: boolean;
  /** Why the shell goes on after a failure; undefined where it ends. */
  readonly goesOn: string | undefined;
  readonly pipefail: boolean;
  /** Whether something further down fails by its own will: it is reached only if nothing left before. */
  readonly failsLater: boolean;
  readonly guarded: Guarded;
}

function command(part: Part, context: Context): Command[] {
  const all = part.words.map(({ text }) => text);
  const start = all.findIndex((text) => !KEYWORDS.has(text) && !ASSIGNMENT.test(text));
  if (start === -1) return [];
  const words = all.slice(start).filter((text) => text !== "}");
  const line = part.words[start]?.line ?? 0;
  const swallowed = swallow(part, all.slice(0, start), context);
  const base = { words, text: words.join(" "), line, ...guardsOf(part.words[start], context.guarded) };
  return [swallowed === undefined ? base : { ...base, swallowed }];
}

/** With the values in place that the script itself gives to variables. */
function guardsOf(token: Token | undefined, { guards, assigned }: Guarded): Pick<Command, "guards"> {
  const found = token && guards.get(token);
  return found
    ? { guards: found.map((guard) => ({ ...guard, expr: withAssigned(guard.expr, assigned) })) }
    : {};
}

/** A variable may be given a value that asks for its own: `SKIP=${SKIP:-false}`. */
function withAssigned(expr: Expr, assigned: Guarded["assigned"], known: readonly string[] = []): Expr {
  return rewrite(expr, (node) => {
    const name = node.kind === "path" && node.path[0] === "shell" ? (node.path[1] ?? "") : undefined;
    const value = name === undefined ? undefined : assigned.get(name);
    if (name === undefined || value === undefined || known.includes(name)) return undefined;
    return known.length < VALUES_DEEP ? withAssigned(value, assigned, [...known, name]) : OPAQUE;
  });
}

/** Variables may be given values of variables; so deep, and no deeper, they are followed. */
const VALUES_DEEP = 5;

function swallow(part: Part, prefix: readonly string[], context: Context): string | undefined {
  const { list, position, last, goesOn, pipefail } = context;
  if (part.next === "&") return "it runs in the background";
  if (/^\|&?$/.test(part.next) && !pipefail) return "a pipe hides its exit status";
  const rescue = afterOr(list, position);
  if (rescue) return rescued(rescue);
  const { hidden } = part.words[0] ?? {};
  if (hidden !== undefined) return hidden;
  if (prefix.some((text) => JUDGES.has(text))) return undefined;
  // What the last list ends with is what the script ends with.
  return last ? undefined : (goesOn ?? passedOver(part, context));
}

function passedOver(part: Part, { list, position, failsLater }: Context): string | undefined {
  const inFront =
    part.next === "&&" && position < list.length - 1 && !(failsLater && leaves(list[position + 1]));
  return inFront ? "`set -e` ignores a failure before `&&`" : undefined;
}

/** A test that is repeated until it passes: `for … do test && exit 0; done; exit 1`. */
const leaves = (part: Part | undefined): boolean =>
  /^(exit( 0)?|break|return( 0)?)( [;}]|$)/.test(part?.words.map(({ text }) => text).join(" ") ?? "");

/** After these the script asks for the status itself. */
const JUDGES = new Set(["if", "while", "until", "elif", "!"]);

function rescued(words: readonly Token[]): string | undefined {
  return fails(words) ? undefined : `\`|| ${words.map(({ text }) => text).join(" ")}\` hides its failure`;
}

/** The words after the next `||` of the same list. */
function afterOr(list: readonly Part[], position: number): readonly Token[] | undefined {
  const or = list.findIndex(({ next }, index) => index >= position && next === "||");
  return or === -1 ? undefined : list[or + 1]?.words;
}

/** Whether what comes after `||` still fails: `exit 1`, `false`, or a group that holds such a command. */
function fails(words: readonly Token[]): boolean {
  const texts = words.map(({ text }) => text).filter((text) => !KEYWORDS.has(text) || text === "{");
  const [first] = texts;
  if (first === undefined) return true;
  if (first === "{") return words.find(({ text }) => text === "{")?.fails ?? true;
  return !["true", ":", "echo", "printf", "exit"].includes(first) || /^exit [1-9$]/.test(texts.join(" "));
}
