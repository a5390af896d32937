import { list } from "./json.ts";
import type { BackupFields } from "./system-types.ts";
import { placesOf, systemOf } from "./systems.ts";
import type { FieldPath, Json, Manifest } from "./types.ts";
import type { Workload } from "./workload.ts";

/** Programs that copy data away, by what stands in a command or at the end of an image's name. */
const TOOLS =
  /\b(pg_dump(all)?|pg_basebackup|pgbackrest|wal-g|barman|mysqldump|mydumper|xtrabackup|mariabackup|mariadb-dump|mongodump|redis-cli\s+--rdb|bgsave|etcdctl\b[^|;&\n]{0,200}\bsnapshot\s+save|restic|kopia|borg(matic)?|duplicity|velero\s+backup|rclone\s+(sync|copy)|cockroach\s+dump|influx(d)?\s+backup|clickhouse-backup|elasticdump|cassandra-?medusa|nodetool\s+snapshot|vault\s+operator\s+raft\s+snapshot|consul\s+snapshot|gitea\s+dump|neo4j-admin\s+(database\s+)?(dump|backup))\b/i;

const NAMED = /(^|[-_/.])(backup|backups|dump|snapshot)([-_/.:@]|$)/i;
/** What only looks after backups, or plays them back. */
const OTHER = /(restore|verify|check|test|clean|prune|delete|purge|monitor|exporter)/i;

/** Whether a CronJob copies data away: it runs a known tool, or it says so in its own name and its container's. */
export function makesBackups({ manifest, containers }: Workload): boolean {
  if (manifest.kind !== "CronJob") return false;
  const words = containers.map(({ spec }) =>
    [spec["image"], ...list(spec["command"]), ...list(spec["args"])]
      .filter((item) => typeof item === "string")
      .join(" "),
  );
  if (OTHER.test(manifest.name)) return false;
  return words.some((text) => TOOLS.test(text)) || NAMED.test(manifest.name);
}

const whole = (
  schedules: readonly FieldPath[],
  suspends: readonly FieldPath[],
  retentions: readonly FieldPath[] = [],
): BackupFields => ({
  parts: [],
  ...{ schedules, suspends, retentions },
});

/** Objects that do nothing but order backups; systems have their own fields for it in the table of systems. */
const OBJECTS: Readonly<Record<string, BackupFields>> = {
  "velero.io/Schedule": whole([["spec", "schedule"]], [["spec", "paused"]], [["spec", "template", "ttl"]]),
  "postgresql.cnpg.io/ScheduledBackup": whole([["spec", "schedule"]], [["spec", "suspend"]]),
  "snapscheduler.backube/SnapshotSchedule": whole(
    [["spec", "schedule"]],
    [["spec", "disabled"]],
    [
      ["spec", "retention", "expires"],
      ["spec", "retention", "maxCount"],
    ],
  ),
  "volsync.backube/ReplicationSource": whole([["spec", "trigger", "schedule"]], [["spec", "paused"]], []),
  "k8up.io/Schedule": whole([["spec", "backup", "schedule"]], []),
  "k8s.mariadb.com/Backup": whole(
    [["spec", "schedule", "cron"]],
    [["spec", "schedule", "suspend"]],
    [["spec", "maxRetention"]],
  ),
  // github.com/mariadb-operator/mariadb-operator, docs/physical_backup
  "k8s.mariadb.com/PhysicalBackup": whole(
    [["spec", "schedule", "cron"]],
    [["spec", "schedule", "suspend"]],
    [["spec", "maxRetention"]],
  ),
  // cloudnative-pg.io/plugin-barman-cloud: where the plugin keeps what it copies, and for how long
  "barmancloud.cnpg.io/ObjectStore": whole([], [], [["spec", "retentionPolicy"]]),
  "medusa.k8ssandra.io/MedusaBackupSchedule": whole([["spec", "cronSchedule"]], [["spec", "disabled"]]),
  // elastic.co/docs/reference/cloud-on-k8s: snapshot lifecycle policies by name
  "stackconfigpolicy.k8s.elastic.co/StackConfigPolicy": {
    parts: [["spec", "elasticsearch", "snapshotLifecyclePolicies"]],
    schedules: [["spec", "elasticsearch", "snapshotLifecyclePolicies", "*", "schedule"]],
    suspends: [],
    retentions: [["spec", "elasticsearch", "snapshotLifecyclePolicies", "*", "retention", "expire_after"]],
  },
};

/** The kinds of objects that order backups; of several groups, some of which are no such. */
export const BACKUP_KINDS: readonly string[] = [
  ...new Set(Object.keys(OBJECTS).map((id) => id.slice(id.indexOf("/") + 1))),
];

/** How an object of a known backup system or database operator writes its backups; undefined for others. */
export function backupFields(manifest: Pick<Manifest, "group" | "kind">): BackupFields | undefined {
  return OBJECTS[`${manifest.group}/${manifest.kind}`] ?? systemOf(manifest)?.backups;
}

/** Whether the object makes backups at all. */
export function hasBackups(manifest: Manifest, { parts, switches = [], suspends }: BackupFields): boolean {
  const says = (value: Json) => (path: FieldPath) => manifest.get(...path) === value;
  if (suspends.some(says(true)) || switches.some(says(false))) return false;
  return (
    parts.length === 0 ||
    parts.some((part) => placesOf(manifest, part).some(({ path }) => isThere(manifest, path)))
  );
}

function isThere(manifest: Manifest, path: FieldPath): boolean {
  const value = manifest.get(...path);
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** How long, or how many, backups are kept. */
export interface Retention {
  readonly amount: number;
  readonly unit: "hours" | "copies";
}

/** One step of a duration in hours; Go and Elasticsearch take m for minutes. */
const HOURS: Readonly<Record<string, number>> = {
  s: 1 / 3600,
  m: 1 / 60,
  h: 1,
  d: 24,
  w: 168,
  mo: 720,
  y: 8760,
};
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^hours?$/, "h"],
  [/^days?$/, "d"],
  [/^weeks?$/, "w"],
  [/^months?$/, "mo"],
  [/^years?$/, "y"],
];

/**
 * `720h0m0s`, `30d`, `1 week`, `7`; undefined where it is none of them. `field`: Barman, and with it CloudNativePG, takes
 * m for months in its `retentionPolicy` (cloudnative-pg.io/documentation, backup: `[1-9][0-9]*[dwm]`).
 */
export function retentionOf(value: unknown, field: string): Retention | undefined {
  if (typeof value === "number") return { amount: value, unit: "copies" };
  if (typeof value !== "string") return undefined;
  if (/^\d+$/.test(value)) return { amount: Number(value), unit: "copies" };
  if (!/^(\d+ ?[a-z]+)+$/.test(value)) return undefined;
  const parts = [...value.matchAll(/(\d+) ?([a-z]+)/g)].map(([, digits, unit = ""]) => {
    const short = WORDS.find(([word]) => word.test(unit))?.[1] ?? unit;
    return Number(digits) * (HOURS[short === "m" && field === "retentionPolicy" ? "mo" : short] ?? NaN);
  });
  const amount = parts.reduce((sum, part) => sum + part, 0);
  return Number.isNaN(amount) ? undefined : { amount, unit: "hours" };
}

const NAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** How often a cron schedule fires in a year, on average; undefined where it cannot be told. A field of seconds may lead. */
export function runsPerYear(schedule: string): number | undefined {
  const every = /^@every (\d+)(m|h)/.exec(schedule);
  if (every) return 525_600 / (Number(every[1]) * (every[2] === "h" ? 60 : 1));
  const text = (NAMES[schedule.trim()] ?? schedule).replace(/^(CRON_)?TZ=\S+\s+/, "");
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return undefined;
  const runs = runsOf(fields.slice(-5));
  return Number.isNaN(runs) ? undefined : runs;
}

function runsOf([minute = "", hour = "", day = "", month = "", weekday = ""]: readonly string[]): number {
  return count(minute, 60) * count(hour, 24) * 365 * dayShare(day, weekday) * (count(month, 12) / 12);
}

/** Day of month and day of week are joined by or where both are given (cron). */
function dayShare(day: string, weekday: string): number {
  const days = count(day, 31) / 31;
  const weekdays = count(weekday, 7) / 7;
  if (/^[*?]/.test(day)) return weekdays;
  return /^[*?]/.test(weekday) ? days : Math.min(1, days + weekdays);
}

function count(field: string, all: number): number {
  const parts = field.split(",").map((part) => {
    const [, range = "", from, to, step] =
      /^(\*|\?|H|[A-Za-z]{3}|(\d+)(?:-(\d+))?|[A-Za-z]{3}-[A-Za-z]{3})(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === "") return NaN;
    const span =
      range === "*" || range === "?"
        ? all
        : to === undefined
          ? step === undefined
            ? 1
            : all - Number(from)
          : Number(to) - Number(from) + 1;
    return step === undefined ? span : Math.ceil(span / Number(step));
  });
  return parts.reduce((sum, part) => sum + part, 0);
}
