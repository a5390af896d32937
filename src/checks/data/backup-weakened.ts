import { backupFields, hasBackups, makesBackups } from "../../engine/backups.ts";
import { goesWithData, hasNewSource, holdsData } from "../../engine/backup-cover.ts";
import { setScalar } from "../../engine/edit.ts";
import type { BackupFields } from "../../engine/system-types.ts";
import { systemOf } from "../../engine/systems.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities, type Transition } from "../define.ts";
import { lessBackups } from "./_less-backups.ts";

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
const mongo = (...tasks: string[]) => `apiVersion: psmdb.percona.com/v1
kind: PerconaServerMongoDB
metadata: { name: carts, namespace: shop }
spec:
  replsets: [{ name: rs0, size: 3 }]
  backup:
    pitr: { enabled: true }
    tasks:
${tasks.join("")}`;

const DAILY = `      - name: daily
        schedule: "0 3 * * *"
        keep: 14
`;
const WEEKLY = `      - name: weekly
        schedule: "0 4 * * 0"
        keep: 8
`;

const zalando = (dump: string) => `apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: { name: ledger, namespace: bank }
spec:
  numberOfInstances: 2
  enableLogicalBackup: ${dump}
  logicalBackupSchedule: "30 0 * * *"
`;

const claim = (name: string) => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, namespace: shop }
---
`;

const OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\n";
const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "backup-weakened",
  title: "Backups stop, are made less often or are kept less long",
  pillar: "data",
  severity: severities("warning", "warning", "warning"),
  confidence: "likely",
  why: "Nothing is lost today. But what users store from now on is not copied away, or not for as long: after the next deleted table, failed disk or bad migration, the newest copy is as old as the last backup that was made.",
  fix: "Keep the backup as often and as long as before. To move it, run the new one until a restore from it has been tested, then remove the old one.",
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
    {
      title: "one of two schedules of an operator's object is gone",
      before: mongo(DAILY, WEEKLY),
      after: mongo(WEEKLY).replace("tasks:", `tasks:${MARK}`),
    },
    {
      title: "an operator keeps three copies instead of fourteen",
      before: mongo(DAILY, WEEKLY),
      after: mongo(DAILY.replace("keep: 14", `keep: 3${MARK}`), WEEKLY),
    },
    {
      title: "point-in-time recovery is switched off",
      before: mongo(DAILY),
      after: mongo(DAILY).replace("enabled: true }", `enabled: false }${MARK}`),
    },
    {
      title: "PostgreSQL is no longer dumped by its operator",
      before: zalando("true"),
      after: zalando(`false${MARK}`),
    },
  ],
  safe: [
    {
      title: "the same time in another unit",
      before: velero("720h0m0s"),
      after: velero("43200m"),
    },
    { title: "it runs every six hours", before: dump(NIGHTLY), after: dump('"0 */6 * * *"') },
    { title: "it runs at another hour", before: dump(NIGHTLY), after: dump('"30 4 * * *"') },
    {
      title: "the backup gets another name",
      before: { "dump.yaml": dump(NIGHTLY), "settings.yaml": OTHER },
      after: { "dump.yaml": dump(NIGHTLY, undefined, "orders-backup"), "settings.yaml": OTHER },
    },
    {
      title: "it is suspended where another backup begins",
      before: dump(NIGHTLY),
      after: { "dump.yaml": dump(NIGHTLY, "suspend: true"), "velero.yaml": velero("720h") },
    },
    {
      title: "the database that it copies goes with it, and another one stays",
      before: { "dump.yaml": dump(NIGHTLY), "db.yaml": `${claim("orders")}${claim("users")}` },
      after: { "db.yaml": claim("users") },
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
    {
      title: "backups move to the operator's plugin",
      before: cluster(BACKUP),
      after: cluster("plugins: [{ name: barman-cloud.cloudnative-pg.io, isWALArchiver: true }]"),
    },
    {
      title: "the schedules change places",
      before: mongo(DAILY, WEEKLY),
      after: mongo(WEEKLY, DAILY),
    },
    { title: "the database is removed with its backups", before: cluster(BACKUP), after: OTHER },
  ],

  *run(transition) {
    for (const change of transition.changes) {
      if (change.kind === "added" || change.before.object === change.after?.object) continue;
      const old = sourceOf(change.before, transition.before);
      if (!old?.works) continue;
      if (change.kind === "removed") yield* removed(change.before, transition);
      else yield* weakened(change.before, change.after, { old, transition });
    }
  },
});

/** Something that makes backups. */
interface Source {
  readonly fields: BackupFields;
  readonly works: boolean;
}

const CRON_JOB: BackupFields = {
  parts: [],
  schedules: [["spec", "schedule"]],
  suspends: [["spec", "suspend"]],
  retentions: [],
};

function sourceOf(manifest: Manifest, world: World): Source | undefined {
  const workload = world.workload(manifest);
  const fields = workload && makesBackups(workload) ? CRON_JOB : backupFields(manifest);
  return fields && { fields, works: hasBackups(manifest, fields) };
}

function* removed(gone: Manifest, transition: Transition): Iterable<Problem> {
  const { before, after } = transition;
  // With a database go its backups, which is another story; and a new source takes the place of an old one.
  if (systemOf(gone) || after.count(gone.kind, gone.name) >= before.count(gone.kind, gone.name)) return;
  if (hasNewSource(transition) || goesWithData(gone, transition)) return;
  const rest = after.manifests.some(holdsData);
  yield {
    subject: gone,
    key: "removed",
    at: gone.locate(),
    ...(rest ? {} : { atMost: "notice" as const }),
    message: `${gone.ref} is removed, and nothing in this change makes backups in its place: from the deploy on the newest copy gets older every day.`,
    fix: `Keep ${gone.ref} until another backup runs and a restore from it has been tested.`,
  };
}

interface Context {
  readonly old: Source;
  readonly transition: Transition;
}

function* weakened(before: Manifest, after: Manifest, { old, transition }: Context): Iterable<Problem> {
  const { fields } = old;
  const now = sourceOf(after, transition.after);
  if (!now || (!now.works && hasNewSource(transition))) return;
  const suspend = fields.suspends.find((path) => after.get(...path) === true);
  if (suspend) yield suspended(after, suspend);
  else if (!now.works) yield dropped(after, fields);
  else {
    yield* lessBackups({ before, after }, fields);
  }
}

function suspended(after: Manifest, path: FieldPath): Problem {
  const suggestion = setScalar(after, path, "false");
  return {
    subject: after,
    key: "suspended",
    at: after.locate(...path),
    message: `${after.ref} is suspended: no backup is made from the deploy on, and the newest copy gets older every day.`,
    fix: `Keep ${path.join(".")}: false. If it is only for a while, say until when with a waiver.`,
    ...(suggestion && { suggestion }),
  };
}

function dropped(after: Manifest, { parts, switches = [] }: BackupFields): Problem {
  const off = switches.find((path) => after.get(...path) === false);
  const [part = []] = parts;
  const plain = part.slice(0, [...part, "*"].indexOf("*"));
  return {
    subject: after,
    key: "dropped",
    at: after.locate(...(off ?? plain)),
    message: `${after.ref} ${off ? `has ${off.join(".")}: false` : `no longer has ${plain.join(".")}`}: no backup is made of it from the deploy on, and the newest copy gets older every day.`,
    fix: off ? `Keep ${off.join(".")}: true in ${after.ref}.` : `Keep ${plain.join(".")} in ${after.ref}.`,
  };
}
