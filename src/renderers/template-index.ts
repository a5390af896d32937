import { at, type JsonObject } from "../engine/json.ts";
import { skeleton } from "../engine/template.ts";
import type { FieldPath, Location, Side, Tree } from "../engine/types.ts";
import type { Release } from "./helm.ts";
import { join } from "./chart.ts";
import { locationOf, sourceDocuments, type SourceDocument } from "./origin.ts";

/** Finds the line that decides a field of a rendered chart: the value's, else the template's. */
export interface TemplateIndex {
  /** The tree's path of what Helm calls `templates/x.yaml`. */
  readonly pathOf: (source: string) => string;
  readonly locate: (path: string, object: JsonObject, field: FieldPath) => Location | undefined;
}

/** How many lines below a key may hold the action that makes its value: `{{- with .Values.x }}`, `{{- toYaml . }}`. */
const REACH = 3;

export function templateIndex({ chart, values }: Release, tree: Tree, side: Side): TemplateIndex {
  const text = (path: string) => tree.files.get(path)?.text;
  const valuesFiles = [...(values === undefined ? [] : [values]), join(chart.folder, "values.yaml")];
  const parsed = valuesFiles.flatMap((path) => sourceDocuments(path, text(path) ?? "").slice(0, 1));
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
      const template = documentsOf(path).find(({ value }) => value["kind"] === object["kind"]);
      const written = text(path);
      if (!template || written === undefined) return undefined;
      const place = locationOf(template, field, side);
      const key = valuesKey(written, place.line, template, field);
      return (key && valueLocation(parsed, key, side)) ?? place;
    },
  };
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

/** The values file that says it, the environment's before the chart's. */
function valueLocation(
  files: readonly SourceDocument[],
  key: readonly string[],
  side: Side,
): Location | undefined {
  const file = files.find(({ value }) => at(value, key) !== undefined);
  return file && locationOf(file, key, side);
}
