import type { RequiredCheck } from "../engine/types.ts";
import { matchOf, triggersBefore } from "./check-names.ts";
import type { Delivery } from "./delivery.ts";
import type { Job, Pipeline, Trigger } from "./model.ts";

/** A job that reports a check. */
export interface Reporter {
  readonly job: Job;
  readonly pipeline: Pipeline;
}

/** The jobs that report a check on changes for a branch, for certain or perhaps. */
export function reportersOf(
  check: RequiredCheck,
  { pipelines }: Delivery,
  triggers: (pipeline: Pipeline) => readonly Trigger[],
): { readonly surely: readonly Reporter[]; readonly perhaps: readonly Reporter[] } {
  const all = pipelines
    .filter((pipeline) => triggers(pipeline).length > 0)
    .flatMap((pipeline) =>
      pipeline.jobs.map((job) => ({ job, pipeline, match: matchOf(check, job, pipeline) })),
    );
  return {
    surely: all.filter(({ match }) => match === "yes"),
    perhaps: all.filter(({ match }) => match === "maybe"),
  };
}

export const onChanges =
  (branch: string) =>
  (pipeline: Pipeline): readonly Trigger[] =>
    triggersBefore(pipeline, branch);

/** Those that start whatever files a change touches: a workflow that does not start reports nothing, for ever. */
export const onAllChanges =
  (branch: string) =>
  (pipeline: Pipeline): readonly Trigger[] =>
    triggersBefore(pipeline, branch).filter(({ paths }) => paths.length === 0);

/** What starts a pipeline for a commit of a merge queue. */
export const inQueue = ({ triggers }: Pipeline): readonly Trigger[] =>
  triggers.filter(({ event }) => event === "merge_group");
