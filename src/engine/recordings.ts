import { isObject, list } from "./json.ts";
import { oncePer } from "./once.ts";
import { RULE_FILE } from "./prometheus-files.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Location, Manifest } from "./types.ts";
import { readYaml } from "./yaml.ts";

/** A recording rule: it writes a metric that other rules, autoscalers and dashboards read. */
export interface Recording {
  readonly name: string;
  readonly manifest: Manifest;
  readonly locate: () => Location;
}

/** Kinds of objects in which rules are written. */
export const RULE_HOLDERS: readonly string[] = [
  ...["PrometheusRule", "ThanosRuler", "VMRule", RULE_FILE, "ConfigMap", "HelmRelease", "Application"],
];

/** The recording rules that an object holds, as rules, as values of a chart, or as text in a ConfigMap. */
export const recordingsOf = oncePer((manifest: Manifest): readonly Recording[] =>
  RULE_HOLDERS.includes(manifest.kind) ? read(manifest) : [],
);

function read(manifest: Manifest): Recording[] {
  if (manifest.kind !== "ConfigMap") {
    return recordsIn(manifest.object, []).map(({ name, path }) => ({
      name,
      manifest,
      locate: () => manifest.locate(...path, "record"),
    }));
  }
  const data = manifest.get("data");
  return Object.entries(isObject(data) ? data : {}).flatMap(([key, value]) => {
    if (typeof value !== "string" || !/\brecord["']?:/.test(value)) return [];
    const texts = readYaml(value).documents.flatMap((document) => recordsIn(document.value, []));
    return texts.map(({ name }) => ({ name, manifest, locate: () => manifest.locate("data", key) }));
  });
}

/** Entries of lists that say `record` and `expr`, at any depth. */
function recordsIn(value: Json | undefined, path: FieldPath): { name: string; path: FieldPath }[] {
  if (Array.isArray(value)) {
    return list(value).flatMap((item, index) => {
      const inner = [...path, index];
      if (!isObject(item) || typeof item["record"] !== "string" || item["expr"] === undefined)
        return recordsIn(item, inner);
      return isUnknown(item["record"]) ? [] : [{ name: item["record"], path: inner }];
    });
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    isObject(item) || Array.isArray(item) ? recordsIn(item, [...path, key]) : [],
  );
}
