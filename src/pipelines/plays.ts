import { oncePer } from "../engine/once.ts";
import { ancestorsOf } from "./ancestors.ts";
import type { Deploy } from "./deploys.ts";
import type { Job, Pipeline } from "./model.ts";
import { scenariosOf } from "./scenarios.ts";
import type { Scenario } from "./scenarios.ts";
import { canRun, indexOf, simulate } from "./simulate.ts";
import type { Outcomes, Play } from "./simulate.ts";

/** So many jobs are played through for one side of a repository; then verdicts are unknown, and a note says so. */
const WORK_AT_MOST = 400_000;

type ByForced = Map<string, Outcomes>;

const RESULTS: readonly (string | undefined)[] = [undefined, "success", "failure", "skipped"];

/** A number for what is played, apart from its scenario and the job that is forced. */
const kindOf = ({ free, forced, upstream }: Play): number =>
  (free ? 1 : 0) + 2 * RESULTS.indexOf(forced?.result) + 8 * RESULTS.indexOf(upstream);

/** Plays pipelines through, each way once: every test before every deploy asks, so looking up builds no key. */
export class Plays {
  readonly #byPipeline = new Map<Pipeline, Map<string, (ByForced | undefined)[]>>();
  readonly #costs = new Map<Pipeline, number>();
  readonly #indexOf = oncePer(indexOf);
  readonly #ancestors = new Map<Job, ReadonlySet<string>>();
  #work = 0;

  /** Whether there was too much to play through: what is asked from now on has no outcomes. */
  get exhausted(): boolean {
    return this.#work > WORK_AT_MOST;
  }

  /** Plays nothing through any more. */
  giveUp(): void {
    this.#work = Infinity;
  }

  /** What can come of each job. */
  play(play: Play): Outcomes {
    const { pipeline, forced } = play;
    const plays = this.#like(play);
    const known = plays.get(forced?.key ?? "");
    if (known) return known;
    this.#work += this.#costOf(pipeline);
    const index = this.#indexOf(pipeline);
    const outcomes: Outcomes = this.exhausted ? new Map() : simulate({ ...play, index });
    plays.set(forced?.key ?? "", outcomes);
    return outcomes;
  }

  /** In which ways a pipeline can start. */
  readonly scenarios: (pipeline: Pipeline) => readonly Scenario[] = oncePer(scenariosOf);

  /** The keys of all jobs that end before a job starts. */
  ancestors(job: Job, pipeline: Pipeline): ReadonlySet<string> {
    const known = this.#ancestors.get(job);
    if (known) return known;
    const found = ancestorsOf(job, pipeline);
    this.#ancestors.set(job, found);
    return found;
  }

  /** What one play costs: each job looks at all that it needs. */
  #costOf(pipeline: Pipeline): number {
    const known = this.#costs.get(pipeline);
    const cost = known ?? pipeline.jobs.reduce((sum, { needs }) => sum + 1 + needs.length, 0);
    this.#costs.set(pipeline, cost);
    return cost;
  }

  /** All that differ from this one only in the job that is forced, by its key. */
  #like(play: Play): ByForced {
    const { pipeline, scenario } = play;
    const byScenario = this.#byPipeline.get(pipeline) ?? new Map<string, (ByForced | undefined)[]>();
    this.#byPipeline.set(pipeline, byScenario);
    const kinds = byScenario.get(scenario.label) ?? [];
    byScenario.set(scenario.label, kinds);
    return (kinds[kindOf(play)] ??= new Map<string, Outcomes>());
  }
}

/** Whether what was played through comes to a deploy. */
export const reaches = (outcomes: Outcomes, deploy: Deploy): boolean =>
  deploy.points.some(({ job }) => canRun(outcomes.get(job.key)));
