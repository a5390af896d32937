import { isObject, list, object, string, type JsonObject } from "./json.ts";
import { oncePer } from "./once.ts";
import { publishedShape, type KindShape, type Shape } from "./shapes.ts";
import type { Json, Manifest } from "./types.ts";

/** What a CustomResourceDefinition says of one version of its kind. */
export interface DefinedVersion {
  readonly definition: Manifest;
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  /** Undefined where it lists no fields, or lets any stand. */
  readonly shape: Shape | undefined;
}

/** By `group/Kind`. */
export type Definitions = ReadonlyMap<string, readonly DefinedVersion[]>;

/**
 * The versions of every kind that a side's CustomResourceDefinitions define. One kind may be defined several times, in
 * the folders of several environments.
 * @param all every CustomResourceDefinition of the side; the same list gives the same answer
 */
export const definitionsOf = oncePer((all: readonly Manifest[]): Definitions =>
  Map.groupBy(all.flatMap(versionsOf), ({ definition }) => kindOf(definition)),
);

/** `group/Kind` of the objects that a CustomResourceDefinition is about. */
export function kindOf(definition: Manifest): string {
  return `${string(definition.get("spec", "group")) ?? ""}/${string(definition.get("spec", "names", "kind")) ?? ""}`;
}

/** `apiextensions.k8s.io/v1beta1` kept unknown fields unless told otherwise, and had one schema for all versions: nothing is said of it. */
function versionsOf(definition: Manifest): DefinedVersion[] {
  const keeps = definition.version !== "v1" || definition.get("spec", "preserveUnknownFields") === true;
  return list(definition.get("spec", "versions")).flatMap((entry): DefinedVersion[] => {
    const version = object(entry);
    const name = string(version["name"]);
    if (name === undefined) return [];
    const schema = object(version["schema"])["openAPIV3Schema"];
    const shape = keeps || !isObject(schema) ? undefined : rootShape(schema);
    return [
      { definition, name, served: version["served"] !== false, storage: version["storage"] === true, shape },
    ];
  });
}

/** What an object's fields may be: as its definition beside it says, else as published. Several, where several define it. */
export function kindShapes(manifest: Manifest, definitions: Definitions): readonly KindShape[] {
  const versions = definitions.get(`${manifest.group}/${manifest.kind}`);
  if (versions) {
    return versions.flatMap(({ name, shape }) =>
      name === manifest.version && shape ? [{ shape, by: "repository" as const }] : [],
    );
  }
  const published = publishedShape(manifest);
  return published ? [published] : [];
}

/** Every object has these, whatever the schema says of them. */
function rootShape(schema: JsonObject): Shape | undefined {
  const shape = schemaShape(schema);
  if (!shape.fields) return undefined;
  const always = ["apiVersion", "kind", "metadata", "status"];
  const own = [...shape.fields].filter(([name]) => !always.includes(name));
  const metadata = publishedShape({ group: "", version: "v1", kind: "ConfigMap" })?.shape.fields?.get(
    "metadata",
  );
  return {
    ...shape,
    fields: new Map([
      ...own,
      ...always.map((name) => [name, (name === "metadata" && metadata) || (() => ANYTHING)] as const),
    ]),
    required: (shape.required ?? []).filter((name) => !always.includes(name)),
  };
}

const ANYTHING: Shape = { takes: "anything" };

const shapeOnce = oncePer(shapeOf);

/** The part of a structural schema that says what can stand where (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema). */
function schemaShape(schema: Json | undefined): Shape {
  if (!isObject(schema)) return ANYTHING;
  return shapeOnce(schema);
}

const isOpen = (schema: JsonObject) =>
  schema["x-kubernetes-preserve-unknown-fields"] === true ||
  schema["x-kubernetes-embedded-resource"] === true;

function shapeOf(schema: JsonObject): Shape {
  if (schema["x-kubernetes-int-or-string"] === true) return { takes: "integer-or-text" };
  switch (schema["type"]) {
    case "object":
      return isOpen(schema) ? ANYTHING : mapShape(schema);
    case "array":
      return { takes: "list", each: () => schemaShape(schema["items"]) };
    case "string":
      return { takes: "text", ...allowed(schema) };
    case "integer":
    case "number":
    case "boolean":
      return { takes: schema["type"] };
    default:
      return ANYTHING;
  }
}

function allowed(schema: JsonObject): Pick<Shape, "values"> {
  const values = list(schema["enum"]);
  return values.length > 0 && values.every((value) => typeof value === "string") ? { values } : {};
}

/** A map without fields and without values is taken as one that nobody described. */
function mapShape(schema: JsonObject): Shape {
  const { properties, additionalProperties: rest } = schema;
  if (isObject(rest) && !isObject(properties)) return { takes: "map", each: () => schemaShape(rest) };
  if (!isObject(properties) || rest === true || isObject(rest)) return { takes: "map" };
  return {
    takes: "map",
    fields: new Map(Object.entries(properties).map(([name, field]) => [name, () => schemaShape(field)])),
    required: list(schema["required"]).filter(
      (name): name is string => typeof name === "string" && !hasDefault(properties[name]),
    ),
  };
}

/** The API server fills in defaults before it looks for what is missing. */
const hasDefault = (field: Json | undefined) => isObject(field) && field["default"] !== undefined;
