import { setScalar } from "../../engine/edit.ts";
import type { FieldPath, Manifest, Problem } from "../../engine/types.ts";
import { scalarText } from "../../engine/words.ts";
import { defineCheck, severities } from "../define.ts";

const job = (fields: string, schedule = "*/10 * * * *") => `apiVersion: batch/v1
kind: CronJob
metadata: { name: settle, namespace: billing }
spec:
  schedule: "${schedule}"
  ${fields}
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: settle, image: "settle:3" }]
`;

const MARK = " # <- finding";

export default defineCheck({
  kind: "transition",
  id: "cronjob-misses-runs",
  title: "Scheduled work may not start, or may run twice at once",
  pillar: "transition",
  severity: severities("warning", "warning", "notice"),
  confidence: "certain",
  why: "The controller looks at its schedules every ten seconds: with a shorter deadline it can find every run too late, and starts none. And where a run may start while the last one still works, two runs can write the same data at once.",
  fix: "Write a startingDeadlineSeconds of at least 60, and keep concurrencyPolicy: Forbid where two runs must not overlap.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline",
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy",
  ],
  unsafe: [
    {
      title: "the deadline is shorter than the controller's interval",
      before: job("startingDeadlineSeconds: 120"),
      after: job(`startingDeadlineSeconds: 5${MARK}`),
    },
    {
      title: "a new job has such a deadline",
      after: job(`startingDeadlineSeconds: 3${MARK}`),
    },
    {
      title: "runs may overlap",
      before: job("concurrencyPolicy: Forbid"),
      after: job(`concurrencyPolicy: Allow${MARK}`),
    },
    {
      title: "the rule that runs do not overlap is dropped",
      before: job("concurrencyPolicy: Forbid"),
      after: job("suspend: false").replace("spec:\n  schedule", `spec:${MARK}\n  schedule`),
    },
  ],
  safe: [
    {
      title: "a deadline of a minute",
      before: job("suspend: false"),
      after: job("startingDeadlineSeconds: 60"),
    },
    {
      title: "runs could always overlap",
      before: job("suspend: false"),
      after: job("concurrencyPolicy: Allow"),
    },
    {
      title: "a new run takes the place of the old one",
      before: job("concurrencyPolicy: Forbid"),
      after: job("concurrencyPolicy: Replace"),
    },
    {
      title: "the deadline was that short before",
      before: job("startingDeadlineSeconds: 5"),
      after: job("startingDeadlineSeconds: 5").replace("settle:3", "settle:4"),
    },
  ],

  *run({ changes }) {
    for (const { before, after } of changes) {
      if (after?.kind !== "CronJob" || after.group !== "batch") continue;
      yield* late(before, after);
      if (before && after.get("spec", "suspend") !== true) yield* meeting(before, after);
    }
  },
});

/** Seconds between two looks of the controller at its schedules (the documented limit). */
const ROUND = 10;

function* late(before: Manifest | undefined, after: Manifest): Iterable<Problem> {
  const path = ["spec", "startingDeadlineSeconds"];
  const [was, is] = [before?.get(...path), after.get(...path)];
  if (typeof is !== "number" || is >= ROUND || (typeof was === "number" && was < ROUND)) return;
  const suggestion = setScalar(after, path, "60");
  yield {
    subject: after,
    key: "deadline",
    at: after.locate(...path),
    message: `${after.ref} sets startingDeadlineSeconds: ${is}${typeof was === "number" ? ` instead of ${was}` : ""}, and the controller looks for due runs only every ${ROUND} s: it can find each run too late, and start none.`,
    fix: "Write startingDeadlineSeconds: 60 or more.",
    ...(suggestion && { suggestion }),
  };
}

function* meeting(before: Manifest, after: Manifest): Iterable<Problem> {
  const path: FieldPath = ["spec", "concurrencyPolicy"];
  const [was, is] = [before.get(...path) ?? "Allow", after.get(...path) ?? "Allow"];
  if ((was !== "Forbid" && was !== "Replace") || is !== "Allow") return;
  const suggestion = setScalar(after, path, was);
  yield {
    subject: after,
    key: "concurrency",
    at: after.locate("spec", ...(after.get(...path) === undefined ? [] : ["concurrencyPolicy"])),
    message: `${after.ref} (schedule ${scalarText(after.get("spec", "schedule"))}) goes from concurrencyPolicy: ${was} to Allow: a run can start while the last one still works, and both can write the same data.`,
    fix: `Keep concurrencyPolicy: ${was}, unless two runs of ${after.name} at once do no harm.`,
    ...(suggestion && { suggestion }),
  };
}
