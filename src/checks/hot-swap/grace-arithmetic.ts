import { insertInto, setScalar } from "../../engine/edit.ts";
import { scalarText } from "../../engine/words.ts";
import { counterpart } from "../../engine/generations.ts";
import { decode } from "../../engine/template.ts";
import { DEFAULT_GRACE, graceOf, preStopOf, type Grace, type PreStop } from "../../engine/termination.ts";
import type { FieldPath, Problem, Severity, Suggestion } from "../../engine/types.ts";
import { locateIn, podField, type Container, type Workload } from "../../engine/workload.ts";
import type { World } from "../../engine/world.ts";
import { defineCheck, severities } from "../define.ts";
import { lessDrain } from "./_shorter-drain.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: tickets }
spec: { selector: { app: tickets }, ports: [{ port: 80 }] }
`;

const tickets = (pod: string, container: string, service = SERVICE) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: tickets }
spec:
  selector: { matchLabels: { app: tickets } }
  template:
    metadata: { labels: { app: tickets } }
    spec:
      ${pod}
      containers:
        - name: web
          image: tickets:1
          ${container}
---
${service}`;

const MARK = " # <- finding";
const hook = (command: string) => `lifecycle: { preStop: { exec: { command: ${command} } } }`;
const NO_GRACE = "serviceAccountName: tickets";
const NO_HOOK = "env: []";
const SLEEP = hook('["sleep", "15"]');

export default defineCheck({
  kind: "transition",
  id: "grace-arithmetic",
  title: "Pods get less time to stop than they need",
  pillar: "hot-swap",
  severity: severities("error", "error", "warning"),
  confidence: "likely",
  why: "A pod that stops still gets requests for some seconds, because load balancers learn of it late. The preStop hook and the grace period cover that time, and the hook runs inside the grace period. When they do not fit, requests are cut off on every rollout, drain and scale-down.",
  fix: "Keep the preStop hook, and make terminationGracePeriodSeconds the hook's time plus the time that the longest request needs.",
  references: [
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
    "https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/",
  ],
  unsafe: [
    {
      title: "the hook sleeps longer than the grace period, which is 30 seconds by default",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets(NO_GRACE, hook('["sh", "-c", "sleep 45"]') + MARK),
    },
    {
      title: "the grace period falls to what the hook takes",
      before: tickets("terminationGracePeriodSeconds: 60", SLEEP),
      after: tickets(`terminationGracePeriodSeconds: 15${MARK}`, SLEEP),
    },
    {
      title: "the grace period falls from the default of 30 seconds to 5",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets(`terminationGracePeriodSeconds: 5${MARK}`, NO_HOOK),
    },
    {
      title: "pods are killed at once",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets(`terminationGracePeriodSeconds: 0${MARK}`, NO_HOOK),
    },
    {
      title: "the hook is dropped",
      before: tickets(NO_GRACE, SLEEP),
      after: tickets(NO_GRACE, NO_HOOK).replace("- name: web", `- name: web${MARK}`),
    },
    {
      title: "the grace period is text",
      before: tickets(NO_GRACE, SLEEP),
      after: tickets(`terminationGracePeriodSeconds: "70s"${MARK}`, SLEEP),
    },
    {
      title: "a template fills in the grace period between quotes",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets(`terminationGracePeriodSeconds: "{{ .Config.grace }}"${MARK}`, NO_HOOK),
    },
    {
      title: "the built-in sleep is longer than the grace period",
      before: tickets(NO_GRACE, SLEEP),
      after: tickets(NO_GRACE, `lifecycle: { preStop: { sleep: { seconds: 40 } } }${MARK}`),
    },
  ],
  safe: [
    {
      title: "hook and grace period grow together",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets("terminationGracePeriodSeconds: 75", hook('["sleep", "45"]')),
    },
    {
      title: "the hook sleeps as long in another way",
      before: tickets(NO_GRACE, SLEEP),
      after: tickets(NO_GRACE, "lifecycle: { preStop: { sleep: { seconds: 15 } } }"),
    },
    {
      title: "nobody can tell how long the hook takes",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets(NO_GRACE, "lifecycle: { preStop: { httpGet: { path: /drain, port: 8080 } } }"),
    },
    {
      title: "the default is written out",
      before: tickets(NO_GRACE, NO_HOOK),
      after: tickets("terminationGracePeriodSeconds: 30", NO_HOOK),
    },
    {
      title: "the hook is dropped where no Service sends requests",
      before: tickets(NO_GRACE, SLEEP, ""),
      after: tickets(NO_GRACE, NO_HOOK, ""),
    },
    {
      title: "the hook was too long, and is less so",
      before: tickets(NO_GRACE, hook('["sleep", "60"]')),
      after: tickets(NO_GRACE, hook('["sleep", "45"]')),
    },
  ],

  *run({ changes, before, after }) {
    for (const { after: manifest } of changes) {
      const now = manifest && after.workload(manifest);
      if (now && !now.runsToCompletion) yield* judge(now, counterpart(now, before), { before, after });
    }
  },
});

interface Worlds {
  readonly before: World;
  readonly after: World;
}

const GRACE = "terminationGracePeriodSeconds";
const gracePath = ({ template }: Workload): FieldPath => [...template, "spec", GRACE];

function* judge(now: Workload, was: Workload | undefined, worlds: Worlds): Iterable<Problem> {
  const grace = graceOf(now);
  const old = was && graceOf(was);
  const quoted = isQuoted(now);
  if (grace.kind === "invalid" || quoted) {
    if (old?.kind !== "invalid" && !(was && isQuoted(was))) yield refused(now, quoted);
    return;
  }
  const served = worlds.after.servicesOf(now).length > 0;
  const overruns = now.containers.flatMap((container) => overrun(now, container, { was, grace }) ?? []);
  yield* overruns;
  if (overruns.length === 0) yield* lessGrace(now, { grace, old, served });
  if (was && served) yield* lessDrain(now, was);
}

/** `"{{ .seconds }}"`: whatever the template makes of it, the quotes leave it a text. */
function isQuoted({ manifest, template }: Workload): boolean {
  const path = [...template, "spec", GRACE];
  const value = manifest.get(...path);
  if (typeof value !== "string" || !decode(value).includes("{{")) return false;
  const span = manifest.span(...path);
  return span !== undefined && /["']/.test(manifest.source.charAt(span.start));
}

/** Not a whole number: the API server refuses the object, and nothing rolls out. */
function refused(now: Workload, quoted: boolean): Problem {
  const value = podField(now, GRACE);
  const seconds = /^(\d+)s?$/.exec(scalarText(value))?.[1];
  const suggestion = seconds === undefined ? undefined : setScalar(now.manifest, gracePath(now), seconds);
  return {
    subject: now.manifest,
    key: GRACE,
    at: now.manifest.locate(...gracePath(now)),
    // Nothing rolls out, and the old pods go on running.
    atMost: "warning",
    message: `${GRACE} of ${now.manifest.ref} is ${typeof value === "string" ? `the text "${scalarText(value)}"` : scalarText(value)}, and the API server takes only a whole number of seconds: it refuses the object, and the deploy fails.`,
    fix: `Write the seconds as a number without quotes, such as ${GRACE}: ${quoted ? scalarText(value) : (seconds ?? "60")}.`,
    ...(suggestion && { suggestion }),
  };
}

interface Sides {
  readonly was: Workload | undefined;
  readonly grace: Grace;
}

/** The hook fills the whole grace period: SIGTERM and SIGKILL come together (kubelet adds two seconds, once). */
function overrun(now: Workload, container: Container, { was, grace }: Sides): Problem | undefined {
  const hook = preStopOf(container);
  if (hook?.seconds === undefined || grace.kind !== "seconds") return undefined;
  const over = hook.seconds - grace.seconds;
  // A hook that was too long before, and is not longer now, is no news.
  if (over < 0 || over <= Math.max(-1, excess(was, container.name))) return undefined;
  const rejected = hook.builtIn && over > 0;
  const wanted = Math.ceil(hook.seconds) + DEFAULT_GRACE;
  const suggestion = setGrace(now, wanted);
  const limit = grace.written ? `${grace.seconds} s` : `${grace.seconds} s (the default)`;
  const sleeps = `The preStop hook of container ${container.name} of ${now.manifest.ref} sleeps ${hook.seconds} s`;
  return {
    subject: now.manifest,
    key: container.name,
    at: placeOf(now, container, { was, hook }),
    atMost: "warning",
    message: rejected
      ? `${sleeps}, and the grace period is ${limit}: the API server refuses a sleep that is longer, and the deploy fails.`
      : `${sleeps} of a grace period of ${limit}. At most 2 s are left for the process to finish before it is killed, with the requests it still has, on every rollout and drain.`,
    fix: `Set ${GRACE} of ${now.manifest.ref} to ${wanted}: ${hook.seconds} s for the hook and ${DEFAULT_GRACE} s to finish.`,
    ...(suggestion && { suggestion }),
  };
}

function setGrace(now: Workload, seconds: number): Suggestion | undefined {
  if (podField(now, GRACE) !== undefined) return setScalar(now.manifest, gracePath(now), String(seconds));
  return insertInto(now.manifest, [...now.template, "spec"], [`${GRACE}: ${seconds}`]);
}

/** How much longer than the grace period a container's hook was; negative where it fitted, or where there was none. */
function excess(was: Workload | undefined, name: string): number {
  const container = was?.containers.find((one) => one.name === name);
  const grace = was && graceOf(was);
  const seconds = container && preStopOf(container)?.seconds;
  return seconds === undefined || grace?.kind !== "seconds" ? -Infinity : seconds - grace.seconds;
}

/** The hook where it changed, else the grace period. */
function placeOf(
  now: Workload,
  container: Container,
  { was, hook }: { was: Workload | undefined; hook: PreStop },
) {
  const old = was?.containers.find(({ name }) => name === container.name);
  const same = old && preStopOf(old)?.seconds === hook.seconds;
  const written = podField(now, GRACE) !== undefined;
  return same && written ? now.manifest.locate(...gracePath(now)) : locateIn(now, container, ...hook.path);
}

interface Periods {
  readonly grace: Grace;
  readonly old: Grace | undefined;
  readonly served: boolean;
}

function* lessGrace(now: Workload, { grace, old, served }: Periods): Iterable<Problem> {
  if (grace.kind !== "seconds") return;
  const killed = grace.seconds <= 1;
  const from = secondsBefore(old);
  if (!(grace.seconds < from) || (!old && !killed)) return;
  const { manifest } = now;
  const { victim, atMost } = lossOf(now, served);
  const suggestion = setScalar(manifest, gracePath(now), String(from));
  yield {
    subject: manifest,
    key: GRACE,
    at: manifest.locate(...gracePath(now)),
    ...(!(killed && served) && { atMost }),
    message: killed
      ? `Pods of ${manifest.ref} are killed ${grace.seconds === 0 ? "at once, without being told to stop" : "a second after they are told to stop"}: ${victim} on every rollout and drain.`
      : `Pods of ${manifest.ref} get ${grace.seconds} s to stop instead of ${from} s: on every rollout and drain ${victim}.`,
    fix: `Leave ${GRACE} of ${manifest.ref} at ${from} s${killed ? "" : `, unless all its work is known to finish in ${grace.seconds} s`}.`,
    ...(suggestion && { suggestion }),
  };
}

/** A new workload is compared with the default; NaN where nobody can tell. */
function secondsBefore(old: Grace | undefined): number {
  if (!old) return DEFAULT_GRACE;
  return old.kind === "seconds" ? old.seconds : NaN;
}

/** What a pod with too little time loses. */
function lossOf({ kind }: Workload, served: boolean): { victim: string; atMost: Severity } {
  if (served) return { victim: "requests that take longer are cut off", atMost: "warning" };
  if (kind === "StatefulSet")
    return { victim: "what it has not written to disk by then is lost", atMost: "warning" };
  return { victim: "work that takes longer is cut off", atMost: "notice" };
}
