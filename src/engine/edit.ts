import { lineOf, lineStarts } from "./lines.ts";
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
  // An anchor hands the value on to its aliases, and a tag says what type it has: neither fits another value.
  if (/[&!]\S*\s+$/.test(source.slice(line.start, span.start))) return undefined;
  return {
    path: manifest.path,
    line: line.number,
    endLine: line.number,
    text: source.slice(line.start, span.start) + text + source.slice(span.end, line.end),
  };
}

/** Replaces a key with its scalar value, both on one line: `minAvailable: 3` becomes `maxUnavailable: 1`. */
export function setEntry(manifest: Manifest, path: FieldPath, text: string): Suggestion | undefined {
  const span = manifest.span(...path);
  if (!span) return undefined;
  const { source } = manifest;
  const line = lineAround(source, span.start);
  const key = manifest.locate(...path);
  if (key.line !== line.number || source.slice(span.start, span.end).includes("\n")) return undefined;
  const before = source.slice(line.start, line.start + key.column - 1);
  return {
    path: manifest.path,
    line: line.number,
    endLine: line.number,
    text: before + text + source.slice(span.end, line.end),
  };
}

/** Adds lines of YAML below a block mapping's key, as its first entries. `lines` are indented relative to the new entries. */
export function insertInto(
  manifest: Manifest,
  parent: FieldPath,
  lines: readonly string[],
): Suggestion | undefined {
  const span = manifest.span(...parent);
  if (!span) return undefined;
  const { source } = manifest;
  const first = lineAround(source, span.start);
  const indent = source.slice(first.start, span.start);
  // A flow mapping, an alias, or a value behind its key: not a block whose first line can be moved down.
  if (!/^[ -]*$/.test(indent) || /^[[{*&!|>]/.test(source.slice(span.start, span.start + 1)))
    return undefined;
  const [head = "", ...rest] = lines;
  const deeper = indent.replaceAll("-", " ");
  const text = [
    indent + head,
    ...rest.map((line) => deeper + line),
    deeper + source.slice(span.start, first.end),
  ];
  return { path: manifest.path, line: first.number, endLine: first.number, text: text.join("\n") };
}

/** Replaces a whole map of strings (labels, a selector) that has no comments between its entries. */
export function setLabels(
  manifest: Manifest,
  path: FieldPath,
  labels: Readonly<Record<string, string>>,
): Suggestion | undefined {
  const span = manifest.span(...path);
  if (!span) return undefined;
  const { source } = manifest;
  const entries = Object.entries(labels).map(([key, value]) => `${key}: ${plainScalar(value)}`);
  const text = source.slice(span.start, span.end).trimEnd();
  const first = lineAround(source, span.start);
  const last = lineAround(source, span.start + text.length - 1);
  const before = source.slice(first.start, span.start);
  if (text.startsWith("{")) {
    if (first.number !== last.number) return undefined;
    const after = source.slice(span.start + text.length, last.end);
    const line = `${before}{ ${entries.join(", ")} }${after}`;
    return { path: manifest.path, line: first.number, endLine: first.number, text: line };
  }
  const isEntry = (line: string) => /^\s*("[^"]+"|'[^']+'|[\w./-]+):\s+[^\s#&*|>{[][^#]*$/.test(line);
  if (entries.length === 0 || !/^ *$/.test(before) || !text.split(/\r?\n/).every(isEntry)) return undefined;
  const lines = entries.map((entry) => before + entry);
  return { path: manifest.path, line: first.number, endLine: last.number, text: lines.join("\n") };
}

/** A string as YAML: quoted only where it would read as something else. */
export function plainScalar(value: string): string {
  const plain =
    /^([A-Za-z][\w./-]*|\d+([KMGTPE]i|[MGTP]))$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

interface Line {
  readonly number: number;
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
}

/** Edits come file by file, so the lines of one text are kept. */
let latest: { readonly source: string; readonly starts: readonly number[] } | undefined;

function startsOf(source: string): readonly number[] {
  if (latest?.source !== source) latest = { source, starts: lineStarts(source) };
  return latest.starts;
}

function lineAround(source: string, offset: number): Line {
  const start = source.lastIndexOf("\n", offset - 1) + 1;
  const stop = source.indexOf("\n", offset);
  const end = stop < 0 ? source.length : source[stop - 1] === "\r" ? stop - 1 : stop;
  return { number: lineOf(startsOf(source), start), start, end };
}
