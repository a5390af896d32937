import { floorsOf } from "../../engine/availability.ts";
import { podsInWords } from "../../engine/arithmetic.ts";
import { feltByTesters } from "../../engine/before-production.ts";
import { standingWorkloads } from "../../engine/borrowed-pods.ts";
import { bindingClaim } from "../../engine/claims.ts";
import { setScalar } from "../../engine/edit.ts";
import { boundsOf, countField } from "../../engine/scaling.ts";
import { isCounted } from "../../engine/serving.ts";
import type { Manifest, Problem, Severity } from "../../engine/types.ts";
import { strategyOf, type Workload } from "../../engine/workload.ts";
import { minimumReplicas, pausedReplicas, type World } from "../../engine/world.ts";
import { podsBehind } from "../../engine/generations.ts";
import type { Transition } from "../define.ts";

/** A workload whose least number of pods falls, on both sides. */
interface Fall {
  readonly was: Workload;
  readonly is: Workload;
  readonly from: number;
  readonly to: number;
  readonly before: World;
  readonly after: World;
}

/** Workloads that keep fewer pods for sure than before, and autoscalers of workloads that are not in the unit. */
export function* floorProblems({ changes, before, after }: Transition): Iterable<Problem> {
  const targeted = new Set(after.workloads.flatMap((workload) => after.autoscalersOf(workload)));
  for (const change of changes) {
    if (change.kind !== "kept") continue;
    const was = standingWorkloads(before).get(change.before.id);
    const is = standingWorkloads(after).get(change.after.id);
    if (was && is) {
      yield* fallOf({ was: was.workload, is: is.workload, before: was.world, after: is.world });
    } else if (isAutoscaler(change.after) && !targeted.has(change.after)) {
      yield* minimumFall(change.before, change.after);
    }
  }
}

export function isAutoscaler({ kind }: Manifest): boolean {
  return kind === "HorizontalPodAutoscaler" || kind === "ScaledObject";
}

function* fallOf(pair: Pick<Fall, "was" | "is" | "before" | "after">): Iterable<Problem> {
  const { was, is, before, after } = pair;
  if (!isCounted(was) || !isCounted(is)) return;
  const fall: Fall = { ...pair, from: before.replicasOf(was), to: after.replicasOf(is) };
  if (!(fall.to < fall.from) || isFrozen(fall) || isShift(fall)) return;
  const field = countField(is, after);
  const [service] = after.servicesOf(is);
  const suggestion = isIdle(field) ? undefined : setScalar(field.manifest, field.path, String(fall.from));
  yield {
    subject: is.manifest,
    ...(fall.to === 1 && sameStrategy(fall) && { covers: ["rollout-availability-dip"] }),
    at: field.manifest.locate(...field.path),
    atMost: feltByTesters(proves(fall), after),
    message: message(fall, service),
    fix: fix(fall, field),
    ...(suggestion && { suggestion }),
  };
}

/** That each rollout stops the only pod, where nothing but the number changed, is said with the fall. */
function sameStrategy({ was, is }: Fall): boolean {
  const [old, now] = [was, is].map(({ manifest }) =>
    JSON.stringify([manifest.get("spec", "strategy"), manifest.get("spec", "updateStrategy")]),
  );
  return old === now;
}

type CountField = ReturnType<typeof countField>;

/** KEDA takes no other number than 0 there (keda.sh, ScaledObject: idleReplicaCount). */
const isIdle = ({ path }: CountField) => path.at(-1) === "idleReplicaCount";

/** Steps are no way to one pod, or to none. */
function fix({ is, from, to }: Fall, field: CountField): string {
  const { ref } = is.manifest;
  if (isIdle(field))
    return `Take idleReplicaCount out of ${field.manifest.ref}: it then keeps minReplicaCount.`;
  const keep = `Keep ${podsInWords(Math.max(2, from))} of ${ref}`;
  if (to >= 2) return `${keep}, or lower the number in steps while you watch latency and errors.`;
  if (to === 1) return from > 2 ? `${keep}, or 2 at least.` : `${keep}.`;
  return `${keep} until nobody needs them any more. If this is intended, waive replica-reduction for "${ref}" in .github/nines.yml, with a reason and an end date.`;
}

/** Without its autoscaler, and with no number written, a workload stays as large as it is at that moment. */
function isFrozen({ was, is, before, after }: Fall): boolean {
  const scaledBefore = before.autoscalersOf(was).length > 0;
  return scaledBefore && after.autoscalersOf(is).length === 0 && is.declaredReplicas === undefined;
}

/** Whether each Service that sends to it has as many pods as before: others take over (blue and green). */
function isShift({ is, before, after }: Fall): boolean {
  const services = after.servicesOf(is);
  return (
    services.length > 0 &&
    services.every((service) => {
      const same = before.find("Service", service.name, service);
      return same !== undefined && podsBehind(service, after) >= podsBehind(same, before);
    })
  );
}

/** What the fall proves: an outage where nobody, or one pod only, is left to answer a Service for sure. */
function proves(fall: Fall): Severity {
  const { is, from, to, after } = fall;
  const served = after.servicesOf(is).length > 0;
  if (to >= 2) return isLarge(from, to) ? "warning" : "notice";
  if (to === 1 && bindingClaim(is, after) !== undefined) return "notice";
  const shared = sharedFall(fall);
  if (shared) return isLarge(shared.from, shared.to) ? "warning" : "notice";
  return served && isFixed(is, after) ? "error" : "warning";
}

/** Whether exactly that many pods run: nothing scales the workload, or its autoscaler is paused at the number. */
function isFixed(workload: Workload, world: World): boolean {
  const scalers = world.autoscalersOf(workload);
  if (scalers.length > 0) return scalers.every((scaler) => pausedReplicas(scaler) !== undefined);
  return workload.declaredReplicas !== undefined;
}

interface SharedFall {
  readonly service: Manifest;
  readonly from: number;
  readonly to: number;
}

/** The Service that loses most, where each Service of a workload has two pods or more of it and others that stay. */
function sharedFall({ is, before, after }: Fall): SharedFall | undefined {
  const falls = after.servicesOf(is).map((service): SharedFall => {
    const same = before.find("Service", service.name, service);
    return { service, from: podsBehind(same ?? service, before), to: podsBehind(service, after) };
  });
  if (falls.length === 0 || !falls.every(({ to }) => to >= 2)) return undefined;
  return falls.reduce((worst, fall) => (fall.to / fall.from < worst.to / worst.from ? fall : worst));
}

/** A third of the pods or more: what is left has half as much again to carry. */
function isLarge(from: number, to: number): boolean {
  return (from - to) * 3 >= from;
}

function message(fall: Fall, service: Manifest | undefined): string {
  const { is, from, to, after } = fall;
  const { ref } = is.manifest;
  const may = after.autoscalersOf(is).length > 0 && !isFixed(is, after);
  const start = `${ref} ${may ? "may go" : "goes"} from ${podsInWords(from)} to ${to === 0 ? "none" : to}:`;
  if (to >= 2)
    return `${start} each of the ${to} left carries ${extraLoad(from, to)} more load${nodeLoss(fall)}.`;
  const shared = sharedFall(fall);
  if (shared)
    return `${start} ${shared.service.ref} keeps ${shared.to} of its ${shared.from} pods, and those get the load of all.`;
  const victim = service ? `${service.ref} has nobody to answer` : "its work stops";
  if (to === 0 && may) return `${start} whenever it does, ${victim} until a new pod has started.`;
  if (to === 0) return `${start} from this deploy on ${victim}.`;
  const gap = leavesNobody(is)
    ? "crashes, its node is drained or a new version is deployed"
    : "crashes or its node is drained";
  return `${start} whenever that one ${gap}, ${victim} until it is back.`;
}

/** Whether a rollout stops the only pod before a new one is ready. */
function leavesNobody(workload: Workload): boolean {
  return workload.kind === "StatefulSet" || strategyOf(workload, 1).maxUnavailable >= 1;
}

/** The load of those that go, on each of those that stay: from 3 pods to 2 it is half as much again. */
function extraLoad(from: number, to: number): string {
  return `${Math.round((100 * (from - to)) / to)}%`;
}

/** What the loss of a node leaves of them, where a hard rule spreads the pods. */
function nodeLoss({ was, is, before, after }: Fall): string {
  const [then, now] = [floorsOf(was, before), floorsOf(is, after)];
  if (!then || !now || "lacking" in then || "lacking" in now) return "";
  const [left, kept] = [then.events["node-loss"], now.events["node-loss"]];
  if (left === kept) return "";
  return `, and the loss of a node leaves ${kept} instead of ${left}`;
}

/** The workload is in no file of the unit, so nobody knows whether users reach it. */
function* minimumFall(before: Manifest, after: Manifest): Iterable<Problem> {
  const from = minimumReplicas(before);
  const to = minimumReplicas(after);
  if (!(to < from)) return;
  const path = boundsOf(after).minimum;
  const suggestion = setScalar(after, path, String(from));
  yield {
    subject: after,
    at: after.locate(...path),
    atMost: to < 2 || isLarge(from, to) ? "warning" : "notice",
    message: `${after.ref} may go from ${podsInWords(from)} to ${to}: fewer are there when load comes back or a node is lost.`,
    fix: `Keep ${String(path.at(-1))}: ${from}, or lower it in steps while you watch latency and errors.`,
    ...(suggestion && { suggestion }),
  };
}
