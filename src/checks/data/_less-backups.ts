import { retentionOf, runsPerYear } from "../../engine/backups.ts";
import { setScalar } from "../../engine/edit.ts";
import { object, string } from "../../engine/json.ts";
import type { BackupFields } from "../../engine/system-types.ts";
import { placesOf } from "../../engine/systems.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { listText, scalarText } from "../../engine/words.ts";

/** An object that orders backups, on both sides. */
interface Sides {
  readonly before: Manifest;
  readonly after: Manifest;
}

/** Backups that are made less often or kept less long, and copying of each write that stops. */
export function* lessBackups(sides: Sides, fields: BackupFields): Iterable<Problem> {
  yield* rarer(sides, fields.schedules);
  yield* shorter(sides, fields.retentions);
  yield* discontinued(sides, fields.continuous ?? []);
}

/** A restore that could go to any moment now goes to the last backup. */
function* discontinued({ before, after }: Sides, paths: readonly FieldPath[]): Iterable<Problem> {
  for (const path of paths) {
    if (before.get(...path) !== true || after.get(...path) === true) continue;
    yield {
      subject: after,
      key: path.join("."),
      at: after.locate(...path),
      message: `${after.ref} no longer has ${path.join(".")}: a restore can only go back to the last backup, no longer to the moment before the loss, and what users stored in between is gone.`,
      fix: `Keep ${path.join(".")}: true, unless it is agreed that what was stored since the last backup may be lost.`,
    };
  }
}

/** One field on both sides; the entries of lists are told apart by their names. */
interface FieldPair {
  readonly was: FieldPath;
  readonly is: FieldPath;
  /** Empty where the field stands in no list. */
  readonly name: string;
}

function pairsOf({ before, after }: Sides, path: FieldPath): FieldPair[] {
  const old = new Map(placesOf(before, path).map((place) => [place.name, place.path]));
  return placesOf(after, path).flatMap(({ path: is, name }) => {
    const was = old.get(name);
    return was ? [{ was, is, name: name ?? "" }] : [];
  });
}

function* rarer(sides: Sides, paths: readonly FieldPath[]): Iterable<Problem> {
  const { before, after } = sides;
  for (const { was: from, is: to, name } of paths.flatMap((path) => pairsOf(sides, path))) {
    const [old, now] = [string(before.get(...from)), string(after.get(...to))];
    if (old === undefined || now === undefined || isUnknown(old) || isUnknown(now)) continue;
    const [was, is] = [runsPerYear(old), runsPerYear(now)];
    if (was === undefined || is === undefined || is * 1.2 >= was) continue;
    const suggestion = setScalar(after, to, JSON.stringify(old));
    yield {
      subject: after,
      key: name === "" ? "schedule" : `schedule ${name} ${String(to.at(-1))}`,
      at: after.locate(...to),
      message: `${after.ref} makes ${name === "" ? "a backup" : `the backup ${name}`} ${everyText(is)} instead of ${everyText(was)}: after a loss, users miss up to that much of what they stored.`,
      fix: `Keep ${String(to.at(-1))}: "${old}", unless it is agreed that a backup ${everyText(is)} is enough.`,
      ...(suggestion && { suggestion }),
    };
  }
  yield* fewer(sides, paths);
}

/** Of several schedules some are gone, and those that stay run less often than all did. */
function* fewer({ before, after }: Sides, paths: readonly FieldPath[]): Iterable<Problem> {
  const listed = paths.filter((path) => path.includes("*"));
  const [old, now] = [before, after].map((side) => listed.flatMap((path) => schedulesOf(side, path)));
  if (!old || !now) return;
  const runs = (some: readonly Timed[]) => some.reduce((sum, one) => sum + one.runs, 0);
  const gone = old.filter(({ id }) => !now.some((one) => one.id === id));
  if (gone.length === 0 || !(runs(now) * 1.2 < runs(old))) return;
  const [path = []] = listed;
  yield {
    subject: after,
    key: "fewer schedules",
    at: after.locate(...path.slice(0, path.indexOf("*"))),
    message: `${after.ref} no longer makes the backup ${listText(gone.map(({ id }) => id))}: a backup is made ${everyText(runs(now))} instead of ${everyText(runs(old))}, and after a loss users miss up to that much of what they stored.`,
    fix: `Keep the backup ${listText(gone.map(({ id }) => id))}, unless it is agreed that a backup ${everyText(runs(now))} is enough.`,
  };
}

interface Timed {
  readonly id: string;
  readonly runs: number;
}

function schedulesOf(manifest: Manifest, path: FieldPath): Timed[] {
  return placesOf(manifest, path).flatMap(({ path: place, name, entry }) => {
    const schedule = manifest.get(...place);
    if (typeof schedule !== "string" || object(entry)["enabled"] === false) return [];
    const last = String(path.at(-1));
    return [
      {
        id: last === "schedule" ? (name ?? "") : `${last} of ${name ?? ""}`,
        runs: runsPerYear(schedule) ?? NaN,
      },
    ];
  });
}

/** `every 6 hours`. */
function everyText(runs: number): string {
  const hours = 8760 / runs;
  if (hours < 2) return hours > 0.98 ? "every hour" : `every ${Math.round(hours * 60)} minutes`;
  if (hours < 47) return Math.round(hours) === 24 ? "every day" : `every ${Math.round(hours)} hours`;
  return hours >= 160 && hours <= 170 ? "every 7 days" : `every ${Math.round(hours / 24)} days`;
}

function* shorter(sides: Sides, paths: readonly FieldPath[]): Iterable<Problem> {
  const { before, after } = sides;
  for (const { was: from, is: to, name } of paths.flatMap((path) => pairsOf(sides, path))) {
    const [old, now] = [before.get(...from), after.get(...to)];
    const [was, is] = [old, now].map((value) => retentionOf(value, String(to.at(-1))));
    if (!was || !is || is.unit !== was.unit || is.amount >= was.amount) continue;
    const suggestion = setScalar(after, to, typeof old === "string" ? JSON.stringify(old) : scalarText(old));
    yield {
      subject: after,
      key: name === "" ? to.join(".") : `retention ${name}`,
      at: after.locate(...to),
      message: `${after.ref} keeps its backups less long (${String(to.at(-1))} goes from ${scalarText(old)} to ${scalarText(now)}): older copies are deleted at the next run, and damage that is noticed after that cannot be undone.`,
      fix: `Keep ${String(to.at(-1))}: ${scalarText(old)}, unless it is agreed that older copies are not needed.`,
      ...(suggestion && { suggestion }),
    };
  }
}
