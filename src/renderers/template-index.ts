import { at, string, type JsonObject } from "../engine/json.ts";
import { skeleton } from "../engine/template.ts";
import type { FieldPath, Json, Location, Side, Tree } from "../engine/types.ts";
import type { ValuesLayer } from "../engine/values.ts";
import { pathIn } from "./chart.ts";
import { locationOf, sourceDocuments, type SourceDocument } from "./origin.ts";
import { layersOf, type Release } from "./release.ts";

/** Finds the line that decides a field of a rendered chart: the value's, else the template's. */
export interface TemplateIndex {
  /** The tree's path of what Helm calls `templates/x.yaml`. */
  readonly pathOf: (source: string) => string;
  readonly locate: (path: string, object: JsonObject, field: FieldPath) => Location | undefined;
}

/** How many lines below a key may hold the action that makes its value: `{{- with .Values.x }}`, `{{- toYaml . }}`. */
const REACH = 3;

export function templateIndex(release: Release, tree: Tree, side: Side): TemplateIndex {
  const { chart } = release;
  const text = (path: string) => tree.files.get(path)?.text;
  const layers = layersOf(release, side, tree);
  const templates = new Map<string, SourceDocument[]>();
  const documentsOf = (path: string) => {
    const known = templates.get(path) ?? sourceDocuments(path, skeleton(text(path) ?? ""));
    templates.set(path, known);
    return known;
  };
  return {
    pathOf: (source) => pathIn(chart, source),
    locate: (path, object, field) => {
      const template = templateOf(object, documentsOf(path));
      const written = text(path);
      if (!template || written === undefined) return undefined;
      const place = locationOf(template, field, side);
      const keys = valuesKeys(written.split("\n"), place.line);
      const { depth } = template.document.find(field);
      return decisive(layers, keys, { rest: field.slice(depth), value: at(object, field) }) ?? place;
    },
  };
}

/** The document that makes the object: of its kind, and with the most of its name written out. */
function templateOf(object: JsonObject, documents: readonly SourceDocument[]): SourceDocument | undefined {
  const name = string(at(object, ["metadata", "name"])) ?? "";
  const written = ({ value }: SourceDocument) =>
    (string(at(value, ["metadata", "name"])) ?? "").split(/[\uE000-\uE0FF]+/).filter((part) => part !== "");
  const fitting = documents.filter(({ value }) => value["kind"] === object["kind"]);
  const fit = (document: SourceDocument) => {
    const parts = written(document);
    return parts.every((part) => name.includes(part)) ? parts.join("").length : -1;
  };
  return fitting.reduce<SourceDocument | undefined>(
    (best, one) => (best === undefined || fit(one) > fit(best) ? one : best),
    undefined,
  );
}

/** The `.Values` paths on the line that writes a field, or on actions just below it where the field's own line has none. */
function valuesKeys(lines: readonly string[], line: number): string[][] {
  const below = lines.slice(line, line + REACH);
  const others = below.findIndex((text) => !/^\s*\{\{/.test(text));
  const own = lines[line - 1] ?? "";
  const reached = /:\s*$/.test(own) ? below.slice(0, others < 0 ? REACH : others) : [];
  for (const text of [own, ...reached]) {
    const keys = Array.from(text.matchAll(/\.Values\.([A-Za-z_][\w.]*)/g), ([, key = ""]) =>
      key.replace(/\.$/, "").split("."),
    );
    if (keys.length > 0) return keys;
  }
  return [];
}

interface Wanted {
  /** What of the field's path the template does not write: it stands in the values, if they hold a map. */
  readonly rest: FieldPath;
  /** What is rendered. */
  readonly value: Json | undefined;
}

/** Of several values on one line the last that shows in the result: of `repository:tag` the tag. */
function decisive(
  layers: readonly ValuesLayer[],
  keys: readonly (readonly string[])[],
  { rest, value }: Wanted,
): Location | undefined {
  const shows = (key: readonly string[]) => {
    const own = layers.findLast(({ values }) => at(values, key) !== undefined);
    const text = own && scalarText(at(own.values, key));
    return text !== undefined && text !== "" && (scalarText(value) ?? "").includes(text);
  };
  const key = keys.findLast(shows) ?? keys[0];
  if (!key) return undefined;
  for (let length = rest.length; length >= 0; length--) {
    const place = valueLocation(layers, [...key, ...rest.slice(0, length)]);
    if (place) return place;
  }
  return undefined;
}

const scalarText = (value: Json | undefined): string | undefined =>
  typeof value === "object" || value === undefined ? undefined : String(value);

/** The layer that decides it: whoever orders the chart before its environment's file, that before the chart's own. */
function valueLocation(layers: readonly ValuesLayer[], key: FieldPath): Location | undefined {
  return layers.findLast(({ values }) => at(values, key) !== undefined)?.locate(key);
}
