import type { Location, Suggestion } from "../engine/types.ts";
import type { Change } from "./compare.ts";
import type { Evidence } from "./evidence.ts";

/** Where what lets a tool fail was lost, and the lines that bring it back where they can be written exactly. */
export interface Regained {
  readonly at: Location;
  readonly suggestion?: Suggestion;
}

/** A line that can be written otherwise; without `text` where it is only the place of what is missing. */
interface Edit {
  readonly path: string;
  /** Of the line; 0-based. */
  readonly index: number;
  readonly text: string | undefined;
}

/** What lets a test's tool fail again: its action's argument, or the criterion that its file set until now. */
export function regain(before: Evidence, after: Evidence, change: Change): Regained {
  const edit = editOf(before, after, change);
  if (!edit) return { at: after.at };
  const { path, index, text } = edit;
  const lines = { path, line: index + 1, endLine: index + 1 };
  const at = path === after.at.path ? after.at : { side: "head" as const, ...lines, column: 1, endColumn: 1 };
  return text === undefined ? { at } : { at, suggestion: { ...lines, text } };
}

function editOf(before: Evidence, after: Evidence, { before: base, after: head }: Change): Edit | undefined {
  const { remedy } = after;
  const lines = (path: string): readonly string[] => head.text(path)?.split("\n") ?? [];
  if (!remedy) return withoutOption(after.at, lines(after.at.path));
  if ("argument" in remedy) return ofStep(after, lines(after.at.path), remedy.argument);
  if (before.text !== after.text) return undefined;
  const found = putThresholds(base.text(remedy.file) ?? "", lines(remedy.file));
  return found && { path: remedy.file, ...found };
}

/** Where the command stands in a script, the line of the pipeline does not hold the option. */
function withoutOption({ path, line }: Location, lines: readonly string[]): Edit | undefined {
  const index = line - 1;
  const text = (lines[index] ?? "").replace(/ --no-thresholds(=true)?(?= |$)/, "");
  return text === lines[index] ? undefined : { path, index, text };
}

function ofStep({ at, step }: Evidence, lines: readonly string[], name: string): Edit | undefined {
  if (!step) return undefined;
  const start = step.at.line - 1;
  // A block ends where the next thing begins.
  const end = step.at.endColumn === 1 ? step.at.endLine - 1 : step.at.endLine;
  const found = setArgument(lines.slice(start, end), name);
  return found && { path: at.path, index: start + found.index, text: found.text };
}

/** An argument of a step set to true: where it is false, among the others, or below `uses`. */
function setArgument(step: readonly string[], name: string): Omit<Edit, "path"> | undefined {
  const given = step.findIndex((line) => new RegExp(String.raw`^\s*${name}:\s*\S`).test(line));
  if (given !== -1) return { index: given, text: asTrue(step[given] ?? "", name) };
  const index = step.findIndex((line) => /^\s*(- )?with:/.test(line));
  if (index !== -1) return { index, text: among(step[index] ?? "", step[index + 1] ?? "", name) };
  const uses = step.findIndex((line) => /^\s*(- )?uses:\s*[\w./@-]+\s*(#.*)?$/.test(line));
  if (uses === -1) return undefined;
  const line = step[uses] ?? "";
  const indent = /^\s*(- )?/.exec(line)?.[0].replace("-", " ") ?? "";
  return { index: uses, text: `${line}\n${indent}with:\n${indent}  ${name}: true` };
}

const asTrue = (line: string, name: string): string | undefined =>
  /^\s*[\w-]+:\s*['"]?(false|0)['"]?\s*(#.*)?$/.test(line)
    ? line.replace(new RegExp(String.raw`(${name}:\s*)['"]?\w+['"]?`), "$1true")
    : undefined;

/** `with` as a map in one line, or as a block with its arguments below. */
function among(line: string, next: string, name: string): string | undefined {
  const flow = /^(\s*(?:- )?with:\s*\{)([^{}]*)(\}\s*(?:#.*)?)$/.exec(line);
  if (flow) {
    const [, head = "", list = "", tail = ""] = flow;
    const others = list
      .split(",")
      .filter((item) => item.trim() !== "" && !item.trim().startsWith(`${name}:`));
    return `${head} ${[...others.map((item) => item.trim()), `${name}: true`].join(", ")} ${tail}`;
  }
  const indent = /^\s*/.exec(next)?.[0] ?? "";
  return /with:\s*(#.*)?$/.test(line) && indent !== "" ? `${line}\n${indent}${name}: true` : undefined;
}

/** The thresholds of base put back into the options of a k6 script: https://grafana.com/docs/k6/latest/using-k6/thresholds/ */
function putThresholds(base: string, head: readonly string[]): Omit<Edit, "path"> | undefined {
  const options = /^(?<head>\s*(?:export\s+)?(?:const|let|var)\s+options\b[^={]*=\s*\{)(?<rest>.*)$/;
  const index = head.findIndex((line) => options.test(line));
  const groups = options.exec(head[index] ?? "")?.groups;
  if (!groups) return undefined;
  const { head: opening = "", rest = "" } = groups;
  const lost = thresholdsOf(base);
  if (lost === undefined) return { index, text: undefined };
  const indent = /^\s*/.exec(head[index + 1] ?? "")?.[0] ?? "";
  if (rest.trim() === "") return { index, text: `${opening}${rest}\n${indent}${lost},` };
  return { index, text: lost.includes("\n") ? undefined : `${opening} ${lost},${rest}` };
}

const LONGEST = 4_000;

/** `thresholds: { … }` as it is written, to its own closing brace. */
function thresholdsOf(source: string): string | undefined {
  const start = /\bthresholds\s*:\s*\{/.exec(source);
  if (!start) return undefined;
  const from = start.index;
  let open = 0;
  let quote = "";
  for (let at = from; at < Math.min(source.length, from + LONGEST); at += 1) {
    const letter = source[at] ?? "";
    if (quote !== "") quote = letter === quote ? "" : quote;
    else if (/["'`]/.test(letter)) quote = letter;
    else if (letter === "{") open += 1;
    else if (letter === "}") open -= 1;
    if (letter === "}" && quote === "" && open === 0) return source.slice(from, at + 1);
  }
  return undefined;
}
