import {
  constructFromEvents,
  CORE_SCHEMA,
  EVENT_ALIAS,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  getScalarValue,
  mergeTag,
  parseEvents,
  SCALAR_STYLE_DOUBLE_QUOTED,
  SCALAR_STYLE_SINGLE_QUOTED,
  YAMLException,
  type Event,
} from "js-yaml";
import type { FieldPath, Json, Span } from "./types.ts";

/** What is refused, so that a hostile file costs milliseconds. Real manifests stay a factor of ten below each. */
export const LIMITS = {
  /** Bytes of one file: the largest real CRD bundles have about one megabyte. */
  characters: 4_000_000,
  documents: 5_000,
  depth: 64,
  /** Nodes after expansion of all aliases. */
  nodes: 1_000_000,
};

export interface YamlDocument {
  readonly value: Json;
  /** Where its parts are written; parsed again when asked, for only the few documents with findings are asked. */
  readonly find: (path: FieldPath) => Found;
}

/** The deepest written part of a path. */
export interface Found {
  /** How many steps of the path are written. */
  readonly depth: number;
  /** From the key (of a list's item: from the item) to the end of the value. */
  readonly whole: Span;
  readonly value: Span;
}

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/**
 * Reads all documents of a file. A document that cannot be read becomes a problem with its line; the others are read.
 * Errors: none, every failure is a problem.
 */
export function readYaml(text: string): { documents: YamlDocument[]; problems: YamlProblem[] } {
  if (text.length > LIMITS.characters) return tooLarge(text.length);
  try {
    return { documents: readChunk(text, 0), problems: [] };
  } catch (error) {
    return readPieces(text, error);
  }
}

function tooLarge(length: number) {
  const message = `the file has ${length} characters; nines reads up to ${LIMITS.characters}. Split it to have it judged.`;
  return { documents: [], problems: [{ line: 1, message }] };
}

/** `---` at the start of a line ends a document wherever it stands (YAML 1.2, § 9.1.2), so a broken one cannot hide the next. */
function readPieces(text: string, error: unknown): { documents: YamlDocument[]; problems: YamlProblem[] } {
  const documents: YamlDocument[] = [];
  const problems: YamlProblem[] = [];
  const starts = [
    0,
    ...Array.from(text.matchAll(/^---(?=\s|$)/gm), (match) => match.index).filter((at) => at > 0),
  ];
  if (starts.length === 1) return { documents, problems: [problemOf(error, text, 0)] };
  if (starts.length > LIMITS.documents) return { documents, problems: [tooMany(starts.length)] };
  for (const [index, start] of starts.entries()) {
    const piece = text.slice(start, starts[index + 1]);
    try {
      documents.push(...readChunk(piece, start));
    } catch (reason) {
      problems.push(problemOf(reason, text, start));
    }
  }
  return { documents, problems };
}

function tooMany(count: number): YamlProblem {
  return { line: 1, message: `the file has ${count} documents; nines reads up to ${LIMITS.documents}.` };
}

class LimitError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function problemOf(error: unknown, text: string, start: number): YamlProblem {
  if (error instanceof YAMLException) {
    const line = lineAt(text, start) + (error.mark?.line ?? 0);
    return { line, message: error.reason };
  }
  if (error instanceof LimitError)
    return { line: lineAt(text, start + error.offset), message: error.message };
  throw error;
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

function readChunk(text: string, start: number): YamlDocument[] {
  const events = parseEvents(text, { maxDepth: LIMITS.depth });
  refuseLarge(events, text);
  const values = constructFromEvents(events, { source: text, schema: SCHEMA, maxAliases: -1 }) as Json[];
  return values.map((value, index) => ({ value, find: (path) => shift(find(text, index, path), start) }));
}

/** Counts nodes as if every alias were written out: that is what walking the value costs. */
function refuseLarge(events: readonly Event[], text: string): void {
  const anchors = new Map<string, number>();
  const open: { size: number; anchor: string | undefined }[] = [];
  let total = 0;
  const add = (size: number, anchor: string | undefined, offset: number) => {
    if (anchor !== undefined) anchors.set(anchor, size);
    const parent = open.at(-1);
    if (parent) parent.size += size;
    else total += size;
    if ((parent?.size ?? total) > LIMITS.nodes) {
      throw new LimitError(
        `the document has over ${LIMITS.nodes} nodes once its aliases are expanded.`,
        offset,
      );
    }
  };
  for (const event of events) {
    switch (event.type) {
      case EVENT_SCALAR:
        add(1, anchorOf(event, text), Math.max(0, event.valueStart));
        break;
      case EVENT_ALIAS:
        add(anchors.get(text.slice(event.anchorStart, event.anchorEnd)) ?? 1, undefined, event.anchorStart);
        break;
      case EVENT_MAPPING:
      case EVENT_SEQUENCE:
        open.push({ size: 1, anchor: anchorOf(event, text) });
        break;
      case EVENT_DOCUMENT:
        open.push({ size: 0, anchor: undefined });
        break;
      case EVENT_POP: {
        const closed = open.pop();
        if (closed) add(closed.size, closed.anchor, 0);
        break;
      }
    }
  }
}

function anchorOf(event: { anchorStart: number; anchorEnd: number }, text: string): string | undefined {
  return event.anchorStart < 0 ? undefined : text.slice(event.anchorStart, event.anchorEnd);
}

function shift(found: Found, by: number): Found {
  const move = (span: Span) => ({ start: span.start + by, end: span.end + by });
  return { depth: found.depth, whole: move(found.whole), value: move(found.value) };
}

/** Walks the events of one document along a path, and skips what is beside it. */
function find(text: string, document: number, path: FieldPath): Found {
  const events = parseEvents(text, { maxDepth: LIMITS.depth });
  let at = startOf(events, document);
  let whole = spanOf(events, at, text);
  let value = whole;
  let depth = 0;
  for (const step of path) {
    const next = typeof step === "number" ? item(events, at, step) : entry(events, at, step, text);
    if (!next) break;
    at = next.value;
    value = spanOf(events, at, text);
    whole = { start: Math.min(next.start, value.start), end: value.end };
    depth++;
  }
  return { depth, whole, value };
}

function startOf(events: readonly Event[], document: number): number {
  let seen = -1;
  const index = events.findIndex((event) => event.type === EVENT_DOCUMENT && ++seen === document);
  return index + 1;
}

/** The index after a node and all that is in it. */
function after(events: readonly Event[], at: number): number {
  let depth = 0;
  let index = at;
  do {
    const type = events[index]?.type;
    if (type === EVENT_MAPPING || type === EVENT_SEQUENCE) depth++;
    else if (type === EVENT_POP) depth--;
    index++;
  } while (depth > 0 && index < events.length);
  return index;
}

interface Child {
  readonly start: number;
  readonly value: number;
}

function item(events: readonly Event[], at: number, wanted: number): Child | undefined {
  if (events[at]?.type !== EVENT_SEQUENCE) return undefined;
  let index = at + 1;
  for (let count = 0; events[index] && events[index]?.type !== EVENT_POP; count++) {
    if (count === wanted) return { start: offsetOf(events[index]), value: index };
    index = after(events, index);
  }
  return undefined;
}

function entry(events: readonly Event[], at: number, wanted: string, text: string): Child | undefined {
  if (events[at]?.type !== EVENT_MAPPING) return undefined;
  let index = at + 1;
  for (;;) {
    const key = events[index];
    if (!key || key.type === EVENT_POP) return undefined;
    const value = after(events, index);
    if (key.type === EVENT_SCALAR && getScalarValue(text, key) === wanted) {
      return { start: offsetOf(key), value };
    }
    index = after(events, value);
  }
}

function offsetOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_SCALAR:
      // A quoted scalar's value starts behind its quote.
      return event.valueStart < 0 ? Infinity : event.valueStart - (isQuoted(event.style) ? 1 : 0);
    case EVENT_ALIAS:
      return event.anchorStart - 1;
    case EVENT_MAPPING:
    case EVENT_SEQUENCE:
      return event.start;
    default:
      return Infinity;
  }
}

const isQuoted = (style: number) =>
  style === SCALAR_STYLE_SINGLE_QUOTED || style === SCALAR_STYLE_DOUBLE_QUOTED;

function endOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_SCALAR:
      return event.valueEnd < 0 ? -1 : event.valueEnd + (isQuoted(event.style) ? 1 : 0);
    case EVENT_ALIAS:
      return event.anchorEnd;
    default:
      return -1;
  }
}

/** From a node's first to its last written character. An empty value has no place of its own: it reads as (∞, -1) and is widened by its key. */
function spanOf(events: readonly Event[], at: number, text: string): Span {
  const stop = after(events, at);
  const start = offsetOf(events[at]);
  let end = -1;
  for (let index = at; index < stop; index++) end = Math.max(end, endOf(events[index]));
  if (start === Infinity)
    return { start: Math.max(0, offsetBefore(events, at)), end: Math.max(0, offsetBefore(events, at)) };
  return { start, end: end < start ? Math.min(text.length, start + 1) : end };
}

function offsetBefore(events: readonly Event[], at: number): number {
  for (let index = at - 1; index >= 0; index--) {
    const end = endOf(events[index]);
    if (end >= 0) return end;
  }
  return 0;
}
