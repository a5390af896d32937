import type { Expr } from "./expressions.ts";
import { parseLogic } from "./logic.ts";
import type { Condition } from "./model.ts";
import { and, condition, equal, literal, matches, NO, not, NOTHING, OPAQUE, or, run } from "./reading.ts";
import { globPattern } from "./patterns.ts";
import { texts } from "./yaml.ts";
import type { Entry } from "./yaml.ts";
import { own } from "./own.ts";

/** Fields of a build: https://buildkite.com/docs/pipelines/configure/conditionals#variable-and-syntax-reference-variables */
const NAMES: Readonly<Record<string, Expr>> = {
  "build.branch": run("branch"),
  "build.tag": run("tag"),
  "pipeline.default_branch": literal("main"),
  null: NOTHING,
  true: { kind: "literal", value: true },
  false: { kind: "literal", value: false },
};

export const buildkiteCondition = (source: string): Expr =>
  parseLogic(source, { name: (name) => own(NAMES, name) ?? OPAQUE });

/** `branches: "main release/* !x"`: names with stars, those after `!` excluded. */
export function branchesCondition(item: Entry | undefined): Condition | undefined {
  if (!item) return undefined;
  const names = texts(item.value).flatMap(({ text }) => text.split(/\s+/).filter((name) => name !== ""));
  const fits = (name: string): Expr => matches(run("branch"), globPattern(name));
  const included = names
    .filter((name) => !name.startsWith("!"))
    .map((name) => (name.includes("*") ? fits(name) : equal(run("branch"), literal(name))));
  const excluded = names.filter((name) => name.startsWith("!")).map((name) => fits(name.slice(1)));
  const expr = and(...(included.length > 0 ? [or(...included)] : []), not(or(NO, ...excluded)));
  return condition(expr, `branches: ${names.join(" ")}`, item.at);
}
