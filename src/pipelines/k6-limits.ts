import { lineAt } from "../engine/yaml.ts";

type Texts = (path: string) => string | undefined;

/** A threshold of a k6 script: `p(95)<400` of `http_req_duration`. */
interface Limit {
  readonly metric: string;
  readonly text: string;
  /** Whether a higher bound lets more pass. */
  readonly isMost: boolean;
  readonly bound: number;
  readonly line: number;
}

/** A threshold that asks for less than it did, or is gone while others stay. */
export interface LoosenedLimit {
  readonly path: string;
  readonly line: number;
  readonly metric: string;
  readonly was: string;
  readonly is?: string;
}

/**
 * The thresholds that a k6 command's script no longer sets as high. Source of their form:
 * https://grafana.com/docs/k6/latest/using-k6/thresholds/#threshold-syntax
 */
export function loosenedLimits(command: string, before: Texts, after: Texts): LoosenedLimit[] {
  const file = command.split(" ").find((word) => /\.[cm]?[jt]s$/.test(word));
  const path = file?.replace(/^\.\//, "") ?? "";
  const [old, now] = [limitsOf(before(path) ?? ""), limitsOf(after(path) ?? "")];
  const first = [...now.values()][0];
  // All of them gone is said by the gate: the run can no longer fail.
  if (!first) return [];
  return [...old].flatMap(([key, was]): LoosenedLimit[] => {
    const is = now.get(key);
    if (is && !isLooser(was, is)) return [];
    const { metric, text } = was;
    const place = { path, line: (is ?? first).line, metric, was: text };
    return [is ? { ...place, is: is.text } : place];
  });
}

const isLooser = (was: Limit, is: Limit): boolean =>
  was.isMost ? is.bound > was.bound : is.bound < was.bound;

/** Longer options than anybody writes are not looked at to their end. */
const MOST = 4_000;
const METRIC = /["'`]?([A-Za-z_][\w.]{0,80}(?:\{[^}\n]{0,80}\})?)["'`]?\s{0,20}:\s{0,20}\[([^\]]{0,500})\]/g;
const BOUND = /(p\(\d+(?:\.\d+)?\)|avg|min|med|max|rate|count|value)\s{0,9}([<>])=?\s{0,9}(\d+(?:\.\d+)?)/g;

function limitsOf(source: string): ReadonlyMap<string, Limit> {
  const start = source.search(/\bthresholds\b/);
  if (start === -1) return new Map();
  const found = [...source.slice(start, start + MOST).matchAll(METRIC)].flatMap((match) => {
    const [whole, metric = "", bounds = ""] = match;
    const inside = start + match.index + whole.lastIndexOf(bounds);
    return Array.from(bounds.matchAll(BOUND), ({ 0: text, 1: of = "", 2: sign = "", 3: bound, index }) => {
      const limit = {
        metric,
        text,
        isMost: sign === "<",
        bound: Number(bound),
        line: lineAt(source, inside + index),
      };
      return [`${metric} ${of} ${sign}`, limit] as const;
    });
  });
  return new Map(found);
}
