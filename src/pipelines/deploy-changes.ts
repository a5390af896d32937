import type { Location } from "../engine/types.ts";
import type { Change } from "./compare.ts";
import type { Deploy, DeployPoint } from "./deploys.ts";
import { evaluate, mayBeTrue } from "./evaluate.ts";
import { ANY } from "./evaluate.ts";
import { matrixValue } from "./interpolate.ts";
import type { Concurrency, Condition, Environment, Job, Leg } from "./model.ts";

/** A deploy before and after. */
export interface DeployChange {
  readonly before: Deploy;
  readonly after: Deploy;
}

/** Deploys that both sides have, by file and job, whatever the tier; else production deploys by the job's name. */
export function changedDeploys({ before, after }: Change): DeployChange[] {
  return before.deploys.flatMap((deploy) => {
    const same = after.deploys.find(({ ref }) => ref.toLowerCase() === deploy.ref.toLowerCase());
    const moved = (): Deploy | undefined =>
      after.production.find(({ root }) => root.id.toLowerCase() === deploy.root.id.toLowerCase());
    const match = same ?? (deploy.tier === "production" ? moved() : undefined);
    return match ? [{ before: deploy, after: match }] : [];
  });
}

/** The jobs of a deploy: those that deploy, and those that call them. */
export function jobsOf({ pipeline, root }: Deploy): Job[] {
  return pipeline.jobs.filter((job) => job.root === root.id);
}

/** The environment that a deploy's jobs name, with its rules; undefined where none does. */
export function environmentOf(deploy: Deploy): Environment | undefined {
  const jobs = [...deploy.points.map(({ job }) => job), ...jobsOf(deploy)];
  return jobs.find(({ environment }) => environment)?.environment;
}

/** The concurrency that cancels a running deploy: of its job, of a caller, or of its whole pipeline. */
export function cancelling(deploy: Deploy): Concurrency | undefined {
  return concurrencyOf(deploy).find((concurrency) => concurrency.cancels);
}

/** All that keeps two runs of a deploy apart: of its jobs, then of its whole pipeline. */
export function concurrencyOf(deploy: Deploy): Concurrency[] {
  const all = [...jobsOf(deploy).map(({ concurrency }) => concurrency), deploy.pipeline.concurrency];
  return all.filter((concurrency) => concurrency !== undefined);
}

/** A place at which a deploy's failure is passed over, with the legs of the matrix for which it is. */
export interface Ignored {
  readonly at: Location;
  readonly legs: readonly Leg[];
}

/** Where the failure of a deploy is passed over, if anywhere: `continue-on-error` of its step or of its job. */
export function ignoredFailure({ points }: Deploy): Ignored | undefined {
  for (const point of points) {
    for (const condition of [point.job.allowFailure, stepOf(point)?.allowFailure]) {
      const ignored = condition && ignoredIn(point.job, condition);
      if (ignored) return ignored;
    }
  }
  return undefined;
}

/** A command of a deploy whose failure the shell passes over now, and did not before. */
export function hiddenFailure({ before, after }: DeployChange): DeployPoint | undefined {
  const was = before.points.filter(isHidden);
  const is = after.points.filter(isHidden);
  // A further command that may fail, beside those that still must not, takes nothing away.
  const fewer = after.points.length - is.length < before.points.length - was.length;
  if (!fewer || is.length <= was.length) return undefined;
  return is.find(({ text }) => !was.some((point) => point.text === text)) ?? is[0];
}

/** What runs in the background or goes on by `&&` may be waited for, or asked for, by what follows. */
const isHidden = ({ swallowed }: DeployPoint): boolean =>
  swallowed !== undefined && !/background|before `&&`/.test(swallowed);

const stepOf = ({ job, step }: DeployPoint): Job["steps"][number] | undefined => job.steps[step];

/** Whether `continue-on-error` holds for a job, and for which legs of its matrix. */
export function ignoredIn(job: Job, condition: Condition): Ignored | undefined {
  const holds = (legs: readonly Leg[]): boolean => {
    const values = evaluate(condition.expr, {
      call: () => undefined,
      members: () => undefined,
      value: ([context, name = ""]) => (context === "matrix" ? matrixValue(legs, name) : [ANY]),
    });
    // What is not known, such as an input, is not held against anybody.
    return !values.includes(ANY) && mayBeTrue(values);
  };
  if (job.legs.length === 0) return holds([]) ? { at: condition.at, legs: [] } : undefined;
  const legs = job.legs.filter((leg) => holds([leg]));
  return legs.length === 0 ? undefined : { at: condition.at, legs };
}

/** What tells the legs of a matrix apart, and which of them are gone. */
export interface LostLegs {
  readonly key: string;
  readonly values: readonly string[];
  /** Where the last kept leg before them ends in head, or the deploy's job. */
  readonly at: Location;
}

/** Legs that a deploy's matrix lost: values of the key that names its targets. */
export function lostLegs({ before, after }: DeployChange): LostLegs | undefined {
  for (const { job } of before.points) {
    const match = after.points.find((point) => point.job.key === job.key)?.job;
    if (!match || match.legs.length === 0 || match.legs.length >= job.legs.length) continue;
    const key = namingKey(job.legs);
    if (key === undefined) continue;
    const kept = new Set(match.legs.map(({ values }) => values[key]));
    const lost = job.legs.filter(({ values }) => !kept.has(values[key]));
    if (lost.length > 0) {
      return { key, values: lost.map(({ values }) => String(values[key])), at: placeOf(lost, job, match) };
    }
  }
  return undefined;
}

/** The first key whose values tell all legs apart. */
function namingKey(legs: readonly Leg[]): string | undefined {
  const keys = Object.keys(legs[0]?.values ?? {});
  return keys.find((key) => new Set(legs.map(({ values }) => values[key])).size === legs.length);
}

/** Where legs stood that are gone: the end of the last kept leg before them, or the job. */
export function placeOf(lost: readonly Leg[], before: Job, after: Job): Location {
  const index = before.legs.findIndex((leg) => leg === lost[0]);
  const neighbour = after.legs[index - 1] ?? after.legs[0];
  if (!neighbour) return after.at;
  // A block ends where the next thing begins.
  const end = neighbour.at.endColumn === 1 ? neighbour.at.endLine - 1 : neighbour.at.endLine;
  const line = Math.max(neighbour.at.line, end);
  return { ...neighbour.at, line, column: 1, endLine: line, endColumn: 1 };
}
