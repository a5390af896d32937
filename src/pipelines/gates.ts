import { oncePer } from "../engine/once.ts";
import type { BranchRules, Facts, GateVerdict, Location } from "../engine/types.ts";
import type { Deploy } from "./deploys.ts";
import { mayBeFalse, mayBeTrue } from "./evaluate.ts";
import type { Evidence } from "./evidence.ts";
import { byRules, notRequired } from "./external-gate.ts";
import type { Known } from "./external-gate.ts";
import { comesToIt, faultOf, IN_JOB, inJob, skippedInShell, stepValue } from "./faults.ts";
import { isGitOps } from "./gitops.ts";
import type { Condition, Job, Pipeline, Step } from "./model.ts";
import { Plays, reaches } from "./plays.ts";
import { skipsTogether } from "./same-condition.ts";
import { AUTOMATIC, isBeforeMerge } from "./scenarios.ts";
import type { Scenario } from "./scenarios.ts";
import { canRun } from "./simulate.ts";
import type { Play } from "./simulate.ts";
import { waitersBefore, waitsFor } from "./waiting.ts";
import { WORDS_OF } from "./words.ts";

/** How a test stands before a deploy in one scenario, or over all. */
export interface Standing {
  readonly verdict: GateVerdict;
  /** As a clause after the test's name: "runs, and cannot stop it: …". */
  readonly reason: string;
  /** In which scenario. */
  readonly scenario: string;
  /** Where the reason is written, if it stands in one place. */
  readonly at?: Location;
}

/** How a test stands in a scenario that is given. */
export type Answer = Omit<Standing, "scenario">;

/** Judges tests before deploys, by the files and by the rules of the branch that deploys. It remembers what was played through. */
export class Judge {
  readonly #rules: BranchRules | string | undefined;
  readonly #known: Pick<Known, "ran" | "pipelines">;
  readonly #plays = new Plays();
  readonly #waiters = new Map<Deploy, readonly Step[]>();
  readonly #reaching = new Map<Deploy, readonly Scenario[]>();

  /** @param facts what the code host says; rules that could not be read are a text */
  constructor({ rules, ran = [] }: Facts, pipelines: readonly Pipeline[]) {
    this.#rules = rules;
    this.#known = { ran, pipelines };
  }

  /** Whether there was too much to play through. */
  get exhausted(): boolean {
    return this.#plays.exhausted;
  }

  /** Plays nothing through any more. */
  giveUp(): void {
    this.#plays.giveUp();
  }

  /** The scenarios in which a deploy can happen. */
  reaching(deploy: Deploy): readonly Scenario[] {
    const known = this.#reaching.get(deploy);
    if (known) return known;
    const { pipeline } = deploy;
    const found = this.#plays
      .scenarios(pipeline)
      .filter((scenario) => reaches(this.#plays.play({ pipeline, scenario, free: true }), deploy));
    this.#reaching.set(deploy, found);
    return found;
  }

  /** How a test stands before a deploy, scenario by scenario. */
  standings(evidence: Evidence, deploy: Deploy): readonly Standing[] {
    const scenarios = this.reaching(deploy);
    if (this.exhausted) return TOO_MUCH;
    const inGraph = evidence.pipeline === deploy.pipeline;
    return scenarios.map((scenario) => {
      const standing = inGraph
        ? this.#inGraph(evidence, deploy, scenario)
        : this.#across(evidence, deploy, scenario);
      return { ...standing, scenario: scenario.label };
    });
  }

  /** How a test stands in the checks that pushes and pull requests see: whether its failure turns them red. */
  readonly inChecks: (evidence: Evidence) => Standing = oncePer((evidence: Evidence) =>
    this.#standingInChecks(evidence),
  );

  #standingInChecks(evidence: Evidence): Standing {
    const { pipeline, job } = evidence;
    const automatic = this.#plays.scenarios(pipeline).filter(({ event }) => AUTOMATIC.has(event));
    const running = automatic.filter((scenario) => this.#runs(evidence, { pipeline, scenario, free: true }));
    const [scenario] = running;
    if (!scenario) return { verdict: "capability", reason: "does not run by itself", scenario: "" };
    const fault = faultOf(evidence, { pipeline, scenario, free: false });
    if (fault) return { verdict: "advisory", ...fault, scenario: scenario.label };
    const reason = `fails the job ${job.id}`;
    return { verdict: "required", reason, scenario: scenario.label };
  }

  /** Whether a test runs before a merge. */
  isEarly(evidence: Evidence): boolean {
    const { pipeline } = evidence;
    return this.#plays
      .scenarios(pipeline)
      .some(
        (scenario) =>
          isBeforeMerge(scenario, pipeline) && this.#runs(evidence, { pipeline, scenario, free: true }),
      );
  }

  #runs(evidence: Evidence, play: Play): boolean {
    const { job, step } = evidence;
    if (!canRun(this.#plays.play(play).get(job.key)) || !comesToIt(evidence, play)) return false;
    return !step?.condition || mayBeTrue(stepValue(step.condition, play));
  }

  #inGraph(evidence: Evidence, deploy: Deploy, scenario: Scenario): Answer {
    const { pipeline, job } = evidence;
    const base: Play = { pipeline, scenario, free: true };
    if (!this.#runs(evidence, base))
      return { verdict: "not-on-trigger", reason: `does not run on ${scenario.label}` };
    const after = this.#after(evidence, deploy);
    if (after) return { verdict: "post", reason: "runs only after it" };
    const fault = faultOf(evidence, { ...base, free: false });
    if (fault) return { verdict: "advisory", ...fault };
    const same = deploy.points.find((point) => point.job === job);
    const inShell = skippedInShell(evidence, deploy.points, base);
    if (same) return inJob(evidence, same.step, base) ?? inShell ?? IN_JOB;
    const through = this.#gets(base, deploy, { key: job.key, result: "failure" });
    if (through === "always") return this.#ungated(evidence, deploy);
    if (through === "free" || faultOf(evidence, base)) {
      return { verdict: "bypassable", reason: "can be bypassed by an input, a label or a message" };
    }
    return this.#skippable(evidence, deploy, base) ?? inShell ?? this.#stops(evidence, deploy);
  }

  #ungated(evidence: Evidence, deploy: Deploy): Answer {
    const before = deploy.points.some((point) =>
      this.ancestors(point.job, evidence.pipeline).has(evidence.job.key),
    );
    return before
      ? { verdict: "advisory", reason: "runs before it, but its failure does not stop it" }
      : { verdict: "advisory", reason: "runs beside it: nothing makes the deploy wait for it" };
  }

  #stops(evidence: Evidence, deploy: Deploy): Answer {
    return { verdict: "required", reason: `stops it when it fails (${this.#link(evidence, deploy)})` };
  }

  #skippable(evidence: Evidence, deploy: Deploy, base: Play): Answer | undefined {
    const { job, step } = evidence;
    const through =
      this.#skips(job, base) && !skipsTogether(job, deploy.points, this.#plays.play(base))
        ? this.#gets(base, deploy, { key: this.#skipper(job, base), result: "skipped" })
        : "never";
    if (through !== "never") {
      const byItself = through === "always" && this.#skips(job, { ...base, free: false });
      const verdict = byItself ? "skippable" : "bypassable";
      return {
        verdict,
        reason: "can be skipped, and the deploy then runs all the same",
        ...atOf(job.condition),
      };
    }
    if (step?.condition && mayBeFalse(stepValue(step.condition, base))) {
      const verdict = mayBeFalse(stepValue(step.condition, { ...base, free: false }))
        ? "skippable"
        : "bypassable";
      return { verdict, reason: "is a step that can be skipped", ...atOf(step.condition) };
    }
    return undefined;
  }

  #skips(job: Job, play: Play): boolean {
    return this.#plays.play(play).get(job.key)?.results.includes("skipped") ?? false;
  }

  /** The job whose condition can leave a job out: its own, or that of the job which calls it, with all that is called. */
  #skipper(job: Job, play: Play): string {
    const own = this.#plays.play(play).get(job.key)?.own ?? [];
    const caller = play.pipeline.jobs.find(({ key }) => key === job.caller);
    return caller && !mayBeFalse(own) ? this.#skipper(caller, play) : job.key;
  }

  #link(evidence: Evidence, deploy: Deploy): string {
    const key = evidence.job.key;
    const direct = deploy.points.some((point) => point.job.needs.some((need) => need.key === key));
    const link = WORDS_OF[deploy.pipeline.provider].needs.replaceAll("`", "");
    return direct || deploy.root.needs.some((need) => need.key === key)
      ? link
      : `${link}, through other jobs`;
  }

  /** Whether a deploy still happens with a job failed or skipped: always, only with a helping input, or never. */
  #gets(base: Play, deploy: Deploy, forced: NonNullable<Play["forced"]>): "always" | "free" | "never" {
    if (!reaches(this.#plays.play({ ...base, forced }), deploy)) return "never";
    return reaches(this.#plays.play({ ...base, free: false, forced }), deploy) ? "always" : "free";
  }

  /** The jobs that must let a deploy go on by a person's hand: those before it, and its own. */
  approvals(deploy: Deploy): Job[] {
    const { jobs } = deploy.pipeline;
    const before = new Set(
      deploy.points.flatMap(({ job }) => [job.key, ...this.ancestors(job, deploy.pipeline)]),
    );
    return jobs.filter((job) => (job.approval ?? false) && before.has(job.key));
  }

  #after({ job, step, pipeline }: Evidence, deploy: Deploy): boolean {
    const own = deploy.points.filter((point) => point.job === job);
    if (own.length > 0) return own.every((point) => (step?.index ?? 0) > point.step && point.step >= 0);
    const before = this.ancestors(job, pipeline);
    return deploy.points.every((point) => before.has(point.job.key));
  }

  /** Tests in another pipeline than the deploy: only `workflow_run` links the two in the files. */
  #across(evidence: Evidence, deploy: Deploy, scenario: Scenario): Answer {
    if (isGitOps(deploy)) return this.#beforeMerge(evidence, scenario);
    const elsewhere = this.#elsewhere(evidence, scenario);
    const poll = elsewhere.verdict === "unlinked" ? this.#polled(evidence, deploy) : undefined;
    if (poll && this.inChecks(evidence).verdict === "required")
      return { verdict: "required", reason: `is waited for by ${poll.uses ?? "a command"}`, at: poll.at };
    if (scenario.event !== "workflow_run") return elsewhere;
    const trigger = deploy.pipeline.triggers.find(({ event }) => event === "workflow_run");
    if (!trigger?.upstream.includes(evidence.pipeline.name)) return elsewhere;
    if (trigger.upstream.length > 1) {
      return {
        verdict: "unlinked",
        reason: "is one of several workflows, and the end of any of them starts the deploy",
      };
    }
    const { pipeline } = deploy;
    const play: Play = { pipeline, scenario, free: true, upstream: "failure" };
    if (reaches(this.#plays.play(play), deploy)) {
      return {
        verdict: "advisory",
        reason: "may fail: the deploy starts when its workflow ends, whatever its conclusion",
        at: trigger.at,
      };
    }
    const checks = this.inChecks(evidence);
    if (checks.verdict !== "required") return checks;
    return { verdict: "required", reason: "stops it when it fails (workflow_run, conclusion checked)" };
  }

  /** The step before a deploy that asks for a test's result over GitHub's API, and fails with it. */
  #polled({ job }: Evidence, deploy: Deploy): Step | undefined {
    const known = this.#waiters.get(deploy);
    const waiters = known ?? waitersBefore(deploy, (other) => this.ancestors(other, deploy.pipeline));
    this.#waiters.set(deploy, waiters);
    return waiters.find((step) => waitsFor(step, [job.id, job.name]));
  }

  /** What a merge deploys is held back only by what the merge waits for, and that is a setting of the repository. */
  #beforeMerge(evidence: Evidence, scenario: Scenario): Answer {
    const checks = this.inChecks(evidence);
    const demanded = checks.verdict === "capability" ? undefined : this.#demanded(evidence, scenario);
    if (demanded) return demanded;
    if (checks.verdict !== "required") return checks;
    if (!this.isEarly(evidence)) {
      return {
        verdict: "unlinked",
        reason: "starts with the same merge, and nothing makes the sync wait for it",
      };
    }
    return { verdict: "unlinked", reason: `runs on pull requests; ${notRequired(this.#rules)}` };
  }

  #elsewhere(evidence: Evidence, scenario: Scenario): Answer {
    const { pipeline } = evidence;
    if (this.inChecks(evidence).verdict === "capability") {
      return { verdict: "capability", reason: "runs by hand or on a schedule only" };
    }
    const demanded = this.#demanded(evidence, scenario);
    if (demanded) return demanded;
    const rules = this.#rules;
    const none = `runs in another ${WORDS_OF[pipeline.provider].pipeline} (${pipeline.id}), and nothing in the files links the two`;
    const more = typeof rules === "object" ? `, nor do the rules of ${rules.branch}` : rules && `; ${rules}`;
    return { verdict: "unlinked", reason: `${none}${more ?? ""}` };
  }

  /** What the rules of the branch make of a test; undefined where they are not known, or say nothing of it. */
  #demanded(evidence: Evidence, scenario: Scenario): Answer | undefined {
    const rules = this.#rules;
    if (typeof rules !== "object") return undefined;
    return byRules(evidence, scenario, { ...this.#known, rules, plays: this.#plays });
  }

  /** All jobs that end before a job starts. */
  ancestors(job: Job, pipeline: Pipeline): ReadonlySet<string> {
    return this.#plays.ancestors(job, pipeline);
  }
}

const TOO_MUCH: readonly Standing[] = [
  { verdict: "unknown", reason: "was too much to play through", scenario: "" },
];

const atOf = (condition: Condition | undefined): { at?: Location } => (condition ? { at: condition.at } : {});
