import {
  backupFields,
  hasBackups,
  makesBackups,
  retentionOf,
  runsPerYear,
  type BackupFields,
} from "../../engine/backups.ts";
import { setScalar } from "../../engine/edit.ts";
import { string } from "../../engine/json.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";

const dump = (
  schedule: string,
  more = "concurrencyPolicy: Forbid",
  name = "orders-dump",
) => `apiVersion: batch/v1
kind: CronJob
metadata: { name: ${name}, namespace: shop }
spec:
  schedule: ${schedule}
  ${more}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: dump
              image: postgres:17
              command: [sh, -c, "pg_dump orders | aws s3 cp - s3://shop-backups/orders.sql"]
`;

const NIGHTLY = '"0 2 * * *"';

const velero = (ttl: string) => `apiVersion: velero.io/v1
kind: Schedule
metadata: { name: nightly, namespace: velero }
spec:
  schedule: "0 2 * * *"
  template:
    ttl: ${ttl}
`;

const cluster = (backup: string) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: orders-db, namespace: shop }
spec:
  instances: 3
  ${backup}
  storage: { size: 50Gi }
`;

const BACKUP =
  'backup: { retentionPolicy: "30d", barmanObjectStore: { destinationPath: "s3://shop-backups/" } }';
const OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\n";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "backup-weakened",
  title: "Backups stop, or are made or kept less",
  pillar: "data",
  severity: severities("warning", "warning", "warning"),
  confidence: "likely",
  why: "Nothing is lost today. But what users store from now on is not copied away, or not for as long: after the next deleted table, failed disk or bad migration, the newest copy is as old as the last backup that was made.",
  fix: "Keep the backup as often and as long as before. To move it, run the new one until a restore from it was tried, then remove the old one.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension",
    "https://velero.io/docs/main/api-types/schedule/",
    "https://cloudnative-pg.io/documentation/current/backup/",
  ],
  unsafe: [
    {
      title: "the nightly dump is suspended",
      before: dump(NIGHTLY),
      after: dump(NIGHTLY, `suspend: true${MARK}`),
    },
    {
      title: "it runs once a week instead of every night",
      before: dump(NIGHTLY),
      after: dump(`"0 2 * * 0"${MARK}`),
    },
    {
      title: "the dump is removed, and its database stays",
      before: {
        "dump.yaml": dump(NIGHTLY).replace("shop }", `shop }${MARK}`),
        "db.yaml": cluster("enablePDB: true"),
      },
      after: { "db.yaml": cluster("enablePDB: true") },
    },
    {
      title: "backups are kept for three days instead of thirty",
      before: velero("720h"),
      after: velero(`72h${MARK}`),
    },
    {
      title: "a database cluster loses its backups",
      before: cluster(BACKUP),
      after: cluster("enableSuperuserAccess: false").replace("spec:", `spec:${MARK}`),
    },
  ],
  safe: [
    { title: "it runs every six hours", before: dump(NIGHTLY), after: dump('"0 */6 * * *"') },
    { title: "it runs at another hour", before: dump(NIGHTLY), after: dump('"30 4 * * *"') },
    {
      title: "the backup gets another name",
      before: { "dump.yaml": dump(NIGHTLY), "settings.yaml": OTHER },
      after: { "dump.yaml": dump(NIGHTLY, undefined, "orders-backup"), "settings.yaml": OTHER },
    },
    {
      title: "a job that cleans up old backups is suspended",
      before: dump(NIGHTLY, undefined, "backup-purge"),
      after: dump(NIGHTLY, "suspend: true", "backup-purge"),
    },
    {
      title: "it was suspended before",
      before: dump(NIGHTLY, "suspend: true"),
      after: dump('"0 2 * * 0"', "suspend: true"),
    },
    { title: "the database is removed with its backups", before: cluster(BACKUP), after: OTHER },
  ],

  *run(transition) {
    for (const change of transition.changes) {
      if (change.kind === "added" || change.before.object === change.after?.object) continue;
      const old = sourceOf(change.before, transition.before);
      if (!old?.works) continue;
      if (change.kind === "removed") yield* removed(change.before, old, transition);
      else yield* weakened(change.before, change.after, { old, world: transition.after });
    }
  },
});

/** Something that makes backups. */
interface Source {
  readonly fields: BackupFields;
  readonly works: boolean;
}

const CRON_JOB: BackupFields = {
  part: [],
  schedules: [["spec", "schedule"]],
  suspends: [["spec", "suspend"]],
  retentions: [],
};

function sourceOf(manifest: Manifest, world: World): Source | undefined {
  const workload = world.workload(manifest);
  const fields = workload && makesBackups(workload) ? CRON_JOB : backupFields(manifest);
  return fields && { fields, works: hasBackups(manifest, fields) };
}

function* removed(gone: Manifest, { fields }: Source, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  // With a database go its backups, which is another story; and a new source takes the place of an old one.
  if (fields.part.length > 0 || after.count(gone.kind, gone.name) >= before.count(gone.kind, gone.name))
    return;
  const isNew = transition.changes.some(
    (change) => change.kind === "added" && sourceOf(change.after, after)?.works === true,
  );
  const rest = after.manifests.some((manifest) => holdsData(manifest));
  if (isNew) return;
  yield {
    subject: gone,
    key: "removed",
    at: gone.locate(),
    ...(rest ? {} : { atMost: "notice" as const }),
    message: `${gone.ref} is removed, and nothing in this change makes its backups instead: from the deploy on the newest copy gets older every day.`,
    fix: `Keep ${gone.ref} until another backup runs and a restore from it was tried.`,
  };
}

const STORES =
  /(postgres|Postgres|MySQL|MariaDB|Mongo|Redis|Kafka|Cassandra|Elasticsearch|OpenSearch|Cluster|Cockroach|ClickHouse|Tenant)/;

/** A claim, a StatefulSet with volumes, or a database of an operator. */
function holdsData(manifest: Manifest): boolean {
  if (manifest.kind === "PersistentVolumeClaim") return true;
  if (manifest.kind === "StatefulSet") return manifest.get("spec", "volumeClaimTemplates") !== undefined;
  return manifest.group.includes(".") && !manifest.group.endsWith(".k8s.io") && STORES.test(manifest.kind);
}

interface Context {
  readonly old: Source;
  readonly world: World;
}

function* weakened(before: Manifest, after: Manifest, { old, world }: Context): Iterable<Problem> {
  const { fields } = old;
  const now = sourceOf(after, world);
  if (!now) return;
  const suspend = fields.suspends.find((path) => after.get(...path) === true);
  if (suspend) yield suspended(after, suspend);
  else if (!now.works) yield dropped(after, fields);
  else {
    yield* rarer(before, after, fields.schedules);
    yield* shorter(before, after, fields.retentions);
  }
}

function suspended(after: Manifest, path: FieldPath): Problem {
  const suggestion = setScalar(after, path, "false");
  return {
    subject: after,
    key: "suspended",
    at: after.locate(...path),
    message: `${after.ref} is suspended: no backup is made from the deploy on, and the newest copy gets older every day.`,
    fix: `Take ${path.join(".")} out again. If it is only for a while, say until when with a waiver.`,
    ...(suggestion && { suggestion }),
  };
}

function dropped(after: Manifest, { part }: BackupFields): Problem {
  return {
    subject: after,
    key: "dropped",
    at: after.locate(...part),
    message: `${after.ref} no longer has ${part.join(".")}: no backup is made of it from the deploy on, and the newest copy gets older every day.`,
    fix: `Keep ${part.join(".")} in ${after.ref}.`,
  };
}

function* rarer(before: Manifest, after: Manifest, paths: readonly FieldPath[]): Iterable<Problem> {
  for (const path of paths) {
    const [old, now] = [string(before.get(...path)), string(after.get(...path))];
    if (old === undefined || now === undefined || isUnknown(old) || isUnknown(now)) continue;
    const [was, is] = [runsPerYear(old), runsPerYear(now)];
    if (was === undefined || is === undefined || is * 1.2 >= was) continue;
    const suggestion = setScalar(after, path, JSON.stringify(old));
    yield {
      subject: after,
      key: "schedule",
      at: after.locate(...path),
      message: `${after.ref} makes a backup ${everyText(is)} instead of ${everyText(was)}: after a loss, users miss up to that much of what they stored.`,
      fix: `Keep the schedule ${old}, unless losing ${everyText(is).replace("every ", "")} of data is agreed.`,
      ...(suggestion && { suggestion }),
    };
  }
}

/** `every 6 hours`. */
function everyText(runs: number): string {
  const hours = 8760 / runs;
  if (hours < 2) return hours > 0.98 ? "every hour" : `every ${Math.round(hours * 60)} minutes`;
  if (hours < 47) return Math.round(hours) === 24 ? "every day" : `every ${Math.round(hours)} hours`;
  return hours >= 160 && hours <= 170 ? "every 7 days" : `every ${Math.round(hours / 24)} days`;
}

function* shorter(before: Manifest, after: Manifest, paths: readonly FieldPath[]): Iterable<Problem> {
  for (const path of paths) {
    const [old, now] = [before.get(...path), after.get(...path)];
    const [was, is] = [retentionOf(old), retentionOf(now)];
    if (was === undefined || is === undefined || is >= was) continue;
    const suggestion = setScalar(
      after,
      path,
      typeof old === "string" ? JSON.stringify(old) : scalarText(old),
    );
    yield {
      subject: after,
      key: path.join("."),
      at: after.locate(...path),
      message: `${after.ref} keeps its backups for ${scalarText(now)} instead of ${scalarText(old)}: damage that is noticed later than that cannot be undone, and older copies are deleted at the next run.`,
      fix: `Keep ${scalarText(old)}, unless everybody who may ask for old data agreed.`,
      ...(suggestion && { suggestion }),
    };
  }
}
