import type { LineRange } from "./edits.ts";
import { isObject } from "./json.ts";
import { lineOf, lineStarts } from "./lines.ts";
import { actionTexts, hasActions } from "./template.ts";
import type { FieldPath, Json, Tree } from "./types.ts";
import { readYaml, type YamlDocument } from "./yaml.ts";

/** Files with more keys than this hold data, not settings. */
const MOST_KEYS = 5_000;

/** The keys of a file of values that stand on some of its lines; nothing of manifests, kustomizations and templates. */
export function keysOn(path: string, text: string | undefined, { start, end }: LineRange): FieldPath[] {
  if (text === undefined || start >= end || hasActions(text) || !isValues(path, text)) return [];
  const [document] = readYaml(text).documents;
  if (!document) return [];
  const starts = lineStarts(text);
  return keysOf(document).filter((key) => {
    const line = lineOf(starts, document.find(key).whole.start);
    return start <= line && line < end;
  });
}

const isValues = (path: string, text: string) =>
  /\.ya?ml$/.test(path) &&
  !/(^|\/)(Chart|kustomization)\.ya?ml$/.test(path) &&
  !/^(apiVersion|kind):/m.test(text);

function keysOf({ value }: YamlDocument): FieldPath[] {
  const keys: FieldPath[] = [];
  const walk = (item: Json | undefined, path: FieldPath) => {
    if (keys.length > MOST_KEYS) return;
    const entries: [string | number, Json | undefined][] = Array.isArray(item)
      ? [...(item as readonly Json[]).entries()]
      : isObject(item)
        ? Object.entries(item)
        : [];
    for (const [step, one] of entries) {
      keys.push([...path, step]);
      walk(one, [...path, step]);
    }
  };
  walk(value, []);
  return keys.length > MOST_KEYS ? [] : keys;
}

/** The values that a template of a chart reads, itself or in named templates that it includes: `.Values.a.b` is `["a", "b"]`. */
export function mentionedValues(path: string, tree: Tree): FieldPath[] {
  const folder = path.slice(0, path.lastIndexOf("templates/") + "templates/".length);
  const texts = [...tree.files].filter(([other]) => other.startsWith(folder)).map(([, { text }]) => text);
  const named = new Map(texts.flatMap(definitionsIn));
  const seen = new Set<string>();
  const found: FieldPath[] = [];
  const read = (text: string) => {
    for (const action of actionTexts(text)) {
      for (const [, words = ""] of action.matchAll(/\.Values\.([A-Za-z_][\w.]*)/g))
        found.push(words.replace(/\.$/, "").split("."));
      for (const [, name = ""] of action.matchAll(/\b(?:include|template)\s+"([^"]+)"/g)) {
        const body = seen.has(name) ? undefined : named.get(name);
        seen.add(name);
        if (body !== undefined) read(body);
      }
    }
  };
  read(tree.files.get(path)?.text ?? "");
  return found;
}

/** Each named template with its text, up to the next one: what stands between two of them is nothing. */
function definitionsIn(text: string): [string, string][] {
  const pieces = text.split(/\{\{-?\s*define\s+"/).slice(1);
  return pieces.map((piece) => [piece.slice(0, piece.indexOf('"')), piece]);
}
