import type { DeclaredTest, Policy } from "../engine/types.ts";
import { matchOf } from "./check-names.ts";
import type { Evidence } from "./evidence.ts";
import type { Job, Pipeline } from "./model.ts";

/** What the policy says of pipelines, where their files do not tell. */
export type Declared = Pick<Policy, "deploys" | "tests" | "bypasses">;

/** Whether the policy means this file: by its path, or its name alone. */
const isFile = ({ path }: Pipeline, workflow: string): boolean =>
  path === workflow || path.endsWith(`/${workflow}`);

/** Whether the policy means this job of this pipeline. Jobs of called workflows are not named. */
export function isDeclared(
  pipeline: Pipeline,
  job: Job,
  entry: { readonly workflow?: string | undefined; readonly job?: string | undefined },
): boolean {
  if (entry.workflow === undefined || entry.job === undefined) return false;
  if (job.caller !== undefined || !isFile(pipeline, entry.workflow)) return false;
  return entry.job.toLowerCase() === job.id.toLowerCase();
}

/** Whether a job reports the check that the policy names. */
export const reports = (pipeline: Pipeline, job: Job, { check }: DeclaredTest): boolean =>
  check !== undefined && matchOf({ name: check, by: "" }, job, pipeline) === "yes";

/** Tests that the policy names. What the files tell themselves is not said twice. */
export function declaredTests(
  pipeline: Pipeline,
  job: Job,
  { tests, told }: Pick<Declared, "tests"> & { readonly told: readonly Evidence[] },
): Evidence[] {
  const stages = new Set(
    tests.flatMap((entry) =>
      isDeclared(pipeline, job, entry) || reports(pipeline, job, entry) ? [entry.stage] : [],
    ),
  );
  return [...stages]
    .filter((stage) => !told.some(({ purpose, confidence }) => purpose === stage && confidence >= 1))
    .map((stage) => ({
      purpose: stage,
      tool: "the test that the policy names",
      text: `declared ${job.id}`,
      confidence: 1,
      pipeline,
      job,
      at: job.at,
    }));
}

/** A pipeline in which the inputs that the policy accepts count as not given. */
export function withAccepted(pipeline: Pipeline, bypasses: Policy["bypasses"]): Pipeline {
  const own = bypasses.filter(({ workflow }) => isFile(pipeline, workflow));
  if (own.length === 0) return pipeline;
  return { ...pipeline, accepted: new Map(own.map(({ input, reason }) => [input.toLowerCase(), reason])) };
}
