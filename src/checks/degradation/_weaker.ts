import type { Degreed, Scale } from "../../engine/protection-degrees.ts";
import { listText } from "../../engine/words.ts";

/** The same setting on both sides. */
export interface Pair {
  readonly was: Degreed;
  readonly is: Degreed;
}

/** Less than half of the tries, or of the time for which a failing pod is left out, is not what was measured before. */
const HALF = 0.5;
/** Where fewer tries were there, one less is a matter of taste. */
const SOME_TRIES = 3;
/** A wait that grows that much, and to that many seconds, is no limit to a person any more. */
const MUCH = 10;
const LONG_WAIT = 60;
/** Four times the errors go to users before a pod is left out. */
const MANY = 4;

interface Fall {
  readonly isWorse: (old: number, now: number) => boolean;
  /** A clause after the holder's name. */
  readonly says: (old: number, now: number) => string;
}

const FALLS: Readonly<Record<Exclude<Scale, "causes">, Fall>> = {
  tries: {
    isWorse: (old, now) => now <= old * HALF && (old >= SOME_TRIES || now === 0),
    says: (old, now) =>
      now === 0
        ? "no longer tries a failed request again"
        : `tries a failed request again ${times(now)} at most, and did so ${times(old)}`,
  },
  wait: {
    isWorse: (old, now) => now >= old * MUCH && now >= LONG_WAIT,
    says: (old, now) => `ends a request that hangs after ${inSeconds(now)} instead of ${inSeconds(old)}`,
  },
  strikes: {
    isWorse: (old, now) => now >= old * MANY,
    says: (old, now) =>
      now === Infinity
        ? "no longer leaves a pod out for its errors"
        : `leaves a pod out after ${now} errors in a row instead of ${old}`,
  },
  share: {
    isWorse: (old, now) => now <= old * HALF,
    says: (old, now) =>
      `leaves out ${now} % of the pods at most instead of ${old} %, however many of them fail`,
  },
  absence: {
    isWorse: (old, now) => now <= old / MANY,
    says: (old, now) => `leaves a failing pod out for ${inSeconds(now)} instead of ${inSeconds(old)}`,
  },
};

/** What the setting lost, as a clause after the holder's name; undefined where it is as good as it was, or nearly. */
export function weaker({ was, is }: Pair): string | undefined {
  const [old, now] = [was.degree, is.degree];
  if (is.scale === "causes" || typeof old !== "number" || typeof now !== "number") return fewer(old, now);
  const fall = FALLS[is.scale];
  return old !== now && fall.isWorse(old, now) ? fall.says(old, now) : undefined;
}

/** Words that go with none in their place; another word may mean more than those that went. */
function fewer(was: Degreed["degree"], is: Degreed["degree"]): string | undefined {
  if (typeof was === "number" || typeof is === "number" || is.size === 0) return undefined;
  const gone = [...was].filter((word) => !is.has(word));
  if (gone.length === 0 || [...is].some((word) => !was.has(word))) return undefined;
  return `no longer acts on ${listText(gone, 5)}`;
}

const times = (count: number) =>
  count === Infinity ? "without end" : count === 1 ? "once" : `${count} times`;

function inSeconds(value: number): string {
  if (value === Infinity) return "as long as it takes";
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${Math.round(value * 10) / 10} s`;
}
