import { isObject } from "./json.ts";
import { KINDS, TYPES } from "./kubernetes-fields.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/** A field that its kind does not have, or that holds something else than it takes. */
export type Misfit =
  | {
      readonly problem: "unknown";
      readonly path: FieldPath;
      /** Where the kind has a field of that name, nearest first. */
      readonly elsewhere: readonly FieldPath[];
      /** The fields that can stand there. */
      readonly known: readonly string[];
    }
  | { readonly problem: "type"; readonly path: FieldPath; readonly wanted: string; readonly found: string };

/** What of a manifest the API server would drop or refuse. Nothing for kinds that are not in the library's models. */
export function misfits(manifest: Manifest): Misfit[] {
  const root = KINDS[`${manifest.group}/${manifest.version}/${manifest.kind}`];
  return root === undefined ? [] : inType(manifest.object, root, [], root);
}

function inType(value: Json, type: string, path: FieldPath, root: string): Misfit[] {
  const fields = TYPES[type];
  if (!fields || !isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]): Misfit[] => {
    if (item === undefined || item === null || isUnknown(key)) return [];
    const wanted = Object.hasOwn(fields, key) ? fields[key] : undefined;
    const here = [...path, key];
    if (wanted !== undefined) return inField(item, wanted, here, root);
    return [{ problem: "unknown", path: here, elsewhere: placesOf(key, root), known: Object.keys(fields) }];
  });
}

function inField(value: Json, wanted: string, path: FieldPath, root: string): Misfit[] {
  if (isUnknown(value)) return [];
  const misfit = (): Misfit[] => [
    { problem: "type", path, wanted: WORDS[wanted] ?? "a map", found: nameOf(value) },
  ];
  if (wanted.endsWith("[]")) {
    if (!Array.isArray(value)) return [{ problem: "type", path, wanted: "a list", found: nameOf(value) }];
    return value.flatMap((item: Json, index) => inField(item, wanted.slice(0, -2), [...path, index], root));
  }
  if (TYPES[wanted]) return isObject(value) ? inType(value, wanted, path, root) : misfit();
  return fits(value, wanted) ? [] : misfit();
}

const WORDS: Readonly<Record<string, string>> = {
  text: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  "integer-or-text": "a whole number or text",
};

function fits(value: Json, wanted: string): boolean {
  switch (wanted) {
    case "text":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "integer-or-text":
      return typeof value === "string" || Number.isInteger(value);
    default:
      return true;
  }
}

function nameOf(value: Json): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "a map";
  return typeof value === "string" ? `the text "${value.slice(0, 40)}"` : JSON.stringify(value);
}

/** How deep a field of that name is sought: pod template fields of a CronJob stand five levels down. */
const DEPTH = 6;

/** Paths below a kind at which a field of that name can stand, shortest first. */
function placesOf(name: string, root: string): FieldPath[] {
  const found: FieldPath[] = [];
  let level: { type: string; path: FieldPath }[] = [{ type: root, path: [] }];
  const seen = new Set<string>();
  for (let depth = 0; depth < DEPTH; depth++) {
    const next: typeof level = [];
    for (const { type, path } of level) {
      const fields = TYPES[type];
      if (!fields || seen.has(type)) continue;
      seen.add(type);
      if (path.length > 0 && Object.hasOwn(fields, name)) found.push([...path, name]);
      for (const [key, below] of Object.entries(fields))
        next.push({ type: below.replace("[]", ""), path: [...path, key] });
    }
    level = next;
  }
  return found;
}
