import type { RequiredCheck } from "../engine/types.ts";
import type { Job, Leg, Pipeline, Trigger } from "./model.ts";
import { passes } from "./scenarios.ts";

/**
 * The names under which jobs report their checks: rulesets bind to these names and to nothing else.
 * Source: https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
 */

/** The app behind GitHub Actions, as rulesets name it. */
export const ACTIONS_APP = 15_368;

/** `yes`: it surely reports this check; `maybe`: the name is computed, or the job was not read. */
export type Match = "yes" | "maybe" | "no";

/** Whether a job reports a check. */
export function matchOf(check: RequiredCheck, job: Job, pipeline: Pipeline): Match {
  if (pipeline.provider === "circleci") return sure(check.name === `ci/circleci: ${job.id}`);
  if (pipeline.provider !== "github-actions") return "no";
  if (check.app !== undefined && check.app !== ACTIONS_APP) return "no";
  const names = namesOf(job, pipeline);
  // A called workflow reports by its jobs.
  if (job.call)
    return job.call.opaque && names.some((name) => begins(check.name, name, " / ")) ? "maybe" : "no";
  if (names.includes(check.name)) return "yes";
  const computed = names.some((name) => name.includes("${{") && fits(name, check.name));
  return computed || (job.legs.length === 0 && names.some((name) => begins(check.name, name, " (")))
    ? "maybe"
    : "no";
}

const sure = (matches: boolean): Match => (matches ? "yes" : "no");

const begins = (check: string, name: string, mark: string): boolean =>
  name.includes("${{") ? fits(`${name}\${{ }}`, check) : check.startsWith(name + mark);

/** All names of a job's checks, one for each leg of its matrix; what an expression computes stays as written. */
function namesOf(job: Job, pipeline: Pipeline): string[] {
  const own = legNames(job);
  const caller = pipeline.jobs.find(({ key }) => key === job.caller);
  if (!caller) return own;
  return namesOf(caller, pipeline).flatMap((outer) => own.map((inner) => `${outer} / ${inner}`));
}

function legNames({ name, id, legs }: Job): string[] {
  const written = name === "" ? id : name;
  if (legs.length === 0) return [written];
  const all = legs.flatMap((leg) => legName(written, leg));
  // With one leg its value may be put in already.
  return [...new Set(legs.length === 1 ? [written, ...all] : all)];
}

/** A name without the matrix in it gets the leg's values behind it. */
function legName(written: string, { values }: Leg): string {
  const put = written.replaceAll(/\$\{\{\s*matrix\.([\w-]+)\s*\}\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined || value === null ? whole : String(value);
  });
  if (put !== written || /\$\{\{[^}]*matrix/.test(written)) return put;
  return `${written} (${Object.values(values).join(", ")})`;
}

/** Whether a text is what a name with expressions in it can become. */
function fits(name: string, text: string): boolean {
  const [first = "", ...rest] = name.split(/\$\{\{.*?\}\}/);
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  const last = rest.at(-1) ?? "";
  return last === "" || text.endsWith(last);
}

/** The triggers that let a pipeline report on changes that are to be merged into a branch. */
export function triggersBefore(pipeline: Pipeline, branch: string): Trigger[] {
  return pipeline.triggers.filter(({ event, branches, tags }) => {
    if (event === "pull_request" || event === "pull_request_target") return passes(branches, branch);
    // A push without a filter is one to the branch of the pull request.
    return event === "push" && branches.length + tags.length === 0;
  });
}
