import { at, isObject, list } from "./json.ts";
import { isUnknown } from "./template.ts";
import type { Json } from "./types.ts";
import { podField, type Container, type Workload } from "./workload.ts";

/** Seconds between SIGTERM (or the preStop hook) and SIGKILL where the pod does not say (core/v1 DefaultTerminationGracePeriodSeconds). */
export const DEFAULT_GRACE = 30;

/** A pod's grace period. `invalid`: the API server refuses it. `unknown`: only an expansion would tell. */
export type Grace =
  | { readonly kind: "seconds"; readonly seconds: number; readonly written: boolean }
  | { readonly kind: "invalid" | "unknown" };

/** How long the pods of a workload may take to end; 30 seconds where nothing is written. */
export function graceOf(workload: Workload): Grace {
  const value = podField(workload, "terminationGracePeriodSeconds");
  if (value === undefined || value === null)
    return { kind: "seconds", seconds: DEFAULT_GRACE, written: false };
  if (isUnknown(value)) return { kind: "unknown" };
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return { kind: "invalid" };
  return { kind: "seconds", seconds: value, written: true };
}

/** A container's preStop hook. */
export interface PreStop {
  /** How long it sleeps; undefined where it does something of unknown length. */
  readonly seconds: number | undefined;
  /** Where in the container its length is written. */
  readonly path: readonly string[];
  /** The API server compares this handler with the grace period, and refuses one that is longer. */
  readonly builtIn: boolean;
}

/** What a container does before it is told to end; undefined where nothing is written. */
export function preStopOf({ spec }: Container): PreStop | undefined {
  const path = ["lifecycle", "preStop"];
  const hook = at(spec, path);
  if (!isObject(hook) || Object.values(hook).every((value) => value === null)) return undefined;
  const builtIn = at(hook, ["sleep", "seconds"]);
  if (builtIn !== undefined) {
    const seconds = typeof builtIn === "number" ? builtIn : undefined;
    return { seconds, path: [...path, "sleep", "seconds"], builtIn: true };
  }
  const command = at(hook, ["exec", "command"]);
  if (command === undefined) return { seconds: undefined, path, builtIn: false };
  return { seconds: sleepOf(list(command)), path: [...path, "exec", "command"], builtIn: false };
}

/** `["sleep", "30"]` or `["sh", "-c", "sleep 5 && nginx -s quit"]`. */
function sleepOf(command: readonly Json[]): number | undefined {
  const words = command.map(String);
  const [program = "", ...args] = words;
  if (/(^|\/)sleep$/.test(program)) return args.length === 1 ? duration(args[0] ?? "") : undefined;
  const script =
    /(^|\/)(sh|bash|ash|dash)$/.test(program) && /^-\w*c$/.test(args[0] ?? "") ? args[1] : undefined;
  return script === undefined ? undefined : sleepOfScript(script);
}

/** The sum of a script's sleeps; loops, conditions and the background make it a guess, and guesses are left out. */
function sleepOfScript(script: string): number | undefined {
  if (isUnknown(script) || /\b(for|while|until|if|case)\b|\|\||[^&]&(?!&)/.test(script)) return undefined;
  const sleeps = [...script.matchAll(/(?:^|[;&\n{(]|\s)(?:\/[\w/]*\/)?sleep\s+([^\s;&)]+)/g)].map((match) =>
    duration(match[1] ?? ""),
  );
  if (sleeps.length === 0) return undefined;
  return sleeps.reduce<number | undefined>(
    (sum, seconds) => (sum === undefined || seconds === undefined ? undefined : sum + seconds),
    0,
  );
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };

/** What coreutils' sleep takes: `30`, `0.5`, `2m`. */
function duration(text: string): number | undefined {
  const match = /^['"]?(\d+(?:\.\d+)?)([smh]?)['"]?$/.exec(text);
  const factor = UNITS[match?.[2] ?? ""];
  return match && factor !== undefined ? Number(match[1]) * factor : undefined;
}
