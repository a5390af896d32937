import type { Change } from "../engine/pair.ts";
import type { Facts, Pillar, Problem, Severity, Tier } from "../engine/types.ts";
import type { World } from "../engine/world.ts";
import type { Delivery } from "../pipelines/delivery.ts";

/** A repository in small: one file's text, or several files by path. */
export type ExampleFiles = string | Readonly<Record<string, string>>;

/**
 * A change that a check must flag (`unsafe`) or must leave alone (`safe`). It is a test and documentation at once.
 * Lines on which a finding is due end in `# <- finding`; a finding about something that is gone is marked in `before`.
 */
export interface Example {
  /** What the change is, as a clause: "the probe is dropped". */
  readonly title: string;
  /** Nothing, where absent: all of `after` is new. */
  readonly before?: ExampleFiles;
  readonly after: ExampleFiles;
  /** What the code host says beside the files. */
  readonly facts?: Facts;
}

/** What is known of a check before it runs. It is also its page in docs/checks. */
export interface CheckInfo {
  /** File name, docs page and suppression key at once. */
  readonly id: string;
  /** What happens, present tense: "A container loses its readiness probe". */
  readonly title: string;
  readonly pillar: Pillar;
  /** What a finding proves, per tier (see `Severity`). */
  readonly severity: Readonly<Record<Tier, Severity>>;
  /** How sure the rule is where it speaks: from the manifests alone, or by the usual meaning of things. */
  readonly confidence: "certain" | "likely" | "possible";
  /** The victim and the moment. */
  readonly why: string;
  /** An order. */
  readonly fix: string;
  readonly references: readonly string[];
  /**
   * Checks whose new finding about the same subject and key says nothing that this one's does not say better: this one
   * knows what was there before. Theirs is left out where both speak.
   */
  readonly supersedes?: readonly string[];
  /** It says that something is not there: of a unit that could not be seen whole, that proves nothing. */
  readonly absence?: true;
  readonly unsafe: readonly Example[];
  readonly safe: readonly Example[];
}

/** Looks at one world. The engine runs it on both sides and compares: that gives the standing. */
export interface StateCheck extends CheckInfo {
  readonly kind: "state";
  readonly run: (world: World) => Iterable<Problem>;
}

/** What one unit was and what it becomes. */
export interface Transition {
  readonly before: World;
  readonly after: World;
  /** Every object of both worlds, paired by id. */
  readonly changes: readonly Change[];
}

/** Looks at what the change itself does to one unit, though both of its ends may look fine. */
export interface TransitionCheck extends CheckInfo {
  readonly kind: "transition";
  readonly run: (transition: Transition) => Iterable<Problem>;
}

/** Looks at how the way to production changes. Runs once for the whole repository. */
export interface PipelineCheck extends CheckInfo {
  readonly kind: "pipelines";
  readonly run: (change: { readonly before: Delivery; readonly after: Delivery }) => Iterable<Problem>;
}

export type Check = StateCheck | TransitionCheck | PipelineCheck;

/** Gives a check its type, and lets its file say nothing but what it is. */
export function defineCheck<C extends Check>(check: C): C {
  return check;
}

/** Severity by tier: critical, standard, best-effort. */
export function severities(
  critical: Severity,
  standard: Severity,
  bestEffort: Severity,
): Record<Tier, Severity> {
  return { critical, standard, "best-effort": bestEffort };
}
