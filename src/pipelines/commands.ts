import type { Location, Tree } from "../engine/types.ts";
import type { Expr } from "./expressions.ts";
import type { Step } from "./model.ts";
import { join } from "./folders.ts";
import { findScript } from "./scripts.ts";
import type { Script } from "./scripts.ts";
import { readScript } from "./shell.ts";
import type { Command } from "./shell.ts";
import type { Guard } from "./shell-forks.ts";
import { readGuards } from "./shell-guards.ts";
import { tokenize } from "./shell-tokens.ts";
import { unwrap } from "./unwrap.ts";

/** A command that a step runs, itself or through a script of the repository. */
export interface StepCommand {
  /** What it can be taken for: `docker run grafana/k6 run x.js` is `run x.js` and `k6 run x.js`. */
  readonly texts: readonly string[];
  /** The line in the pipeline file. */
  readonly line: number;
  readonly folder: string;
  /** Why its failure does not fail the step; undefined where it does. */
  readonly swallowed?: string;
  /** The script of the repository in which it stands, such as `package.json: test`. */
  readonly script?: string;
  /** It names a script that was not found, or not read: what it does is unknown. */
  readonly unresolved: boolean;
  /** What must hold for it to run; absent where it always does. */
  readonly guards?: readonly Placed[];
}

/** A guard, and where it is written: in the pipeline's file, or in that of a script. */
export interface Placed {
  readonly guard: Guard;
  /** Its condition, once it is known what its variables stand for. */
  readonly expr: Expr;
  readonly at: Location;
}

/** Actions that run the command in one of their arguments, most often to repeat it. */
const COMMAND_ARGUMENTS: readonly { readonly uses: RegExp; readonly argument: string }[] = [
  { uses: /^(nick-fields|nick-invision)\/retry@/i, argument: "command" },
  { uses: /^wandalen\/wretry\.action/i, argument: "command" },
  { uses: /^addnab\/docker-run-action@/i, argument: "run" },
  { uses: /^gabrielbb\/xvfb-action@|^coactions\/setup-xvfb@/i, argument: "run" },
  { uses: /^devcontainers\/ci@/i, argument: "runCmd" },
];

/** Scripts that call scripts are followed so deep. */
const DEPTH = 3;
/** Scripts that call each other could otherwise be read without end. */
const COMMANDS_AT_MOST = 2_000;

/** @param goesOn whether the next step runs in the same shell */
export function commandsOf(step: Step, tree: Tree, goesOn = false): StepCommand[] {
  const script = scriptOf(step);
  if (script === undefined || !step.posix) return [];
  const found: StepCommand[] = [];
  const { folder, pipefail, errexit = true } = step;
  const base: Source = { script, folder, pipefail, errexit, depth: 0, visited: [], guards: [], goesOn };
  collect(base, (line) => step.runLine + line, { tree, found, at: step.at });
  return found;
}

/** What must hold for the steps after this one, in the same shell: that it did not end. */
export function guardsAfter(step: Step): Placed[] {
  const { run: script } = step;
  if (script === undefined || !step.posix || !/\bexit\b/.test(script)) return [];
  return readGuards(tokenize(script)).rest.map((guard) =>
    placed(guard, lineAt(step.at, step.runLine + guard.line)),
  );
}

const lineAt = (at: Location, line: number): Location => ({
  ...at,
  line,
  column: 1,
  endLine: line,
  endColumn: 1,
});

const placed = (guard: Guard, at: Location): Placed => ({ guard, expr: guard.expr, at });

function scriptOf(step: Step): string | undefined {
  if (step.run !== undefined) return step.run;
  const { uses } = step;
  if (uses === undefined) return undefined;
  const rule = COMMAND_ARGUMENTS.find((candidate) => candidate.uses.test(uses));
  return rule && step.arguments[rule.argument];
}

interface Source {
  readonly script: string;
  readonly folder: string;
  readonly pipefail: boolean;
  readonly errexit: boolean;
  readonly depth: number;
  readonly visited: readonly string[];
  /** Inherited from the command that runs this script. */
  readonly swallowed?: string;
  readonly guards: readonly Placed[];
  /** Where a script of the repository is written. */
  readonly home?: NonNullable<Script["start"]>;
  readonly separate?: boolean;
  readonly goesOn?: boolean;
}

interface Sink {
  readonly tree: Tree;
  readonly found: StepCommand[];
  /** The step. */
  readonly at: Location;
}

function collect(source: Source, lineOf: (line: number) => number, sink: Sink): void {
  let folder = source.folder;
  for (const command of readScript(source.script, source)) {
    if (sink.found.length >= COMMANDS_AT_MOST) return;
    if (command.words[0] === "cd" || command.words[0] === "pushd")
      folder = join(folder, command.words[1] ?? "");
    const swallowed = source.swallowed ?? command.swallowed;
    const inner = unwrap(command.words);
    const guards = [...source.guards, ...guardsOf(command, lineOf, { source, sink })];
    const place = { folder, line: lineOf(command.line), guards };
    const context = swallowed === undefined ? place : { ...place, swallowed };
    if (inner.script === undefined) resolve(inner.texts, context, { source, sink });
    else
      collect(
        { ...source, script: inner.script, folder, guards, ...swallow(swallowed) },
        () => context.line,
        sink,
      );
  }
}

interface Around {
  readonly source: Source;
  readonly sink: Sink;
}

function guardsOf(
  { guards = [] }: Command,
  lineOf: (line: number) => number,
  { source: { home }, sink }: Around,
): Placed[] {
  return guards.map((guard) => {
    const own = home && { ...sink.at, path: home.path };
    const line = home ? home.line + (home.spread ? guard.line : 0) : lineOf(guard.line);
    return placed(guard, lineAt(own ?? sink.at, line));
  });
}

const swallow = (swallowed: string | undefined): { swallowed?: string } =>
  swallowed === undefined ? {} : { swallowed };

interface Place {
  readonly folder: string;
  readonly line: number;
  readonly swallowed?: string;
  readonly guards: readonly Placed[];
}

/** Puts the commands of a named script in the place of the command that runs it, if the script is in the tree. */
function resolve(texts: readonly string[], { guards, ...place }: Place, { source, sink }: Around): void {
  const [text = ""] = texts;
  const script = findScript(text, place.folder, sink.tree);
  const label = source.visited.at(-1);
  const named = label === undefined ? {} : { script: label };
  if (script?.text === undefined || source.depth >= DEPTH || source.visited.includes(script.label)) {
    const guarded = guards.length === 0 ? {} : { guards };
    sink.found.push({ texts, ...place, ...named, unresolved: script !== undefined, ...guarded });
    return;
  }
  const visited = [...source.visited, script.label];
  const inner = {
    script: script.text,
    folder: script.folder,
    pipefail: false,
    errexit: script.errexit ?? true,
    depth: source.depth + (script.list ? 0 : 1),
    visited,
    guards,
    ...(script.start ? { home: script.start } : {}),
    ...(script.separate ? { separate: true } : {}),
  };
  collect({ ...inner, ...swallow(place.swallowed) }, () => place.line, sink);
}
