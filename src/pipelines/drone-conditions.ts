import type { Expr } from "./expressions.ts";
import type { Condition } from "./model.ts";
import { fitsPattern, globPattern } from "./patterns.ts";
import {
  and,
  condition,
  equal,
  itemsOf,
  literal,
  matches,
  NO,
  not,
  NOTHING,
  oneLineOf,
  OPAQUE,
  or,
  run,
  status,
  unlessFailed,
  YES,
} from "./reading.ts";
import { entries, field, text, texts } from "./yaml.ts";
import type { Entry, Node } from "./yaml.ts";
import { own } from "./own.ts";

/**
 * When a step, or a whole pipeline, runs: its `when` or `trigger`. Unless `status` says otherwise, only while nothing
 * before it failed; what was left out stops nobody.
 * Sources: https://docs.drone.io/pipeline/docker/syntax/conditions/, https://woodpecker-ci.org/docs/usage/workflow-syntax#when
 */
export function whenCondition(item: Entry | undefined, node: Node): Condition {
  if (!item) return unlessFailed(node.at);
  // In Woodpecker a list holds alternatives.
  const alternatives = item.value.kind === "sequence" ? itemsOf(item.value) : [item.value];
  const expr = or(...alternatives.map((one) => and(statusOf(one), filtersOf(one))));
  return condition(expr, oneLineOf(item.value), item.at);
}

/** The filters of a whole pipeline, as each of its steps sees them: what cannot be known is the same for all of them. */
export function filterCondition(item: Entry | undefined): Condition | undefined {
  return item && condition(filtersOf(item.value, YES), oneLineOf(item.value), item.at);
}

function statusOf(when: Node): Expr {
  const asked = texts(field(when, "status")).map(({ text: name }) => name);
  if (asked.includes("failure")) return asked.includes("success") ? status("always") : status("failure");
  return not(status("failure"));
}

/** What is filtered by is known, or `open` stands for it. */
function filtersOf(when: Node, open: Expr = OPAQUE): Expr {
  if (when.kind === "sequence") return or(NO, ...itemsOf(when).map((one) => filtersOf(one, open)));
  const parts = entries(when).flatMap(({ key, value }) => {
    const filter = own(FILTERS, key);
    if (filter) return [chosen(value, filter)];
    return /^(status|target|environment|repo|instance|platform)$/.test(key) ? [] : [open];
  });
  return and(...parts);
}

const FILTERS: Readonly<Record<string, (name: string) => Expr>> = {
  event: eventIs,
  branch: branchIs,
  ref: (name) => refIs(name),
};

/** Of a pull request it is the branch that it goes to, most often the main one. */
function branchIs(name: string): Expr {
  const pattern = globPattern(name);
  const main = ["main", "master", "trunk", "develop"].some((branch) => fitsPattern(pattern, branch) ?? true);
  const pulled = and(equal(run("source"), literal("pull_request")), main ? YES : NO);
  return or(matches(run("branch"), pattern), pulled);
}

/** A list of what will do, or lists of what does and of what does not. */
function chosen(node: Node, filter: (name: string) => Expr): Expr {
  if (node.kind !== "map") return or(NO, ...texts(node).map(({ text: name }) => filter(name)));
  const include = field(node, "include");
  const exclude = texts(field(node, "exclude")).map(({ text: name }) => filter(name));
  return and(
    ...(include ? [or(NO, ...texts(include).map(({ text: name }) => filter(name)))] : []),
    not(or(NO, ...exclude)),
  );
}

/** Events in the words of the model. */
export const EVENTS: Readonly<Record<string, string>> = {
  cron: "schedule",
  custom: "workflow_dispatch",
  manual: "workflow_dispatch",
  deployment: "promote",
};

function eventIs(name: string): Expr {
  const tagged = not(equal(run("tag"), NOTHING));
  if (name === "tag") return tagged;
  if (name === "push") return and(equal(run("source"), literal("push")), not(tagged));
  return equal(run("source"), literal(own(EVENTS, name) ?? name));
}

function refIs(name: string): Expr {
  if (name.startsWith("refs/tags/")) return matches(run("tag"), globPattern(name.slice(10)));
  return name.startsWith("refs/heads/") ? matches(run("branch"), globPattern(name.slice(11))) : OPAQUE;
}

/** The names of the events that conditions ask for. */
export function eventsIn(nodes: readonly (Node | undefined)[]): string[] {
  return nodes.flatMap((node) => {
    const all = node?.kind === "sequence" ? itemsOf(node) : node ? [node] : [];
    return all.flatMap((one) => texts(field(one, "event") ?? undefined).flatMap(({ text: name }) => name));
  });
}

/** Where a promotion goes: the names of `target` or `environment`. */
export function targetsOf(when: Node | undefined): string[] {
  const all = when?.kind === "sequence" ? itemsOf(when) : when ? [when] : [];
  return all.flatMap((one) =>
    ["target", "environment"].flatMap((key) => texts(field(one, key)).flatMap((item) => item.text)),
  );
}

export const isTrue = (node: Node | undefined): boolean => text(node) === "true";
