import { at, isObject, list, object, string, strings, type JsonObject } from "./json.ts";
import type { FieldPath, Json, Location, Manifest, Unit, ValuesSet } from "./types.ts";
import { readYaml } from "./yaml.ts";

/** One source of values: a file, a release's inline values, a ConfigMap. */
export interface ValuesLayer {
  readonly values: JsonObject;
  readonly locate: (path: FieldPath) => Location;
}

/** Merges layers as Helm does: maps by key, anything else by replacement, and null takes a key away. The last one wins. */
export function layered(layers: readonly ValuesLayer[]): ValuesLayer | undefined {
  const last = layers.at(-1);
  if (!last) return undefined;
  const values = layers.reduce<JsonObject>((merged, layer) => merge(merged, layer.values), {});
  return {
    values,
    locate: (path) => {
      for (let length = path.length; length > 0; length--) {
        const part = path.slice(0, length);
        const layer = layers.findLast((one) => at(one.values, part) !== undefined);
        if (layer) return layer.locate(part);
      }
      return last.locate([]);
    },
  };
}

function merge(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const there = merged[key];
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = isObject(there) && isObject(value) ? merge(there, value) : value;
  }
  return merged;
}

/** The values of objects that order a chart to be installed. Only what the unit holds is read: a Secret's values are not. */
export function releasedValues(manifests: Unit["manifests"]): ValuesSet[] {
  const releases = manifests.filter(({ group, kind }) => Object.hasOwn(RELEASES, `${group}/${kind}`));
  if (releases.length === 0) return [];
  const maps = new Map(
    manifests.flatMap((one) => (one.kind === "ConfigMap" ? [[`${one.namespace}/${one.name}`, one]] : [])),
  );
  return releases.flatMap((manifest) => {
    const layers = RELEASES[`${manifest.group}/${manifest.kind}`]?.(manifest, maps) ?? [];
    const all = layered(layers);
    return all ? [{ ...subjectOf(manifest), ...all }] : [];
  });
}

/** The values that one such object holds itself, a layer each; the last one wins. */
export function orderedValues(manifest: Manifest): ValuesLayer[] {
  const id = `${manifest.group}/${manifest.kind}`;
  return Object.hasOwn(RELEASES, id) ? (RELEASES[id]?.(manifest, new Map()) ?? []) : [];
}

const subjectOf = ({ ref, kind, namespace, name, labels }: Manifest) => ({
  ref,
  kind,
  namespace,
  name,
  labels,
});

/** ConfigMaps by `namespace/name`. */
type ConfigMaps = ReadonlyMap<string, Manifest>;

type Reader = (manifest: Manifest, maps: ConfigMaps) => ValuesLayer[];

/** By group and kind: how releases carry their values. */
const RELEASES: Readonly<Record<string, Reader>> = {
  "helm.toolkit.fluxcd.io/HelmRelease": (manifest, maps) => [
    ...list(manifest.get("spec", "valuesFrom")).flatMap((from) => fromConfigMap(from, manifest, maps)),
    ...inline(manifest, ["spec", "values"]),
  ],
  "helm.cattle.io/HelmChart": (manifest) => inline(manifest, ["spec", "valuesContent"]),
  "helm.cattle.io/HelmChartConfig": (manifest) => inline(manifest, ["spec", "valuesContent"]),
  "argoproj.io/Application": (manifest) => ofSources(manifest, ["spec"]),
  "argoproj.io/ApplicationSet": (manifest) => ofSources(manifest, ["spec", "template", "spec"]),
};

function ofSources(manifest: Manifest, spec: FieldPath): ValuesLayer[] {
  const several = list(manifest.get(...spec, "sources")).map((_, index) => [...spec, "sources", index]);
  return [[...spec, "source"], ...several].flatMap((source) => [
    ...inline(manifest, [...source, "helm", "values"]),
    ...inline(manifest, [...source, "helm", "valuesObject"]),
    ...parameters(manifest, [...source, "helm", "parameters"]),
  ]);
}

/** A map, or a text that holds one. */
function inline(manifest: Manifest, path: FieldPath): ValuesLayer[] {
  const value = manifest.get(...path);
  if (typeof value === "string") return textLayer(value, (line) => lineOfText(manifest, path, line));
  if (!isObject(value)) return [];
  return [{ values: value, locate: (field) => manifest.locate(...path, ...field) }];
}

function textLayer(text: string, locate: (line: number) => Location): ValuesLayer[] {
  const [document] = readYaml(text).documents;
  if (!isObject(document?.value)) return [];
  const lineOf = (field: FieldPath) => text.slice(0, document.find(field).whole.start).split("\n").length;
  return [{ values: document.value, locate: (field) => locate(lineOf(field)) }];
}

/** A line of a text that a manifest holds: as far below the key as the text says, if the file really has it there. */
function lineOfText(manifest: Manifest, path: FieldPath, line: number): Location {
  const key = manifest.locate(...path);
  const text = string(manifest.get(...path)) ?? "";
  const wanted = text.split("\n")[line - 1]?.trim();
  const lines = key.path === manifest.path ? manifest.source.split("\n") : [];
  const place = key.line + line;
  const written = lines[place - 1];
  if (written === undefined || wanted === undefined || written.trim() !== wanted) return key;
  const column = written.length - written.trimStart().length + 1;
  return {
    ...key,
    line: place,
    endLine: place,
    column,
    endColumn: Math.max(column + 1, written.trimEnd().length + 1),
  };
}

/** `{ name: controller.replicaCount, value: "2" }`, as `helm --set` reads it. */
function parameters(manifest: Manifest, path: FieldPath): ValuesLayer[] {
  return list(manifest.get(...path)).flatMap((item, index): ValuesLayer[] => {
    const { name, value } = object(item);
    if (typeof name !== "string" || name.length > 300) return [];
    const steps = name.split(/(?<!\\)\./).map((step) => step.replaceAll("\\.", "."));
    const values = steps.reduceRight<Json | undefined>((inner, step) => ({ [step]: inner }), scalarOf(value));
    return [{ values: object(values), locate: () => manifest.locate(...path, index) }];
  });
}

/** What `--set` makes of a text. */
function scalarOf(value: Json | undefined): Json | undefined {
  if (value === "true" || value === "false") return value === "true";
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

function fromConfigMap(from: Json, { namespace }: Manifest, maps: ConfigMaps): ValuesLayer[] {
  const { kind, name, valuesKey } = strings(from);
  const map = kind === "ConfigMap" ? maps.get(`${namespace}/${name ?? ""}`) : undefined;
  return map ? inline(map, ["data", valuesKey ?? "values.yaml"]) : [];
}
