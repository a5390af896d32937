import { at, string, type JsonObject } from "../engine/json.ts";
import { skeleton } from "../engine/template.ts";
import type { FieldPath, Location, Side, Tree } from "../engine/types.ts";
import type { ValuesLayer } from "../engine/values.ts";
import { join } from "./chart.ts";
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
    pathOf: (source) => {
      const [, sub = "", rest = ""] = /^charts\/([^/]+)\/(.+)$/.exec(source) ?? [];
      const local = chart.local.get(sub);
      return local === undefined ? join(chart.folder, source) : join(local, rest);
    },
    locate: (path, object, field) => {
      const template = templateOf(object, documentsOf(path));
      const written = text(path);
      if (!template || written === undefined) return undefined;
      const place = locationOf(template, field, side);
      const key = valuesKey(written, place.line, template, field);
      return (key && valueLocation(layers, key)) ?? place;
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

/** The `.Values` path on the line that writes a field, or just below it where the field's own line has none. */
function valuesKey(
  text: string,
  line: number,
  template: SourceDocument,
  field: FieldPath,
): string[] | undefined {
  const lines = text.split("\n").slice(line - 1, line + REACH);
  const complete = template.document.find(field).depth === field.length;
  const reach = complete && !/:\s*(\{\{.*)?$/.test(lines[0] ?? "") ? 1 : REACH;
  for (const candidate of lines.slice(0, reach)) {
    const match = /\.Values\.([A-Za-z_][\w.]*)/.exec(candidate);
    if (match?.[1] !== undefined) return match[1].replace(/\.$/, "").split(".");
  }
  return undefined;
}

/** The layer that decides it: whoever orders the chart before its environment's file, that before the chart's own. */
function valueLocation(layers: readonly ValuesLayer[], key: readonly string[]): Location | undefined {
  return layers.findLast(({ values }) => at(values, key) !== undefined)?.locate(key);
}
