import { COLLECTION_STYLE, EVENT_ID, getScalarValue, type Event } from "js-yaml";
import type { FieldPath, Repeat, Span } from "./types.ts";
import { bracketAfter, dashAfter, endOf, headerOf, isBlock, isCollection, offsetOf } from "./yaml-spans.ts";

/** The deepest written part of a path. */
export interface Found {
  /** How many steps of the path are written. */
  readonly depth: number;
  /** From the key (of a list's item: from the item) to the end of the value. */
  readonly whole: Span;
  readonly value: Span;
}

/** A text and what the parser said of it. */
export interface Parsed {
  readonly events: readonly Event[];
  readonly text: string;
  /** Indexes of the events that begin a document. */
  readonly documents: readonly number[];
}

export function parsedFrom(text: string, events: readonly Event[]): Parsed {
  const documents = events.flatMap((event, index) => (event.type === EVENT_ID.DOCUMENT ? [index] : []));
  return { text, events, documents };
}

/**
 * Walks the events of one document along a path, and skips what is beside it. What an alias or a merge brings in is not
 * written here. `last`: of a key that is written more than once the last one counts.
 */
export function find(parsed: Parsed, document: number, path: FieldPath, last = false): Found {
  let at = (parsed.documents[document] ?? 0) + 1;
  let start = Infinity;
  let depth = 0;
  for (const step of path) {
    const next = typeof step === "number" ? item(parsed, at, step) : entry(parsed, at, step, last);
    if (!next) break;
    ({ start, value: at } = next);
    depth++;
  }
  const value = spanOf(parsed, at);
  return { depth, whole: { start: Math.min(start, value.start), end: value.end }, value };
}

/** The index after a node and all that is in it. */
function after(events: readonly Event[], at: number): number {
  let depth = 0;
  let index = at;
  do {
    const event = events[index];
    if (isCollection(event)) depth++;
    else if (event?.type === EVENT_ID.POP) depth--;
    index++;
  } while (depth > 0 && index < events.length);
  return index;
}

interface Child {
  readonly start: number;
  readonly value: number;
}

function item({ events }: Parsed, at: number, wanted: number): Child | undefined {
  if (events[at]?.type !== EVENT_ID.SEQUENCE) return undefined;
  let index = at + 1;
  for (let count = 0; events[index] && events[index]?.type !== EVENT_ID.POP; count++) {
    if (count === wanted) return { start: offsetOf(events[index]), value: index };
    index = after(events, index);
  }
  return undefined;
}

function entry(parsed: Parsed, at: number, wanted: string, last: boolean): Child | undefined {
  let found: Child | undefined;
  for (const { key, start, value } of entries(parsed, at)) {
    if (key !== wanted) continue;
    found = { start, value };
    if (!last) break;
  }
  return found;
}

/** The entries of a mapping whose keys are plain words, in the order in which they are written. */
function* entries({ events, text }: Parsed, at: number): Iterable<Child & { key: string }> {
  if (events[at]?.type !== EVENT_ID.MAPPING) return;
  let index = at + 1;
  for (;;) {
    const key = events[index];
    if (!key || key.type === EVENT_ID.POP) return;
    const value = after(events, index);
    if (key.type === EVENT_ID.SCALAR) yield { key: getScalarValue(text, key), start: offsetOf(key), value };
    index = after(events, value);
  }
}

/** More than anybody repeats by mistake; each costs a walk through the document. */
const MOST_REPEATS = 20;

/** Keys of one document that stand more than once in their mapping; merges may. */
export function repeats(parsed: Parsed, document: number): Repeat[] {
  const found = new Map<string, Repeat>();
  collectRepeats(parsed, (parsed.documents[document] ?? 0) + 1, { path: [], found });
  return [...found.values()];
}

interface Search {
  readonly path: FieldPath;
  /** By their paths. */
  readonly found: Map<string, Repeat>;
}

function collectRepeats(parsed: Parsed, at: number, { path, found }: Search): void {
  const { events } = parsed;
  if (events[at]?.type === EVENT_ID.SEQUENCE) {
    let index = at + 1;
    for (let count = 0; events[index] && events[index]?.type !== EVENT_ID.POP; count++) {
      collectRepeats(parsed, index, { path: [...path, count], found });
      index = after(events, index);
    }
    return;
  }
  const seen = new Map<string, Child>();
  for (const { key, start, value } of entries(parsed, at)) {
    if (found.size >= MOST_REPEATS) return;
    const here = [...path, key];
    const first = seen.get(key);
    if (!first) seen.set(key, { start, value });
    else if (key !== "<<" && !found.has(JSON.stringify(here))) {
      const same = writtenAt(parsed, first.value) === writtenAt(parsed, value);
      found.set(JSON.stringify(here), { path: here, first: first.start, same });
    }
    collectRepeats(parsed, value, { path: here, found });
  }
}

function writtenAt(parsed: Parsed, at: number): string {
  const { start, end } = spanOf(parsed, at);
  return parsed.text.slice(start, end).trim();
}

/** From a node's first to its last written character. A node that is not written has an empty span behind its key or dash. */
function spanOf(parsed: Parsed, at: number): Span {
  const { events, text } = parsed;
  const event = events[at];
  const start = offsetOf(event);
  if (event === undefined || start === Infinity) {
    const empty = emptyAt(parsed, at);
    return { start: empty, end: empty };
  }
  if (event.type === EVENT_ID.SCALAR && isBlock(event)) {
    return { start: headerOf(text, start), end: event.valueEnd };
  }
  return { start, end: isCollection(event) ? endOfCollection(parsed, at) : endOf(event) };
}

/** A block collection ends with its last node, a flow collection with the bracket behind it. */
function endOfCollection({ events, text }: Parsed, at: number): number {
  const stop = after(events, at);
  const open: Extract<Event, { start: number }>[] = [];
  let end = -1;
  for (let index = at; index < stop; index++) {
    const event = events[index];
    if (isCollection(event)) {
      open.push(event);
      end = Math.max(end, event.start);
      if (event.style === COLLECTION_STYLE.FLOW) end = Math.max(end, event.start + 1);
    } else if (event?.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed?.style === COLLECTION_STYLE.FLOW) end = bracketAfter(text, end);
    } else {
      end = Math.max(end, endOf(event));
    }
  }
  return end;
}

/** Behind the key of an empty value, or at the dash of an empty item. */
function emptyAt({ events, text }: Parsed, at: number): number {
  let before = 0;
  for (let index = at - 1; index >= 0 && before === 0; index--) {
    before = Math.max(0, endOf(events[index]), isCollection(events[index]) ? offsetOf(events[index]) : 0);
  }
  const behind = dashAfter(text, before);
  return behind > before ? behind - 1 : before;
}
