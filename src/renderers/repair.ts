/**
 * Charts are often rendered with values that a repository does not hold: a secret overlay, a pipeline's `--set`, a
 * dependency's defaults. Helm stops at the first of them. What it says tells what to do without.
 */
export interface Repair {
  /** `.Values` maps that nothing sets, taken as empty: `redirector`. */
  readonly empty: readonly string[];
  /** `.Values` that nothing sets and that must hold something: taken as unknown. */
  readonly unknown: readonly string[];
  /** Templates that cannot be rendered even so, left out: `templates/secret.yaml` of the chart's folder. */
  readonly dropped: readonly string[];
}

export const NO_REPAIR: Repair = { empty: [], unknown: [], dropped: [] };

/** What rules take as unknown and stay silent about (see engine/template.ts). */
const UNKNOWN = "${unknown}";

/** Gives the text of a template, by its path in the chart. */
export type TemplateText = (template: string) => string;

/** What to do without, after an error; undefined where the error tells nothing that can be left out. */
export function repairFor(error: string, done: Repair, textOf: TemplateText): Repair | undefined {
  const empty = emptyValue(error);
  if (empty !== undefined && !done.empty.includes(empty)) return { ...done, empty: [...done.empty, empty] };
  const places = placesOf(error);
  // First what the failing line names; a template that lacks more than that gets all that it names at once.
  const lines = places.map(({ template, line }) => textOf(template).split("\n")[line - 1] ?? "");
  const known = new Set([...done.unknown, ...done.empty]);
  for (const texts of [[error, ...lines], places.map(({ template }) => textOf(template))]) {
    const unknown = [...new Set(texts.flatMap(valuesIn))].filter((path) => !known.has(path));
    if (unknown.length > 0) return { ...done, unknown: [...done.unknown, ...unknown] };
  }
  const drop = places.find(({ template }) => !template.endsWith(".tpl") && !done.dropped.includes(template));
  return drop && { ...done, dropped: [...done.dropped, drop.template] };
}

/** `at <.Values.redirector.redirects>: nil pointer evaluating interface {}.redirects` → redirector is not set. */
function emptyValue(error: string): string | undefined {
  const match =
    /<[^<>]*?\.Values\.([\w.]+)[^<>]*>:\s+(?:error calling \w+:\s+)?nil pointer evaluating interface \{\}\.(\w+)/.exec(
      error,
    );
  const path = match?.[1]?.split(".") ?? [];
  const missing = path.indexOf(match?.[2] ?? "");
  return missing > 0 ? path.slice(0, missing).join(".") : undefined;
}

/** Values that a text names: `.Values.image.tag` → `image.tag`. */
function valuesIn(text: string): string[] {
  return Array.from(text.matchAll(/\.Values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/g), (match) => match[1] ?? "");
}

/** The templates that the error names, innermost first: `mychart/templates/service.yaml:11:18`. */
function placesOf(error: string): { template: string; line: number }[] {
  const matches = error.matchAll(
    /[\w.-]+\/((?:charts\/[\w.-]+\/)*templates\/[^\s:()>]+\.(?:ya?ml|tpl))\b(?::(\d+))?/g,
  );
  return Array.from(matches, (match) => ({
    template: match[1] ?? "",
    line: Number(match[2] ?? 0),
  })).reverse();
}

/** The values that stand in for those that are not set, as a values file (YAML is a superset of JSON). */
export function standInValues({ empty, unknown }: Repair): string {
  const values: Record<string, unknown> = {};
  for (const path of [...empty].sort()) place(values, path.split("."), {});
  for (const path of unknown) place(values, path.split("."), UNKNOWN);
  return JSON.stringify(values);
}

function place(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [step = "", ...rest] = path;
  const there = values[step];
  if (rest.length === 0) values[step] = there ?? value;
  else {
    const map = typeof there === "object" && there !== null ? (there as Record<string, unknown>) : {};
    values[step] = map;
    place(map, rest, value);
  }
}
