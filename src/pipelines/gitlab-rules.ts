import type { Location } from "../engine/types.ts";
import type { Expr } from "./expressions.ts";
import { parseRule } from "./gitlab-expressions.ts";
import type { Condition } from "./model.ts";
import {
  and,
  condition,
  equal,
  literal,
  matches,
  NO,
  not,
  NOTHING,
  oneLineOf,
  OPAQUE,
  or,
  run,
  YES,
} from "./reading.ts";
import { entry, field, text, texts } from "./yaml.ts";
import type { Node } from "./yaml.ts";
import { own } from "./own.ts";

const WHENS = ["on_success", "always", "on_failure", "never", "manual"] as const;

/** When a job starts, once its rules let it into the pipeline. */
export interface When {
  readonly kind: (typeof WHENS)[number];
  /** A manual job of `rules` is waited for, another is not. */
  readonly inRules: boolean;
  readonly at?: Location;
}

/** The `when` of the job; of rules, that of the first that is not `never`. */
export function whenOf(job: Node): When {
  const rules = rulesOf(job);
  const own = kindOf(text(field(job, "when")));
  if (rules.length === 0) return { kind: own ?? "on_success", inRules: false, ...placeOf(job) };
  const kinds = rules.map((rule) => kindOf(text(field(rule, "when"))) ?? own ?? "on_success");
  const index = kinds.findIndex((kind) => kind !== "never");
  const rule = rules[index];
  const loose = rule && text(field(rule, "allow_failure")) === "true";
  return { kind: kinds[index] ?? "never", inRules: loose !== true, ...(rule ? placeOf(rule) : {}) };
}

const placeOf = (node: Node): { at?: Location } => {
  const when = entry(node, "when");
  return when ? { at: when.at } : {};
};

/** A delayed job starts by itself. */
const kindOf = (when: string | undefined): When["kind"] | undefined => WHENS.find((kind) => kind === when);

function rulesOf(job: Node | undefined): readonly Node[] {
  const rules = field(job, "rules");
  return rules?.kind === "sequence" ? rules.items : [];
}

/** Whether a job, or by `workflow` a whole pipeline, takes place: the first rule that fits decides. */
export function conditionOf(job: Node | undefined): Condition | undefined {
  const item = entry(job, "rules");
  const rules = rulesOf(job);
  if (item && rules.length > 0) {
    const expr = rules.reduceRight<Expr>((rest, rule) => {
      const asked = ruleCondition(rule);
      const taken = text(field(rule, "when")) === "never" ? NO : YES;
      return or(and(asked, taken), and(not(asked), rest));
    }, NO);
    return condition(expr, `rules ${oneLineOf(item.value)}`, item.at);
  }
  return onlyExcept(job);
}

function ruleCondition(rule: Node): Expr {
  const asked = text(field(rule, "if"));
  const parts = asked === undefined ? [] : [parseRule(asked)];
  // Whether files changed is not known.
  if (field(rule, "changes") || field(rule, "exists")) parts.push(OPAQUE);
  return and(YES, ...parts);
}

/** The older form: lists of refs. Source: https://docs.gitlab.com/ci/yaml/deprecated_keywords/#only--except */
function onlyExcept(job: Node | undefined): Condition | undefined {
  const only = entry(job, "only");
  const except = entry(job, "except");
  const item = only ?? except;
  if (!item) return undefined;
  const included = only ? refs(only.value) : YES;
  const excluded = except ? refs(except.value) : NO;
  const shown = [only, except].flatMap((found) => (found ? `${found.key} ${oneLineOf(found.value)}` : []));
  return condition(and(included, not(excluded)), shown.join(" and "), item.at);
}

function refs(node: Node): Expr {
  const list = node.kind === "map" ? field(node, "refs") : node;
  const named = list ? [or(...texts(list).map(({ text: name }) => ref(name)))] : [];
  const open = node.kind === "map" && (field(node, "changes") ?? field(node, "variables")) ? [OPAQUE] : [];
  return and(...named, ...open);
}

const KEYWORDS: Readonly<Record<string, Expr>> = {
  branches: not(equal(run("branch"), NOTHING)),
  tags: not(equal(run("tag"), NOTHING)),
  merge_requests: equal(run("source"), literal("pull_request")),
  pushes: equal(run("source"), literal("push")),
  schedules: equal(run("source"), literal("schedule")),
  web: equal(run("source"), literal("workflow_dispatch")),
};

function ref(name: string): Expr {
  const keyword = own(KEYWORDS, name);
  if (keyword) return keyword;
  const regex = /^\/(.*)\/i?$/s.exec(name)?.[1];
  // A plain name is meant for a branch; GitLab would take a tag of that name as well.
  if (regex === undefined) return equal(run("branch"), literal(name));
  return or(matches(run("branch"), regex), matches(run("tag"), regex));
}
