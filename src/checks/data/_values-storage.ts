import { quantityOf } from "../../engine/bytes.ts";
import { isObject, list, string, text } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { Json, Problem } from "../../engine/types.ts";
import { locateKey } from "../../engine/values-parts.ts";
import { flagOf, isGone, sayer, whose, type ValuesChange } from "../../engine/values-words.ts";

const CHECK = "values-storage-changed";
const STORE =
  /^(persistence|persistentVolume(Claim)?s?|persistent_volume|pvc|storage|volumeClaim(Template)?s?|dataVolume|storageSpec)$/i;
const BACKUP = /^(backups?|barmanObjectStore|snapshots?|velero|pitr|scheduledBackup)$/i;
const RETENTION = /^(retention(Policy|Days|Period|Size)?|retentionPeriod|backupRetention\w*|keepLast|ttl)$/i;

const say = sayer(CHECK);

/** Volumes that become other volumes, and backups that stop. */
export function* storageProblems(part: ValuesChange): Iterable<Problem> {
  const store = part.steps.some((step) => STORE.test(step)) && flagOf(part.before["enabled"]) !== false;
  const backup = part.steps.some((step) => BACKUP.test(step));
  for (const key of Object.keys(part.before)) {
    if (store) yield* ofStore(part, key, backup);
    else if (backup) yield* ofBackup(part, key);
    if ((STORE.test(key) || BACKUP.test(key)) && isObject(part.before[key])) yield* gone(part, key);
  }
}

function* ofStore(part: ValuesChange, key: string, backup: boolean): Iterable<Problem> {
  if (key === "enabled") yield* off(part, key, backup);
  else if (key === "size" || key === "storage") yield* smaller(part, key);
  else if (IDENTITY.test(key)) yield* other(part, key);
}

function* ofBackup(part: ValuesChange, key: string): Iterable<Problem> {
  if (key === "enabled") yield* off(part, key, true);
  else if (RETENTION.test(key)) yield* forgets(part, key);
}

/** What makes a volume this volume: a claim cannot change it, and a new claim is empty. */
const IDENTITY = /^(storageClass|storageClassName|existingClaim|volumeName|accessModes?|dataSource)$/;

function* off(part: ValuesChange, key: string, backup: boolean): Iterable<Problem> {
  if (flagOf(part.before[key]) !== true || flagOf(part.after[key]) !== false) return;
  yield say(part, {
    key: `${part.steps.at(-1) ?? ""}.${key}`,
    severity: "warning",
    at: locateKey(part, key),
    message: backup
      ? `${whose(part)} is switched off: what is deleted or damaged from now on cannot be restored.`
      : `${whose(part)} is switched off: the pods start with an empty disk, and lose what they write each time they are replaced.`,
    fix: backup
      ? `Keep ${key}: true, or add the backup that takes its place to this change.`
      : `Keep ${key}: true, or move the data first.`,
  });
}

function* gone(part: ValuesChange, key: string): Iterable<Problem> {
  if (part.after[key] !== undefined && part.after[key] !== null) return;
  const map = part.before[key];
  if (!isObject(map) || flagOf(map["enabled"]) === false || !isGone(part, key)) return;
  const written = map["size"] ?? map["storage"] ?? map["schedule"] ?? map["enabled"] ?? map["existingClaim"];
  if (written === undefined) return;
  const backup = BACKUP.test(key);
  yield say(part, {
    key,
    severity: "warning",
    message: `${key} of ${whose(part)} is gone, and the chart's default decides: ${backup ? "in most charts, nothing is backed up then." : "in most charts, data is then written into the pod and lost with it."}`,
    fix: `Keep ${key}, or move the data first.`,
  });
}

function* smaller(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [string(part.before[key]), string(part.after[key])];
  if (was === undefined || is === undefined) return;
  const [from, to] = [quantityOf(was), quantityOf(is)];
  if (from === undefined || to === undefined || !(to < from)) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `the volume of ${whose(part)} shrinks from ${was} to ${is}: no volume can, so the upgrade fails, or a new volume takes its place without the data.`,
    fix: `Keep ${key}: ${was}, or move the data to a new claim in an announced maintenance window.`,
  });
}

function* other(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [part.before[key], part.after[key]];
  if (was === "" || is === undefined || was === undefined || isUnknown(was) || isUnknown(is)) return;
  if (JSON.stringify(was) === JSON.stringify(is)) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `${key} of ${whose(part)} changes from ${shown(was)} to ${shown(is)}: a claim that exists cannot change it, so the upgrade fails, or a new and empty volume takes its place.`,
    fix: "Copy the data to a claim of the new kind first, and switch to it in an announced maintenance window.",
  });
}

const shown = (value: Json) =>
  typeof value === "string" ? value : list(value).map(text).join(", ") || JSON.stringify(value);

function* forgets(part: ValuesChange, key: string): Iterable<Problem> {
  const days = (value: Json | undefined) => {
    const match = /^(\d+)\s*([a-zA-Z]*)$/.exec(
      typeof value === "number" ? String(value) : (string(value) ?? ""),
    );
    return match ? { count: Number(match[1]), unit: match[2] ?? "" } : undefined;
  };
  const [was, is] = [days(part.before[key]), days(part.after[key])];
  if (!was || !is || was.unit !== is.unit || !(is.count < was.count)) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `${key} of ${whose(part)} goes from ${was.count}${was.unit} to ${is.count}${is.unit}: older copies are deleted, and damage that is noticed after that cannot be undone.`,
    fix: `Keep ${key}: ${was.count}${was.unit}.`,
  });
}
