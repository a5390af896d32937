import { at, isObject, list, object, string, type JsonObject } from "../engine/json.ts";
import type { FieldPath, Json, Location, Side, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import type { Closure } from "./kustomization.ts";
import { common, generated } from "./kustomization-makes.ts";
import { locationOf, sourceDocuments, type SourceDocument } from "./origin.ts";
import { folderOf, resolvePath } from "./paths.ts";

/** Finds what a kustomization file itself says of a rendered field: its patches, replicas, images, labels and generators. */
export type Overrides = (object: JsonObject, field: FieldPath) => Location | undefined;

/** One saying of a kustomization: whom it is about, what it sets to what, and where. */
export interface Override {
  readonly kind: string | undefined;
  readonly name: string | undefined;
  /** Where it decides the field of an object; undefined where it does not. */
  readonly decides: (object: JsonObject, field: FieldPath) => Location | undefined;
}

/** The outermost kustomization comes first: it has the last word. */
export function overridesOf({ parts }: Closure, tree: Tree, side: Side): Overrides {
  const all = parts.flatMap(({ path }) =>
    sourceDocuments(path, tree.files.get(path)?.text ?? "").flatMap((document) => [
      ...replicas(document, side),
      ...images(document, side),
      ...patches(document, tree, side),
      ...common(document, side),
      ...generated(document, side),
    ]),
  );
  return (rendered, field) => {
    for (const { kind, name, decides } of all) {
      if (!isMeant(rendered, kind, name)) continue;
      const place = decides(rendered, field);
      if (place) return place;
    }
    return undefined;
  };
}

/** Names may have got a prefix or a suffix on the way; a target's are anchored regular expressions. */
function isMeant(rendered: JsonObject, kind: string | undefined, name: string | undefined): boolean {
  const own = string(at(rendered, ["metadata", "name"])) ?? "";
  return (
    (kind === undefined || rendered["kind"] === kind) && (name === undefined || own.includes(plain(name)))
  );
}

const plain = (name: string) => name.replaceAll(/[\^$]|\.\*|\(|\)/g, "");

const same = (one: Json | undefined, other: Json | undefined) =>
  one !== undefined && JSON.stringify(one) === JSON.stringify(other);

function replicas(source: SourceDocument, side: Side): Override[] {
  return list(source.value["replicas"]).map((item, index) => ({
    kind: undefined,
    name: string(object(item)["name"]),
    decides: (rendered, field) =>
      field.join("/") === "spec/replicas" && same(object(item)["count"], at(rendered, field))
        ? locationOf(source, ["replicas", index, "count"], side)
        : undefined,
  }));
}

function images(source: SourceDocument, side: Side): Override[] {
  return list(source.value["images"]).map((item, index) => ({
    kind: undefined,
    name: undefined,
    decides: (rendered, field) => {
      const image = field.at(-1) === "image" ? string(at(rendered, field)) : undefined;
      const { name, newName, newTag, digest } = object(item);
      const base = string(newName) ?? string(name);
      if (image === undefined || base === undefined || !/^[:@]|^$/.test(image.slice(base.length)))
        return undefined;
      if (!image.startsWith(base)) return undefined;
      const key = newTag !== undefined ? "newTag" : digest !== undefined ? "digest" : "newName";
      return locationOf(source, ["images", index, key], side);
    },
  }));
}

function patches(source: SourceDocument, tree: Tree, side: Side): Override[] {
  const fields = ["patches", "patchesStrategicMerge", "patchesJson6902"];
  return fields.flatMap((field) =>
    list(source.value[field]).flatMap((item, index): Override[] => {
      const inline = typeof item === "string" ? item : string(object(item)["patch"]);
      const path = typeof item === "string" ? [field, index] : [field, index, "patch"];
      const target = object(object(item)["target"]);
      if (inline?.includes("\n")) return ofText(inline, target, textPlace(source, path, side));
      const file = resolvePath(folderOf(source.path), string(object(item)["path"]) ?? "");
      const text = file === undefined ? undefined : tree.files.get(file)?.text;
      // A patch file that is an object is found among the files; operations name nobody.
      if (file === undefined || text === undefined || !Array.isArray(readYaml(text).documents[0]?.value))
        return [];
      const lineIn = (line: number): Location => ({
        side,
        path: file,
        line,
        column: 1,
        endLine: line,
        endColumn: 2,
      });
      return ofText(text, target, lineIn);
    }),
  );
}

/** Where a line of a text stands that a file holds: below its key, if the file really has it there. */
function textPlace(source: SourceDocument, path: FieldPath, side: Side): (line: number) => Location {
  const key = locationOf(source, path, side);
  const written = source.text.split("\n");
  const header = source.text.slice(0, source.document.find(path).value.start).split("\n").length;
  return (line) => {
    const place = header + line;
    const text = written[place - 1];
    if (text === undefined) return key;
    const column = text.length - text.trimStart().length + 1;
    return { ...key, line: place, endLine: place, column, endColumn: Math.max(column + 1, text.length + 1) };
  };
}

function ofText(text: string, target: JsonObject, place: (line: number) => Location): Override[] {
  const line = (offset: number) => text.slice(0, offset).split("\n").length;
  return readYaml(text).documents.flatMap((document): Override[] => {
    const { value } = document;
    if (Array.isArray(value))
      return [
        {
          ...{ kind: string(target["kind"]), name: string(target["name"]) },
          decides: (rendered, field) => {
            const index = operation(value as readonly Json[], rendered, field);
            return index < 0 ? undefined : place(line(document.find([index, "path"]).whole.start));
          },
        },
      ];
    if (!isObject(value)) return [];
    return [
      {
        kind: string(target["kind"]) ?? string(value["kind"]),
        name: string(target["name"]) ?? string(at(value, ["metadata", "name"])),
        decides: (rendered, field) => {
          const path = inPatch(value, rendered, field);
          return path && place(line(document.find(path).whole.start));
        },
      },
    ];
  });
}

/** The operation that sets the field, or what is around it, to what is rendered, or that removes it. */
function operation(operations: readonly Json[], rendered: JsonObject, field: FieldPath): number {
  const pointer = (path: string) =>
    path
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return operations.findLastIndex((item) => {
    const { op, path, value } = object(item);
    const steps = pointer(string(path) ?? "");
    if (
      steps.length === 0 ||
      steps.some((step, index) => step !== "-" && step !== String(field[index] ?? ""))
    )
      return false;
    const wanted = at(rendered, field);
    if (op === "remove") return wanted === undefined;
    return same(at(value, field.slice(steps.length)), wanted);
  });
}

/** Where a strategic merge patch says what is rendered; items of its lists are found by their name. */
function inPatch(patch: JsonObject, rendered: JsonObject, field: FieldPath): FieldPath | undefined {
  const path: (string | number)[] = [];
  for (const [depth, step] of field.entries()) {
    if (typeof step === "string") path.push(step);
    else {
      const name = at(rendered, [...field.slice(0, depth), step, "name"]);
      const index = list(at(patch, path)).findIndex((item) => same(at(item, ["name"]), name));
      if (index < 0) return undefined;
      path.push(index);
    }
  }
  return same(at(patch, path), at(rendered, field)) ? path : undefined;
}
