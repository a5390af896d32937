import type { Expr } from "./expressions.ts";
import type { Statement } from "./jenkins-lexer.ts";
import { globPattern } from "./patterns.ts";
import { and, equal, literal, matches, not, NOTHING, OPAQUE, or, run } from "./reading.ts";

/** The `when` of a stage: all of its conditions must hold. Source: https://www.jenkins.io/doc/book/pipeline/syntax/#when */
export function whenCondition(statements: readonly Statement[]): Expr {
  return and(...statements.filter(({ name }) => !/^before/.test(name)).map(one));
}

function one(statement: Statement): Expr {
  const inner = statement.block ?? [];
  switch (statement.name) {
    case "not":
      return not(whenCondition(inner));
    case "allOf":
      return whenCondition(inner);
    case "anyOf":
      return or(...inner.map(one));
    case "branch":
      return named(statement, run("branch"));
    case "tag":
      return named(statement, run("tag"));
    case "buildingTag":
      return not(equal(run("tag"), NOTHING));
    case "changeRequest":
      return equal(run("source"), literal("pull_request"));
    case "expression":
      return branchCondition(inner.map(({ name, source }) => `${name} ${source}`).join(" "));
    default:
      return OPAQUE;
  }
}

function named({ texts, source }: Statement, name: Expr): Expr {
  const pattern = (texts.find(({ label }) => label === "pattern") ?? texts[0])?.value;
  if (pattern === undefined) return OPAQUE;
  if (/comparator : 'REGEXP'/.test(source)) return matches(name, pattern);
  return /[*?]/.test(pattern) ? matches(name, globPattern(pattern)) : equal(name, literal(pattern));
}

const COMPARISON =
  /^\(?\s*(?:return )?(?:env\s?\.\s?)?(?<name>BRANCH_NAME|TAG_NAME|GIT_BRANCH|params\.\w+)(?:\s*(?<operator>[=!] ?=)\s*'(?<value>[^']*)')?\s*\)?$/;

/** A comparison of the branch, of the tag or of a parameter, as Groovy writes it. Anything else may be anything. */
export function branchCondition(source: string): Expr {
  const parts = source.replace(/^\((.*)\)$/s, "$1").trim();
  if (/\|\s?\|/.test(parts)) return or(...parts.split(/\|\s?\|/).map((part) => branchCondition(part.trim())));
  if (/&\s?&/.test(parts)) return and(...parts.split(/&\s?&/).map((part) => branchCondition(part.trim())));
  return comparison(COMPARISON.exec(parts.slice(0, 300))?.groups ?? {});
}

function comparison({ name, operator, value }: Readonly<Record<string, string | undefined>>): Expr {
  if (name === undefined) return OPAQUE;
  const parameter = name.startsWith("params.");
  const left: Expr = parameter
    ? { kind: "path", path: ["inputs", name.slice(7).toLowerCase()] }
    : run(name === "TAG_NAME" ? "tag" : "branch");
  if (operator === undefined || value === undefined) return parameter ? left : OPAQUE;
  const same = equal(left, literal(value));
  return operator.startsWith("!") ? not(same) : same;
}
