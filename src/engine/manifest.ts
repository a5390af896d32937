import { at, isObject, list, string, strings, type JsonObject } from "./json.ts";
import type { Blob, FieldPath, Json, Location, Manifest, Note, Repeat, Side, Span } from "./types.ts";
import { decode, hasActions, skeleton } from "./template.ts";
import { lineOf, lineStarts } from "./lines.ts";
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

/** The kind that a file of alerting and recording rules has in nines; its name is its path. */
export const RULE_FILE = "RuleFile";

/** The kind of a configuration file of Alertmanager; its name is its path. */
export const ROUTING_FILE = "AlertmanagerFile";

const looksLikeOther = (text: string) =>
  (/^["']?groups["']?:/m.test(text) && /\balert["']?:/.test(text)) ||
  (/^["']?route["']?:/m.test(text) && /^["']?receivers["']?:/m.test(text));

/** What stands in a file that is no object of Kubernetes and is read all the same. */
function otherKind(value: JsonObject): string | undefined {
  if (value["apiVersion"] !== undefined || value["kind"] !== undefined) return undefined;
  return isRuleFile(value) ? RULE_FILE : isRoutingFile(value) ? ROUTING_FILE : undefined;
}

/** What Alertmanager is started with: a route with a receiver, and a list of receivers with names (prometheus.io/docs). */
function isRoutingFile(value: JsonObject): boolean {
  const receivers = list(value["receivers"]);
  return (
    typeof at(value, ["route", "receiver"]) === "string" &&
    receivers.length > 0 &&
    receivers.every((receiver) => typeof at(receiver, ["name"]) === "string")
  );
}

/** What `rule_files` of a Prometheus names: groups of rules at the top, and no object of Kubernetes. */
function isRuleFile(value: JsonObject): boolean {
  const groups = list(value["groups"]);
  return groups.length > 0 && groups.every((group) => Array.isArray(at(group, ["rules"])));
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

const fileIdentity = (kind: string, object: JsonObject, path: string): Identity => ({
  ...identityOf(object),
  id: `/${kind}//${path}`,
  ref: `${kind}/${path}`,
  kind,
  name: path,
});

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

type Identity = Pick<
  Manifest,
  "id" | "ref" | "group" | "version" | "kind" | "namespace" | "name" | "labels" | "annotations"
>;

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

const identities = new WeakMap<JsonObject, Identity>();

/** Worked out once for both sides and every path at which the object stands. */
function identityOf(object: JsonObject): Identity {
  const seen = identities.get(object);
  if (seen) return seen;
  const identity = namesOf(object);
  identities.set(object, identity);
  return identity;
}

/** kubectl's default namespace is not assumed: an unwritten one stays empty (see `sameNamespace`). */
function namesOf(object: JsonObject): Identity {
  const { group, version } = apiVersionOf(string(object["apiVersion"]) ?? "");
  const kind = string(object["kind"]) ?? "";
  const name = decode(
    string(at(object, ["metadata", "name"])) ?? string(at(object, ["metadata", "generateName"])) ?? "",
  );
  const namespace = decode(string(at(object, ["metadata", "namespace"])) ?? "");
  return {
    // Joined, for a review keeps many thousands of these, and what is joined is one string, not a chain of several.
    id: [todaysGroup(group, kind), kind, namespace, name].join("/"),
    ref: (namespace === "" ? [kind, name] : [kind, namespace, name]).join("/"),
    ...{ group, version, kind, namespace, name },
    labels: strings(at(object, ["metadata", "labels"])),
    annotations: strings(at(object, ["metadata", "annotations"])),
  };
}

/** Kinds left the group `extensions` for others (removed in 1.16 and 1.22): for the API server it is one object under both. */
function todaysGroup(group: string, kind: string): string {
  if (group !== "extensions") return group;
  return kind === "Ingress" || kind === "NetworkPolicy" ? "networking.k8s.io" : "apps";
}

function apiVersionOf(text: string): { group: string; version: string } {
  const slash = text.indexOf("/");
  return slash < 0
    ? { group: "", version: text }
    : { group: text.slice(0, slash), version: text.slice(slash + 1) };
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
