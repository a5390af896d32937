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
      ? `${after.ref} now has the maximum of ${to} that is also its minimum (it could reach ${from}): it no longer adds pods when load rises.`
      : `${after.ref} stops at ${to} pods instead of ${from}: a peak that needed more now overloads them.`,
    fix: off
      ? `Leave room above the minimum: maximum ${Math.max(from, to + 1)}.`
      : `Keep the maximum of ${from}, unless no peak of the last weeks came near ${to}.`,
    ...(suggestion && { suggestion }),
  };
}

function* unscaled(scaler: Manifest, workload: Manifest, replicas: number | undefined): Iterable<Problem> {
  const most = maximumReplicas(scaler);
  if (!(most > (replicas ?? minimumReplicas(scaler)))) return;
  const stays =
    replicas === undefined
      ? "stays at the number of pods that it has by chance at that moment"
      : `stays at ${replicas}`;
  yield {
    subject: workload,
    key: "autoscaler",
    at: workload.locate("spec", "replicas"),
    atMost: "warning",
    message: `${scaler.ref} is gone, which took ${workload.ref} up to ${most} pods under load: it now ${stays}.`,
    fix: `Keep the autoscaler, or write as many replicas as the highest load needs.`,
  };
}
