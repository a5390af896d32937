import type { Location, Suggestion } from "../engine/types.ts";
import type { Change, Weakening } from "./compare.ts";
import type { Evidence, Remedy } from "./evidence.ts";
import type { Condition, Job, Pipeline } from "./model.ts";
import { regain } from "./suggest-criterion.ts";
import { suggestNeed } from "./suggest-need.ts";
import { suggestResult } from "./suggest-result.ts";
import { oneLine, WORDS_OF } from "./words.ts";

/** What in the change weakens a gate: the nearest line, in words, with what to type. */
export interface Cause {
  readonly at: Location;
  /** A whole sentence without its end: "Job test now has `continue-on-error`". */
  readonly what: string;
  readonly fix?: string;
  readonly suggestion?: Suggestion;
  /** The job in which it stands, or that runs what it stands in. */
  readonly job: Job;
  /** The file of that job, where the cause stands in another. */
  readonly home?: string;
}

/** Finds the cause by comparing what the model says of the jobs concerned, not their text. */
export function causeOf(weakening: Weakening, change: Change): Cause {
  const { before, after } = weakening;
  const ofTest = after ? testCause(before, after, change) : commented(before, change);
  return ofTest ?? pathCause(weakening, change) ?? triggerCause(before, after) ?? fallback(weakening, change);
}

const nounOf = ({ provider }: Pipeline): string => WORDS_OF[provider].job;

const text = (condition: Condition | undefined): string => condition?.text.trim() ?? "";

const newly = (before: Condition | undefined, after: Condition | undefined): Condition | undefined =>
  after !== undefined && text(before) !== text(after) ? after : undefined;

function testCause(before: Evidence, after: Evidence, change: Change): Cause | undefined {
  if (after.cannotFail !== undefined && before.cannotFail !== after.cannotFail) {
    const { job, remedy, pipeline } = after;
    const what = `${nounOf(pipeline)} ${job.id} no longer fails when \`${oneLine(after.text)}\` does: ${after.cannotFail}`;
    const regained = regain(before, after, change);
    const fix = fixOf(remedy, before);
    return {
      what,
      fix,
      job,
      ...regained,
      ...(regained.at.path === after.at.path ? {} : { home: after.at.path }),
    };
  }
  return allowedCause(before, after) ?? conditionCause(before, after);
}

function fixOf(remedy: Remedy | undefined, { text: command }: Evidence): string {
  if (!remedy) return "Let its exit status end the step.";
  if ("argument" in remedy) return `Set \`${remedy.argument}: true\` among its arguments.`;
  return `Set in ${remedy.file} again what \`${oneLine(command)}\` failed for.`;
}

function allowedCause(before: Evidence, { job, step, pipeline, text: command }: Evidence): Cause | undefined {
  const allowed = WORDS_OF[pipeline.provider].allowFailure;
  const fix = `Remove ${allowed}; if a known failure must pass, skip that one case in the tool itself.`;
  const ofJob = newly(before.job.allowFailure, job.allowFailure);
  if (ofJob) {
    return { at: ofJob.at, what: `${nounOf(pipeline)} ${job.id} now has ${allowed}`, fix, job };
  }
  const ofStep = newly(before.step?.allowFailure, step?.allowFailure);
  if (!step || !ofStep) return undefined;
  const what = `Step "${step.name || oneLine(command)}" of job ${job.id} now has ${allowed}`;
  return { at: ofStep.at, what, fix, job };
}

function conditionCause(
  before: Evidence,
  { job, step, pipeline, text: command }: Evidence,
): Cause | undefined {
  const ofJob = newly(before.job.condition, job.condition);
  if (ofJob) {
    const what = `${nounOf(pipeline)} ${job.id} now runs only if \`${oneLine(ofJob.text)}\``;
    return { at: ofJob.at, what, fix: `Let ${job.id} run whenever the deploy does.${ifOff(ofJob)}`, job };
  }
  const ofStep = newly(before.step?.condition, step?.condition);
  if (!step || !ofStep) return undefined;
  const name = `Step "${step.name || oneLine(command)}" of job ${job.id}`;
  const what = `${name} now runs only if \`${oneLine(ofStep.text)}\``;
  return { at: ofStep.at, what, fix: "Let it run whenever the deploy does.", job };
}

/** A test that is switched off as a whole is most often meant to come back. */
const ifOff = ({ expr }: Condition): string =>
  expr.kind === "literal" && expr.value === false
    ? " If it must stay off for a while, say until when: a waiver in nines.yml with `until` and a reason."
    : "";

/** The jobs between a test and the deploy, the deploy first: one that lost a need, or whose condition changed. */
function pathCause(weakening: Weakening, change: Change): Cause | undefined {
  const { deploy, before } = weakening;
  if (!deploy) return undefined;
  const old = deploy.before.pipeline;
  const present = deploy.after.pipeline;
  const pairs = onPath(
    deploy.before.points.map(({ job }) => job),
    old,
    present,
  );
  // Who waited for the test itself tells more than who waited for a job that is renamed.
  const direct = pairs.find(
    ([was, is]) => needs(was, before.job.key) && !stillNeeds(is, before.job.key, present),
  );
  if (direct && present.path === old.path) {
    return needCause(direct[1], before.job.id, { weakening, change, present });
  }
  for (const [was, is] of pairs) {
    const lost = was.needs.find(
      (need) => leadsTo(need.key, before.job, old) && !stillNeeds(is, need.key, present),
    );
    if (lost && present.path === old.path) return needCause(is, lost.id, { weakening, change, present });
    const changed = newly(was.condition, is.condition);
    if (changed) {
      const what = `${nounOf(present)} ${is.id} now runs if \`${oneLine(changed.text)}\``;
      const cause = { at: changed.at, what, fix: overrideFix(is, before), job: is };
      const suggestion = resultOf(is, { weakening, change, present });
      return suggestion ? { ...cause, suggestion } : cause;
    }
    if (was.condition && !is.condition) {
      return {
        at: is.at,
        what: `${nounOf(present)} ${is.id} no longer has its condition \`${oneLine(text(was.condition))}\``,
        job: is,
      };
    }
  }
  return undefined;
}

/** The results that a job with a status function of its own must ask for: of every need by which a test stopped the deploy. */
function resultOf(job: Job, { weakening, change, present }: Context): Suggestion | undefined {
  if (present.provider !== "github-actions") return undefined;
  const tests = change.before.gates.filter(
    ({ deploy, worst }) => deploy === weakening.deploy?.before && worst.verdict === "required",
  );
  const ids = job.needs.filter(({ key }) =>
    tests.some(({ evidence }) => leadsTo(key, evidence.job, present)),
  );
  return suggestResult(
    job,
    ids.map(({ id }) => id),
    change.after.text,
  );
}

const needs = (job: Job, wanted: string): boolean => job.needs.some(({ key }) => key === wanted);

function overrideFix(job: Job, before: Evidence): string {
  const direct = job.needs.some(({ key }) => key === before.job.key);
  const need = direct ? before.job.id : (job.needs[0]?.id ?? before.job.id);
  if (before.pipeline.provider !== "github-actions") return `Let ${job.id} run only if ${need} succeeded.`;
  return `Remove the status function (such as \`always()\`) from the condition of ${job.id}, or add \`&& needs.${need}.result == 'success'\` to it.`;
}

/** Jobs of the path in base with their counterparts in head, nearest to the deploy first. */
function onPath(from: readonly Job[], old: Pipeline, present: Pipeline): [Job, Job][] {
  const head = new Map(present.jobs.map((job) => [job.key, job]));
  const base = new Map(old.jobs.map((job) => [job.key, job]));
  const open = [...from];
  const seen = new Set<Job>();
  const pairs: [Job, Job][] = [];
  for (const job of open) {
    if (seen.has(job)) continue;
    seen.add(job);
    const match = head.get(job.key) ?? head.get(job.root.toLowerCase());
    if (match) pairs.push([job, match]);
    const caller = job.caller === undefined ? undefined : base.get(job.caller);
    open.push(...job.needs.flatMap(({ key }) => base.get(key) ?? []), ...(caller ? [caller] : []));
  }
  return pairs;
}

/** Whether a need is the test's job, or leads to it. */
function leadsTo(key: string, test: Job, pipeline: Pipeline): boolean {
  const jobs = new Map(pipeline.jobs.map((job) => [job.key, job]));
  const open = [key];
  const seen = new Set<string>();
  for (const next of open) {
    if (next === test.key || test.key.startsWith(`${next}/`)) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(jobs.get(next)?.needs.map((need) => need.key) ?? []));
  }
  return false;
}

const stillNeeds = (job: Job, key: string, pipeline: Pipeline): boolean =>
  job.needs.some((need) => need.key === key || leadsTo(need.key, { ...job, key }, pipeline));

interface Context {
  readonly weakening: Weakening;
  readonly change: Change;
  readonly present: Pipeline;
}

function needCause(job: Job, id: string, { weakening, change, present }: Context): Cause {
  const at = job.needsAt ?? job.at;
  const what = `${nounOf(present)} ${job.id} no longer needs ${id}`;
  const jobs = new Set(present.jobs.map(({ key }) => key));
  const left = jobs.has(id.toLowerCase()) ? id : (weakening.after?.job.id ?? id);
  const kept = jobs.has(left.toLowerCase());
  const fix = kept
    ? `Add \`${left}\` to ${WORDS_OF[present.provider].needs} of ${job.id}.`
    : `Bring the job ${id} back, and add it to ${WORDS_OF[present.provider].needs} of ${job.id}.`;
  const suggestion = kept
    ? suggestNeed(job, left, { provider: present.provider, tree: change.after })
    : undefined;
  return suggestion ? { at, what, fix, job, suggestion } : { at, what, fix, job };
}

function triggerCause(before: Evidence, after: Evidence | undefined): Cause | undefined {
  if (!after || before.pipeline.path !== after.pipeline.path) return undefined;
  const events = new Set(after.pipeline.triggers.map(({ event }) => event));
  const lost = before.pipeline.triggers.filter(({ event }) => !events.has(event)).map(({ event }) => event);
  if (lost.length === 0) return undefined;
  const what = `${after.pipeline.path} no longer runs on ${lost.join(", ")}`;
  return {
    at: after.pipeline.triggersAt,
    what,
    fix: `Keep ${lost.join(", ")} among its triggers.`,
    job: after.job,
  };
}

/** Where the test is now; the deploy's place; or where the test was, in a file that is gone. */
function fallback(weakening: Weakening, change: Change): Cause {
  const { deploy, before, after } = weakening;
  const noun = nounOf(before.pipeline);
  if (after)
    return (
      together(weakening, after) ?? { at: after.at, what: `${noun} ${after.job.id} changed`, job: after.job }
    );
  const home =
    change.after.pipelines.find(({ id }) => id === before.pipeline.id) ??
    change.after.pipelines.find(({ path }) => path === before.job.at.path);
  const job = home?.jobs.find(({ key }) => key === before.job.key);
  if (job)
    return { at: job.at, what: `${noun} ${before.job.id} no longer runs \`${oneLine(before.text)}\``, job };
  const what = `${noun} ${before.job.id}, which ran \`${oneLine(before.text)}\`, is gone`;
  if (deploy) return { at: deploy.after.root.needsAt ?? deploy.after.root.at, what, job: deploy.after.root };
  if (home) return { at: home.triggersAt, what, job: before.job };
  return { at: before.job.at, what, job: before.job };
}

/** A job that tests and deploys, and no longer stops between the two. */
function together(
  { deploy, is }: Weakening,
  { job, pipeline, step, text: command }: Evidence,
): Cause | undefined {
  const same = deploy?.after.points.some((point) => point.job === job) ?? false;
  if (!is.at || !same) return undefined;
  if (step?.background) {
    const what = `${nounOf(pipeline)} ${job.id} now runs \`${oneLine(command)}\` in the background, and deploys without waiting for it`;
    return { at: is.at, what, fix: "Wait for it before the step that deploys: `- wait-all:`.", job };
  }
  return {
    at: is.at,
    what: `${nounOf(pipeline)} ${job.id} goes on to its deploy although its tests failed`,
    job,
  };
}

const isCalled = (line: string, id: string): boolean =>
  line.startsWith(`${id}:`) || line.trim() === id || line.startsWith(`stage('${id}')`);

const COMMENT = /^\s*(#|\/\/)/;
const uncommented = (line: string): string => line.replace(/^[\s#/]*(- )?/, "");

/** A test that is commented out is still there to be seen, at its comment. */
function commented({ job, pipeline, text: command, step }: Evidence, { after }: Change): Cause | undefined {
  const { path } = job.at;
  const lines = after.text(path)?.split("\n") ?? [];
  const line = (is: (text: string) => boolean): number =>
    lines.findIndex((text) => COMMENT.test(text) && is(uncommented(text)));
  const ofJob = line((text) => isCalled(text, job.id));
  const index = ofJob === -1 ? line((text) => runs(text, command, step?.uses)) : ofJob;
  if (index === -1) return undefined;
  const length = lines[index]?.length ?? 0;
  const place = { path, line: index + 1, column: 1, endLine: index + 1, endColumn: length + 1 };
  const whole = `${nounOf(pipeline)} ${job.id}, which ran \`${oneLine(command)}\`, is commented out`;
  const what = ofJob === -1 ? `\`${oneLine(command)}\` of job ${job.id} is commented out` : whole;
  const back = ofJob === -1 ? "Uncomment it." : `Uncomment it, and let the deploy need ${job.id}.`;
  const fix = `${back} If the tests must stay off for a while, say until when: a waiver in nines.yml with \`until\` and a reason.`;
  return { at: { side: "head", ...place }, what, fix, job };
}

/** Whether a line that was commented out is the step which ran a command, or used an action. */
const runs = (line: string, command: string, uses = ""): boolean =>
  /^(run: |script: |command: )/.test(line)
    ? line.endsWith(` ${command}`)
    : line === command || (uses !== "" && line === `uses: ${uses}`);
