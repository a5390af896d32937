import type { Location, Suggestion } from "../engine/types.ts";

type Texts = (path: string) => string | undefined;

/** One line with a part of it written otherwise; undefined where the part does not stand there exactly once. */
export function suggestInstead(
  { path, line }: Pick<Location, "path" | "line">,
  { from, to }: { readonly from: string; readonly to: string },
  text: Texts,
): Suggestion | undefined {
  const [before = "", after, more] = (text(path)?.split("\n")[line - 1] ?? "").split(from);
  if (after === undefined || more !== undefined) return undefined;
  return { path, line, endLine: line, text: before + to + after };
}

/** A field put below a key whose value is a block, as its first entry. */
export function suggestBelow(
  { path, line }: Pick<Location, "path" | "line">,
  field: string,
  text: Texts,
): Suggestion | undefined {
  const lines = text(path)?.split("\n") ?? [];
  const key = lines[line - 1] ?? "";
  // Only what is written as a block has a line of its own to put a field below.
  if (!/:\s*(#.*)?$/.test(key)) return undefined;
  const below = lines.slice(line).find((next) => next.trim() !== "" && !/^\s*#/.test(next));
  const indent = /^\s*/.exec(below ?? "")?.[0] ?? "";
  return indent === "" ? undefined : { path, line, endLine: line, text: `${key}\n${indent}${field}` };
}
