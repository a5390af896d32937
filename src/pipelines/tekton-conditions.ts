import type { Expr } from "./expressions.ts";
import type { Condition } from "./model.ts";
import { and, condition, equal, literal, not, OPAQUE, oneLineOf, or, resultOf, status } from "./reading.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";

/** `refs/heads/main` is `main`. */
export const lastOf = (ref: string): string => ref.replace(/^refs\/heads\//, "");

/** What starts a run by a CEL expression: the events and branches that it names; all where it names none. */
export function celCondition(source: string): { readonly event: string; readonly branches: string[] }[] {
  const named = (field_: string): string[] =>
    [...source.matchAll(new RegExp(String.raw`\b${field_}\s{0,5}==\s{0,5}["']([^"']{1,100})["']`, "g"))].map(
      (match) => match[1] ?? "",
    );
  const events = named("event").filter((event) => event === "push" || event === "pull_request");
  const branches = named("target_branch").map(lastOf);
  return (events.length > 0 ? events : ["push", "pull_request"]).map((event) => ({
    event,
    branches: event === "push" ? branches : [],
  }));
}

/** Guards of a task: https://tekton.dev/docs/pipelines/pipelines/#guard-task-execution-using-when-expressions */
export function whenOf(task: Node, given: ReadonlyMap<string, string>): Condition | undefined {
  const item = entry(task, "when");
  if (!item) return undefined;
  const guards = item.value.kind === "sequence" ? item.value.items : [];
  return condition(
    and(...guards.map((guard) => guardOf(guard, given))),
    `when ${oneLineOf(item.value)}`,
    item.at,
  );
}

function guardOf(guard: Node, given: ReadonlyMap<string, string>): Expr {
  const input = text(field(guard, "input"));
  const operator = text(field(guard, "operator"));
  if (input === undefined || (operator !== "in" && operator !== "notin")) return OPAQUE;
  const results = /^\$\(tasks\.(?:([\w-]+)\.)?status\)$/.exec(input);
  const values = texts(field(guard, "values")).map(({ text: value }) => value);
  const expr = results
    ? or(...values.map((value) => ended(results[1], value)))
    : among(valueOf(input, given), values);
  return operator === "in" ? expr : not(expr);
}

const among = (value: Expr, values: readonly string[]): Expr =>
  or(...values.map((one) => (one.includes("$(") ? OPAQUE : equal(value, literal(one)))));

function valueOf(input: string, given: ReadonlyMap<string, string>): Expr {
  const name = /^\$\(params\.([\w.-]+)\)$/.exec(input)?.[1];
  if (name === undefined) return input.includes("$(") ? OPAQUE : literal(input);
  const value = given.get(name);
  if (value === undefined) return { kind: "path", path: ["inputs", name.toLowerCase()] };
  return /\$\(|<<|\{\{/.test(value) ? OPAQUE : literal(value);
}

/** How a task, or without a name all tasks, ended: https://tekton.dev/docs/pipelines/pipelines/#using-aggregate-execution-status-of-all-tasks */
function ended(task: string | undefined, value: string): Expr {
  if (task === undefined) return value === "Failed" ? status("failure") : not(status("failure"));
  const names: Readonly<Record<string, string>> = {
    Succeeded: "success",
    Failed: "failure",
    None: "skipped",
  };
  return equal(resultOf(task), literal(names[value] ?? value));
}
