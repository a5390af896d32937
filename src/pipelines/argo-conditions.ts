import type { Expr } from "./expressions.ts";
import { parseLogic } from "./logic.ts";
import type { Condition } from "./model.ts";
import { and, condition, equal, literal, not, OPAQUE, oneLineOf, or, resultOf, status } from "./reading.ts";
import { entry, text } from "./yaml.ts";
import type { Node } from "./yaml.ts";
import { own } from "./own.ts";

const is = (task: string, result: string): Expr => equal(resultOf(task), literal(result));

/** Left out by its own condition; what never started because something before it failed is omitted instead. */
const skipped = (task: string): Expr => and(is(task, "skipped"), not(status("failure")));

const RESULTS: Readonly<Record<string, (task: string) => Expr>> = {
  Succeeded: (task) => is(task, "success"),
  AnySucceeded: (task) => is(task, "success"),
  Daemoned: (task) => is(task, "success"),
  Failed: (task) => is(task, "failure"),
  Errored: (task) => is(task, "failure"),
  AllFailed: (task) => is(task, "failure"),
  Skipped: skipped,
  Omitted: (task) => is(task, "skipped"),
};

/** A task by its name alone: it succeeded, or was skipped. Source: https://argo-workflows.readthedocs.io/en/latest/enhanced-depends-logic/ */
export const passed = (task: string): Expr => or(is(task, "success"), skipped(task));

interface Depends {
  readonly tasks: readonly string[];
  readonly expr: Expr;
}

/** Reads `depends`, with the tasks that it names. */
export function dependsOf(source: string): Depends {
  const tasks = new Set<string>();
  const expr = parseLogic(source, {
    name: (name) => {
      const [, task = name, result] = /^(.+)\.([A-Z]\w+)$/.exec(name) ?? [];
      tasks.add(task);
      return result === undefined ? passed(task) : (own(RESULTS, result)?.(task) ?? OPAQUE);
    },
  });
  return { tasks: [...tasks], expr: and(status("always"), expr) };
}

/** A `when` compares what only a run knows. */
export function whenOf(node: Node): Condition | undefined {
  const item = entry(node, "when");
  if (!item) return undefined;
  const fixed: Expr | undefined = /^\s*(true|false)\s*$/.exec(text(item.value) ?? "")
    ? { kind: "literal", value: text(item.value) === "true" }
    : undefined;
  return condition(fixed ?? OPAQUE, `when ${oneLineOf(item.value)}`, item.at);
}
