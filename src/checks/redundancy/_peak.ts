import { podsInWords } from "../../engine/arithmetic.ts";
import { setScalar } from "../../engine/edit.ts";
import { boundsOf, maximumReplicas } from "../../engine/scaling.ts";
import type { Manifest, Problem } from "../../engine/types.ts";
import { minimumReplicas, pausedReplicas } from "../../engine/world.ts";
import type { Transition } from "../define.ts";
import { isAutoscaler } from "./_floor.ts";

/** Autoscalers that can no longer scale as far as before, or are gone while their workload stays. */
export function* peakProblems({ changes, before, after }: Transition): Iterable<Problem> {
  for (const change of changes) {
    if (change.kind === "kept" && isAutoscaler(change.after)) yield* lowered(change.before, change.after);
    if (change.kind !== "kept" || before.workload(change.before) === undefined) continue;
    const was = before.workload(change.before);
    const is = after.workload(change.after);
    if (!was || !is || after.autoscalersOf(is).length > 0) continue;
    const gone = before.autoscalersOf(was).filter(({ kind, name }) => !after.anywhere(kind, name));
    for (const scaler of gone) yield* unscaled(scaler, is.manifest, is.declaredReplicas);
  }
}

function* lowered(before: Manifest, after: Manifest): Iterable<Problem> {
  // That it is paused is said of the least number of pods.
  if (pausedReplicas(after) !== undefined) return;
  const from = maximumReplicas(before);
  const to = maximumReplicas(after);
  const off = to <= minimumReplicas(after) && from > minimumReplicas(before);
  if (!(to < from) && !off) return;
  const path = boundsOf(after).maximum;
  const suggestion = to < from ? setScalar(after, path, String(from)) : undefined;
  yield {
    subject: after,
    key: "maximum",
    at: after.locate(...path),
    atMost: off ? "warning" : "notice",
    message: off
      ? `${after.ref} now stops at ${podsInWords(to)}, which is its minimum too, instead of ${from}: it no longer adds pods when load rises.`
      : `${after.ref} stops at ${to} pods instead of ${from}: a peak that needed more now overloads them.`,
    fix: off
      ? `Leave room above the minimum: write ${String(path.at(-1))}: ${Math.max(from, to + 1)}.`
      : `Keep ${String(path.at(-1))}: ${from}, unless no peak of the last weeks came near ${to} pods.`,
    ...(suggestion && { suggestion }),
  };
}

function* unscaled(scaler: Manifest, workload: Manifest, replicas: number | undefined): Iterable<Problem> {
  const most = maximumReplicas(scaler);
  if (!(most > (replicas ?? minimumReplicas(scaler)))) return;
  const stays =
    replicas === undefined
      ? "stays at the number of pods that it has at that moment, and does not grow with the load"
      : `stays at ${podsInWords(replicas)} whatever the load`;
  yield {
    subject: workload,
    key: "autoscaler",
    at: workload.locate("spec", "replicas"),
    atMost: "warning",
    message: `${scaler.ref}, which took ${workload.ref} up to ${most} pods under load, is gone: the workload ${stays}.`,
    fix: `Keep ${scaler.ref}, or write as many replicas in ${workload.ref} as the highest load needs.`,
  };
}
