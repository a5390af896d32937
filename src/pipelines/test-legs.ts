import type { Location } from "../engine/types.ts";
import type { Change } from "./compare.ts";
import { ignoredIn, placeOf } from "./deploy-changes.ts";
import type { Evidence } from "./evidence.ts";
import type { Condition, Job, Leg } from "./model.ts";
import type { Primitive } from "./yaml.ts";

/** A part of the tests, by what the matrix calls it. */
export interface Part {
  readonly key: string;
  readonly names: string;
  readonly at: Location;
}

/** Old versions and systems are given up on purpose, and the tests for the others stay the same tests. */
const VERSION =
  /^v?\d+(\.[\dx*]+)*$|^[a-z_-]*\d+(\.\d+)*(\.x)?$|^(ubuntu|macos|windows|linux|latest|stable|nightly)/i;
const NUMBERED = /shard|group|part|chunk|split|slice|bucket|index/i;

/** Values of a key that picks what a command tests, and that no run has any more. */
export function lostSuites(before: Evidence, after: Evidence, change: Change): Part | undefined {
  // Runners that share the work out look at how many there are.
  if (/strategy\.job|--parallel\b/.test(before.text)) return undefined;
  for (const key of keysIn(before.text)) {
    const was = valuesOf(before.job, key);
    const is = valuesOf(after.job, key);
    const lost = was.filter((value) => !is.includes(value));
    const same = is.length > 0 && is.every((value) => was.includes(value));
    if (lost.length === 0 || !same || !isSameCommand(before.text, after.text, key, is)) continue;
    const picked = lost.filter(
      (value) =>
        picks(key, value) && !isElsewhere(value, after, change.after.evidence) && !isGone(key, value, change),
    );
    if (picked.length === 0) continue;
    const legs = before.job.legs.filter(({ values }) => picked.includes(values[key] ?? null));
    return { key: `matrix.${key}`, names: picked.join(", "), at: placeOf(legs, before.job, after.job) };
  }
  return undefined;
}

const keysIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/\$\{\{\s*matrix\.([\w-]+)\s*\}\}/g)].map(([, key = ""]) => key)),
];

const valuesOf = ({ legs }: Job, key: string): Primitive[] => [
  ...new Set(legs.flatMap(({ values }) => (key in values ? [values[key] ?? null] : []))),
];

const picks = (key: string, value: Primitive): boolean =>
  NUMBERED.test(key) || (typeof value === "string" && !VERSION.test(value));

/** What a repository is made of: whether it is still there shows in its folders only. */
const PARTS =
  /service|module|package|app|component|project|workspace|folder|dir|path|chart|image|lib|crate|plugin|example/i;

/** What is tested is gone as well, or may be. */
function isGone(key: string, value: Primitive, { before, after }: Change): boolean {
  const has = (paths: readonly string[]): boolean =>
    paths.some((path) => `/${path}`.includes(`/${String(value)}/`));
  return !has(after.paths) && (has(before.paths) || PARTS.test(key));
}

/** Where one value is left, it is put in already. */
function isSameCommand(
  before: string,
  after: string,
  key: string,
  [only, ...more]: readonly Primitive[],
): boolean {
  const put = before.replaceAll(new RegExp(String.raw`\$\{\{\s*matrix\.${key}\s*\}\}`, "g"), String(only));
  return after === before || (more.length === 0 && after === put);
}

/** Whether another job tests the part now. */
const isElsewhere = (value: Primitive, after: Evidence, all: readonly Evidence[]): boolean =>
  all.some(
    (other) =>
      other.job !== after.job &&
      (other.text.includes(String(value)) ||
        other.job.legs.some(({ values }) => Object.values(values).includes(value))),
  );

/** Parts that failed the job until now, and no longer do, where others still do. */
export function failingUnseen(before: Evidence, after: Evidence): Part | undefined {
  const conditions = [after.job.allowFailure, after.step?.allowFailure].filter((item) => item !== undefined);
  for (const condition of conditions) {
    const { legs } = after.job;
    const loose = ignoredIn(after.job, condition)?.legs ?? [];
    const kept = loose.filter((leg) => failedUntilNow(leg, before));
    // Where all may fail, the whole test no longer stops anything.
    if (kept.length === 0 || loose.length === legs.length) continue;
    const old = [before.job.allowFailure, before.step?.allowFailure].some(
      (item) => item?.text === condition.text,
    );
    const names = kept.map((leg) => nameOf(leg, condition)).join(", ");
    return { key: "may fail", names, at: old ? (kept[0]?.at ?? condition.at) : condition.at };
  }
  return undefined;
}

/** A leg is the same by its names; what is true or false says how it is treated. */
function failedUntilNow(leg: Leg, { job, step }: Evidence): boolean {
  const match = job.legs.find(({ values }) =>
    Object.entries(leg.values).every(
      ([key, value]) => typeof value === "boolean" || !(key in values) || values[key] === value,
    ),
  );
  if (!match || isMarked(leg, match)) return false;
  return ![job.allowFailure, step?.allowFailure].some(
    (item) => item && (ignoredIn(job, item)?.legs ?? []).includes(match),
  );
}

/** It carried its mark before: somebody decided on it then, and only wrote it where it works. */
const isMarked = (leg: Leg, before: Leg): boolean =>
  Object.entries(leg.values).some(([key, value]) => value === true && before.values[key] === true);

const nameOf = ({ values }: Leg, { text }: Condition): string => {
  const names = Object.values(values).filter(
    (value) => typeof value === "string" || typeof value === "number",
  );
  return names.length > 0 ? names.join(" ") : text;
};
