/**
 * Charts are often rendered with values that a repository does not hold: a secret overlay, a pipeline's `--set`, a
 * dependency's defaults and helpers. Helm stops at the first of them. What it says tells what to do without.
 */
export interface Repair {
  /** `.Values` maps that nothing sets, taken as empty: `redirector`. */
  readonly empty: readonly string[];
  /** `.Values` that nothing sets and that must hold something: taken as unknown. */
  readonly unknown: readonly string[];
  /** Those of them that a file sets to nothing and a template refuses: over all that is set. */
  readonly forced: readonly string[];
  /** Named templates of libraries that are not there: what they make is unknown. */
  readonly helpers: readonly string[];
  /** Templates that cannot be rendered even so, left out: `templates/secret.yaml` of the chart's folder. */
  readonly dropped: readonly string[];
}

export const NO_REPAIR: Repair = { empty: [], unknown: [], forced: [], helpers: [], dropped: [] };

/** Whether nothing was left out or made up. */
export const isNothing = (repair: Repair): boolean =>
  Object.values(repair).every((all: readonly string[]) => all.length === 0);

/** What rules take as unknown and stay silent about (see engine/template.ts). */
const UNKNOWN = "${unknown}";

/** The texts of a chart's templates, by their path in the chart. */
export type Templates = ReadonlyMap<string, string>;

/** What to do without, after an error; undefined where the error tells nothing that can be left out. */
export function repairFor(error: string, done: Repair, templates: Templates): Repair | undefined {
  const helper = /(?:no template|template:?) "([^"]+)" (?:associated|not defined)/.exec(error)?.[1];
  if (helper !== undefined && !done.helpers.includes(helper))
    return { ...done, helpers: [...done.helpers, helper] };
  const emptied = emptiedFor(error, done, templates);
  if (emptied) return emptied;
  return unknownFor(error, done, templates) ?? droppedFor(error, done);
}

/** First what the failing line names and all that fails in the same way, then all that its template names. */
function unknownFor(error: string, done: Repair, templates: Templates): Repair | undefined {
  const places = placesOf(error);
  const lines = places.map(({ template, line }) => lineOf(templates.get(template) ?? "", line));
  const called = /<(\w+)>|error calling (\w+):/.exec(error);
  const name = called?.[1] ?? called?.[2];
  const known = new Set([...done.unknown, ...done.empty]);
  const newIn = (texts: readonly string[]) =>
    [...new Set(texts.flatMap(valuesIn))].filter((path) => !known.has(path) && !SWITCH.test(path));
  const alike = name === undefined ? [] : newIn(linesWith(name, templates));
  const named = newIn([error, ...lines]);
  const whole = newIn(places.map(({ template }) => templates.get(template) ?? ""));
  const unknown = [...named, ...alike];
  if (unknown.length > 0 || whole.length > 0)
    return { ...done, unknown: [...new Set([...done.unknown, ...(unknown.length > 0 ? unknown : whole)])] };
  const refused = error.includes("execution error") ? [error, ...lines].flatMap(valuesIn) : [];
  const forced = refused.filter((path) => done.unknown.includes(path) && !done.forced.includes(path));
  return forced.length > 0 ? { ...done, forced: [...done.forced, ...forced] } : undefined;
}

function droppedFor(error: string, done: Repair): Repair | undefined {
  const drop = placesOf(error).find(
    ({ template }) => !template.endsWith(".tpl") && !done.dropped.includes(template),
  );
  return drop && { ...done, dropped: [...done.dropped, drop.template] };
}

/**
 * A map that is not there stops a template where it asks for what is in it: all of them are taken as empty at once,
 * which no condition can tell from their absence. A list that was taken as unknown is taken as empty.
 */
function emptiedFor(error: string, done: Repair, templates: Templates): Repair | undefined {
  const iterated = /range can't iterate over \$\{unknown\}/.test(error)
    ? placesOf(error).flatMap(({ template, line }) => valuesIn(lineOf(templates.get(template) ?? "", line)))
    : [];
  const lists = iterated.filter((path) => done.unknown.includes(path));
  if (lists.length > 0) {
    const unknown = done.unknown.filter((path) => !lists.includes(path));
    return { ...done, unknown, empty: [...done.empty, ...lists] };
  }
  if (!/nil pointer evaluating interface \{\}/.test(error)) return undefined;
  const parents = new Set([...templates.values()].flatMap(valuesIn).flatMap(parentsOf));
  const empty = [...parents].filter((path) => !done.empty.includes(path));
  return empty.length === 0 ? undefined : { ...done, empty: [...done.empty, ...empty.sort()] };
}

function parentsOf(path: string): string[] {
  const steps = path.split(".");
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join("."));
}

const lineOf = (text: string, line: number) => text.split("\n")[line - 1] ?? "";

/** Lines that call a function of templates, such as `b64enc`. */
function linesWith(name: string, templates: Templates): string[] {
  const call = new RegExp(String.raw`\b${name}\b`);
  return [...templates.values()].flatMap((text) => text.split("\n").filter((line) => call.test(line)));
}

/** Switches are left off: what nothing switches on is not deployed. */
const SWITCH = /(^|\.)(enabled?|create|install)$/;

/** Values that a text names: `.Values.image.tag` → `image.tag`. */
export function valuesIn(text: string): string[] {
  return Array.from(text.matchAll(/\.Values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/g), (match) => match[1] ?? "");
}

/** What a template is wrong in, by itself or with the values that it got. */
export interface Fault {
  /** Its path in the chart. */
  readonly template: string;
  /** 1-based; the first where Helm names none. */
  readonly line: number;
  /** It cannot be read, whatever the values. */
  readonly always: boolean;
  readonly message: string;
}

/** What Helm's error says of a template; undefined where it names none. */
export function faultIn(error: string): Fault | undefined {
  const places = placesOf(error);
  const [place] = places;
  if (!place) return undefined;
  const written = places.find(({ template, line }) => template === place.template && line > 0);
  // Where it is stands beside it.
  const said = error
    .replace(/^(Error: )?(\S+:\d+:\d+\s)?/, "")
    .replace(/ at \(\S+\)/, "")
    .replace(/\bexecuting "[^"]*" at /, "");
  return {
    template: place.template,
    line: written?.line ?? 1,
    always: error.includes("parse error at ("),
    message: said.replaceAll(/\s+/g, " ").trim(),
  };
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

/** Values as a values file (YAML is a superset of JSON). */
export function standInValues(
  { empty, unknown }: Pick<Repair, "empty" | "unknown">,
  set: Readonly<Record<string, unknown>> = {},
): string {
  const values: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(set)) place(values, path.split("."), value);
  for (const path of [...empty].sort()) place(values, path.split("."), {});
  for (const path of unknown) place(values, path.split("."), UNKNOWN);
  return JSON.stringify(values);
}

function place(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [step = "", ...rest] = path;
  const there = Object.hasOwn(values, step) ? values[step] : undefined;
  if (rest.length === 0) values[step] = there ?? value;
  else {
    const map = typeof there === "object" && there !== null ? (there as Record<string, unknown>) : {};
    values[step] = map;
    place(map, rest, value);
  }
}

/**
 * Definitions of named templates that are not there. One that is indented makes lines of a map, such as labels; any
 * other makes a value. Each is unknown, and the same wherever it is included, so that selectors still match.
 */
export function standInHelpers(helpers: readonly string[], templates: Templates): string {
  const all = [...templates.values()].join("\n");
  return helpers
    .map((name) => {
      const use = new RegExp(String.raw`(include|template)\s+"${escaped(name)}"[^}]*\|\s*n?indent`);
      const value = `\${${name.replaceAll(/[^\w.-]/g, "_")}}`;
      return `{{- define "${name}" -}}${use.test(all) ? `unknown: "${value}"` : value}{{- end -}}\n`;
    })
    .join("");
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
