import {
  constructFromEvents,
  CORE_SCHEMA,
  EVENT_ID,
  mergeTag,
  parseEvents,
  YAMLException,
  type Event,
} from "js-yaml";
import type { FieldPath, Json, Repeat } from "./types.ts";
import { find, parsedFrom, repeats, type Found, type Parsed } from "./yaml-positions.ts";

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
  /** Keys that are written more than once; absent where there are none in the whole text. */
  readonly repeats?: () => readonly Repeat[];
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

/** Where a YAML file names something that holds itself: there are programs that never end with it, kustomize among them. */
export function selfReference(text: string): YamlProblem | undefined {
  if (!text.includes("&") || !text.includes("*")) return undefined;
  return readYaml(text).problems.find(({ message }) => message.endsWith(HOLDS_ITSELF));
}

const HOLDS_ITSELF = "holds itself.";

function tooLarge(length: number) {
  const message = `the file has ${length} characters; nines reads up to ${LIMITS.characters}. Split it to have it judged.`;
  return { documents: [], problems: [{ line: 1, message }] };
}

/**
 * `---` at the start of a line ends a document wherever it stands (YAML 1.2, § 9.1.2), so a broken one cannot hide the
 * next. Directives belong to the document that they stand before.
 */
function readPieces(text: string, error: unknown): { documents: YamlDocument[]; problems: YamlProblem[] } {
  const documents: YamlDocument[] = [];
  const problems: YamlProblem[] = [];
  const marks = Array.from(text.matchAll(/^(?:%.*\r?\n)*---(?=\s|$)/gm), (match) => match.index);
  const starts = [0, ...marks.filter((at) => at > 0)];
  if (starts.length === 1) return { documents, problems: [problemOf(error, text, 1)] };
  if (starts.length > LIMITS.documents) return { documents, problems: [tooMany()] };
  let line = 1;
  for (const [index, start] of starts.entries()) {
    const piece = text.slice(start, starts[index + 1]);
    try {
      documents.push(...readChunk(piece, start));
    } catch (reason) {
      problems.push(problemOf(reason, piece, line));
    }
    line += lineAt(piece, piece.length) - 1;
  }
  return { documents, problems };
}

function tooMany(): YamlProblem {
  return {
    line: 1,
    message: `the file has over ${LIMITS.documents} documents; nines reads no more. Split it to have it judged.`,
  };
}

class LimitError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** @param first the line of the file on which `text` begins */
function problemOf(error: unknown, text: string, first: number): YamlProblem {
  // What is missing at the end is missed behind the last line; it is shown on the last one that is written.
  const last = lineAt(text, text.trimEnd().length);
  const place = (line: number) => first - 1 + Math.min(line, last);
  if (error instanceof YAMLException)
    return { line: place((error.mark?.line ?? 0) + 1), message: error.reason };
  if (error instanceof LimitError) return { line: place(lineAt(text, error.offset)), message: error.message };
  throw error;
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

function readChunk(text: string, start: number): YamlDocument[] {
  const events = eventsOf(text);
  refuseLarge(events, text);
  const { values, hasRepeats } = valuesOf(events, text);
  return values.map((value, index) => ({
    value,
    find: (path) => shift(find(parsed(text), index, path, hasRepeats), start),
    ...(hasRepeats && {
      repeats: () => repeats(parsed(text), index).map((one) => ({ ...one, first: one.first + start })),
    }),
  }));
}

/**
 * YAML forbids a key to stand twice in one mapping, and the programs that deploy do not agree about it: kubectl, Helm and
 * Argo CD take the last one (sigs.k8s.io/yaml), kustomize and with it Flux refuse the file. It is read as the first do,
 * so that the rest of it is judged; `repeats` tells of it.
 */
function valuesOf(events: Event[], source: string): { values: Json[]; hasRepeats: boolean } {
  const build = (json: boolean) =>
    constructFromEvents(events, { source, schema: SCHEMA, maxAliases: -1, json }) as Json[];
  try {
    return { values: build(false), hasRepeats: false };
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== "duplicated mapping key") throw error;
    return { values: build(true), hasRepeats: true };
  }
}

function eventsOf(text: string): Event[] {
  return parseEvents(text, { maxDepth: LIMITS.depth });
}

/** Findings come file by file, so the events of one text are kept, and no more: they are many times its size. */
let latest: Parsed | undefined;

function parsed(text: string): Parsed {
  if (latest?.text !== text) latest = parsedFrom(text, eventsOf(text));
  return latest;
}

function shift(found: Found, by: number): Found {
  const move = (span: Found["value"]) => ({ start: span.start + by, end: span.end + by });
  return { depth: found.depth, whole: move(found.whole), value: move(found.value) };
}

/** Counts nodes as if every alias were written out: that is what walking the value costs. */
function refuseLarge(events: readonly Event[], text: string): void {
  const anchors = new Map<string, number>();
  const open: { size: number; anchor: string | undefined }[] = [];
  let total = 0;
  let documents = 0;
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
      case EVENT_ID.SCALAR:
        add(1, anchorOf(event, text), Math.max(0, event.valueStart));
        break;
      case EVENT_ID.ALIAS: {
        const name = text.slice(event.anchorStart, event.anchorEnd);
        if (open.some(({ anchor }) => anchor === name))
          throw new LimitError(`what &${name} names ${HOLDS_ITSELF}`, event.anchorStart);
        add(anchors.get(name) ?? 1, undefined, event.anchorStart);
        break;
      }
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        open.push({ size: 1, anchor: anchorOf(event, text) });
        break;
      case EVENT_ID.DOCUMENT:
        if (++documents > LIMITS.documents) throw new LimitError(tooMany().message, 0);
        open.push({ size: 0, anchor: undefined });
        break;
      case EVENT_ID.POP: {
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
