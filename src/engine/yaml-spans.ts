/** Where the nodes of a YAML text stand, by the parser's events. Offsets in characters, ends exclusive. */
import { EVENT_ID, SCALAR_STYLE, type Event } from "js-yaml";

/** What holds other nodes. */
export type CollectionEvent = Extract<Event, { start: number }>;

/** Whether an event begins a map or a list. */
export function isCollection(event: Event | undefined): event is CollectionEvent {
  return event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE;
}

export type ScalarEvent = Extract<Event, { valueStart: number }>;

const isQuoted = ({ style }: ScalarEvent) =>
  style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
/** Whether a scalar is written as `|` or `>`. */
export const isBlock = ({ style }: ScalarEvent) =>
  style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;

/** Where a node's first character stands, or Infinity for a node that is not written (`key:` and nothing). */
export function offsetOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_ID.SCALAR:
      // A quoted scalar's value starts behind its quote.
      return event.valueStart < 0 ? Infinity : event.valueStart - (isQuoted(event) ? 1 : 0);
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    default:
      return Infinity;
  }
}

/** Where a scalar or an alias ends, or -1. */
export function endOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_ID.SCALAR:
      return event.valueEnd < 0 ? -1 : event.valueEnd + (isQuoted(event) ? 1 : 0);
    case EVENT_ID.ALIAS:
      return event.anchorEnd;
    default:
      return -1;
  }
}

/** Behind the last node of a flow collection only blanks, comments, a comma and empty values stand before its bracket. */
export function bracketAfter(text: string, from: number): number {
  // A comment goes on to its line's end: could it stop before, a row of # could be read in too many ways.
  const gap = /(?:[\s,:?]|#[^\n]*\n)*[\]}]/y;
  gap.lastIndex = from;
  return gap.test(text) ? gap.lastIndex : from;
}

/** Behind the dash of an item that is not written, where one follows; else the offset that was given. */
export function dashAfter(text: string, from: number): number {
  const dash = /(?:\s|#[^\n]*\n)*-(?=\s|$)/y;
  dash.lastIndex = from;
  return dash.test(text) ? dash.lastIndex : from;
}

/** Where a block scalar's `|` or `>` stands: on the line before its text. */
export function headerOf(text: string, start: number): number {
  const line = text.lastIndexOf("\n", start - 2) + 1;
  const header = /[|>][-+\d]*[ \t]*(?:#.*)?\r?$/.exec(text.slice(line, start - 1));
  return header ? line + header.index : start;
}
