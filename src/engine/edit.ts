import type { FieldPath, Manifest, Suggestion } from "./types.ts";

/**
 * Exact edits of a manifest's source, as whole lines: comments, order and indentation of everything else stay.
 * Each returns undefined where the edit cannot be made exactly; no suggestion is better than a wrong one.
 */

/** Replaces a scalar that stands on one line. */
export function setScalar(manifest: Manifest, path: FieldPath, text: string): Suggestion | undefined {
  const span = manifest.span(...path);
  if (!span || span.end <= span.start) return undefined;
  const { source } = manifest;
  if (source.slice(span.start, span.end).includes("\n")) return undefined;
  const line = lineAround(source, span.start);
  return {
    path: manifest.path,
    line: line.number,
    endLine: line.number,
    text: source.slice(line.start, span.start) + text + source.slice(span.end, line.end),
  };
}

/** Adds lines of YAML below a block mapping's key, as its first entries. `lines` are indented relative to the new entries. */
export function insertInto(manifest: Manifest, parent: FieldPath, lines: readonly string[]): Suggestion | undefined {
  const span = manifest.span(...parent);
  if (!span) return undefined;
  const { source } = manifest;
  const first = lineAround(source, span.start);
  const indent = source.slice(first.start, span.start);
  // A flow mapping, an alias, or a value behind its key: not a block whose first line can be moved down.
  if (!/^[ -]*$/.test(indent) || /^[[{*&!|>]/.test(source.slice(span.start, span.start + 1))) return undefined;
  const [head = "", ...rest] = lines;
  const deeper = indent.replaceAll("-", " ");
  const text = [indent + head, ...rest.map((line) => deeper + line), deeper + source.slice(span.start, first.end)];
  return { path: manifest.path, line: first.number, endLine: first.number, text: text.join("\n") };
}

interface Line {
  readonly number: number;
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
}

function lineAround(source: string, offset: number): Line {
  const start = source.lastIndexOf("\n", offset - 1) + 1;
  const stop = source.indexOf("\n", offset);
  const end = stop < 0 ? source.length : source[stop - 1] === "\r" ? stop - 1 : stop;
  return { number: source.slice(0, start).split("\n").length, start, end };
}
