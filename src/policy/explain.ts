import type { z } from "zod";
import type { FieldPath } from "../engine/types.ts";
import { nearest } from "./nearest.ts";
import type { Complaint, Parsed } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** So many complaints about one map are enough; finding the place of each of thousands would take minutes. */
const ENOUGH = 60;

/** The known keys of the map at a path, from the schema; undefined where it is no map of the schema. */
export type KeysAt = (path: FieldPath) => readonly string[];

/** Says what Zod found in words that name the place, what is wrong, and the way out. */
export function explain(issue: Issue, parsed: Parsed, keysAt: KeysAt): Complaint[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, ENOUGH).map((key) => ({
      ...parsed.atKey([...path, key]),
      message: unknownKey(path, key, keysAt(path)),
    }));
  }
  if (issue.code === "invalid_union") return ofUnion(issue, parsed, keysAt);
  const value = valueAt(parsed.value, path);
  if (value === undefined) return [{ ...parsed.at(path.slice(0, -1)), message: missing(path) }];
  return [{ ...parsed.at(path), message: `${nameOf(path)}: ${wrongValue(issue, value, path)}` }];
}

/** A word, or a map that holds the word: which of the two was meant shows in what was written. */
function ofUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  parsed: Parsed,
  keysAt: KeysAt,
): Complaint[] {
  const path = issue.path.map(String);
  const value = valueAt(parsed.value, path);
  const branch = issue.errors[isMapping(value) ? 1 : 0] ?? [];
  return branch.flatMap((inner) =>
    explain({ ...inner, path: [...issue.path, ...inner.path] }, parsed, keysAt),
  );
}

function unknownKey(path: FieldPath, key: string, known: readonly string[]): string {
  const what = path.length === 1 && path[0] === "checks" ? "check" : "key";
  const where = path.length === 0 ? "" : ` in ${nameOf(path)}`;
  return `unknown ${what} "${short(key)}"${where}; ${hint(key, known, what)}`;
}

const MISSING: Readonly<Record<string, string>> = {
  version: "write `version: 1`",
  until: "write the last day on which the waiver holds, such as `until: 2027-01-31`",
  reason: "say why the risk is accepted",
  by: "say who accepted it",
  demand: "say required, advised or off",
  stage: "name the stage, such as `acceptance`",
  workflow: "name the file of the workflow, such as `release.yml`",
  job: "name the key of the job",
  input: "name the input of the workflow",
  match: "name the folder, chart or kustomization; * stands for any run of characters",
  environment: "say production, staging or development",
  chart: "name the folder of the chart",
  values: "list the values files, from the repository's root; [] for the chart's own alone",
  key: "name the key of the values, such as `capacity.pods`",
  means: "name the usual key that means the same, such as `replicaCount`",
  subject: "name what is excused, such as `Deployment/shop/web`",
  check: "name the check; `nines checks` lists them",
};

function missing(path: FieldPath): string {
  if (path.length === 0) return "the file is empty; write `version: 1`, or remove the file";
  const key = String(path.at(-1));
  const where = path.length === 1 ? "" : ` in ${nameOf(path.slice(0, -1))}`;
  return `"${key}" is missing${where}; ${MISSING[key] ?? "add it"}`;
}

function wrongValue(issue: Issue, value: unknown, path: FieldPath): string {
  if (value === null) {
    return path.length === 0 ? missing(path) : "there is no value; give it one, or remove the key";
  }
  if (path.at(-1) === "version") return version(value, path);
  switch (issue.code) {
    case "invalid_value":
      return notOneOf(value, issue.values.map(String), path);
    case "invalid_type":
      return `${written(value)} is not ${KINDS[issue.expected] ?? issue.expected}${quoteHint(issue.expected, value)}`;
    case "invalid_format":
      return `${written(value)} is not a date of the calendar; write it as YYYY-MM-DD, such as 2027-01-31`;
    case "too_small":
      return `${written(value)} is too little; ${least(issue)}`;
    default:
      return `${written(value)} is not possible here: ${issue.message}`;
  }
}

function least({ origin, minimum }: Extract<Issue, { code: "too_small" }>): string {
  if (origin === "array") return "name one at least, or remove the key";
  return origin === "string" ? "write some text" : `the least is ${minimum}`;
}

function version(value: unknown, path: FieldPath): string {
  if (path.length === 1) return `${written(value)} is not known; this nines reads \`version: 1\``;
  return `${written(value)} is not a Kubernetes minor version; write it in quotes, such as "1.35"`;
}

function notOneOf(value: unknown, known: readonly string[], path: FieldPath): string {
  if (path[0] === "locked")
    return `${written(value)} cannot be locked; ${hint(String(value), known, "lock")}`;
  if (path.at(-1) === "check")
    return `${written(value)} is not a check; ${hint(String(value), known, "check")}`;
  const meant = nearest(String(value), known);
  return `${written(value)} is not one of ${known.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

/** Did you mean …, or where to look. */
function hint(word: string, known: readonly string[], what: "check" | "key" | "lock"): string {
  const meant = nearest(word, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  if (what === "check") return "`nines checks` lists the checks";
  if (what === "lock") return "name a key such as waivers, stages.unit or checks.pdb-deadlock";
  return `the keys here are ${known.join(", ")}`;
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a map",
  record: "a map",
  array: "a list",
  string: "text",
  int: "a whole number",
  number: "a number",
};

function quoteHint(expected: string, value: unknown): string {
  if (expected === "string" && ["number", "boolean"].includes(typeof value)) return "; put it in quotes";
  if (expected === "array") return "; start each entry with `- `";
  if (expected === "object" || expected === "record") return "; write `key: value` lines under it";
  return "";
}

/** A value as it is shown: scalars as written, the rest by kind. */
function written(value: unknown): string {
  if (typeof value === "string") return `"${short(value)}"`;
  if (Array.isArray(value)) return "a list";
  return isMapping(value) ? "a map" : short(String(value));
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A path as people write it: `waivers[0].until`. */
function nameOf(path: FieldPath): string {
  const joined = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return joined === "" ? "the file" : joined.replace(/^\./, "");
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}
