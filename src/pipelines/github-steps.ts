import type { Location } from "../engine/types.ts";
import { parseExpression } from "./expressions.ts";
import type { Expr } from "./expressions.ts";
import type { Files } from "./github-actions.ts";
import { joinBackground, readControl } from "./github-background.ts";
import type { Concurrent } from "./github-background.ts";
import { openElsewhere } from "./github-elsewhere.ts";
import type { Home } from "./github-elsewhere.ts";
import { localPath, readArguments, readCondition, readTexts } from "./github-jobs.ts";
import { bind, interpolate } from "./interpolate.ts";
import type { Known } from "./interpolate.ts";
import type { Condition, Step } from "./model.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** Steps as they are collected, and how many groups were met. */
interface Collected {
  readonly steps: Concurrent[];
  groups: number;
}

/** Where steps are read: in a job, or in an action that a step of it uses. */
interface Frame {
  readonly files: Files;
  readonly known: Known;
  /** The job's or the workflow's default shell. */
  readonly shell: string | undefined;
  readonly folder: string;
  readonly outer?: Step;
  readonly depth?: number;
  /** The `parallel` group that the steps are in. */
  readonly group?: number;
  /** The file of another repository in which the steps stand. */
  readonly home?: Home | undefined;
}

/** An action may use actions; so deep, and no deeper, they are followed. */
const ACTIONS_DEEP = 10;
const STEPS_AT_MOST = 2_000;

/** The steps of a job, with those of local composite actions in the place of the step that uses them. */
export function readSteps(node: Node | undefined, frame: Frame): Step[] {
  const into: Collected = { steps: [], groups: 0 };
  collect(node, frame, into);
  const steps = into.steps.map((read, index) => ({ ...read, step: { ...read.step, index } }));
  return joinBackground(steps);
}

function collect(node: Node | undefined, frame: Frame, into: Collected): void {
  const items = node?.kind === "sequence" ? node.items : [];
  for (const item of items) {
    if (into.steps.length >= STEPS_AT_MOST) return;
    const members = field(item, "parallel");
    if (members && frame.group === undefined) {
      into.groups += 1;
      collect(members, { ...frame, group: into.groups }, into);
    } else readStep(item, frame, into);
  }
}

function readStep(node: Node, frame: Frame, into: Collected): void {
  const step = plainStep(node, frame);
  const group = frame.group === undefined ? {} : { group: frame.group };
  const action = step.uses === undefined ? undefined : openAction(step.uses, step.at, frame);
  if (!action) {
    // An action of another repository is known by its name; one of this repository should have been there.
    const opaque = localPath(step.uses ?? "") !== undefined;
    into.steps.push({ step: opaque ? { ...step, opaque } : step, ...group, ...readControl(node) });
    return;
  }
  const given = { given: field(node, "with"), known: frame.known };
  const inputs = readArguments(field(action, "inputs"), frame.known, given);
  const known: Known = { inputs, env: frame.known.env, legs: [] };
  const depth = (frame.depth ?? 0) + 1;
  collect(
    field(field(action, "runs"), "steps"),
    { ...frame, known, outer: step, depth, shell: "bash" },
    into,
  );
}

/** The action's file, if it is a composite action of this tree, or of a repository of which the code host gave it. */
function openAction(uses: string, at: Location, { files, home, depth = 0 }: Frame): Node | undefined {
  if (depth >= ACTIONS_DEEP) return undefined;
  // Wherever it is written, `./x` means the files that were checked out: this repository's.
  const folder = localPath(uses)?.replace(/\/$/, "");
  const action =
    folder === undefined
      ? openElsewhere(uses, at, { files, home })?.root
      : (files.read(`${folder}/action.yml`) ?? files.read(`${folder}/action.yaml`));
  return text(field(field(action, "runs"), "using")) === "composite" ? action : undefined;
}

function plainStep(node: Node, frame: Frame): Step {
  const { known, outer } = frame;
  const uses = text(field(node, "uses"));
  return {
    index: 0,
    id: outer?.id !== undefined && outer.id !== "" ? outer.id : (text(field(node, "id")) ?? "").toLowerCase(),
    name: interpolate(text(field(node, "name")) ?? outer?.name ?? "", known),
    ...script(node, frame),
    ...(uses === undefined ? {} : { uses: interpolate(uses, known) }),
    arguments: readTexts(field(node, "with"), known),
    ...stepConditions(node, frame),
    folder: interpolate(text(field(node, "working-directory")) ?? frame.folder, known),
    background: inBackground(node, frame),
    opaque: false,
    at: stepAt(node),
    ...inShell(readTexts(field(node, "env"), known), known),
  };
}

/** What a script may ask for. */
function inShell(
  environment: Readonly<Record<string, string>>,
  known: Known,
): Pick<Step, "environment" | "variables" | "meaning"> {
  return {
    environment,
    variables: Object.keys(environment).length === 0 ? known.env : { ...known.env, ...environment },
    meaning: (source) => bind(parseExpression(source), known),
  };
}

/** An action in the background takes all its steps there. */
const inBackground = (node: Node, { group, outer }: Frame): boolean =>
  group !== undefined || (outer?.background ?? false) || text(field(node, "background")) === "true";

function script(
  node: Node,
  { known, shell: usual }: Frame,
): Pick<Step, "run" | "runLine" | "pipefail" | "posix"> {
  const run = entry(node, "run");
  const source = text(run?.value);
  const shell = text(field(node, "shell")) ?? usual;
  return {
    ...(source === undefined ? {} : { run: interpolate(source, known) }),
    runLine: run ? runLine(run.value) : stepAt(node).line,
    // Only an explicit `bash` gets pipefail:
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
    pipefail: shell === "bash" || (shell?.includes("pipefail") ?? false),
    posix: shell === undefined || /^(ba)?sh\b/.test(shell),
  };
}

function stepConditions(
  node: Node,
  { known, outer }: Frame,
): { condition?: Condition; allowFailure?: Condition } {
  const condition = both(outer?.condition, readCondition(entry(node, "if"), known));
  const allowFailure = readCondition(entry(node, "continue-on-error"), known) ?? outer?.allowFailure;
  return { ...(condition ? { condition } : {}), ...(allowFailure ? { allowFailure } : {}) };
}

function both(outer: Condition | undefined, inner: Condition | undefined): Condition | undefined {
  if (!outer || !inner) return outer ?? inner;
  const expr: Expr = { kind: "and", args: [outer.expr, inner.expr] };
  return { text: `${outer.text} && ${inner.text}`, expr, at: inner.at };
}

/** A block scalar's text starts one line below its header. */
function runLine(node: Node): number {
  return node.kind === "scalar" && node.block ? node.at.line + 1 : node.at.line;
}

/** A step is shown by its first key's line. */
function stepAt(node: Node): Location {
  const [first] = entries(node);
  return first ? { ...first.at, endLine: node.at.endLine, endColumn: node.at.endColumn } : node.at;
}
