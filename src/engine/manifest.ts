import { fileIdentity, identityOf, type Identity } from "./identity.ts";
import { at, isObject, list, string, type JsonObject } from "./json.ts";
import type { Blob, FieldPath, Json, Location, Manifest, Note, Repeat, Side, Span } from "./types.ts";
import { lineOf, lineStarts } from "./lines.ts";
import { looksLikeOther, otherKind } from "./prometheus-files.ts";
import { hasActions, skeleton } from "./template.ts";
import { lineAt, readYaml, type YamlDocument } from "./yaml.ts";

/** What one file holds: its Kubernetes objects, and what of it could not be read. Independent of side and path. */
export interface ManifestFile {
  readonly entries: readonly Entry[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  /** It holds template actions; only the YAML around them was read. */
  readonly templated: boolean;
}

interface Entry {
  readonly object: JsonObject;
  /** The object's own place in its document: empty, or `["items", 3]` in a List. */
  readonly prefix: FieldPath;
  readonly document: YamlDocument;
}

/** Reads files, each content once however many paths, sides and units it stands in. */
export type ReadFile = (blob: Blob) => ManifestFile;

/** A reader that remembers what it read, for as long as one review. */
export function fileReader(): ReadFile {
  const known = new Map<string, ManifestFile>();
  return (blob) => {
    const seen = known.get(blob.sha);
    if (seen) return seen;
    const file = readManifestFile(blob.text);
    known.set(blob.sha, file);
    return file;
  };
}

const NOTHING: ManifestFile = { entries: [], problems: [], templated: false };

/**
 * YAML or JSON that does not name an apiVersion and a kind is not Kubernetes, and is left alone, broken or not; but files
 * of Prometheus' rules and of Alertmanager's routes are read too.
 */
function readManifestFile(text: string): ManifestFile {
  if ((!text.includes("apiVersion") || !text.includes("kind")) && !looksLikeOther(text)) return NOTHING;
  const written = readYaml(text);
  const templated = hasActions(text) && written.problems.length > 0;
  const { documents, problems } = templated ? readYaml(skeleton(text)) : written;
  return {
    entries: documents.flatMap((document) => entriesOf(document.value, [], document)),
    problems,
    templated,
  };
}

function entriesOf(value: Json, prefix: FieldPath, document: YamlDocument): Entry[] {
  if (!isObject(value)) return [];
  if (otherKind(value) !== undefined) return [{ object: value, prefix, document }];
  if (typeof value["apiVersion"] !== "string") return [];
  const kind = string(value["kind"]) ?? "";
  if (kind.endsWith("List") && Array.isArray(value["items"])) {
    return list(value["items"]).flatMap((item, index) =>
      entriesOf(item, [...prefix, "items", index], document),
    );
  }
  const name = at(value, ["metadata", "name"]) ?? at(value, ["metadata", "generateName"]);
  return kind !== "" && typeof name === "string" ? [{ object: value, prefix, document }] : [];
}

/** Gives a file's objects their side and path. */
export function manifestsOf(
  file: ManifestFile,
  { path, side, source }: { path: string; side: Side; source: string },
): Manifest[] {
  const place: Place = { path, side, source, lines: lineIndex(source) };
  return file.entries.map((entry) => {
    const kind = otherKind(entry.object);
    const identity = kind === undefined ? identityOf(entry.object) : fileIdentity(kind, entry.object, path);
    return new Described(entry.object, identity, new Written(entry, place));
  });
}

/** The notes of a file that could not be read whole. Text with template actions is not YAML yet: one note says so. */
export function notesOf(file: ManifestFile, path: string, source: string): Note[] {
  if (file.templated) return [{ path, line: lineAt(source, source.indexOf("{{")), message: TEMPLATE }];
  return file.problems.map(({ line, message }) => ({
    path,
    line,
    message: `This document could not be read and was not judged: ${message}`,
  }));
}

const TEMPLATE =
  "This file holds template actions ({{ … }}) that nines cannot expand: only the YAML around them was judged, as if every condition held. Review the rest by hand.";

interface Place {
  readonly path: string;
  readonly side: Side;
  readonly source: string;
  readonly lines: () => readonly number[];
}

/** Where an object of a file is written. */
class Written implements Placement {
  readonly #entry: Entry;
  readonly #place: Place;

  constructor(entry: Entry, place: Place) {
    this.#entry = entry;
    this.#place = place;
  }

  get path(): string {
    return this.#place.path;
  }

  get source(): string {
    return this.#place.source;
  }

  locate(field: FieldPath): Location {
    const { document, prefix } = this.#entry;
    return locate(document.find([...prefix, ...field]).whole, this.#place);
  }

  span(field: FieldPath): Span | undefined {
    const { document, prefix } = this.#entry;
    const full = [...prefix, ...field];
    const found = document.find(full);
    return found.depth === full.length ? found.value : undefined;
  }

  /** Of one object in a List, those below it. */
  get repeats(): readonly Repeat[] {
    const { document, prefix } = this.#entry;
    if (!document.repeats) return NO_REPEATS;
    return document
      .repeats()
      .filter(({ path }) => prefix.every((step, index) => path[index] === step))
      .map((repeat) => ({ ...repeat, path: repeat.path.slice(prefix.length) }));
  }
}

const NO_REPEATS: readonly Repeat[] = [];

/** How an object knows where its fields are written. */
export interface Placement {
  readonly path: string;
  readonly source: string;
  locate(field: FieldPath): Location;
  span(field: FieldPath): Span | undefined;
  readonly repeats?: readonly Repeat[];
}

/** An object with its names. */
export function describe(object: JsonObject, placement: Placement): Manifest {
  return new Described(object, identityOf(object), placement);
}

/** A class, since a review holds tens of thousands of these: an object of closures would weigh three times as much. */
class Described implements Manifest {
  readonly id: string;
  readonly ref: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly object: JsonObject;
  readonly #placement: Placement;

  constructor(object: JsonObject, identity: Identity, placement: Placement) {
    this.id = identity.id;
    this.ref = identity.ref;
    this.group = identity.group;
    this.version = identity.version;
    this.kind = identity.kind;
    this.namespace = identity.namespace;
    this.name = identity.name;
    this.labels = identity.labels;
    this.annotations = identity.annotations;
    this.object = object;
    this.#placement = placement;
  }

  get path(): string {
    return this.#placement.path;
  }

  get source(): string {
    return this.#placement.source;
  }

  get repeats(): readonly Repeat[] {
    return this.#placement.repeats ?? NO_REPEATS;
  }

  get(...field: FieldPath): Json | undefined {
    return at(this.object, field);
  }

  locate(...field: FieldPath): Location {
    return this.#placement.locate(field.length === 0 ? ["metadata", "name"] : field);
  }

  span(...field: FieldPath): Span | undefined {
    return this.#placement.span(field);
  }
}

/** Offsets of line starts, worked out when first asked. */
function lineIndex(source: string): () => readonly number[] {
  let starts: readonly number[] | undefined;
  return () => (starts ??= lineStarts(source));
}

/** A field is shown on the line of its key; a value that goes on below does not mark the whole block. */
function locate(span: Span, { path, side, source, lines }: Place): Location {
  const starts = lines();
  const line = lineOf(starts, span.start);
  const column = span.start - (starts[line - 1] ?? 0) + 1;
  const nextLine = starts[line];
  const lineEnd = nextLine === undefined ? Infinity : nextLine - (source[nextLine - 2] === "\r" ? 2 : 1);
  const end = Math.max(span.start + 1, Math.min(span.end, lineEnd));
  return { path, side, line, column, endLine: line, endColumn: end - (starts[line - 1] ?? 0) + 1 };
}
