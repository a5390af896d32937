import { at } from "../engine/json.ts";
import type { Json, Manifest, Side, Tree } from "../engine/types.ts";
import { readYaml } from "../engine/yaml.ts";
import { join, type Chart } from "./chart.ts";
import { isInside } from "./paths.ts";

/** Values to set, by path: what switches a template on. */
export type Switches = Readonly<Record<string, Json>>;

/**
 * Templates that change and that no set of values switches on are rendered once as if they were: somebody deploys
 * them, or they would not be there.
 * @param manifests what the chart's releases make, of both sides
 * @returns what switches them on, all at once; undefined where there is none, or it cannot be told
 */
export function dormantSwitches(
  { folder }: Chart,
  trees: Record<Side, Tree>,
  changed: ReadonlySet<string>,
  manifests: readonly Manifest[],
): Switches | undefined {
  const made = new Set(manifests.map(({ path }) => path));
  const templates = join(folder, "templates");
  const asleep = [...changed].filter(
    (path) => isInside(path, templates) && /\.ya?ml$/.test(path) && !made.has(path),
  );
  const defaults = [trees.base, trees.head].map(
    ({ files }) => readYaml(files.get(join(folder, "values.yaml"))?.text ?? "").documents[0]?.value,
  );
  const isOff = (path: string, wanted: Json) =>
    defaults.some((values) => {
      const value = at(values, path.split("."));
      return value === undefined
        ? /(^|\.)(enabled?|create|install)$/.test(path)
        : typeof value === typeof wanted;
    });
  const switches = asleep
    .sort()
    .flatMap((path) => [trees.head, trees.base].map(({ files }) => files.get(path)?.text ?? ""))
    .flatMap((text) => Object.entries(conditionsOf(text)))
    .filter(([path, wanted]) => isOff(path, wanted));
  return switches.length === 0 ? undefined : Object.fromEntries(switches);
}

/** What the conditions around a whole template ask for. */
export function conditionsOf(text: string): Switches {
  const result: Record<string, Json> = {};
  const action =
    /\s*(?:\{\{-?\s*(?:\/\*[\s\S]*?\*\/\s*-?|\$\w+\s*:?=[^}]*|if\s([^}]*))\}\}|#[^\n]*|---[^\n]*)/y;
  for (let match = action.exec(text); match; match = action.exec(text)) {
    if (match[1] !== undefined) Object.assign(result, wantedIn(match[1]));
  }
  return result;
}

/** `and .Values.a.enabled (eq .Values.a.kind "b") (not .Values.c)`; what stands in an `or` is not needed. */
function wantedIn(condition: string): Record<string, Json> {
  if (/\b(or|ne|gt|lt)\b/.test(condition)) return {};
  const result: Record<string, Json> = {};
  const value = /(?:(not|eq)\s+)?\(?\.Values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\s+"([^"]*)")?/g;
  for (const [, word, path = "", text] of condition.matchAll(value)) {
    if (word === "eq" && text !== undefined) result[path] = text;
    else result[path] = word !== "not";
  }
  return result;
}
