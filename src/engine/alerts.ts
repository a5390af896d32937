import { isObject, list, string, strings } from "./json.ts";
import { lineOf, lineStarts } from "./lines.ts";
import { oncePer } from "./once.ts";
import { RULE_FILE } from "./prometheus-files.ts";
import type { Change } from "./pair.ts";
import { isUnknown } from "./template.ts";
import type { FieldPath, Json, Location, Manifest } from "./types.ts";
import { readYaml } from "./yaml.ts";

/** The kind under which `World.count` knows alerting rules: they have names, but are no objects. */
export const ALERTS = "AlertingRule";

/** One alerting rule, wherever it is written: a PrometheusRule, a rule file, values of a chart, a ConfigMap. */
export interface Alert {
  readonly name: string;
  readonly expression: string;
  /** How long the expression must hold; `0s` where it is not written. */
  readonly wait: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What holds the rule. */
  readonly manifest: Manifest;
  /** The list that holds it: the rules of one group. */
  readonly group: string;
  /** Where it, or one of its fields, is written; the rule itself where the field is not. */
  readonly locate: (field?: "for" | "expr" | "severity") => Location;
  /** Its path in the manifest; undefined where it is inside a text. */
  readonly path?: FieldPath;
}

/** Groups and kinds of objects that hold alerting rules, as rules or as values of a chart. */
const HOLDERS =
  /^(monitoring\.coreos\.com\/(PrometheusRule|ThanosRuler)|operator\.victoriametrics\.com\/VMRule|loki\.grafana\.com\/AlertingRule|helm\.toolkit\.fluxcd\.io\/HelmRelease|argoproj\.io\/Application)$/;

const NONE: readonly Alert[] = [];

const isConfigMap = ({ kind, group }: Manifest) => kind === "ConfigMap" && group === "";

/** The alerting rules that an object holds. Anything with an `alert` and an `expr` is one. */
export function alertsOf(manifest: Manifest): readonly Alert[] {
  const { group, kind } = manifest;
  if (!isConfigMap(manifest) && kind !== RULE_FILE && !HOLDERS.test(`${group}/${kind}`)) return NONE;
  return readAlerts(manifest);
}

const readAlerts = oncePer((manifest: Manifest): Alert[] => {
  if (isConfigMap(manifest)) return alertsInTexts(manifest);
  return rulesIn(manifest.object, []).flatMap(({ rule, path }) => {
    const read = readRule(rule, manifest, path.slice(0, -1).join("."));
    return read ? [{ ...read, path, locate: (field) => locateField(manifest, path, field) }] : [];
  });
});

function locateField(manifest: Manifest, path: FieldPath, field?: "for" | "expr" | "severity"): Location {
  const inner = field === undefined ? ["alert"] : field === "severity" ? ["labels", field] : [field];
  const there = manifest.get(...path, ...inner) !== undefined;
  return manifest.locate(...path, ...(there ? inner : ["alert"]));
}

interface Rule {
  readonly rule: Readonly<Record<string, Json | undefined>>;
  readonly path: FieldPath;
}

/** Entries of lists that say `alert` and `expr`, at any depth. */
function rulesIn(value: Json | undefined, path: FieldPath): Rule[] {
  if (Array.isArray(value)) {
    return list(value).flatMap((item, index) =>
      isObject(item) && typeof item["alert"] === "string" && item["expr"] !== undefined
        ? [{ rule: item, path: [...path, index] }]
        : rulesIn(item, [...path, index]),
    );
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    isObject(item) || Array.isArray(item) ? rulesIn(item, [...path, key]) : [],
  );
}

type Bare = Omit<Alert, "locate" | "path">;

function readRule(
  { alert, expr, for: wait, labels }: Rule["rule"],
  manifest: Manifest,
  group: string,
): Bare | undefined {
  if (typeof alert !== "string" || isUnknown(alert) || (typeof expr !== "string" && typeof expr !== "number"))
    return undefined;
  return {
    name: alert,
    expression: String(expr),
    wait: string(wait) ?? "0s",
    labels: strings(labels),
    manifest,
    group,
  };
}

/** Prometheus reads its rule files from ConfigMaps: YAML inside a text. */
function alertsInTexts(manifest: Manifest): Alert[] {
  const data = manifest.get("data");
  if (!isObject(data)) return [];
  return Object.entries(data).flatMap(([key, value]) => {
    if (typeof value !== "string" || !/\balert["']?:/.test(value) || !/\bexpr["']?:/.test(value)) return [];
    const rules = readYaml(value).documents.flatMap((document) => rulesIn(document.value, []));
    return rules.flatMap(({ rule, path }) => {
      const read = readRule(rule, manifest, [key, ...path.slice(0, -1)].join("."));
      return read ? [{ ...read, locate: (field) => locateInText(manifest, ["data", key], read, field) }] : [];
    });
  });
}

const FIELDS = {
  for: /^\s*(- )?["']?for["']?:/,
  expr: /^\s*(- )?["']?expr["']?:/,
  severity: /^\s*(- )?["']?severity["']?:/,
};

/** The line of a rule inside a block of text: found by its name, for positions inside a text are not kept. */
function locateInText(
  manifest: Manifest,
  path: FieldPath,
  rule: Bare,
  field?: keyof typeof FIELDS,
): Location {
  const key = manifest.locate(...path);
  const span = manifest.span(...path);
  if (!span) return key;
  const lines = manifest.source.slice(span.start, span.end).split("\n");
  const first = lineOf(lineStarts(manifest.source), span.start);
  const named = lines.findIndex((line) => {
    const [, name = ""] = /^\s*(?:- )?["']?alert["']?:([^#]*)/.exec(line) ?? [];
    return name.trim().replace(/^["']|["']$/g, "") === rule.name;
  });
  if (named < 0) return key;
  const next = lines.findIndex((line, index) => index > named && /^\s*(- )?["']?alert["']?:/.test(line));
  const end = next < 0 ? lines.length : next;
  const found =
    field === undefined
      ? -1
      : lines.findIndex((line, index) => index > named && index < end && FIELDS[field].test(line));
  const index = found < 0 ? named : found;
  const text = lines[index] ?? "";
  const column = text.search(/\S/) + 1;
  const line = first + index;
  return { ...key, line, column, endLine: line, endColumn: Math.max(column + 1, text.trimEnd().length + 1) };
}

/** The alerting rules of both sides of a unit: those that are one rule before and after, and the others. */
export interface AlertChanges {
  readonly kept: readonly { readonly before: Alert; readonly after: Alert }[];
  readonly removed: readonly Alert[];
  readonly added: readonly Alert[];
}

/** Pairs rules: first within the object that holds them, then within the unit, for rules move between files. */
export const alertChanges = oncePer(pairAlerts);

function pairAlerts(changes: readonly Change[]): AlertChanges {
  const kept: { before: Alert; after: Alert }[] = [];
  const removed: Alert[] = [];
  const added: Alert[] = [];
  for (const { before, after } of changes) {
    if (before && after && before.object === after.object) continue;
    const rest = pairRules(before ? alertsOf(before) : [], after ? alertsOf(after) : [], kept);
    removed.push(...rest.removed);
    added.push(...rest.added);
  }
  return { kept, ...pairRules(removed, added, kept) };
}

function pairRules(
  before: readonly Alert[],
  after: readonly Alert[],
  kept: { before: Alert; after: Alert }[],
): { removed: Alert[]; added: Alert[] } {
  const left = new Map(
    [...Map.groupBy(before, ({ name }) => name)].map(([name, group]) => [name, [...group]]),
  );
  const partners = new Map<Alert, Alert>();
  const take = (fits: (old: Alert, now: Alert) => boolean) => {
    for (const now of after) {
      if (partners.has(now)) continue;
      const group = left.get(now.name) ?? [];
      const index = group.findIndex((old) => fits(old, now));
      const [old] = index < 0 ? [] : group.splice(index, 1);
      if (old) partners.set(now, old);
    }
  };
  take(
    (old, now) =>
      sameLabels(old, now) &&
      old.expression === now.expression &&
      old.manifest.namespace === now.manifest.namespace,
  );
  take((old, now) => sameLabels(old, now) && old.expression === now.expression);
  take((old, now) => sameLabels(old, now));
  take(() => true);
  for (const [now, old] of partners) kept.push({ before: old, after: now });
  return { removed: [...left.values()].flat(), added: after.filter((alert) => !partners.has(alert)) };
}

function sameLabels(a: Alert, b: Alert): boolean {
  return JSON.stringify(Object.entries(a.labels).sort()) === JSON.stringify(Object.entries(b.labels).sort());
}
