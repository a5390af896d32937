import { Composer, isAlias, isCollection, isMap, isScalar, Lexer, LineCounter, Parser } from "yaml";
import type { Document, ParsedNode } from "yaml";
import type { Location, Side } from "../engine/types.ts";

/** What one file may cost. A pull request is not trusted, and a YAML file of 400 bytes can stand for gigabytes. */
export const LIMITS = { bytes: 1_000_000, tokens: 200_000, nodes: 200_000, depth: 64 } as const;

/** What a scalar of a pipeline file holds. */
export type Primitive = string | number | boolean | null;

/** One node of a pipeline file, aliases expanded, with its place. */
export type Node = ScalarNode | SequenceNode | MapNode;
export interface ScalarNode {
  readonly kind: "scalar";
  readonly value: Primitive;
  readonly at: Location;
  /** Of a block scalar (`|`, `>`): its text starts on the line after the header. */
  readonly block: boolean;
}
export interface SequenceNode {
  readonly kind: "sequence";
  readonly items: readonly Node[];
  /** A local tag, such as GitLab's `!reference`. */
  readonly tag?: string;
  readonly at: Location;
}
export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Location;
}
export interface Entry {
  readonly key: string;
  /** The place of the key. */
  readonly at: Location;
  readonly value: Node;
}

/** A file that is not read: the reason, and its line where there is one. */
export interface Unreadable {
  readonly line?: number;
  readonly reason: string;
}

export type ReadYaml =
  { readonly root: Node; readonly problem?: undefined } | { readonly problem: Unreadable };

/** What YAML is to a CI system. */
export interface Dialect {
  /** Whether `<<` puts the keys of other maps in. GitHub refuses it, all others take it. */
  readonly merge: boolean;
  /** Whether a file may hold several documents. They become a sequence. */
  readonly several?: boolean;
  /** Whether `{{ name }}` is put in before the file is YAML; then it is read as text, wherever it stands. */
  readonly placeholders?: boolean;
}

/** Braces of placeholders while a file is parsed: characters for private use, which YAML takes for letters. */
const PLACEHOLDER = /\{\{([^{}\n]{0,200})\}\}/g;
const HIDDEN = /\uE000\uE000([^\uE001]{0,200})\uE001\uE001/g;
const hidden = (text: string): string => text.replaceAll(PLACEHOLDER, "\uE000\uE000$1\uE001\uE001");
const restored = (text: string): string => text.replaceAll(HIDDEN, "{{$1}}");

/** The YAML subset that GitHub reads: one document, YAML 1.2 (`on` is a string), no merge keys. */
const GITHUB: Dialect = { merge: false };

/** Reads a pipeline file within its limits. */
export function readYaml(source: string, path: string, side: Side, dialect: Dialect = GITHUB): ReadYaml {
  const text = dialect.placeholders ? hidden(source) : source;
  if (text.length > LIMITS.bytes) return unreadable(`it is larger than ${LIMITS.bytes} characters`);
  const large = tooLarge(text);
  if (large !== undefined) return unreadable(large);
  try {
    return compose(text, { path, side, dialect });
  } catch (error) {
    if (error instanceof TooMuch) return unreadable(error.message, error.line);
    return unreadable(
      `it is not valid YAML: ${error instanceof Error ? firstLine(error.message) : "unknown error"}`,
    );
  }
}

/** The lexer is linear and cheap, so it can tell what is too large before the composer has to pay for it. */
function tooLarge(text: string): string | undefined {
  let tokens = 0;
  let open = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (lexeme === "[" || lexeme === "{") open += 1;
    if (lexeme === "]" || lexeme === "}") open -= 1;
    if (open > LIMITS.depth) return `it is nested deeper than ${LIMITS.depth} levels`;
    if (tokens > LIMITS.tokens) return `it holds more than ${LIMITS.tokens} tokens`;
  }
  return undefined;
}

function compose(text: string, origin: Omit<Origin, "lines">): ReadYaml {
  const lines = new LineCounter();
  // Uniqueness is checked below: the library compares every key with every other.
  const composer = new Composer({ version: "1.2", merge: false, uniqueKeys: false, strict: true });
  const documents = [...composer.compose(new Parser(lines.addNewLine).parse(text), true, text.length)];
  if (documents.length > 1 && !(origin.dialect.several ?? false))
    return unreadable("it holds several YAML documents");
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error) {
    return unreadable(`it is not valid YAML: ${firstLine(error.message)}`, lines.linePos(error.pos[0]).line);
  }
  const full = documents.filter(({ contents }) => contents !== null);
  if (full.length === 0) return unreadable("it is empty");
  return { root: rootOf(full, { ...origin, lines }) };
}

function rootOf(documents: readonly Document.Parsed[], origin: Origin): Node {
  const budget = { nodes: 0 };
  const roots = documents.map((document) => new Converter(document, origin, budget).convert());
  const [first] = roots;
  if (first && !(origin.dialect.several ?? false)) return first;
  const at = first?.at ?? {
    side: origin.side,
    path: origin.path,
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
  };
  return { kind: "sequence", items: roots, at };
}

const firstLine = (message: string): string => message.split("\n")[0] ?? message;

const unreadable = (reason: string, line?: number): ReadYaml => ({
  problem: line === undefined ? { reason } : { reason, line },
});

/** Ends the conversion of a file that is too large, too deep, or ambiguous. */
class TooMuch extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface Origin {
  readonly lines: LineCounter;
  readonly path: string;
  readonly side: Side;
  readonly dialect: Dialect;
}

/** Turns the library's nodes into plain ones. What an alias stands for is counted every time it is used. */
class Converter {
  readonly #document: Document.Parsed;
  readonly #origin: Origin;
  readonly #anchors = new Map<string, Node>();
  readonly #sizes = new Map<Node, number>();
  /** Shared by all documents of a file. */
  readonly #budget: { nodes: number };

  constructor(document: Document.Parsed, origin: Origin, budget: { nodes: number }) {
    this.#document = document;
    this.#origin = origin;
    this.#budget = budget;
  }

  convert(): Node {
    return this.#node(this.#document.contents, 0);
  }

  #node(source: ParsedNode | null, depth: number): Node {
    const before = this.#budget.nodes;
    if (isAlias(source)) return this.#alias(source.source, this.#place(source.range));
    const at = this.#place(source?.range ?? [0, 0]);
    this.#count(1, at.line);
    if (depth > LIMITS.depth) throw new TooMuch(`it is nested deeper than ${LIMITS.depth} levels`, at.line);
    const node = this.#content(source, at, depth);
    this.#sizes.set(node, this.#budget.nodes - before);
    const anchor = source && "anchor" in source ? source.anchor : undefined;
    if (anchor) this.#anchors.set(anchor, node);
    return node;
  }

  #content(source: ParsedNode | null, at: Location, depth: number): Node {
    if (isMap(source)) return { kind: "map", entries: this.#entries(source.items, depth + 1), at };
    if (isCollection(source)) {
      const items = source.items as (ParsedNode | null)[];
      const nodes = items.map((item) => this.#node(item, depth + 1));
      const tag = source.tag?.startsWith("!") ? source.tag : undefined;
      return { kind: "sequence", items: nodes, at, ...(tag === undefined ? {} : { tag }) };
    }
    if (!isScalar(source)) return { kind: "scalar", value: null, at, block: false };
    const block = source.type === "BLOCK_LITERAL" || source.type === "BLOCK_FOLDED";
    return { kind: "scalar", value: primitive(source.value), at, block };
  }

  #entries(pairs: readonly { key: unknown; value: unknown }[], depth: number): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    for (const pair of pairs) {
      const key = this.#node(pair.key as ParsedNode | null, depth);
      if (key.kind !== "scalar") throw new TooMuch("a key is not a plain text", key.at.line);
      const name = String(key.value);
      // An empty value has no place of its own.
      const value = pair.value
        ? this.#node(pair.value as ParsedNode, depth)
        : { kind: "scalar" as const, value: null, at: key.at, block: false };
      if (name === "<<" && this.#origin.dialect.merge) merged.push(...entriesToMerge(value));
      else if (entries.has(name))
        throw new TooMuch(`the key "${name}" stands twice in one place`, key.at.line);
      else entries.set(name, { key: name, at: key.at, value });
    }
    // A map's own keys win, then those of the map that is merged first: https://yaml.org/type/merge.html
    for (const item of merged) if (!entries.has(item.key)) entries.set(item.key, item);
    return entries;
  }

  #alias(name: string, at: Location): Node {
    const node = this.#anchors.get(name);
    // An anchor is known only after its node ends, so a circular alias ends here as well.
    if (!node) throw new TooMuch(`the alias *${name} has no anchor before it`, at.line);
    this.#count(this.#sizes.get(node) ?? 1, at.line);
    return node;
  }

  #count(nodes: number, line: number): void {
    this.#budget.nodes += nodes;
    if (this.#budget.nodes > LIMITS.nodes) {
      throw new TooMuch(`it holds more than ${LIMITS.nodes} nodes once its aliases are expanded`, line);
    }
  }

  #place(range: readonly number[] | null | undefined): Location {
    const { lines, path, side } = this.#origin;
    const start = lines.linePos(range?.[0] ?? 0);
    const end = lines.linePos(range?.[1] ?? range?.[0] ?? 0);
    return { side, path, line: start.line, column: start.col, endLine: end.line, endColumn: end.col };
  }
}

function entriesToMerge(value: Node): readonly Entry[] {
  if (value.kind === "sequence") return value.items.flatMap((item) => entries(item));
  return entries(value);
}

function primitive(value: unknown): Primitive {
  if (typeof value === "string") return restored(value);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? String(value) : "";
}

/** The value under a key of a map, if there is one. */
export function field(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.value : undefined;
}

/** The entry under a key of a map: its value, and where the key stands. */
export function entry(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === "map" ? node.entries.get(key) : undefined;
}

/** The text of a scalar; undefined for anything else and for an empty one. */
export function text(node: Node | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

/** The texts of a list, or of one text that stands for a list of one. */
export function texts(node: Node | undefined): { readonly text: string; readonly at: Location }[] {
  const items = node?.kind === "sequence" ? node.items : node ? [node] : [];
  return items.flatMap((item) => {
    const value = text(item);
    return value === undefined ? [] : [{ text: value, at: item.at }];
  });
}

/** The entries of a map, in order; none for anything else. */
export function entries(node: Node | undefined): readonly Entry[] {
  return node?.kind === "map" ? [...node.entries.values()] : [];
}
