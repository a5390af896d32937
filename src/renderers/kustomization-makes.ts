import { at, list, object, string, type JsonObject } from "../engine/json.ts";
import type { FieldPath, Side } from "../engine/types.ts";
import type { Override } from "./kustomization-lines.ts";
import { locationOf, type SourceDocument } from "./origin.ts";

/** What a kustomization writes into every object: its namespace, and labels, also where workloads select by them. */
export function common(source: SourceDocument, side: Side): Override[] {
  const { value } = source;
  const labels = list(value["labels"]).map((item, index): Labels => ({
    path: ["labels", index, "pairs"],
    pairs: object(object(item)["pairs"]),
    selects: object(item)["includeSelectors"] === true,
  }));
  const all: Labels = { path: ["commonLabels"], pairs: object(value["commonLabels"]), selects: true };
  return [
    forAll((rendered, field) => {
      const isNamespace = field.join("/") === "metadata/namespace" && value["namespace"] !== undefined;
      const same = isNamespace && at(rendered, field) === value["namespace"];
      return same ? locationOf(source, ["namespace"], side) : undefined;
    }),
    ...[all, ...labels].map((one) =>
      forAll((rendered, field) => {
        const key = field.at(-1);
        if (typeof key !== "string" || !Object.hasOwn(one.pairs, key) || !isLabel(field, one))
          return undefined;
        return at(rendered, field) === one.pairs[key]
          ? locationOf(source, [...one.path, key], side)
          : undefined;
      }),
    ),
  ];
}

const forAll = (decides: Override["decides"]): Override => ({ kind: undefined, name: undefined, decides });

interface Labels {
  readonly path: FieldPath;
  readonly pairs: JsonObject;
  readonly selects: boolean;
}

function isLabel(field: FieldPath, { selects }: Labels): boolean {
  const parent = field.at(-2);
  return parent === "labels" || (selects && (parent === "matchLabels" || parent === "selector"));
}

/** Objects that a kustomization makes out of literals and files, of which no file holds the object. */
export function generated(source: SourceDocument, side: Side): Override[] {
  return [
    ["configMapGenerator", "ConfigMap"],
    ["secretGenerator", "Secret"],
  ].flatMap(([generator = "", kind = ""]) =>
    list(source.value[generator]).flatMap((item, index): Override[] => {
      const name = string(object(item)["name"]);
      if (name === undefined) return [];
      return [
        {
          ...{ kind, name },
          decides: (rendered, field) => {
            if (!isNamed(string(at(rendered, ["metadata", "name"])) ?? "", name)) return undefined;
            const entry = entryOf(object(item), field);
            return locationOf(source, [generator, index, ...(entry ?? ["name"])], side);
          },
        },
      ];
    }),
  );
}

/** kustomize appends a hash of ten characters (kustomize api/hasher), and names may have a prefix or a suffix. */
const isNamed = (rendered: string, name: string): boolean =>
  rendered === name || /^-[\w-]+$/.test(rendered.slice(rendered.indexOf(name) + name.length));

/** The literal or file that makes a key. */
function entryOf(generator: JsonObject, [place, key]: FieldPath): FieldPath | undefined {
  if ((place !== "data" && place !== "stringData") || typeof key !== "string") return undefined;
  for (const field of ["literals", "files"]) {
    const index = list(generator[field]).findIndex((item) => keyOf(string(item) ?? "", field) === key);
    if (index >= 0) return [field, index];
  }
  return undefined;
}

function keyOf(entry: string, field: string): string {
  const [key = "", ...value] = entry.split("=");
  return field === "literals" || value.length > 0 ? key : key.slice(key.lastIndexOf("/") + 1);
}
