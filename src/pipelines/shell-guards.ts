import type { Expr } from "./expressions.ts";
import { and, not, OPAQUE, or, YES } from "./reading.ts";
import { ShellCursor, word, type Closes } from "./shell-cursor.ts";
import {
  asksSetting,
  DEPTH,
  ended,
  guardAfter,
  GUARDS_AT_MOST,
  keep,
  LONGEST,
  newFork,
  NOTHING,
  otherwise,
  unless,
} from "./shell-forks.ts";
import type { Ending, Fork, Guard, Guarded, Path, Reading } from "./shell-forks.ts";
import { conditionOfCommand, operand, same } from "./shell-tests.ts";
import type { Token } from "./shell-tokens.ts";

/** Under which conditions the commands of a script run. */
export function readGuards(tokens: readonly Token[], reading: Reading = {}): Guarded {
  const walker = new Walker(tokens, reading);
  walker.finish(walker.list(() => false));
  return walker;
}

const SEPARATORS = new Set(["\n", ";", "&"]);
const CASE_ENDS = new Set(["\n", ";", ";;"]);
const NEWLINE = new Set(["\n"]);
const ASSIGNMENT = /^([A-Za-z_]\w*)(\+?)=(.*)$/s;
/** Commands that give values to the variables which they name. */
const ASSIGNS = /^(export|readonly|local|declare|typeset)$/;
const COMPUTES = /^(read|getopts|mapfile|readarray|unset)$/;

class Walker implements Guarded {
  readonly guards = new Map<Token, Path>();
  readonly assigned = new Map<string, Expr>();
  rest: Path = [];
  readonly #cursor: ShellCursor;
  readonly #reading: Reading;
  /** Lists that end in `… && command`: where nothing comes after, they fail if they do not get there. */
  readonly #tails: { readonly forks: readonly Fork[]; readonly from: number; readonly to: number }[] = [];
  #stack: Path = [];
  #depth = 0;
  #last = -1;

  constructor(tokens: readonly Token[], reading: Reading) {
    this.#cursor = new ShellCursor(tokens);
    this.#reading = reading;
  }

  finish({ exits }: Ending): void {
    this.rest = exits.flatMap(unless);
    const { goesOn, separate } = this.#reading;
    for (const { forks, from, to } of this.#tails) {
      const isLast = from <= this.#last && this.#last < to && goesOn !== true;
      if (isLast || separate === true) for (const fork of forks) fork.failing.add(1);
    }
  }

  /** Commands up to a word that closes them; those after an `exit 0` run only if that was not taken. */
  list(closes: Closes): Ending {
    const outer = this.#stack;
    const [exits, fails]: [Path[], Path[]] = [[], []];
    let last = NOTHING;
    this.#depth += 1;
    for (;;) {
      this.#cursor.skip(SEPARATORS);
      const token = this.#cursor.token;
      if (!token || closes(token) || this.#depth > DEPTH) break;
      const from = this.#cursor.at;
      last = this.#andOr();
      if (this.#cursor.at === from) this.#cursor.at += 1;
      keep(exits, last.exits);
      keep(fails, last.fails);
      const here = this.#stack.length;
      const ends = this.#depth > 1 || this.#reading.separate !== true ? last.exits : [];
      const rest = ends.flatMap((path) => unless(path.slice(here)));
      this.#stack = [...this.#stack, ...rest].slice(0, GUARDS_AT_MOST);
    }
    this.#depth -= 1;
    this.#stack = outer;
    return { ...last, exits, fails };
  }

  /** Reads with one more guard. */
  #under(guard: Guard, read: () => Ending): Ending {
    const outer = this.#stack;
    this.#stack = outer.length < GUARDS_AT_MOST ? [...outer, guard] : outer;
    const ending = read();
    this.#stack = outer;
    return ending;
  }

  /** Commands that `&&` and `||` join. */
  #andOr(): Ending {
    const from = this.#cursor.at;
    let value = this.#pipeline();
    const [exits, fails] = [[...value.exits], [...value.fails]];
    let forks: Fork[] = [];
    let joins = 0;
    let branch: Guard | undefined;
    for (
      let operator = this.#cursor.text ?? "";
      this.#cursor.takes("&&", "||");
      operator = this.#cursor.text ?? ""
    ) {
      this.#cursor.skip(NEWLINE);
      const guard = guardAfter(value, operator === "&&", branch);
      const next = this.#under(guard, () => this.#pipeline());
      keep(exits, next.exits);
      keep(fails, next.fails);
      forks = guard.when ? [...forks, guard.fork].slice(-GUARDS_AT_MOST) : [];
      branch = guard.when ? guard : undefined;
      const expr = guard.when ? and(value.expr, next.expr) : or(value.expr, next.expr);
      joins += 1;
      const text = `${value.text} ${operator} ${next.text}`.slice(0, LONGEST);
      value = { ...value, expr: joins > GUARDS_AT_MOST ? OPAQUE : expr, text };
    }
    if (forks.length > 0) this.#tails.push({ forks, from, to: this.#cursor.at });
    return { ...value, exits, fails };
  }

  #pipeline(): Ending {
    let isNot = false;
    for (let text = this.#cursor.text; this.#cursor.takes("!", "time"); text = this.#cursor.text)
      isNot = text === "!" ? !isNot : isNot;
    let value = this.#command();
    while (this.#cursor.takes("|", "|&")) {
      this.#cursor.skip(NEWLINE);
      value = { ...this.#command(), expr: OPAQUE };
    }
    return isNot ? { ...value, expr: not(value.expr), text: `! ${value.text}` } : value;
  }

  #command(): Ending {
    const token = this.#cursor.token;
    if (!token || (token.kind === "operator" && token.text !== "(")) return NOTHING;
    const read = this.#compound(token.text);
    if (!read) return this.#simple();
    this.#cursor.at += 1;
    const ending = read();
    // What stands behind a group is redirected.
    while (/^\d?[<>]/.test(this.#cursor.text ?? ""))
      this.#cursor.at += /[<>&]$/.test(this.#cursor.text ?? "") ? 2 : 1;
    return ending;
  }

  /** How the words after one that opens something are read. */
  #compound(opening: string): (() => Ending) | undefined {
    switch (opening) {
      case "if":
        return () => this.#branches();
      case "case":
        return () => this.#cases();
      case "for":
      case "select":
        return () => this.#loop(true);
      case "while":
      case "until":
        return () => this.#loop(false);
      case "{":
        return () => this.#closed(word("}"), "}");
      case "(":
        // What ends a shell of its own ends nothing else.
        return () => ({ ...this.#closed(({ text }) => text === ")", ")"), exits: [] });
      case "function":
        return () => {
          this.#cursor.at += 1;
          return this.#definition();
        };
      default:
        return undefined;
    }
  }

  #closed(closes: Closes, close: string): Ending {
    const ending = this.list(closes);
    this.#cursor.takes(close);
    return ending;
  }

  /** A function's `exit` is wherever it is called. */
  #definition(): Ending {
    this.#cursor.takes("(");
    this.#cursor.takes(")");
    this.#cursor.skip(NEWLINE);
    this.#command();
    return NOTHING;
  }

  #branches(): Ending {
    const fork = newFork();
    const [exits, fails, before]: [Path[], Path[], Expr[]] = [[], [], []];
    let asked = NOTHING;
    let isElse = false;
    do {
      if (!isElse) asked = this.#closed(word("then"), "then");
      const expr = otherwise(before, isElse ? YES : asked.expr);
      const ending = this.#way({ ...asked, expr }, fork, {
        when: !isElse,
        closes: word("elif", "else", "fi"),
      });
      keep(exits, ending.exits);
      keep(fails, ending.fails);
      if (!isElse) before.push(asked.expr);
      isElse = this.#cursor.text === "else";
    } while (this.#cursor.takes("elif", "else"));
    this.#cursor.takes("fi");
    if (fork.ways === before.length) fork.ways += 1;
    return { ...NOTHING, exits, fails };
  }

  /** One way of a fork: the commands up to the next. */
  #way(
    { expr, text, line }: Ending,
    fork: Fork,
    { when, closes }: { readonly when: boolean; readonly closes: Closes },
  ): Ending {
    const way = fork.ways;
    fork.ways += 1;
    const inside = this.#stack.length + 1;
    const ending = this.#under({ expr, text, line, when, fork, on: [way] }, () => this.list(closes));
    const surely = ({ expr: asked }: Guard): boolean => !asksSetting(asked);
    if (ending.fails.some((path) => path.slice(inside).every(surely))) fork.failing.add(way);
    return ending;
  }

  #cases(): Ending {
    const fork = newFork();
    const [exits, fails, before]: [Path[], Path[], Expr[]] = [[], [], []];
    let isWhole = false;
    const of = this.#cursor.token;
    this.#cursor.at += 1;
    this.#cursor.skip(NEWLINE);
    this.#cursor.takes("in");
    for (;;) {
      this.#cursor.skip(CASE_ENDS);
      if (!of || this.#cursor.text === undefined || this.#cursor.takes("esac")) break;
      const patterns = this.#cursor.patterns();
      const asked = or(...patterns.map((pattern) => same(operand(of), pattern, true)));
      const text = `case ${of.text} in ${patterns.map((pattern) => pattern.text).join("|")}`;
      const expr = otherwise(before, asked);
      const closes: Closes = (token) => token.text === ";;" || word("esac")(token);
      const ending = this.#way({ ...NOTHING, expr, text, line: of.line }, fork, { when: true, closes });
      keep(exits, ending.exits);
      keep(fails, ending.fails);
      before.push(asked);
      isWhole ||= patterns.some((pattern) => pattern.text === "*");
    }
    if (!isWhole) fork.ways += 1;
    return { ...NOTHING, exits, fails };
  }

  /** Whether a loop runs, and how often, is not told. */
  #loop(isFor: boolean): Ending {
    if (isFor) this.assigned.set(this.#cursor.text ?? "", OPAQUE);
    if (isFor) while (this.#cursor.text !== undefined && this.#cursor.text !== "do") this.#cursor.at += 1;
    else this.list(word("do"));
    this.#cursor.takes("do");
    const { exits, fails } = this.#way(NOTHING, newFork(1), { when: true, closes: word("done") });
    this.#cursor.takes("done");
    return { ...NOTHING, exits, fails };
  }

  #simple(): Ending {
    const words = this.#cursor.words();
    if (words.length === 1 && this.#cursor.text === "(" && this.#cursor.following === ")")
      return this.#definition();
    const start = words.findIndex(({ text }) => !ASSIGNMENT.test(text));
    if (start === -1) {
      for (const token of words) this.#assign(token);
      return NOTHING;
    }
    this.#last = this.#cursor.at - 1;
    if (this.#stack.length > 0) for (const token of words) this.guards.set(token, this.#stack);
    const command = words.slice(start);
    this.#set(command);
    const text = command
      .map((token) => token.text)
      .join(" ")
      .slice(0, LONGEST);
    const line = command[0]?.line ?? 0;
    return { ...NOTHING, expr: conditionOfCommand(command), text, line, ...ended(text, this.#stack) };
  }

  #set([command, ...given]: readonly Token[]): void {
    if (ASSIGNS.test(command?.text ?? "")) for (const token of given) this.#assign(token);
    if (COMPUTES.test(command?.text ?? "")) for (const { text } of given) this.assigned.set(text, OPAQUE);
  }

  #assign({ text, computed }: Token): void {
    const [, name, more, value = ""] = ASSIGNMENT.exec(text) ?? [];
    if (name === undefined) return;
    const isOnly = !this.assigned.has(name) && more === "" && this.#stack.length === 0;
    this.assigned.set(name, isOnly ? operand({ text: value, ...(computed && { computed }) }) : OPAQUE);
  }
}
