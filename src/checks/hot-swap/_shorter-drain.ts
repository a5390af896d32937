import { decode } from "../../engine/template.ts";
import { graceOf, preStopOf, type PreStop } from "../../engine/termination.ts";
import type { Problem } from "../../engine/types.ts";
import { locateIn, predecessor, type Container, type Workload } from "../../engine/workload.ts";

/** Hooks that went, or that sleep less than before. */
export function* lessDrain(now: Workload, was: Workload): Iterable<Problem> {
  for (const container of now.containers) {
    const old = predecessor(container, now, was);
    const before = old && preStopOf(old);
    if (!before) continue;
    const hook = preStopOf(container);
    if (!hook) yield dropped(now, container, before);
    else if (isShorter(before, hook) && !isRepair(before, was))
      yield shortened(now, container, { before, hook });
  }
}

function isShorter(before: PreStop, hook: PreStop): boolean {
  return before.seconds !== undefined && hook.seconds !== undefined && hook.seconds < before.seconds;
}

/** It did not fit before. */
function isRepair({ seconds }: PreStop, was: Workload): boolean {
  const grace = graceOf(was);
  return grace.kind === "seconds" && seconds !== undefined && seconds >= grace.seconds;
}

function dropped(now: Workload, container: Container, { seconds }: PreStop): Problem {
  const what = seconds === undefined ? "its preStop hook" : `its preStop hook, which slept ${seconds} s`;
  return {
    subject: now.manifest,
    key: `${container.name}/preStop`,
    at: locateIn(now, container),
    atMost: "warning",
    message: `Container ${decode(container.name)} of ${now.manifest.ref} loses ${what}. Services still send it requests for some seconds after it is told to stop: unless it goes on serving by itself, those fail on every rollout and drain.`,
    fix: `Keep the hook on ${container.name}, unless the process itself goes on serving for some seconds after SIGTERM.`,
  };
}

interface Shorter {
  readonly before: PreStop;
  readonly hook: PreStop;
}

function shortened(now: Workload, container: Container, { before, hook }: Shorter): Problem {
  return {
    subject: now.manifest,
    key: `${container.name}/preStop`,
    at: locateIn(now, container, ...hook.path),
    atMost: "notice",
    message: `The preStop hook of container ${container.name} of ${now.manifest.ref} sleeps ${hook.seconds ?? 0} s instead of ${before.seconds ?? 0} s. Requests fail on every rollout if load balancers take longer than that to stop sending to a pod.`,
    fix: `Keep ${before.seconds ?? 0} s, unless the load balancers in front of ${now.manifest.name} are known to be faster.`,
  };
}
