import { list } from "../../engine/json.ts";
import type { Json, Problem } from "../../engine/types.ts";
import { locateKey } from "../../engine/values-parts.ts";
import {
  countOf,
  flagOf,
  isGone,
  isOn,
  problemOf,
  whose,
  type ValuesChange,
} from "../../engine/values-words.ts";

const CHECK = "values-rollout-weakened";
/** Parts of values that say how a new version reaches users, as charts call them. */
const PART = /^(argo-?rollouts?|rollouts?|canary|blue-?green|flagger|progressive-?delivery)$/i;

interface Rule {
  readonly key: RegExp;
  /** What follows for users, or nothing. */
  readonly effect: (was: Json | undefined, is: Json | undefined) => string | undefined;
}

const RULES: readonly Rule[] = [
  {
    key: /^enabled?$/,
    effect: (was, is) =>
      flagOf(was) === true && flagOf(is) === false
        ? "brings new versions to all users in one go: nothing shows them to a few first."
        : undefined,
  },
  {
    key: /^skipAnalysis$/,
    effect: (was, is) =>
      flagOf(was) !== true && flagOf(is) === true
        ? "promotes new versions without measuring them: a bad one reaches all users."
        : undefined,
  },
  {
    key: /^autoPromotionEnabled$/,
    effect: (was, is) =>
      flagOf(was) === false && flagOf(is) === true
        ? "sends all traffic to a new version by itself, and no longer waits for somebody to promote it."
        : undefined,
  },
  {
    key: /^(steps|stepWeights)$/,
    effect: (was, is) =>
      list(was).length > 0 && (is === undefined || (Array.isArray(is) && is.length === 0))
        ? "has no steps any more: a new version reaches all users in one go."
        : undefined,
  },
  {
    key: /^stepWeight$/,
    effect: (was, is) => {
      const [from, to] = [countOf(was) ?? NaN, countOf(is) ?? NaN];
      return from < 50 && to >= 100
        ? `gives a new version all traffic in its first step, instead of ${from} %.`
        : undefined;
    },
  },
  {
    key: /^(analysis|prePromotionAnalysis|postPromotionAnalysis)$/,
    effect: (was, is) =>
      isOn(was) && !isOn(is)
        ? "no longer measures new versions: a bad one is not taken back by itself."
        : undefined,
  },
];

/** Canaries and blue-green releases that values make less careful. */
export function* progressiveProblems(part: ValuesChange): Iterable<Problem> {
  const name = part.steps.findLast((step) => PART.test(step));
  if (name === undefined) return;
  for (const key of Object.keys({ ...part.before, ...part.after })) {
    // `enabled` is the switch of the very map that it stands in.
    const isOwn = part.steps.at(-1) === name;
    const rule = RULES.find((one) => one.key.test(key) && (isOwn || !/^enable/.test(key)));
    const effect = rule?.effect(part.before[key], part.after[key]);
    if (effect === undefined || (part.after[key] === undefined && !isGone(part, key))) continue;
    yield problemOf(part, {
      check: CHECK,
      key: `${name}.${key}`,
      at: locateKey(part, key),
      severity: "warning",
      message: `${whose({ ...part, steps: part.steps.slice(0, part.steps.lastIndexOf(name)) })} ${effect}`,
      fix: `Keep ${name}.${key} as it was.`,
    });
  }
}
