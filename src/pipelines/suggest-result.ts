import type { Suggestion } from "../engine/types.ts";
import { asksStatus, parseCondition } from "./expressions.ts";
import type { Job } from "./model.ts";

/**
 * A condition that asks for a status itself, and with it for the results of the jobs that must have succeeded, where
 * it is written in one line. `always()` alone lets a job start whatever happened before.
 */
export function suggestResult(
  { condition }: Job,
  needs: readonly string[],
  text: (path: string) => string | undefined,
): Suggestion | undefined {
  if (!condition || !canBeAsked(needs) || !asksStatus(condition.expr)) return undefined;
  const { path, line } = condition.at;
  const [, head = "", rest = ""] = LINE.exec(text(path)?.split("\n")[line - 1] ?? "") ?? [];
  const [beforeComment = ""] = rest.split(/\s#/, 1);
  const value = beforeComment.trimEnd();
  const tail = rest.slice(value.length);
  // What goes on in the next line is not all here.
  const written = value === condition.text.trim() ? asking(value, needs) : undefined;
  return written === undefined ? undefined : { path, line, endLine: line, text: head + written + tail };
}

const canBeAsked = (needs: readonly string[]): boolean =>
  needs.length > 0 && needs.every((id) => /^[A-Za-z_][\w-]*$/.test(id));

/** A condition in one line, without quotes; then perhaps a comment. */
const LINE = /^(\s*if:\s*)([^'"|>&\s].*)/;
const FENCED = /^\$\{\{((?:(?!\$\{\{|\}\}).)*)\}\}$/;

function asking(value: string, needs: readonly string[]): string | undefined {
  const inner = FENCED.exec(value)?.[1]?.trim();
  // Text around a fence is no expression.
  if (inner === undefined && value.includes("${{")) return undefined;
  const results = needs.map((id) => `needs.${id}.result == 'success'`);
  const expression = [grouped(inner ?? value), ...results].join(" && ");
  return inner === undefined ? expression : `\${{ ${expression} }}`;
}

/** `&&` binds closer than `||`. */
const grouped = (expression: string): string =>
  parseCondition(expression).kind === "or" ? `(${expression})` : expression;
