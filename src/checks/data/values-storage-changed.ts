import { defineCheck, severities } from "../define.ts";
import { valuesChanges } from "../../engine/values-words.ts";
import { storageProblems } from "./_values-storage.ts";

const release = (values: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ledger, namespace: finance }
spec:
  chart:
    spec: { chart: postgresql, sourceRef: { kind: HelmRepository, name: platform } }
  values:
${values.replace(/^(?=.)/gm, "    ")}`;

export default defineCheck({
  kind: "transition",
  id: "values-storage-changed",
  title: "A chart's values give a store another volume, or stop its backups",
  pillar: "data",
  severity: severities("warning", "warning", "notice"),
  confidence: "likely",
  why: "A claim that exists cannot change its class or shrink: the upgrade fails, or the pods come up with an empty volume. And data that is not backed up is gone with the first mistake. The chart itself is not in the repository, so the keys of its values are taken to mean what they mean in nearly all charts.",
  fix: "Copy the data to a new claim first and switch over in an announced maintenance window; keep backups on, and keep them as long as before.",
  references: [
    "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage",
  ],
  unsafe: [
    {
      title: "the volume's class changes",
      before: release("persistence:\n  enabled: true\n  storageClass: standard\n"),
      after: release("persistence:\n  enabled: true\n  storageClass: fast-zonal # <- finding\n"),
    },
    {
      title: "the store goes on an empty disk",
      before: release("primary:\n  persistence:\n    enabled: true\n    size: 50Gi\n"),
      after: release("primary:\n  persistence:\n    enabled: false # <- finding\n    size: 50Gi\n"),
    },
    {
      title: "the volume would shrink",
      before: release("persistence: { size: 100Gi }\n"),
      after: release("persistence: { size: 20Gi } # <- finding\n"),
    },
    {
      title: "backups are kept for a week instead of a month",
      before: release("backup:\n  enabled: true\n  retentionDays: 30\n"),
      after: release("backup:\n  enabled: true\n  retentionDays: 7 # <- finding\n"),
    },
    {
      title: "nothing is backed up any more",
      before: release("backup:\n  enabled: true\n"),
      after: release("backup:\n  enabled: false # <- finding\n"),
    },
  ],
  safe: [
    {
      title: "the volume grows",
      before: release("persistence: { size: 100Gi }\n"),
      after: release("persistence: { size: 200Gi }\n"),
    },
    {
      title: "a store gets a volume",
      before: release("persistence: { enabled: false, storageClass: standard }\n"),
      after: release("persistence: { enabled: true, storageClass: fast }\n"),
    },
    {
      title: "the settings move to where a newer chart reads them",
      before: release("persistence: { enabled: true, size: 100Gi }\n"),
      after: release("primary:\n  persistence: { enabled: true, size: 100Gi }\n"),
    },
  ],

  *run(transition) {
    for (const part of valuesChanges(transition)) yield* storageProblems(part);
  },
});
