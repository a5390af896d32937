import { entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";
import type { Step } from "./model.ts";

/**
 * A step with what it has to do with those that run beside it. A `wait` step fails where a step that it waits for
 * failed; a group of `parallel` steps is in the background, and waited for at its end.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsbackground
 */
export interface Concurrent {
  readonly step: Step;
  /** The ids that it waits for, or all that run. */
  readonly waits?: readonly string[] | "all";
  /** The id of the step that it stops. */
  readonly cancels?: string;
  /** The group that it is in. */
  readonly group?: number;
}

/** What a step that runs nothing itself does with those in the background. */
export function readControl(node: Node): Pick<Concurrent, "waits" | "cancels"> {
  const all = entry(node, "wait-all");
  if (all && text(all.value) !== "false") return { waits: "all" };
  const waits = texts(field(node, "wait")).map((id) => id.text.toLowerCase());
  if (waits.length > 0) return { waits };
  const cancels = text(field(node, "cancel"))?.toLowerCase();
  return cancels === undefined ? {} : { cancels };
}

/** Says of each step in the background from where on it must have ended well. */
export function joinBackground(all: readonly Concurrent[]): Step[] {
  return all.map((one) => {
    if (!one.step.background) return one.step;
    return one.group === undefined ? alone(one.step, all) : inGroup(one.step, one.group, all);
  });
}

function inGroup(step: Step, group: number, all: readonly Concurrent[]): Step {
  return { ...step, joined: all.findLastIndex((other) => other.group === group) + 1 };
}

/** The first that waits for it, or stops it; what waits and may fail itself passes its failure over. */
function alone(step: Step, all: readonly Concurrent[]): Step {
  const named = (ids: readonly string[]): boolean => step.id !== "" && ids.includes(step.id);
  const later = all.slice(step.index + 1);
  const end = later.find(
    ({ waits, cancels }) =>
      waits === "all" || named(waits ?? []) || named(cancels === undefined ? [] : [cancels]),
  );
  if (!end) return step;
  if (end.cancels !== undefined) return { ...step, cancelled: true };
  const allowFailure = step.allowFailure ?? end.step.allowFailure;
  return { ...step, joined: end.step.index + 1, ...(allowFailure ? { allowFailure } : {}) };
}
