import { isObject, string, type JsonObject } from "./json.ts";
import type { FieldPath, Json, Location, ValuesSet } from "./types.ts";
import type { World } from "./world.ts";

/** A map of values before and after; something in it differs. */
export interface PartChange {
  /** Whose values: before and after. */
  readonly old: ValuesSet;
  readonly set: ValuesSet;
  /** Keys and names of list items that lead to it: `["controller", "autoscaling"]`. */
  readonly steps: readonly string[];
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** The maps around it, the nearest first. */
  readonly parents: readonly Pick<PartChange, "steps" | "before" | "after">[];
  readonly path: { readonly before: FieldPath; readonly after: FieldPath };
}

/** Every map of values that is on both sides and differs. What is gone or new stands in the map that held it. */
export function* changedParts(before: World, after: World): Iterable<PartChange> {
  const old = new Map(before.values.map((set) => [set.ref, set]));
  for (const set of after.values) {
    const was = old.get(set.ref);
    if (!was) continue;
    yield* descend({
      ...{ old: was, set, steps: [], parents: [] },
      ...{ before: was.values, after: set.values, path: { before: [], after: [] } },
    });
  }
}

function* descend(part: PartChange): Iterable<PartChange> {
  const { before, after } = part;
  if (before === after || JSON.stringify(before) === JSON.stringify(after)) return;
  yield part;
  for (const [key, value] of Object.entries(after)) {
    const was = before[key];
    if (isObject(was) && isObject(value)) yield* descend(child(part, [key, key, key], [was, value]));
    else if (Array.isArray(was) && Array.isArray(value)) yield* items(part, key, [was, value]);
  }
}

type Steps = readonly [name: string, before: string | number, after: string | number];

function child(
  part: PartChange,
  [name, left, right]: Steps,
  sides: [JsonObject, JsonObject],
  key?: string,
): PartChange {
  const inList = key === undefined ? [] : [key];
  return {
    ...part,
    steps: [...part.steps, ...inList, name],
    before: sides[0],
    after: sides[1],
    parents: [part, ...part.parents],
    path: {
      before: [...part.path.before, ...inList, left],
      after: [...part.path.after, ...inList, right],
    },
  };
}

/** Items of a list are the same if they have the same name, or, where they have none, the same place in a list as long. */
function* items(
  part: PartChange,
  key: string,
  [before, after]: [readonly Json[], readonly Json[]],
): Iterable<PartChange> {
  const label = (item: Json, index: number) =>
    nameOf(item) ?? (before.length === after.length ? `${key}[${index}]` : undefined);
  const old = new Map(before.map((item, index) => [label(item, index), { item, index }]));
  for (const [index, item] of after.entries()) {
    const name = label(item, index);
    const was = name === undefined ? undefined : old.get(name);
    if (name === undefined || !isObject(item) || !isObject(was?.item)) continue;
    yield* descend(child(part, [name, was.index, index], [was.item, item], key));
  }
}

/** The name of a list's item. */
export function nameOf(item: Json): string | undefined {
  if (!isObject(item)) return undefined;
  return (
    string(item["name"]) ??
    string(item["slug"]) ??
    string(item["display_name"]) ??
    string(item["displayName"])
  );
}

/** Where a key of the part is decided on head; where it is gone, what stood beside it in the same file. */
export function locateKey(part: PartChange, key: string): Location {
  const { set, old, path, before, after } = part;
  if (after[key] !== undefined) return set.locate([...path.after, key]);
  const file = old.locate([...path.before, key]).path;
  const keys = Object.keys(before);
  const at = keys.indexOf(key);
  const beside = [...keys.slice(at + 1), ...keys.slice(0, Math.max(at, 0)).reverse()];
  const places = beside
    .filter((other) => after[other] !== undefined)
    .map((other) => set.locate([...path.after, other]));
  return places.find((place) => place.path === file) ?? placeAbove(part, file);
}

function placeAbove({ set, path }: PartChange, file: string): Location {
  for (let length = path.after.length; length >= 0; length--) {
    const place = set.locate(path.after.slice(0, length));
    if (place.path === file) return place;
  }
  return set.locate(path.after);
}

/** Keys and lists that say nothing of whom they are about. */
const ENVELOPES =
  /^(values|helmValues|helm|valuesObject|spec|global|releases|apps|applications|\w*Applications|services)$/;

/** What the part is about, in the words of the file: `publishing-api.workers`; empty for the whole chart. */
export function aboutPart(steps: readonly string[]): string {
  return steps.filter((step) => !ENVELOPES.test(step)).join(".");
}

/** How often each key has each value, in all sets of one side. Worked out when first asked. */
export function valueCounter(sets: () => Iterable<ValuesSet>): (key: string, value: Json) => number {
  let counts: Map<string, number> | undefined;
  return (key, value) => {
    if (!counts) {
      counts = new Map();
      for (const { values } of sets()) countIn(values, counts);
    }
    return counts.get(`${key}=${JSON.stringify(value)}`) ?? 0;
  };
}

function countIn(value: Json | undefined, counts: Map<string, number>): void {
  if (Array.isArray(value)) for (const item of value as readonly Json[]) countIn(item, counts);
  if (!isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const id = `${key}=${JSON.stringify(item)}`;
    counts.set(id, (counts.get(id) ?? 0) + 1);
    countIn(item, counts);
  }
}
