import type { Location } from "../engine/types.ts";
import { branchCondition } from "./jenkins-conditions.ts";
import type { Statement, Text } from "./jenkins-lexer.ts";
import type { Condition, Step } from "./model.ts";
import { and, condition, newStep, not, OPAQUE, status, YES } from "./reading.ts";

interface Frame {
  readonly at: (statement: Statement) => Location;
  readonly condition?: Condition;
  readonly mayFail?: Condition;
  readonly folder?: string;
}

/** Words after which a call of `sh` asks for something, and is no step of its own. */
const ASKING = /^(if|else|for|while|switch|case|echo|print|println|stage|return)$/;

/** The shell commands of a stage, in order. */
export function readBody(statements: readonly Statement[], frame: Frame): Step[] {
  let asked: Condition | undefined;
  return statements.flatMap((statement): Step[] => {
    const { name, block } = statement;
    const shell = shellOf(statement, frame);
    if (shell) return [shell];
    if (name === "if") asked = conditionOf(statement, frame);
    if (block) return readBody(block, within(statement, frame, name === "else" ? asked : undefined));
    return [];
  });
}

function conditionOf(statement: Statement, frame: Frame): Condition {
  return condition(branchCondition(statement.source), statement.source, frame.at(statement));
}

function within(statement: Statement, frame: Frame, otherwise: Condition | undefined): Frame {
  const at = frame.at(statement);
  switch (statement.name) {
    case "if":
      return { ...frame, condition: both(frame.condition, conditionOf(statement, frame)) };
    case "else": {
      const expr = otherwise ? not(otherwise.expr) : OPAQUE;
      return {
        ...frame,
        condition: both(frame.condition, condition(expr, `not ${otherwise?.text ?? ""}`, at)),
      };
    }
    case "catch":
      return { ...frame, condition: condition(status("failure"), "catch", at) };
    case "catchError":
    case "warnError":
      return { ...frame, mayFail: condition(YES, statement.name, at) };
    case "dir":
      return { ...frame, folder: folderOf(frame.folder, statement.texts[0]?.value) };
    default:
      return frame;
  }
}

const folderOf = (outer: string | undefined, inner = ""): string =>
  outer === undefined || outer === "" ? inner : `${outer}/${inner}`;

/** What must hold where one condition stands inside another. */
export function both(outer: Condition | undefined, inner: Condition): Condition {
  return outer ? condition(and(outer.expr, inner.expr), `${outer.text} and ${inner.text}`, inner.at) : inner;
}

/** `sh 'x'`, `sh(script: 'x')`, or either of them on the right of `=`. */
const SHELL = /(^|[^\w.])(sh|bat|powershell|pwsh)( |$)/;

function shellOf(statement: Statement, frame: Frame): Step | undefined {
  const { name, texts, source } = statement;
  const own = /^(steps\.)?(sh|bat|powershell|pwsh)$/.test(name);
  if (!own && (!SHELL.test(source) || ASKING.test(name))) return undefined;
  const script = labelled(texts, "script") ?? texts.find(({ label }) => label === undefined);
  if (!script) return undefined;
  const at = frame.at(statement);
  return newStep(at, {
    // A label is the step's name: https://www.jenkins.io/doc/pipeline/steps/workflow-durable-task-step/
    name: labelled(texts, "label")?.value ?? "",
    run: withoutShebang(script.value),
    runLine: script.line,
    posix: !/\b(bat|powershell|pwsh)\b/.test(own ? name : source),
    folder: frame.folder ?? "",
    ...(frame.condition ? { condition: frame.condition } : {}),
    ...mayFailOf(source, frame, at),
  });
}

const labelled = (texts: readonly Text[], wanted: string): Text | undefined =>
  texts.find(({ label }) => label === wanted);

/** With `returnStatus` the script goes on whatever the shell says. */
function mayFailOf(source: string, { mayFail }: Frame, at: Location): { allowFailure?: Condition } {
  if (/returnStatus : true/.test(source)) return { allowFailure: condition(YES, "returnStatus", at) };
  return mayFail ? { allowFailure: mayFail } : {};
}

const withoutShebang = (script: string): string => script.replace(/^#![^\n]*/, "");
