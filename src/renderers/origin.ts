import { at, isObject, string, type JsonObject } from "../engine/json.ts";
import { describe } from "../engine/manifest.ts";
import type { FieldPath, Json, Location, Manifest, Side } from "../engine/types.ts";
import { readYaml, type YamlDocument } from "../engine/yaml.ts";

/** A document of a source file that may decide a field of a rendered object: a patch, a base, a template. */
export interface SourceDocument {
  readonly path: string;
  readonly text: string;
  readonly document: YamlDocument;
  readonly value: JsonObject;
}

/** The objects of a file as they are written. */
export function sourceDocuments(path: string, text: string): SourceDocument[] {
  return readYaml(text).documents.flatMap((document) => {
    const { value } = document;
    return isObject(value) ? [{ path, text, document, value }] : [];
  });
}

/** Where a rendered object's positions are looked for beside its sources. */
export interface Place {
  readonly side: Side;
  /** The file to name where nothing tells. */
  readonly fallback: string;
  /** What decides a field before all sources do. */
  readonly overrides: (object: JsonObject, field: FieldPath) => Location | undefined;
}

/** Gives a rendered object positions in the sources that it came from, most specific source first. */
export function renderedManifest(
  object: JsonObject,
  sources: readonly SourceDocument[],
  { side, fallback, overrides }: Place,
): Manifest {
  const main = sources.at(-1);
  return describe(object, {
    path: main?.path ?? fallback,
    source: main?.text ?? "",
    locate: (field) =>
      overrides(object, field) ?? locateIn(sources, object, field, side) ?? firstLine(fallback, side),
    // A rendered value has no text of its own to edit.
    span: () => undefined,
  });
}

/**
 * The source that decides a field is the first (the outermost patch comes first) that writes it with the rendered
 * value; else the first that writes it at all; else the one that writes most of the path.
 */
function locateIn(
  sources: readonly SourceDocument[],
  object: JsonObject,
  field: FieldPath,
  side: Side,
): Location | undefined {
  const wanted = at(object, field);
  const paths = sources.map((source) => ({ source, path: translate(object, source.value, field) }));
  const exact = paths.find(
    ({ source, path }) => same(at(source.value, path), wanted) && path.length === field.length,
  );
  const found = exact ?? deepest(paths);
  return found && locationOf(found.source, found.path, side);
}

interface Candidate {
  readonly source: SourceDocument;
  readonly path: FieldPath;
}

function deepest(candidates: readonly Candidate[]): Candidate | undefined {
  const depth = ({ source, path }: Candidate) => source.document.find(path).depth;
  return candidates.reduce<Candidate | undefined>(
    (best, candidate) => (best === undefined || depth(candidate) > depth(best) ? candidate : best),
    undefined,
  );
}

const same = (a: Json | undefined, b: Json | undefined) =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);

/** List items of a patch stand at another index than in the result: they are found by their name, as a merge finds them. */
function translate(object: JsonObject, source: JsonObject, field: FieldPath): FieldPath {
  const result: (string | number)[] = [];
  for (const [index, step] of field.entries()) {
    if (typeof step === "string") result.push(step);
    else {
      const name = string(at(object, [...field.slice(0, index), step, "name"]));
      const items = at(source, result);
      const match =
        Array.isArray(items) && name !== undefined
          ? items.findIndex((item: Json) => at(item, ["name"]) === name)
          : step;
      if (match < 0) return result;
      result.push(match);
    }
  }
  return result;
}

/** Where a field of a source stands. */
export function locationOf({ path, text, document }: SourceDocument, field: FieldPath, side: Side): Location {
  const { start } = document.find(field).whole;
  const before = text.slice(0, start);
  const line = before.split("\n").length;
  const column = start - (before.lastIndexOf("\n") + 1) + 1;
  const end = text.indexOf("\n", start);
  const length = Math.max(1, (end < 0 ? text.length : end) - start);
  return { side, path, line, column, endLine: line, endColumn: column + length };
}

/** The place of a finding that has no better one in a file. */
export function firstLine(path: string, side: Side): Location {
  return { side, path, line: 1, column: 1, endLine: 1, endColumn: 2 };
}
