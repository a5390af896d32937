import { keysOn, mentionedValues } from "../engine/edited-keys.ts";
import { editsOf, type Edit, type LineRange } from "../engine/edits.ts";
import type { FieldPath, Location, Problem, Rendering, Side, Tree } from "../engine/types.ts";
import type { RawFinding } from "./standing.ts";
import type { Sides } from "./worlds.ts";

/**
 * What is rendered is decided elsewhere: a switch in the values, an entry of a kustomization. A new finding that stands
 * on a line which the change left alone is moved to the line of the change that made it, where only one can have.
 */
export function pointAtChange(
  problems: readonly RawFinding[],
  rendered: Sides<Rendering>,
  trees: Record<Side, Tree>,
): RawFinding[] {
  const sources = sourcesOf(rendered);
  const editsIn = remembered((path: string) => {
    const [before, after] = [trees.base, trees.head].map(({ files }) => files.get(path)?.text);
    return editsOf(path, before, after);
  });
  return problems.map((finding) => {
    const { standing, problem } = finding;
    const paths = sources.get(finding.unit) ?? [];
    const isNew = standing === "introduced" || standing === "worsened";
    if (!isNew || paths.length === 0 || problem.suggestion) return finding;
    const places = [problem.at, ...(problem.was ? [problem.was] : [])];
    if (places.some((place) => editsIn(place.path).some((edit) => holds(edit, place)))) return finding;
    const edit = causeOf(places, paths.flatMap(editsIn), trees);
    return edit ? { ...finding, problem: moved(problem, edit, trees) } : finding;
  });
}

/** Of rendered units only: what is read as it is written says where its fields stand. */
function sourcesOf({ before, after }: Sides<Rendering>): Map<string, readonly string[]> {
  const sides = [...before.units, ...after.units].filter(({ sources }) => sources !== undefined);
  return new Map(
    [...Map.groupBy(sides, ({ id }) => id)].map(([id, units]) => [
      id,
      [...new Set(units.flatMap(({ sources }) => sources ?? []))].sort(),
    ]),
  );
}

function remembered<T>(work: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    const seen = known.get(path) ?? work(path);
    known.set(path, seen);
    return seen;
  };
}

const within = ({ start, end }: LineRange, line: number) => start <= line && line < end;

const holds = ({ before, after }: Edit, { side, line }: Location) =>
  within(side === "base" ? before : after, line);

/** The edit that made a finding, where the others cannot have. */
function causeOf(
  places: readonly Location[],
  edits: readonly Edit[],
  trees: Record<Side, Tree>,
): Edit | undefined {
  if (edits.length <= 1) return edits[0];
  const near = nearestKey(places, edits, trees);
  if (near) return near;
  const real = edits.filter((edit) => !isVersion(edit, trees));
  if (real.length <= 1) return real[0];
  const alone = real.filter((edit) => !onlyNames(edit, wholeFiles(real, trees), trees));
  if (alone.length <= 1) return alone[0];
  const read = mentioned(places, alone, trees);
  return read.length === 1 ? read[0] : undefined;
}

/** The edit of values whose key has most in common with the key that the finding points at: `probes.enabled` and `probes.path`. */
function nearestKey(
  places: readonly Location[],
  edits: readonly Edit[],
  trees: Record<Side, Tree>,
): Edit | undefined {
  const keys = places.flatMap(({ side, path, line }) =>
    keysOn(path, trees[side].files.get(path)?.text, { start: line, end: line + 1 }),
  );
  const scored = edits.map((edit) => ({
    edit,
    score: Math.max(0, ...keysOfEdit(edit, trees).flatMap((one) => keys.map((key) => shared(one, key)))),
  }));
  const best = Math.max(...scored.map(({ score }) => score));
  const [first, ...others] = scored.filter(({ score }) => score === best);
  return best > 0 && others.length === 0 ? first?.edit : undefined;
}

function shared(one: FieldPath, other: FieldPath): number {
  const index = one.findIndex((step, place) => step !== other[place]);
  return index < 0 ? one.length : index;
}

function keysOfEdit({ path, before, after }: Edit, trees: Record<Side, Tree>): FieldPath[] {
  return [
    ...keysOn(path, trees.base.files.get(path)?.text, before),
    ...keysOn(path, trees.head.files.get(path)?.text, after),
  ];
}

const VERSION = /^\s*(#.*|(-\s+)?(newTag|tag|digest|version|appVersion|helm\.sh\/chart)\s*:.*)?$/;

/** New versions of images and charts stand in nearly every change, and decide nothing but themselves. */
function isVersion({ path, before, after }: Edit, { base, head }: Record<Side, Tree>): boolean {
  return [...textOf(base, path, before), ...textOf(head, path, after)].every((line) => VERSION.test(line));
}

const textOf = ({ files }: Tree, path: string, { start, end }: LineRange): string[] =>
  (files.get(path)?.text ?? "").split("\n").slice(start - 1, end - 1);

/** Names of files that are there on one side only. */
function wholeFiles(edits: readonly Edit[], { base, head }: Record<Side, Tree>): string[] {
  const paths = edits.flatMap(({ path }) => (base.files.has(path) === head.files.has(path) ? [] : [path]));
  return paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
}

/** Entries that name a file which comes or goes say no more than the file does. */
function onlyNames(
  { path, before, after }: Edit,
  files: readonly string[],
  trees: Record<Side, Tree>,
): boolean {
  const lines = [...textOf(trees.base, path, before), ...textOf(trees.head, path, after)];
  const entries = lines.filter((line) => /[.]ya?ml\b/.test(line));
  return (
    isKustomization(path) &&
    entries.length > 0 &&
    lines.every((line) => entries.includes(line) || /^\w*:?$/.test(line.trim())) &&
    entries.every((line) => files.some((file) => line.includes(file)))
  );
}

const isKustomization = (path: string) => /(^|\/)(kustomization\.ya?ml|Kustomization)$/.test(path);

/** Edits of values that the template reads in which the finding stands. */
function mentioned(places: readonly Location[], edits: readonly Edit[], trees: Record<Side, Tree>): Edit[] {
  const templates = places.filter(({ path }) => /(^|\/)templates\//.test(path));
  const read = templates.flatMap(({ side, path }) => mentionedValues(path, trees[side]));
  if (read.length === 0) return [];
  const isRead = (key: FieldPath) =>
    read.some((words) => {
      const common = shared(words, key);
      return common === words.length || common === key.length;
    });
  return edits.filter(
    (edit) =>
      templates.some(({ path }) => path === edit.path) ||
      keysOfEdit(edit, trees).some((key) => isRead(key) || isRead(key.slice(1))),
  );
}

/** What the change wrote is pointed at; what it took away stood on base. */
function moved(problem: Problem, { path, before, after }: Edit, trees: Record<Side, Tree>): Problem {
  const side: Side = after.end > after.start ? "head" : "base";
  const { start, end } = side === "head" ? after : before;
  const lines = (trees[side].files.get(path)?.text ?? "").split("\n");
  const line = firstSaying(lines, start, end);
  const text = lines[line - 1] ?? "";
  const column = text.length - text.trimStart().length + 1;
  const place: Location = {
    ...{ side, path, line, column },
    ...{ endLine: line, endColumn: Math.max(column + 1, text.length + 1) },
  };
  if (side === problem.at.side || side === "head") return { ...problem, at: place };
  return { ...problem, was: place };
}

/** Not a comment or an empty line, where there is another. */
function firstSaying(lines: readonly string[], start: number, end: number): number {
  for (let line = start; line < end; line++) if (/^\s*[^\s#]/.test(lines[line - 1] ?? "")) return line;
  return start;
}
