import type { Expr } from "./expressions.ts";
import { expressionOf, valueOf } from "./circleci-conditions.ts";
import type { Condition, Step } from "./model.ts";
import { and, condition, newStep, not, oneLineOf, runLineOf, status } from "./reading.ts";
import type { Budget } from "./reading.ts";
import { substituted } from "./substitute.ts";
import { entries, entry, field, text } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";
import { own } from "./own.ts";

/** What a configuration defines for its workflows. */
export interface Definitions {
  readonly jobs: Node | undefined;
  readonly commands: Node | undefined;
  readonly orbs: Node | undefined;
  readonly budget: Budget;
}

export interface StepsFrame {
  readonly definitions: Definitions;
  /** The parameters of the job or of the command in which the steps stand. */
  readonly given: ReadonlyMap<string, string>;
  readonly condition?: Condition;
  readonly depth?: number;
}

/** Commands may call commands; so deep, and no deeper, they are followed. */
const COMMANDS_DEEP = 10;

const BUILT_IN =
  /^(checkout|setup_remote_docker|save_cache|restore_cache|store_artifacts|store_test_results|persist_to_workspace|attach_workspace|add_ssh_keys)$/;

export function readSteps(node: Node | undefined, frame: StepsFrame): Step[] {
  const items = node?.kind === "sequence" ? node.items : [];
  return items.flatMap((item) => {
    if (!frame.definitions.budget.take()) return [];
    if (item.kind === "sequence") return readSteps(item, frame);
    const name = text(item);
    if (name !== undefined) return named({ key: name, at: item.at, value: item }, frame);
    return entries(item)
      .slice(0, 1)
      .flatMap((only) => readStep(only, frame));
  });
}

function readStep(item: Entry, frame: StepsFrame): Step[] {
  switch (item.key) {
    case "run":
    case "deploy":
      return [runStep(item, frame)];
    case "when":
    case "unless":
      return readSteps(field(item.value, "steps"), { ...frame, ...conditional(item, frame) });
    default:
      return named(item, frame);
  }
}

function conditional(item: Entry, frame: StepsFrame): { condition: Condition } {
  const node = field(item.value, "condition");
  const asked = expressionOf(node, frame.given);
  const expr = item.key === "unless" ? not(asked) : asked;
  return { condition: both(frame.condition, condition(expr, `${item.key} ${oneLineOf(node)}`, item.at)) };
}

function both(outer: Condition | undefined, inner: Condition): Condition {
  if (!outer) return inner;
  return condition(and(outer.expr, inner.expr), `${outer.text} and ${inner.text}`, inner.at);
}

function runStep({ at, value }: Entry, frame: StepsFrame): Step {
  const command = value.kind === "map" ? field(value, "command") : value;
  const source = text(command);
  const shell = text(field(value, "shell"));
  const when = whenStep(entry(value, "when"));
  const own = when ? both(frame.condition, when) : frame.condition;
  return newStep(
    { ...at, endLine: value.at.endLine, endColumn: value.at.endColumn },
    {
      name: substituted(text(field(value, "name")) ?? "", frame.given),
      ...(source === undefined ? {} : { run: substituted(source, frame.given) }),
      runLine: command ? runLineOf(command) : at.line,
      meaning: (asked) => valueOf(asked, frame.given),
      // The default shell is `/bin/bash -eo pipefail`: https://circleci.com/docs/configuration-reference/#default-shell-options
      pipefail: shell === undefined || shell.includes("pipefail"),
      posix: shell === undefined || /\b(ba)?sh\b/.test(shell),
      folder: substituted(text(field(value, "working_directory")) ?? "", frame.given).replace(
        /^~\/[^/]+\/?/,
        "",
      ),
      background: text(field(value, "background")) === "true",
      ...(own ? { condition: own } : {}),
    },
  );
}

const WHEN: Readonly<Record<string, Expr>> = { always: status("always"), on_fail: status("failure") };

function whenStep(item: Entry | undefined): Condition | undefined {
  const when = text(item?.value) ?? "";
  const expr = own(WHEN, when);
  return item && expr ? condition(expr, when, item.at) : undefined;
}

/** A step by name: one of CircleCI's own, a command of this file, or one of an orb. */
function named({ key, at, value }: Entry, frame: StepsFrame): Step[] {
  if (BUILT_IN.test(key)) return [];
  const { definitions, given, depth = 0 } = frame;
  const [orb = "", inside] = key.split("/", 2);
  const command =
    inside === undefined
      ? field(definitions.commands, key)
      : field(field(field(definitions.orbs, orb), "commands"), inside);
  if (!command || depth >= COMMANDS_DEEP) {
    const guarded = frame.condition ? { condition: frame.condition } : {};
    return [newStep(at, { uses: key, opaque: true, arguments: textsOf(value, given), ...guarded })];
  }
  return readSteps(field(command, "steps"), {
    ...frame,
    given: argumentsOf(command, value, given),
    depth: depth + 1,
  });
}

function textsOf(node: Node, given: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    entries(node).flatMap(({ key, value }) => {
      const source = text(value);
      return source === undefined ? [] : [[key, substituted(source, given)]];
    }),
  );
}

function argumentsOf(command: Node, call: Node, outer: ReadonlyMap<string, string>): Map<string, string> {
  const inner = new Map<string, string>();
  for (const { key, value } of entries(field(command, "parameters"))) {
    const byDefault = text(field(value, "default"));
    if (byDefault !== undefined) inner.set(key, byDefault);
  }
  for (const [key, value] of Object.entries(textsOf(call, outer))) inner.set(key, value);
  return inner;
}
