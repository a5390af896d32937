import { isObject, type JsonObject } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { Json, Location, Problem, Severity } from "./types.ts";
import { aboutPart, changedParts, locateKey, type PartChange } from "./values-parts.ts";
import type { World } from "./world.ts";

/**
 * What the checks of chart values share. The chart is not seen, so nothing is proven: a key is taken to mean what it
 * means in nearly all charts, and the message says so.
 */

/** A part with the worlds around it. */
export interface ValuesChange extends PartChange {
  readonly worlds: { readonly before: World; readonly after: World };
}

/** All parts of values that a change touches. */
export function* valuesChanges({ before, after }: ValuesChange["worlds"]): Iterable<ValuesChange> {
  for (const part of changedParts(before, after)) yield { ...part, worlds: { before, after } };
}

/** What a check of values says of one key. */
export interface Saying {
  readonly check: string;
  /** The key that decides it, as people know it: `autoscaling.minReplicas`. */
  readonly key: string;
  /** Where it is written; the key's own place where absent. */
  readonly at?: Location | undefined;
  readonly severity: Exclude<Severity, "error">;
  /** What happens, as a sentence that goes on after "By the usual meaning of this key, ". */
  readonly message: string;
  readonly fix: string;
}

/** What a check of values says of a part: it warns at most, and names the waiver. */
export function problemOf(part: ValuesChange, { check, key, at, severity, message, fix }: Saying): Problem {
  const subject = subjectOf(part);
  return {
    subject,
    key: [...part.steps, key].join("."),
    at: at ?? locateKey(part, key),
    atMost: weighed(severity, part.worlds.after),
    message: `${sourceOf(part, key)}, ${message}`,
    fix: `${fix} If this is intended, waive ${check} for "${subject.ref}" in .github/nines.yml, with a reason and an end date.`,
  };
}

/** `problemOf` for one check. */
export const sayer =
  (check: string) =>
  (part: ValuesChange, saying: Omit<Saying, "check">): Problem =>
    problemOf(part, { check, ...saying });

/** Whether a part is there and does something: `enabled: false` and an empty map do nothing. */
export function isOn(value: Json | undefined): boolean {
  if (flagOf(value) !== undefined) return flagOf(value) === true;
  return isObject(value) && Object.keys(value).length > 0 && flagOf(value["enabled"]) !== false;
}

/** Who says what the key means: the policy, of charts of its own, or everybody. */
function sourceOf({ set, old, path, steps: parents }: ValuesChange, key: string): string {
  const steps = [...path.after, ...key.split(".")];
  const written = steps
    .map((_, index) => steps.slice(0, steps.length - index).join("."))
    .map((id) => set.written?.get(id) ?? old.written?.get(id))
    .find((words) => words !== undefined);
  // By itself `enabled` tells nobody what is.
  const parent = parents.at(-1);
  const shown = key === "enabled" && parent !== undefined ? `${parent}.${key}` : key;
  if (written === undefined) return `By the usual meaning of ${shown}`;
  return `As the policy says, ${written} means ${key}`;
}

/** Fewer people are hurt by what goes wrong before production. */
function weighed(severity: Severity, { environment }: World): Severity {
  return environment === "staging" || environment === "development" ? "notice" : severity;
}

/** A release is a subject itself; of a file of values, the part is. */
function subjectOf({ set, steps }: PartChange): Problem["subject"] {
  const { ref, kind, namespace, name, labels } = set;
  const about = aboutPart(steps);
  if (kind !== "Values" || about === "") return { ref, kind, namespace, name, labels };
  return { ref: `${ref}#${about}`, kind, namespace, name: about, labels };
}

/** Whom a message is about. The file stands beside the message, so that the same words about two files are one finding. */
export function whose(part: PartChange): string {
  const about = aboutPart(part.steps);
  if (part.set.kind === "Values") return about === "" ? "this release" : about;
  return about === "" ? part.set.ref : `${about} of ${part.set.ref}`;
}

/** A number of things; NaN where only an expansion would tell. */
export function countOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  if (isUnknown(value)) return NaN;
  return typeof value === "string" && /^\s*\d{1,6}\s*$/.test(value) ? Number(value) : undefined;
}

/** A switch; undefined where it is not written, or only an expansion would tell. */
export function flagOf(value: Json | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  const word = value.trim().toLowerCase();
  return word === "true" || word === "false" ? word === "true" : undefined;
}

/** Whether a key that had this value is gone, and did not move to another place of the values. */
export function isGone({ before, after, worlds }: ValuesChange, key: string): boolean {
  const value = before[key];
  if (value === undefined || value === null || (after[key] !== undefined && after[key] !== null))
    return false;
  return worlds.after.countValue(key, value) < worlds.before.countValue(key, value);
}

/** Maps of a part that are there on both sides or on one, by key. */
export function mapsOf(
  part: PartChange,
  pattern: RegExp,
): { key: string; before: JsonObject | undefined; after: JsonObject | undefined }[] {
  const keys = new Set([...Object.keys(part.before), ...Object.keys(part.after)]);
  const mapOr = (value: Json | undefined) => (isObject(value) ? value : undefined);
  return [...keys].flatMap((key) => {
    if (!pattern.test(key)) return [];
    const sides = { before: mapOr(part.before[key]), after: mapOr(part.after[key]) };
    return sides.before || sides.after ? [{ key, ...sides }] : [];
  });
}

export const pods = (count: number) => (count === 0 ? "no pod" : count === 1 ? "1 pod" : `${count} pods`);
