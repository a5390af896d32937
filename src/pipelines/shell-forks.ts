import { walk } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import { and, not, OPAQUE } from "./reading.ts";
import type { Token } from "./shell-tokens.ts";

/** A place where a script goes one way or another. */
export interface Fork {
  /** How many ways there are; to pass an `if` without `else` by is one. */
  ways: number;
  /** Those that end in a failure: what they leave out is seen. */
  readonly failing: Set<number>;
}

/** What must hold for a command to run: it stands in a branch, or after an `exit 0` that was not taken. */
export interface Guard {
  /** Its variables are paths `shell.NAME`, its expressions of the CI system calls; what is no switch is opaque. */
  readonly expr: Expr;
  /** The condition as it is written, less its quotes. */
  readonly text: string;
  /** Whether the command runs if `text` holds, or if it does not. */
  readonly when: boolean;
  /** Lines below the script's first line. */
  readonly line: number;
  readonly fork: Fork;
  /** The ways of the fork on which the command is. */
  readonly on: readonly number[];
}

/** Scripts nested deeper are read as if nothing guarded their commands. */
export const DEPTH = 40;
/** More conditions than this are not kept together: what they come to is then not told, and nothing is said of it. */
export const GUARDS_AT_MOST = 16;
export const LONGEST = 200;

export type Path = readonly Guard[];

/** What a list of commands comes to: the value of its last one, and where the script ends in it. */
export interface Ending {
  readonly expr: Expr;
  readonly text: string;
  readonly line: number;
  /** The guards of each `exit 0`. */
  readonly exits: readonly Path[];
  /** The guards of each `exit 1`. */
  readonly fails: readonly Path[];
}

/** Of what asks nothing, or nothing that is understood. */
export const NOTHING: Ending = { expr: OPAQUE, text: "", line: 0, exits: [], fails: [] };

export interface Guarded {
  /** The guards of what comes after the script in the same shell. */
  readonly rest: Path;
  /** Under which conditions each command runs, by each of its words. */
  readonly guards: ReadonlyMap<Token, Path>;
  /** The values that a script gives to variables itself; with several, or a computed one, a variable is opaque. */
  readonly assigned: ReadonlyMap<string, Expr>;
}

export interface Reading {
  /** Each line has a shell of its own, as in a Makefile. */
  readonly separate?: boolean;
  /** More is run in the same shell afterwards, so the last command does not decide. */
  readonly goesOn?: boolean;
}

/** A fork of which no way fails yet. */
export const newFork = (ways = 0): Fork => ({ ways, failing: new Set() });

/** The guard of what comes after `&&` or `||`; `c && a || b` is an `if` with its `else`. */
export function guardAfter({ expr, text, line }: Ending, isAnd: boolean, branch: Guard | undefined): Guard {
  if (isAnd) return { expr, text, line, when: true, fork: newFork(2), on: [0] };
  const base = { expr: not(expr), text, line, when: false };
  return branch ? { ...base, fork: branch.fork, on: [1] } : { ...base, fork: newFork(2), on: [0] };
}

/** What holds after a command that ends the script and was not reached, given the guards of that command. */
export function unless(path: Path): Path {
  const [first, ...more] = path;
  if (!first) return [];
  if (more.length === 0) {
    const ways = Array.from({ length: first.fork.ways }, (_, way) => way);
    const on = ways.filter((way) => !first.on.includes(way));
    return [{ ...first, expr: not(first.expr), when: !first.when, on }];
  }
  const expr = not(and(...path.map((guard) => guard.expr)));
  const text = path.map((guard) => (guard.when ? guard.text : `! ${guard.text}`)).join(" && ");
  return [{ ...first, expr, text, when: false, fork: newFork(2), on: [1] }];
}

/** Whether a condition asks for anything that somebody can set. */
export const asksSetting = (expr: Expr): boolean =>
  [...walk(expr)].some(({ kind }) => kind === "path" || kind === "call");

/** Whether a command ends the script, well or not. Of a computed status that is not told. */
export function ended(text: string, stack: Path): Pick<Ending, "exits" | "fails"> {
  const status = /^(?:exit|return)(?: (\d+))?$/.exec(text);
  const isWell = status !== null && /^0?$/.test(status[1] ?? "");
  return { exits: isWell ? [stack] : [], fails: status && !isWell ? [stack] : [] };
}

/** What none of the earlier ways asked for, and this one does. */
export const otherwise = (before: readonly Expr[], asked: Expr): Expr =>
  before.length > GUARDS_AT_MOST ? OPAQUE : and(...before.map(not), asked);

/** So many ends are kept in mind, and no more. */
export function keep(all: Path[], more: readonly Path[]): void {
  all.push(...more.slice(0, GUARDS_AT_MOST - all.length));
}
