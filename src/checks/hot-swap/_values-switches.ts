import { isObject, list, string, type JsonObject } from "../../engine/json.ts";
import type { Json, Location, Problem } from "../../engine/types.ts";
import { locateKey, nameOf } from "../../engine/values-parts.ts";
import { flagOf, isGone, sayer, whose, type ValuesChange } from "../../engine/values-words.ts";

const CHECK = "values-switched-off";
const ENABLED = /^(enabled|enable|create|appEnabled|install|installed)$/;
const OUT = /maintenance/i;
/** Parts whose switch is no workload's: other checks ask about some of them, and the rest hurts nobody who is not told. */
const FEATURE =
  /(monitor|metrics|alert|rules?$|dashboard|probe|scal|hpa|keda|vpa|pdb|budget|persisten|storage|volume|backup|snapshot|rbac|serviceaccount|polic|debug|log|trac|test|istio|mesh|psp|tls|cert|secret|annotation|cache$|telemetry|analytics|crds?$|hook|job|migrat|cron|feature|flag|upload|sentry|init|sidecar|^global$|security|auth|ssl|proxyProtocol|config|exporter|quota|limit|rollout|canary|flagger|bluegreen)/i;
const ROUTE = /ingress|^route$|httproute|gateway$/i;
/** What a map of a workload has beside its switch. */
const WORKLOAD =
  /^(image|replicas|replicaCount|resources|command|args|podAnnotations|nodeSelector|tolerations|affinity|autoscaling|livenessProbe|readinessProbe|service|ingress)$/;

const say = sayer(CHECK);

/** What no longer answers: a component or a route that is off, an application that is gone, maintenance, a stopped job. */
export function* switchProblems(part: ValuesChange): Iterable<Problem> {
  for (const key of new Set([...Object.keys(part.before), ...Object.keys(part.after)])) {
    if (OUT.test(key) || (ENABLED.test(key) && OUT.test(part.steps.at(-1) ?? "")))
      yield* maintenance(part, key);
    else if (isRoute(part)) yield* ofRoute(part, key);
    else yield* ofComponent(part, key);
  }
}

function* ofRoute(part: ValuesChange, key: string): Iterable<Problem> {
  if (isOff(part, key)) yield* off(part, key);
  else if (/^(hosts?|hostname)$/.test(key)) yield* hosts(part, key);
  else if (/^(className|ingressClassName|ingressClass)$/.test(key)) yield* className(part, key);
}

function* ofComponent(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [part.before[key], part.after[key]];
  if (isOff(part, key)) yield* off(part, key);
  else if (/^suspend(ed)?$/.test(key) && flagOf(is) === true && flagOf(was) !== true)
    yield suspended(part, key);
  else if (part.steps.at(-1) === "service" && key === "type") yield* serviceType(part, key);
  else if (Array.isArray(was) && Array.isArray(is)) yield* applications(part, key);
}

const isOff = ({ before, after }: ValuesChange, key: string) =>
  ENABLED.test(key) && flagOf(before[key]) === true && flagOf(after[key]) === false;

const isRoute = ({ steps }: ValuesChange) => ROUTE.test(steps.at(-1) ?? "");

function* maintenance(part: ValuesChange, key: string): Iterable<Problem> {
  if (flagOf(part.after[key]) !== true || flagOf(part.before[key]) === true) return;
  yield say(part, {
    key: [...part.steps.slice(-1), key].join("."),
    at: locateKey(part, key),
    severity: "warning",
    message: `${whose({ ...part, steps: part.steps.slice(0, -1) })} goes into maintenance: users get the maintenance page from this deploy on.`,
    fix: "Switch it on only for the window that users were told about, and off again.",
  });
}

function* off(part: ValuesChange, key: string): Iterable<Problem> {
  const name = part.steps.at(-1) ?? "";
  if (isRoute(part)) {
    if (!routed(part.after)) return;
    yield say(part, {
      key: `${name}.${key}`,
      severity: "warning",
      at: locateKey(part, key),
      message: `${whose(part)} is switched off: users no longer reach it by its hosts.`,
      fix: "Keep it until traffic has moved to another route, and say which one.",
    });
  } else if (isWorkload(part)) {
    yield say(part, {
      key: name === "" ? key : `${name}.${key}`,
      severity: "warning",
      at: locateKey(part, key),
      message: `${whose(part)} is switched off: this deploy removes its pods, even if something still calls them.`,
      fix: "Switch it off once nothing calls it any more.",
    });
  }
}

/** A route that was never written out is only the chart's example. */
const routed = (map: JsonObject) => Object.keys(map).length > 1;

/** A whole release, a component with a workload's settings, or a dependency named at the top. */
function isWorkload({ steps, before }: ValuesChange): boolean {
  const name = steps.at(-1);
  if (name === undefined) return true;
  if (steps.some((step) => FEATURE.test(step))) return false;
  return Object.keys(before).some((key) => WORKLOAD.test(key)) || steps.length === 1;
}

function suspended(part: ValuesChange, key: string): Problem {
  return say(part, {
    key,
    severity: "warning",
    message: `${whose(part)} is suspended: it no longer runs, and nothing says so until its work is missed.`,
    fix: "Say in the change when it will be resumed, and alert on its last success.",
  });
}

/** Names of hosts, as charts write them: a text, or maps with `host` or `name`. */
function hostsOf(value: Json | undefined): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return list(value).flatMap(
    (item) => string(item) ?? (isObject(item) ? (string(item["host"]) ?? nameOf(item)) : undefined) ?? [],
  );
}

function* hosts(part: ValuesChange, key: string): Iterable<Problem> {
  if (flagOf(part.before["enabled"]) === false || flagOf(part.after["enabled"]) === false) return;
  if (part.after[key] === undefined && !isGone(part, key)) return;
  const left = new Set(hostsOf(part.after[key]));
  const everywhere = JSON.stringify(part.set.values);
  const gone = hostsOf(part.before[key]).filter(
    (host) => !left.has(host) && !everywhere.includes(`"${host}"`),
  );
  if (gone.length === 0) return;
  yield say(part, {
    key,
    severity: "warning",
    message: `${whose(part)} no longer answers for ${gone.slice(0, 3).join(", ")}: users of ${gone.length === 1 ? "that host" : "those hosts"} get an error.`,
    fix: "Keep the old host beside the new one until nobody asks for it, or show where it is served now.",
  });
}

function* className(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [string(part.before[key]), string(part.after[key])];
  if (is === undefined || was === is || flagOf(part.after["enabled"]) === false) return;
  yield say(part, {
    key,
    severity: was === undefined ? "notice" : "warning",
    message: `the traffic of ${whose(part)} moves to the ingress controller ${is}${was === undefined ? "" : ` from ${was}`}: until that one answers, and names point to it, users get nothing.`,
    fix: "Make sure that both controllers serve the hosts while names move, and remove the old route last.",
  });
}

function* serviceType(part: ValuesChange, key: string): Iterable<Problem> {
  const [was, is] = [string(part.before[key]), string(part.after[key])];
  if (was === undefined || is === undefined || was === is || was === "ClusterIP") return;
  yield say(part, {
    key: `service.${key}`,
    at: locateKey(part, key),
    severity: "warning",
    message: `${whose(part)} turns from ${was} into ${is}: whoever reaches it by its ${was === "LoadBalancer" ? "load balancer's address" : "port on the nodes"} no longer does.`,
    fix: `Add a second Service of type ${is}, move clients, then remove the first.`,
  });
}

/** Lists of applications, each with values of its own: one that is gone is gone with its pods. */
function* applications(part: ValuesChange, key: string): Iterable<Problem> {
  const left = new Set(list(part.after[key]).map(nameOf));
  for (const item of list(part.before[key])) {
    const name = nameOf(item);
    if (name === undefined || left.has(name) || !isApplication(item)) continue;
    if (JSON.stringify(part.set.values).includes(`"name":"${name}"`)) continue;
    yield { ...removed(part, key, name), at: gapOf(part, key, name) };
  }
}

function isApplication(item: Json): boolean {
  if (!isObject(item)) return false;
  return [item, ...Object.values(item)].some(
    (map) =>
      isObject(map) &&
      Object.keys(map).filter((key) => WORKLOAD.test(key) || /^(app|helm)[A-Z]/.test(key)).length >= 1,
  );
}

function removed(part: ValuesChange, key: string, name: string): Problem {
  const steps = [...part.steps, key, name];
  return say(
    { ...part, steps },
    {
      key: "name",
      severity: "warning",
      message: `${name} is gone from ${key}: what it deployed is removed, even if something still calls it.`,
      fix: `Remove ${name} once nothing calls it any more: look for its name in routes and settings.`,
    },
  );
}

/** The item that now stands where the other one stood. */
function gapOf({ set, path, before, after }: ValuesChange, key: string, name: string): Location {
  const was = list(before[key]).map(nameOf);
  const is = list(after[key]).map(nameOf);
  const following = was.slice(was.indexOf(name) + 1).find((one) => one !== undefined && is.includes(one));
  const index = following === undefined ? is.length - 1 : is.indexOf(following);
  return set.locate([...path.after, key, ...(index < 0 ? [] : [index])]);
}
