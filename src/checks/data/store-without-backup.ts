import { backupSources, mayCover, storeIn } from "../../engine/backup-cover.ts";
import { systemOf } from "../../engine/systems.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";

const database = (name: string, backup: string) => `apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: ${name}, namespace: ${name} }
spec:
  instances: 3
  ${backup}
---
`;

const BACKUP = 'backup: { retentionPolicy: "30d", barmanObjectStore: { destinationPath: "s3://backups/" } }';

const mongo = (mark = "") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: carts, namespace: shop }${mark}
spec:
  serviceName: carts
  replicas: 3
  selector: { matchLabels: { app: carts } }
  template:
    metadata: { labels: { app: carts } }
    spec: { containers: [{ name: db, image: "mongo:8" }] }
  volumeClaimTemplates: [{ metadata: { name: data } }]
---
`;

const velero = (namespaces: string) => `apiVersion: velero.io/v1
kind: Schedule
metadata: { name: nightly, namespace: velero }
spec:
  schedule: "0 2 * * *"
  template: { includedNamespaces: ${namespaces} }
---
`;

const MARK = " # <- finding";
const named = (text: string) => text.replace(/^(metadata: .*)$/m, `$1${MARK}`);

export default defineCheck({
  kind: "state",
  id: "store-without-backup",
  title: "Nothing here backs up a store, though others are backed up",
  pillar: "data",
  severity: severities("notice", "notice", "notice"),
  confidence: "possible",
  why: "Replicas copy a mistake as fast as they copy data. After a deleted table, a bad migration or a lost volume, users get back only what a backup holds, and nobody notices that there is none before that day. It may be made elsewhere; this repository does not show it.",
  fix: "Give the store a scheduled backup beside the others, and try a restore from it.",
  references: [
    "https://velero.io/docs/main/api-types/schedule/",
    "https://cloudnative-pg.io/documentation/current/backup/",
  ],
  absence: true,
  unsafe: [
    {
      title: "a second database comes without the backup that the first one has",
      before: database("orders", BACKUP),
      after: database("orders", BACKUP) + named(database("ledger", "enablePDB: true")),
    },
    {
      title: "the nightly backup leaves the new store's namespace out",
      before: velero("[bank]"),
      after: velero("[bank]") + mongo(MARK),
    },
    {
      title: "a database appears beside one that its operator dumps",
      before: database("orders", BACKUP),
      after: database("orders", BACKUP) + mongo(MARK),
    },
  ],
  safe: [
    { title: "the backup takes all namespaces", after: velero("[]") + mongo() },
    {
      title: "the new database has its own",
      after: database("orders", BACKUP) + database("ledger", BACKUP),
    },
    { title: "nothing here is backed up, so backups are made elsewhere", after: mongo() },
    {
      title: "another store gets its backup, and this one never had any",
      before: database("orders", "enablePDB: true") + mongo(),
      after: database("orders", BACKUP) + mongo(),
    },
    {
      title: "it was there before",
      before: velero("[bank]") + mongo(),
      after: velero("[bank]") + mongo().replace("replicas: 3", "replicas: 5"),
    },
  ],

  *run(world) {
    const stores = storesOf(world);
    if (stores.length === 0) return;
    const sources = backupSources(world);
    for (const store of stores) {
      const [other] = sources;
      const isBare = other !== undefined && !sources.some((source) => mayCover(source, store));
      // Only a new store is news: that an old one is seen to be without says more of the backups beside it.
      yield { ...problem(store, other ?? store), ...(isBare ? {} : { latent: true as const }) };
    }
  },
});

/** Databases that an operator could back up, and StatefulSets with the claims of a known store. */
function storesOf(world: World): Manifest[] {
  const managed = world.manifests.filter((one) => systemOf(one)?.backups !== undefined);
  const plain = world.workloads.flatMap((one) => (storeIn(one) === undefined ? [] : [one.manifest]));
  return [...managed, ...plain];
}

function problem(store: Manifest, other: Manifest): Problem {
  return {
    subject: store,
    at: store.locate(),
    message: `Nothing in this repository backs up ${store.ref}, while ${other.ref} makes backups of others: if none is made elsewhere, what its users store cannot be brought back after a mistake or a lost volume.`,
    fix: `Add ${store.ref} to a scheduled backup. If it is backed up elsewhere, or its data may be lost, waive store-without-backup for "${store.ref}" in .github/nines.yml.`,
  };
}
