import type { Pipeline } from "./model.ts";
import type { Outcomes, Play } from "./simulate.ts";

type ByForced = Map<string, Outcomes>;

const RESULTS: readonly (string | undefined)[] = [undefined, "success", "failure", "skipped"];

/** A number for what is played, apart from its scenario and the job that is forced. */
const kindOf = ({ free, forced, upstream }: Play): number =>
  (free ? 1 : 0) + 2 * RESULTS.indexOf(forced?.result) + 8 * RESULTS.indexOf(upstream);

/** What was played through. It is asked for every test before every deploy, so looking up builds no key. */
export class Plays {
  readonly #byPipeline = new Map<Pipeline, Map<string, (ByForced | undefined)[]>>();

  readonly #costs = new Map<Pipeline, number>();

  /** What one play costs: each job looks at all that it needs. */
  costOf(pipeline: Pipeline): number {
    const known = this.#costs.get(pipeline);
    const cost = known ?? pipeline.jobs.reduce((sum, { needs }) => sum + 1 + needs.length, 0);
    this.#costs.set(pipeline, cost);
    return cost;
  }

  /** All that differ from this one only in the job that is forced, by its key. */
  like(play: Play): ByForced {
    const { pipeline, scenario } = play;
    const byScenario = this.#byPipeline.get(pipeline) ?? new Map<string, (ByForced | undefined)[]>();
    this.#byPipeline.set(pipeline, byScenario);
    const kinds = byScenario.get(scenario.label) ?? [];
    byScenario.set(scenario.label, kinds);
    return (kinds[kindOf(play)] ??= new Map<string, Outcomes>());
  }
}
