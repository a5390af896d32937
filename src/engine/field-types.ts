import { isObject, type JsonObject } from "./json.ts";
import { fieldIndex, type Place } from "./shape-index.ts";
import type { KindShape, Shape } from "./shapes.ts";
import { isUnknown } from "./template.ts";
import { slipOf } from "./text.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";

/** A field that its kind does not have, that holds something else than it takes, or that is missing. */
export type Misfit =
  | {
      readonly problem: "unknown";
      readonly path: FieldPath;
      /** Where the kind has a field of that name that takes this value, nearest first. */
      readonly elsewhere: readonly FieldPath[];
      /** The field that can stand there and of which this one is a slip of the keyboard. */
      readonly meant: string | undefined;
      /** The fields that can stand there. */
      readonly known: readonly string[];
    }
  | { readonly problem: "type"; readonly path: FieldPath; readonly wanted: string; readonly found: string }
  | {
      readonly problem: "value";
      readonly path: FieldPath;
      readonly found: string;
      readonly allowed: readonly string[];
      readonly meant: string | undefined;
    }
  | { readonly problem: "missing"; readonly path: FieldPath; readonly name: string };

/** Of one object nobody reads more; an object of another kind altogether has thousands. */
const MOST = 50;

/**
 * What of a manifest the API server would drop or refuse. Where its kind is defined several times, what the kindest of
 * the definitions says.
 */
export function misfits(
  manifest: Manifest,
  kinds: readonly KindShape[],
): { readonly by: KindShape["by"]; readonly found: readonly Misfit[] } | undefined {
  const all = kinds.map(({ shape, by }) => ({
    by,
    found: isObject(manifest.object) ? inObject(manifest.object, shape) : [],
  }));
  return all.sort((a, b) => a.found.length - b.found.length)[0];
}

const known = new WeakMap<Shape, WeakMap<JsonObject, readonly Misfit[]>>();

/** Most objects are the same before and after a change, and are read once for both. */
function inObject(object: JsonObject, shape: Shape): readonly Misfit[] {
  const ofShape = known.get(shape) ?? new WeakMap<JsonObject, readonly Misfit[]>();
  known.set(shape, ofShape);
  const found = ofShape.get(object) ?? inMap(object, shape, [], shape).slice(0, MOST);
  ofShape.set(object, found);
  return found;
}

function inShape(value: Json, shape: Shape, path: FieldPath, root: Shape): Misfit[] {
  if (isUnknown(value)) return [];
  if (!fits(value, shape)) {
    return [{ problem: "type", path, wanted: WORDS[shape.takes], found: nameOf(value) }];
  }
  if (shape.takes === "list") {
    const each = shape.each?.();
    return each
      ? (value as readonly Json[]).flatMap((item, index) => inField(item, each, [...path, index], root))
      : [];
  }
  return isObject(value) ? inMap(value, shape, path, root) : inValues(value, shape, path);
}

/** Nothing is as good as no field: the API server takes it so. */
function inField(value: Json | undefined, shape: Shape, path: FieldPath, root: Shape): Misfit[] {
  return value === undefined || value === null ? [] : inShape(value, shape, path, root);
}

function inMap(value: JsonObject, shape: Shape, path: FieldPath, root: Shape): Misfit[] {
  const each = shape.each?.();
  const present = Object.entries(value).flatMap(([key, item]): Misfit[] => {
    if (item === undefined || item === null || isUnknown(key) || isForTools(key, path)) return [];
    const here = [...path, key];
    const wanted = each ?? shape.fields?.get(key)?.();
    if (wanted) return inField(item, wanted, here, root);
    return shape.fields ? [unknownField(item, here, shape.fields, root)] : [];
  });
  return [...present, ...missingFrom(value, shape, path)];
}

/**
 * What is for a tool and not for the API server: how kustomize and kubectl merge a patch (`$patch: delete`), and what SOPS
 * adds beside what it encrypts and takes out again (https://getsops.io/docs/).
 */
const isForTools = (key: string, path: FieldPath) =>
  /^\$(patch|retainKeys|setElementOrder|deleteFromPrimitiveList)/.test(key) ||
  (key === "sops" && path.length === 0);

function unknownField(
  value: Json,
  path: FieldPath,
  fields: NonNullable<Shape["fields"]>,
  root: Shape,
): Misfit {
  const known = [...fields.keys()];
  const name = String(path.at(-1));
  const places = fieldIndex(root).get(name) ?? [];
  return {
    problem: "unknown",
    path,
    elsewhere: isTelling(value, places)
      ? places.filter(({ shape }) => resembles(value, shape)).map((place) => place.path)
      : [],
    meant: slipOf(name, known),
    known,
  };
}

/** A word such as `name` or `enabled` stands everywhere: that it fits somewhere says nothing of where it belongs. */
const EVERYWHERE = 3;

function isTelling(value: Json, places: readonly Place[]): boolean {
  return typeof value === "object" ? Object.keys(value ?? {}).length > 0 : places.length <= EVERYWHERE;
}

/** Whether a value was written for that place: of what it holds, at least half can stand there. */
function resembles(value: Json, shape: Shape): boolean {
  if (!isUnknown(value) && !fits(value, shape)) return false;
  if (Array.isArray(value))
    return shape.each !== undefined && resembles((value[0] ?? null) as Json, shape.each());
  if (!isObject(value)) return inField(value, shape, [], shape).length === 0;
  const { fields } = shape;
  const keys = Object.keys(value);
  return !fields || keys.filter((key) => fields.has(key)).length * 2 >= keys.length;
}

function missingFrom(value: JsonObject, shape: Shape, path: FieldPath): Misfit[] {
  if (!shape.required?.length || Object.keys(value).some(isUnknown)) return [];
  return shape.required.flatMap((name): Misfit[] =>
    (value[name] ?? null) === null ? [{ problem: "missing", path, name }] : [],
  );
}

function inValues(value: Json, { values }: Shape, path: FieldPath): Misfit[] {
  // Kubernetes takes an empty text as no text.
  if (typeof value !== "string" || value === "" || !values || values.includes(value)) return [];
  return [{ problem: "value", path, found: value, allowed: values, meant: slipOf(value, values) }];
}

const WORDS: Readonly<Record<Shape["takes"], string>> = {
  map: "a map",
  list: "a list",
  text: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  "integer-or-text": "a whole number or text",
  "number-or-text": "a number or text",
  anything: "anything",
};

function fits(value: Json, { takes }: Shape): boolean {
  switch (takes) {
    case "map":
      return isObject(value);
    case "list":
      return Array.isArray(value);
    case "text":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value);
    case "number":
    case "boolean":
      return typeof value === takes;
    case "integer-or-text":
      return typeof value === "string" || Number.isInteger(value);
    case "number-or-text":
      return typeof value === "string" || typeof value === "number";
    case "anything":
      return true;
  }
}

function nameOf(value: Json): string {
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "a map";
  return typeof value === "string" ? `the text "${value.slice(0, 40)}"` : JSON.stringify(value);
}
