import { COLLECTION_STYLE, EVENT_ID, getScalarValue, SCALAR_STYLE, type Event } from "js-yaml";
import type { Location, Side } from "../engine/types.ts";
import {
  bracketAfter,
  dashAfter,
  endOf,
  headerOf,
  isBlock,
  offsetOf,
  type CollectionEvent,
  type ScalarEvent,
} from "../engine/yaml-spans.ts";
import { entries, type Entry, type MapNode, type Node, type Primitive } from "./yaml.ts";

/** What one file may cost. A pull request is not trusted, and a YAML file of 400 bytes can stand for gigabytes. */
export const LIMITS = { bytes: 1_000_000, nodes: 100_000, depth: 64 } as const;

/** What YAML is to a CI system. */
export interface Dialect {
  /** Whether `<<` puts the keys of other maps in. GitHub refuses it, all others take it. */
  readonly merge: boolean;
  /** Whether a file may hold several documents. They become a sequence. */
  readonly several?: boolean;
  /** Whether `{{ name }}` is put in before the file is YAML; then it is read as text, wherever it stands. */
  readonly placeholders?: boolean;
}

/** Where a text comes from, and how it is read. */
export interface Origin {
  readonly path: string;
  readonly side: Side;
  readonly dialect: Dialect;
}

/** Braces of placeholders while a file is parsed: characters for private use, which YAML takes for letters. */
const PLACEHOLDER = /\{\{([^{}\n]{0,200})\}\}/g;
const HIDDEN = /\uE000\uE000([^\uE001]{0,200})\uE001\uE001/g;
/** A text in which YAML does not trip over placeholders. No character changes its place. */
export const hidden = (text: string): string => text.replaceAll(PLACEHOLDER, "\uE000\uE000$1\uE001\uE001");
const restored = (text: string): string => text.replaceAll(HIDDEN, "{{$1}}");

/** Ends the reading of a file that is too large, or ambiguous. */
export class TooMuch extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Turns the parser's events into nodes. What an alias stands for is counted every time it is used. */
export class Builder {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #origin: Origin;
  /** Offsets at which lines begin. */
  readonly #lines: readonly number[];
  readonly #anchors = new Map<string, Node>();
  readonly #sizes = new Map<Node, number>();
  #nodes = 0;
  #next = 0;
  /** Where what was read last ends. */
  #end = 0;

  constructor(text: string, events: readonly Event[], origin: Origin) {
    this.#text = text;
    this.#events = events;
    this.#origin = origin;
    this.#lines = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  /** The roots of the documents that hold something. */
  documents(): Node[] {
    const roots: Node[] = [];
    while (this.#next < this.#events.length) {
      this.#next += 1;
      this.#anchors.clear();
      const isEmpty = offsetOf(this.#events[this.#next]) === Infinity;
      const root = this.#node();
      if (!isEmpty) roots.push(root);
      this.#next += 1;
    }
    return roots;
  }

  #node(): Node {
    const event = this.#events[this.#next++];
    if (event?.type === EVENT_ID.ALIAS) return this.#alias(event);
    const before = this.#nodes;
    const node = this.#written(event);
    this.#sizes.set(node, this.#nodes - before);
    // Known only after its node ends, so what names itself ends in a message.
    const anchor =
      event && "anchorStart" in event ? this.#slice(event.anchorStart, event.anchorEnd) : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #written(event: Event | undefined): Node {
    const start = offsetOf(event);
    this.#count(1, start === Infinity ? this.#end : start);
    if (event?.type === EVENT_ID.SEQUENCE) return this.#sequence(event);
    if (event?.type === EVENT_ID.MAPPING) return this.#map(event);
    return this.#scalar(event as ScalarEvent);
  }

  #scalar(event: ScalarEvent): Node {
    if (event.valueStart < 0)
      return { kind: "scalar", value: null, at: this.#place(this.#empty()), block: false };
    const block = isBlock(event);
    const start = block ? headerOf(this.#text, event.valueStart) : offsetOf(event);
    this.#end = block ? endOfBlock(this.#text, event) : endOf(event);
    const value = valueOf(this.#text, event);
    return {
      kind: "scalar",
      value: typeof value === "string" ? restored(value) : value,
      at: this.#place({ start, end: this.#end }),
      block,
    };
  }

  #sequence(event: CollectionEvent): Node {
    const items: Node[] = [];
    while (!this.#closes()) items.push(this.#node());
    const tag = this.#slice(event.tagStart, event.tagEnd);
    const at = this.#close(event);
    return { kind: "sequence", items, at, ...(tag !== undefined && isLocal(tag) && { tag }) };
  }

  #map(event: CollectionEvent): MapNode {
    const own = new Map<string, Entry>();
    const merged: Entry[] = [];
    while (!this.#closes()) {
      const { name, ...entry } = this.#entry();
      if (name === "<<" && this.#origin.dialect.merge) merged.push(...entriesToMerge(entry.value));
      else if (own.has(name)) throw new TooMuch(`the key "${name}" stands twice in one place`, entry.at.line);
      else own.set(name, { key: name, ...entry });
    }
    // A map's own keys win, then those of the map that is merged first: https://yaml.org/type/merge.html
    for (const entry of merged) if (!own.has(entry.key)) own.set(entry.key, entry);
    return { kind: "map", entries: own, at: this.#close(event) };
  }

  #entry() {
    const key = this.#node();
    if (key.kind !== "scalar") throw new TooMuch("a key is not a plain text", key.at.line);
    const isEmpty = offsetOf(this.#events[this.#next]) === Infinity;
    const value = this.#node();
    // An empty value has no place of its own.
    return { name: String(key.value), at: key.at, value: isEmpty ? { ...value, at: key.at } : value };
  }

  #closes(): boolean {
    const closes = this.#events[this.#next]?.type === EVENT_ID.POP;
    if (closes) this.#next += 1;
    return closes;
  }

  /** A block collection ends with its last node, a flow collection with its bracket. */
  #close({ start, style }: CollectionEvent): Location {
    if (style === COLLECTION_STYLE.FLOW) this.#end = bracketAfter(this.#text, Math.max(this.#end, start + 1));
    return this.#place({ start, end: Math.max(this.#end, start) });
  }

  #alias({ anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): Node {
    const name = this.#text.slice(anchorStart, anchorEnd);
    const node = this.#anchors.get(name);
    this.#end = anchorEnd;
    if (!node) {
      const { line } = this.#place({ start: anchorStart, end: anchorEnd });
      throw new TooMuch(`the alias *${name} has no anchor before it`, line);
    }
    this.#count(this.#sizes.get(node) ?? 1, anchorStart);
    return node;
  }

  #count(nodes: number, offset: number): void {
    this.#nodes += nodes;
    if (this.#nodes <= LIMITS.nodes) return;
    const { line } = this.#place({ start: offset, end: offset });
    throw new TooMuch(`it holds more than ${LIMITS.nodes} nodes once its aliases are expanded`, line);
  }

  /** The place of an item that is not written: its dash. */
  #empty(): Span {
    const behind = dashAfter(this.#text, this.#end);
    if (behind === this.#end) return { start: behind, end: behind };
    this.#end = behind;
    return { start: behind - 1, end: behind };
  }

  #slice(start: number, end: number): string | undefined {
    return start < 0 ? undefined : this.#text.slice(start, end);
  }

  #place({ start, end }: Span): Location {
    const { side, path } = this.#origin;
    const [from, to] = [this.#position(start), this.#position(end)];
    return { side, path, ...from, endLine: to.line, endColumn: to.column };
  }

  #position(offset: number): { line: number; column: number } {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lines[low] ?? 0) + 1 };
  }
}

/** Behind the last line that says something: blank lines below it belong to what follows. */
function endOfBlock(text: string, { valueStart, valueEnd }: ScalarEvent): number {
  const written = valueStart + text.slice(valueStart, valueEnd).trimEnd().length;
  const newline = text.indexOf("\n", written);
  return newline === -1 ? valueEnd : Math.min(valueEnd, newline + 1);
}

const isLocal = (tag: string): boolean => /^!(?![!<])/.test(tag) && tag !== "!";

function entriesToMerge(value: Node): readonly Entry[] {
  return value.kind === "sequence" ? value.items.flatMap((item) => entries(item)) : entries(value);
}

/** What a plain scalar means: YAML 1.2, § 10.3.2, the core schema. A tag of one's own makes no other type of it. */
function valueOf(text: string, event: ScalarEvent): Primitive {
  const value = getScalarValue(text, event);
  const tag = event.tagStart < 0 ? undefined : text.slice(event.tagStart, event.tagEnd);
  const typed =
    tag === undefined ? event.style === SCALAR_STYLE.PLAIN : /^!!(int|float|bool|null)$/.test(tag);
  return typed ? plainValue(value) : value;
}

function plainValue(text: string): Primitive {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return NUMBER.test(text) ? Number(text.replace(/^\+/, "")) : text;
}

const NUMBER =
  /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/;
