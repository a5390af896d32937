import type { Expr } from "./expressions.ts";
import { parseLogic } from "./logic.ts";
import type { Condition } from "./model.ts";
import { and, condition, equal, literal, not, NOTHING, oneLineOf, OPAQUE, or, run } from "./reading.ts";
import { entries, field, text, texts } from "./yaml.ts";
import type { Entry } from "./yaml.ts";
import { own } from "./own.ts";

const NAMES: Readonly<Record<string, Expr>> = {
  branch: run("branch"),
  tag: run("tag"),
  type: run("source"),
  true: { kind: "literal", value: true },
  false: { kind: "literal", value: false },
};

/** What starts a build, in the words of the model. */
const SOURCES: Readonly<Record<string, string>> = { cron: "schedule", api: "workflow_dispatch" };

/** Fields that are known only when a build runs. */
const UNKNOWN =
  /^(sender|fork|repo|head_repo|head_branch|os|dist|group|sudo|language|commit_message|env|concat)$/;

/** Reads an `if`: https://docs.travis-ci.com/user/conditions-v1 */
export const travisCondition = (source: string): Expr =>
  parseLogic(source, {
    // A word that is no field is a text without quotes.
    name: (name) => own(NAMES, name) ?? (UNKNOWN.test(name) ? OPAQUE : literal(own(SOURCES, name) ?? name)),
  });

/** Reads the `on` of a deployment: https://docs.travis-ci.com/user/deployment-v2/conditional */
export function onCondition(item: Entry | undefined): Condition | undefined {
  if (!item || item.value.kind !== "map") return undefined;
  const parts: Expr[] = [not(equal(run("source"), literal("pull_request")))];
  const branches = texts(field(item.value, "branch")).map(({ text: name }) =>
    equal(run("branch"), literal(name)),
  );
  if (branches.length > 0) parts.push(or(...branches));
  const tags = text(field(item.value, "tags"));
  if (tags === "true") parts.push(not(equal(run("tag"), NOTHING)));
  const open = entries(item.value).some(({ key }) => !/^(branch|tags|all_branches|repo)$/.test(key));
  if (open) parts.push(OPAQUE);
  return condition(and(...parts), `on ${oneLineOf(item.value)}`, item.at);
}
