import type { Expr } from "./expressions.ts";
import type { Condition } from "./model.ts";
import {
  and,
  condition,
  equal,
  literal,
  matches,
  NO,
  not,
  oneLineOf,
  OPAQUE,
  or,
  run,
  YES,
} from "./reading.ts";
import { substituted } from "./substitute.ts";
import { entries, entry, field, texts } from "./yaml.ts";
import type { Entry, Node, Primitive } from "./yaml.ts";
import { own } from "./own.ts";

/**
 * Reads a job's `filters`. Without a filter for tags a job does not run for tags:
 * https://circleci.com/docs/configuration-reference/#filters
 */
export function readFilters(item: Entry | undefined): Condition | undefined {
  const node = item?.value;
  if (!item || node?.kind !== "map") return undefined;
  const branches = field(node, "branches");
  const tags = field(node, "tags");
  const onBranch = and(equal(run("tag"), { kind: "literal", value: null }), chosen(branches, run("branch")));
  const onTag = tags
    ? and(not(equal(run("tag"), { kind: "literal", value: null })), chosen(tags, run("tag")))
    : NO;
  return condition(or(onBranch, onTag), `filters ${oneLineOf(node)}`, item.at);
}

function chosen(filter: Node | undefined, name: Expr): Expr {
  if (!filter) return YES;
  const only = entry(filter, "only");
  const ignore = entry(filter, "ignore");
  const included = only ? or(...texts(only.value).map(({ text: pattern }) => fits(name, pattern))) : YES;
  const excluded = ignore ? or(...texts(ignore.value).map(({ text: pattern }) => fits(name, pattern))) : NO;
  return and(included, not(excluded));
}

/** `/…/` is a regular expression that the whole name must fit. */
function fits(name: Expr, pattern: string): Expr {
  const regex = /^\/(.*)\/$/s.exec(pattern)?.[1];
  return regex === undefined ? equal(name, literal(pattern)) : matches(name, `^(?:${regex})$`);
}

/** The `when` or `unless` of a workflow. */
export function whenOf(workflow: Node): Condition | undefined {
  const when = entry(workflow, "when");
  const unless = entry(workflow, "unless");
  const item = when ?? unless;
  if (!item) return undefined;
  const asked = expressionOf(item.value, new Map());
  return condition(unless ? not(asked) : asked, `${item.key} ${oneLineOf(item.value)}`, item.at);
}

/** Reads a logic statement: https://circleci.com/docs/configuration-reference/#logic-statements */
export function expressionOf(node: Node | undefined, given: ReadonlyMap<string, string>, depth = 0): Expr {
  if (!node || depth > 20) return OPAQUE;
  if (node.kind === "scalar") return valueOf(node.value, given);
  const [only] = entries(node);
  if (!only) return OPAQUE;
  const of = (inner: Node): Expr => expressionOf(inner, given, depth + 1);
  const items = only.value.kind === "sequence" ? only.value.items.map(of) : [];
  switch (only.key) {
    case "and":
      return and(...items);
    case "or":
      return or(...items);
    case "not":
      return not(of(only.value));
    case "equal": {
      const [left = OPAQUE, ...rest] = items;
      return and(...rest.map((right) => equal(left, right)));
    }
    default:
      return OPAQUE;
  }
}

/** Values of the run that an expression asks for. */
const VALUES: Readonly<Record<string, Expr>> = {
  "pipeline.git.branch": run("branch"),
  "pipeline.git.tag": run("tag"),
};

/** What a value means, with the arguments of its job put in. */
export function valueOf(value: Primitive, given: ReadonlyMap<string, string>): Expr {
  if (typeof value !== "string") return { kind: "literal", value };
  const source = substituted(value, given);
  const asked = /^<<\s{0,9}([\w.-]+)\s{0,9}>>$/.exec(source)?.[1];
  if (asked === undefined) {
    if (source.includes("<<")) return OPAQUE;
    return { kind: "literal", value: source === "true" ? true : source === "false" ? false : source };
  }
  const parameter = /^pipeline\.parameters\.([\w-]+)$/.exec(asked)?.[1];
  if (parameter !== undefined) return { kind: "path", path: ["inputs", parameter.toLowerCase()] };
  return own(VALUES, asked) ?? OPAQUE;
}
