import { makesBackups } from "../../engine/backups.ts";
import { setScalar } from "../../engine/edit.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const job = (suspend: string, name = "send-invoices") => `apiVersion: batch/v1
kind: CronJob
metadata: { name: ${name}, namespace: billing }
spec:
  schedule: "0 6 * * *"
  ${suspend}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: send, image: "billing:8", args: [invoices] }]
`;

const once = (suspend: string) => `apiVersion: batch/v1
kind: Job
metadata: { name: reindex, namespace: billing }
spec:
  ${suspend}
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: reindex, image: "billing:8" }]
`;

const MARK = " # <- finding";
const OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: billing, namespace: billing }\n";

export default defineCheck({
  kind: "transition",
  id: "cronjob-suspended",
  title: "Scheduled work stops",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "From the deploy on the job does not start any more, and nothing fails that an alert could see. Whoever waits for its result (a mail, a report, a renewed certificate) notices days later. When it is resumed, at most one of the missed runs is made up for.",
  fix: "Leave the job running, or say with a waiver why it stops and until when.",
  references: ["https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension"],
  unsafe: [
    {
      title: "a job is suspended",
      before: job("concurrencyPolicy: Forbid"),
      after: job(`suspend: true${MARK}`),
    },
    { title: "the switch is turned", before: job("suspend: false"), after: job(`suspend: true${MARK}`) },
    {
      title: "a job with a name that says more",
      before: job("suspend: false", "renew-certificates"),
      after: job(`suspend: true${MARK}`, "renew-certificates"),
    },
  ],
  safe: [
    { title: "it runs again", before: job("suspend: true"), after: job("suspend: false") },
    {
      title: "it was suspended before",
      before: job("suspend: true"),
      after: job("suspend: true").replace("0 6", "0 7"),
    },
    { title: "a new job is not switched on yet", after: job("suspend: true") },
    { title: "the job is removed on purpose", before: job("suspend: false") + "---\n" + OTHER, after: OTHER },
    {
      title: "a Job that a queue of jobs starts",
      before: once("suspend: false"),
      after: once("suspend: true"),
    },
  ],

  *run({ changes, after }) {
    for (const change of changes) {
      if (change.kind !== "kept" || change.after.kind !== "CronJob" || change.after.group !== "batch")
        continue;
      const path = ["spec", "suspend"];
      const was = change.before.get(...path) ?? false;
      const workload = after.workload(change.after);
      if (was !== false || change.after.get(...path) !== true || (workload && makesBackups(workload)))
        continue;
      const manifest = change.after;
      const suggestion = setScalar(manifest, path, "false");
      yield {
        subject: manifest,
        at: manifest.locate(...path),
        message: `${manifest.ref} is suspended: it no longer starts (schedule ${scalarText(manifest.get("spec", "schedule"))}), and nothing tells those who wait for its result.`,
        fix: `Keep suspend: false in ${manifest.ref}. If it is meant to stop for a while, say until when with a waiver.`,
        ...(suggestion && { suggestion }),
      };
    }
  },
});
