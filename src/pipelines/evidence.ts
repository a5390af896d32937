import { STAGES } from "../engine/types.ts";
import type { Location, Stage, Tree } from "../engine/types.ts";
import { commandsOf, guardsAfter } from "./commands.ts";
import type { Placed, StepCommand } from "./commands.ts";
import { criterionOf, functionalCriterion, isFunctional } from "./criteria.ts";
import type { Criterion } from "./criteria.ts";
import { walk } from "./expressions.ts";
import { variants } from "./interpolate.ts";
import { ACTION_RULES, NAME_RULES, NOT_A_TEST } from "./evidence-actions.ts";
import { commandRule } from "./evidence-table.ts";
import type { Purpose } from "./evidence-table.ts";
import type { Job, Pipeline, Step } from "./model.ts";
import { withSkips } from "./shell-skips.ts";
import type { Bind } from "./shell-variables.ts";

/** From here on a stage counts as present; below, only as "perhaps". */
export const PRESENT = 0.6;

/** Whether a purpose is one of the seven stages: lint, scans and rehearsals are none. */
export const isStage = (purpose: string): purpose is Stage => (STAGES as readonly string[]).includes(purpose);

/** That a step serves a purpose, and how sure that is. */
export interface Evidence {
  readonly purpose: Purpose;
  readonly tool: string;
  /** The command or action that tells it: what identifies it across two sides. */
  readonly text: string;
  readonly confidence: number;
  readonly pipeline: Pipeline;
  readonly job: Job;
  /** Absent where only a name, or a call that cannot be read, speaks for it. */
  readonly step?: Step;
  /** Why a failing test does not fail the step; undefined where it does. */
  readonly cannotFail?: string;
  /** What would let it fail, where that is one thing to write. */
  readonly remedy?: Remedy;
  /** Why it cannot be told whether it fails: its criterion lies where the files do not show it. */
  readonly unsure?: string;
  /** What must hold in its script for it to run. */
  readonly guards?: readonly Placed[];
  readonly at: Location;
}

/** An argument of its action that must be true, or a file that must set a criterion. */
export type Remedy = { readonly argument: string } | { readonly file: string };

/** All that a job's steps do, by step. */
export interface JobCommands {
  readonly job: Job;
  readonly steps: readonly { readonly step: Step; readonly commands: readonly StepCommand[] }[];
}

/** The commands of a job's steps, scripts of the repository followed. */
export function readCommands(job: Job, tree: Tree, bind: Bind): JobCommands {
  let ended: readonly Placed[] = [];
  const steps = job.steps.map((step, index) => {
    if (!step.continues) ended = [];
    const commands = commandsOf(step, tree, job.steps[index + 1]?.continues).map((command) => {
      const guards = [...ended, ...(command.guards ?? [])].map((placed) => {
        return { ...placed, expr: bind(placed.expr, step) };
      });
      return guards.length === 0 ? command : { ...command, guards };
    });
    ended = [...ended, ...guardsAfter(step)];
    return { step, commands };
  });
  return { job, steps };
}

/** What a job tests. */
export function findEvidence(pipeline: Pipeline, read: JobCommands, tree: Tree): Evidence[] {
  const { job } = read;
  const found = read.steps.flatMap(({ step, commands }) => {
    if (onlyOnFailure(step)) return [];
    const base = { pipeline, job, step };
    return [...ofAction(step, base), ...commands.flatMap((command) => ofCommand(command, base, tree))];
  });
  const all = [...found, ...ofRollback(read, pipeline)].map((evidence) => corroborate(evidence));
  const unique = new Map<string, Evidence>();
  for (const evidence of withSkips(all)) {
    const known = unique.get(keyOf(evidence));
    // What runs in any case is not left out by what may run as well.
    if (known?.guards?.length !== 0) unique.set(keyOf(evidence), evidence);
  }
  return unique.size > 0 ? [...unique.values()] : ofName(pipeline, job);
}

const keyOf = ({ purpose, step, text }: Evidence): string => `${purpose} ${step?.index ?? -1} ${text}`;

type Base = Pick<Evidence, "pipeline" | "job"> & { readonly step: Step };

/** A step that runs only once something failed repairs or reports; it tests nothing. */
export function onlyOnFailure({ condition }: Pick<Step, "condition">): boolean {
  if (!condition) return false;
  const calls = [...walk(condition.expr)].flatMap((node) => (node.kind === "call" ? [node.name] : []));
  const alone =
    condition.expr.kind === "call" || condition.expr.kind === "and" || condition.expr.kind === "or";
  return (
    alone && calls.some((name) => name === "failure" || name === "cancelled") && !calls.includes("success")
  );
}

function ofAction(step: Step, base: Base): Evidence[] {
  const name = (step.uses ?? "")
    .replace(/@.*$/s, "")
    .replace(/^docker:\/\//, "")
    .toLowerCase();
  const rule = ACTION_RULES.find(({ is, not }) => is.test(name) && !(not?.(step.arguments) ?? false));
  if (!rule) return [];
  const cannotFail = rule.blunt?.(step.arguments);
  const { purpose, tool, confidence } = rule;
  const evidence = { ...base, purpose, tool, text: name, confidence, at: step.at };
  if (cannotFail === undefined) return [evidence];
  const { failsWith: argument } = rule;
  return [{ ...evidence, cannotFail, ...(argument === undefined ? {} : { remedy: { argument } }) }];
}

function ofCommand(command: StepCommand, base: Base, tree: Tree): Evidence[] {
  for (const text of command.texts) {
    const rule = commandRule(text);
    if (!rule) continue;
    // With a matrix, one command is several.
    const runs = variants(text, { env: {}, legs: base.job.legs }).map((one) => {
      return { tool: rule.tool, text: one, folder: command.folder };
    });
    const functional = runs.every((run) => isFunctional(run, base.step.name, tree));
    const judged = functional ? functionalCriterion : criterionOf;
    const criterion = weakest(runs.map((run) => judged(run, tree)));
    // A script that was read says almost as much as the tool that it runs.
    const confidence = command.script === undefined ? rule.confidence : Math.max(rule.confidence - 0.05, 0.6);
    const purpose = functional ? "acceptance" : rule.purpose;
    const at = { ...base.step.at, line: command.line, column: 1, endLine: command.line, endColumn: 1 };
    const blunt = command.swallowed ?? rule.blunt?.(text);
    const { tool } = rule;
    const guarded = command.guards ? { guards: command.guards } : {};
    return [
      { ...base, purpose, tool, text, confidence, at, ...whetherItFails(blunt, criterion), ...guarded },
    ];
  }
  return [];
}

const weakest = (criteria: readonly Criterion[]): Criterion =>
  criteria.find(({ cannotFail }) => cannotFail !== undefined) ??
  criteria.find(({ unsure }) => unsure !== undefined) ??
  {};

/** What the command itself says of its failure goes before what its file says. */
function whetherItFails(
  blunt: string | undefined,
  { cannotFail, file, unsure }: Criterion,
): Pick<Evidence, "cannotFail" | "unsure" | "remedy"> {
  if (blunt !== undefined) return { cannotFail: blunt };
  if (cannotFail !== undefined) return { cannotFail, ...(file === undefined ? {} : { remedy: { file } }) };
  return unsure === undefined ? {} : { unsure };
}

const DOWN =
  /\b(alembic downgrade|db:rollback|flyway undo|db:migrate:undo|dbmate (rollback|down)|atlas migrate down|migrate .*\bdown\b|liquibase rollback|knex migrate:(rollback|down)|goose .*down)\b/;
const UP =
  /\b(alembic upgrade|db:migrate(?!:undo)|flyway migrate|dbmate (up|migrate)|atlas migrate apply|migrate .*\bup\b|liquibase update|knex migrate:(latest|up)|goose .*up)\b/;
const BACK = /^(helm .*\brollback\b|kubectl .*\brollout undo\b|kubectl argo rollouts undo\b|oc rollback\b)/;
const ASSERTS =
  /^(kubectl .*\b(rollout status|wait)\b|helm test\b|curl\b|pytest\b|npm (run )?\S*test|newman run\b|\[|test )/;

/** Whether a command looks at what runs: it asks for a state, or is a test of whatever kind. */
const looks = ({ texts }: StepCommand): boolean =>
  texts.some((text) => {
    const rule = commandRule(text);
    return ASSERTS.test(text) || (rule !== undefined && isStage(rule.purpose) && rule.confidence >= PRESENT);
  });

/** A rollback test goes forward and back, and looks afterwards. `--atomic` and repair after a failure are no tests. */
function ofRollback({ job, steps }: JobCommands, pipeline: Pipeline): Evidence[] {
  if (/prod/i.test(job.environment?.names.join(" ") ?? "")) return [];
  const run = steps.flatMap(({ step, commands }) =>
    onlyOnFailure(step) ? [] : commands.map((command) => ({ step, command, text: command.texts[0] ?? "" })),
  );
  const forward = run.some(({ text }) => UP.test(text));
  return run.flatMap(({ step, command, text }, index) => {
    const asserted = run.slice(index + 1).some((later) => looks(later.command));
    if (!(forward && DOWN.test(text)) && !(asserted && BACK.test(text))) return [];
    const at = { ...step.at, line: command.line, column: 1, endLine: command.line, endColumn: 1 };
    const base = {
      purpose: "rollback" as const,
      tool: "rollback",
      text,
      confidence: 0.8,
      pipeline,
      job,
      step,
      at,
    };
    return [command.swallowed === undefined ? base : { ...base, cannotFail: command.swallowed }];
  });
}

/** A telling name lifts half-sure evidence over the line, and nothing above that. */
function corroborate(evidence: Evidence): Evidence {
  const { confidence, purpose, job, step } = evidence;
  if (confidence < 0.5 || confidence >= 0.7) return evidence;
  const named = nameOf(`${job.id} ${job.name} ${step?.name ?? ""}`) === purpose;
  return named ? { ...evidence, confidence: 0.7 } : evidence;
}

function nameOf(name: string): Purpose | undefined {
  if (NOT_A_TEST.test(name)) return undefined;
  return NAME_RULES.find(({ is }) => is.test(name.replaceAll(/[_-]/g, " ")))?.purpose;
}

/** Where nothing that runs was recognised, a name still forbids to say that there is no such stage. */
function ofName(pipeline: Pipeline, job: Job): Evidence[] {
  const names = [
    job.id,
    job.name,
    job.call?.opaque ? job.call.target : "",
    ...job.steps.map(({ name }) => name),
  ];
  const purposes = new Set(names.flatMap((name) => nameOf(name) ?? []));
  return [...purposes].map((purpose) => {
    return { purpose, tool: "name", text: job.id, confidence: 0.4, pipeline, job, at: job.at };
  });
}
