import type { Step } from "./model.ts";
import { condition, itemsOf, inOneShell, newStep, numbered, runLineOf, status, YES } from "./reading.ts";
import { entries, field, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** The lines of a step's scripts, each a step: the step ends with the first that fails. */
export function readScript(step: Node): Step[] {
  // What `after-script` ends with changes nothing any more.
  const after = lines(field(step, "after-script")).map((line): Step => ({
    ...line,
    condition: condition(status("always"), "after-script", line.at),
    allowFailure: condition(YES, "after-script", line.at),
  }));
  return numbered([...inOneShell(lines(field(step, "script"))), ...after]);
}

const lines = (script: Node | undefined): Step[] => itemsOf(script).flatMap((item) => line(item));

function line(item: Node): Step[] {
  const source = text(item);
  if (source !== undefined) return [newStep(item.at, { run: source, runLine: runLineOf(item) })];
  const pipe = text(field(item, "pipe"));
  if (pipe === undefined) return [];
  const given = entries(field(item, "variables")).flatMap(({ key, value }) => {
    const argument = text(value);
    return argument === undefined ? [] : [[key, argument] as const];
  });
  // A pipe is named as an action is, with a colon before its version.
  const uses = pipe.replace(/^docker:\/\//, "").replace(/:([^:/]*)$/, "@$1");
  return [newStep(item.at, { uses, arguments: Object.fromEntries(given) })];
}
