import { setScalar } from "../../engine/edit.ts";
import { list } from "../../engine/json.ts";
import {
  BLUE_GREEN,
  CANARY,
  STEPS,
  isGradual,
  isRollout,
  staysOf,
  strategyKind,
  strategyPath,
  flaggerAnalysis,
  wholeNumber,
} from "../../engine/progressive.ts";
import { isUnknown } from "../../engine/template.ts";
import type { FieldPath, Manifest, Problem, Severity } from "../../engine/types.ts";
import { listText } from "../../engine/words.ts";

/** A Rollout or a Flagger Canary before and after. */
interface Pair {
  readonly was: Manifest;
  readonly is: Manifest;
}

/** What a finding about one of them says; the rest is the same for all. */
interface Saying {
  readonly key: string;
  readonly field: FieldPath;
  readonly atMost?: Severity;
  readonly message: string;
  readonly fix: string;
  /** The value that was there, where one line brings it back. */
  readonly back?: string;
}

type Rule = (pair: Pair) => Saying | undefined;

/** What makes the way of a new version to users more dangerous. */
export function* lessGradual(pair: Pair): Iterable<Problem> {
  for (const rule of isRollout(pair.is) ? ROLLOUT_RULES : FLAGGER_RULES) {
    const saying = rule(pair);
    if (saying) yield problemOf(pair, saying);
  }
}

function problemOf({ was, is }: Pair, { field, back, ...saying }: Saying): Problem {
  const suggestion = back === undefined ? undefined : setScalar(is, field, back);
  return {
    subject: is,
    at: is.locate(...field),
    was: was.locate(...field),
    atMost: "warning",
    ...saying,
    ...(suggestion && { suggestion }),
  };
}

/** Blue-green, or steps with stays between them, become one go. */
const atOnce: Rule = ({ was, is }) => {
  const old = strategyKind(was);
  if (old === undefined || strategyKind(is) !== "canary" || !isGradual(was) || isGradual(is))
    return undefined;
  const stays = staysOf(was) ?? [];
  const before =
    old === "blue-green"
      ? "it was started beside the old one first, and users were switched to it afterwards"
      : `it stopped at ${listText(stays.map((stay) => `${stay} %`))} of the users`;
  return {
    key: "strategy",
    field: is.get(...STEPS) === undefined ? CANARY : STEPS,
    message: `${is.ref} brings a new version to all its users in one go: until now ${before}. A bad version now reaches everybody before anybody can stop it.`,
    fix:
      old === "blue-green"
        ? `Keep blueGreen in ${is.ref}, or give the canary steps: setWeight, then a pause or an analysis.`
        : `Keep a pause or an analysis behind the first setWeight of ${is.ref}.`,
  };
};

/** The first users to get a new version are many more than they were. */
const firstStep: Rule = ({ was, is }) => {
  const [from] = (staysOf(was) ?? []).filter((stay) => stay > 0);
  const [to] = (staysOf(is) ?? []).filter((stay) => stay > 0);
  if (from === undefined || to === undefined || to < 50 || to < 2 * from) return undefined;
  const index = list(is.get(...STEPS)).findIndex((_, step) => is.get(...STEPS, step, "setWeight") === to);
  return {
    key: "first-step",
    field: index < 0 ? STEPS : [...STEPS, index, "setWeight"],
    atMost: "notice",
    message: `The first stop of a new version of ${is.ref} is at ${to} % of its users, instead of ${from} %: that many meet a bad version before it can be stopped.`,
    fix: `Start ${is.ref} with setWeight: ${from}.`,
  };
};

const AUTO: FieldPath = [...BLUE_GREEN, "autoPromotionEnabled"];

/** Nobody, and no analysis, looks at the new version before all traffic goes to it (autoPromotionEnabled is true by default). */
const promotion: Rule = ({ was, is }) => {
  if (strategyKind(is) !== "blue-green" || was.get(...AUTO) !== false) return undefined;
  const now = is.get(...AUTO);
  if (now === false || isUnknown(now) || is.get(...BLUE_GREEN, "prePromotionAnalysis") !== undefined)
    return undefined;
  const seconds = wholeNumber(is.get(...BLUE_GREEN, "autoPromotionSeconds"));
  const when =
    seconds === undefined ? "as soon as its pods are ready" : `${seconds} seconds after it is ready`;
  return {
    key: "promotion",
    field: AUTO,
    ...(seconds !== undefined && { atMost: "notice" as const }),
    message: `${is.ref} now sends all traffic to a new version ${when}: until now it waited for somebody to promote it, and no prePromotionAnalysis takes that place.`,
    fix: `Keep autoPromotionEnabled: false in ${is.ref}, or let a prePromotionAnalysis decide.`,
    back: "false",
  };
};

const ABORT: FieldPath = ["spec", "progressDeadlineAbort"];

/** A version whose pods never get ready stays half rolled out. */
const abort: Rule = ({ was, is }) => {
  const now = is.get(...ABORT);
  if (was.get(...ABORT) !== true || now === true || isUnknown(now)) return undefined;
  return {
    key: "abort",
    field: ABORT,
    atMost: "notice",
    message: `${is.ref} no longer goes back by itself when a new version makes no progress: its half-started pods stay beside the old ones until somebody aborts it by hand.`,
    fix: `Keep progressDeadlineAbort: true in ${is.ref}.`,
    back: "true",
  };
};

/** Nodes need about that long to send to the new pods (argo-rollouts, docs/features/bluegreen.md); also the default. */
const PROPAGATION = 30;

const switchesServices = (rollout: Manifest): boolean =>
  strategyKind(rollout) === "blue-green" || rollout.get(...CANARY, "trafficRouting") !== undefined;

/** Old pods go while some nodes still send to them. What 0 does differs from version to version. */
const scaleDown: Rule = ({ was, is }) => {
  if (!switchesServices(is) || !switchesServices(was)) return undefined;
  const field = [...strategyPath(is), "scaleDownDelaySeconds"];
  const from = wholeNumber(was.get(...strategyPath(was), "scaleDownDelaySeconds")) ?? PROPAGATION;
  const to = wholeNumber(is.get(...field));
  if (to === undefined || to <= 0 || to >= PROPAGATION || to >= from) return undefined;
  return {
    key: "scale-down",
    field,
    message: `${is.ref} stops its old pods ${to} seconds after the switch to a new version, instead of ${from}: nodes and load balancers that have not heard of the switch by then still send to them, and those requests fail on every release.`,
    fix: `Keep scaleDownDelaySeconds at ${Math.max(PROPAGATION, from)} in ${is.ref}.`,
    back: String(Math.max(PROPAGATION, from)),
  };
};

/** The same on the way back: after an abort the canary's pods go while traffic is still sent to them. 0 keeps them. */
const abortScaleDown: Rule = ({ was, is }) => {
  if (strategyKind(is) !== "canary" || !switchesServices(is)) return undefined;
  const field = [...CANARY, "abortScaleDownDelaySeconds"];
  const from = wholeNumber(was.get(...field)) ?? PROPAGATION;
  const to = wholeNumber(is.get(...field));
  if (to === undefined || to <= 0 || to >= PROPAGATION || (from > 0 && to >= from)) return undefined;
  return {
    key: "abort-scale-down",
    field,
    atMost: "notice",
    message: `When a canary of ${is.ref} is aborted, its pods now stop ${to} seconds later${from === 0 ? "; until now they stayed" : `, instead of ${from}`}: requests that are still sent to them fail.`,
    fix: `Keep abortScaleDownDelaySeconds at ${Math.max(PROPAGATION, from)} in ${is.ref}.`,
    back: String(Math.max(PROPAGATION, from)),
  };
};

/** The share of users that Flagger adds at first. */
function flaggerStep(canary: Manifest): { weight: number; field: FieldPath } | undefined {
  const read = flaggerAnalysis(canary);
  if (!read) return undefined;
  const { analysis, path } = read;
  const listed = wholeNumber(list(analysis["stepWeights"])[0]);
  if (listed !== undefined) return { weight: listed, field: [...path, "stepWeights", 0] };
  const weight = wholeNumber(analysis["stepWeight"]);
  return weight === undefined ? undefined : { weight, field: [...path, "stepWeight"] };
}

const flaggerJump: Rule = ({ was, is }) => {
  const [from, to] = [flaggerStep(was), flaggerStep(is)];
  if (!from || !to || to.weight < 50 || to.weight < 2 * from.weight) return undefined;
  return {
    key: "first-step",
    field: to.field,
    ...(to.weight < 100 && { atMost: "notice" as const }),
    message: `${is.ref} gives a new version ${to.weight} % of the traffic in its first step, instead of ${from.weight} %: that many users meet a bad version before Flagger has measured anything.`,
    fix: `Keep stepWeight: ${from.weight} in ${is.ref}.`,
    back: String(from.weight),
  };
};

const provider: Rule = ({ was, is }) => {
  const [from, to] = [was.get("spec", "provider"), is.get("spec", "provider")];
  if (typeof from !== "string" || typeof to !== "string" || from === to || isUnknown(to)) return undefined;
  return {
    key: "provider",
    field: ["spec", "provider"],
    atMost: "notice",
    message: `${is.ref} shifts traffic with ${to} instead of ${from}: routes that Flagger made for ${from} stay as they are, and whoever enters by them gets the weights of the last release.`,
    fix: `Change the provider of ${is.ref} while no release runs, and check afterwards that all traffic goes through ${to}.`,
  };
};

const ROLLOUT_RULES: readonly Rule[] = [atOnce, firstStep, promotion, abort, scaleDown, abortScaleDown];
const FLAGGER_RULES: readonly Rule[] = [flaggerJump, provider];
