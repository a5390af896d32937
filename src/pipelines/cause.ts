import { changed, newly, nounOf } from "./cause-parts.ts";
import type { Cause } from "./cause-parts.ts";
import { pathCause } from "./cause-path.ts";
import type { Change, Weakening } from "./compare.ts";
import type { Evidence, Remedy } from "./evidence.ts";
import type { Condition, Job } from "./model.ts";
import { shownGuard } from "./shell-skips.ts";
import { regain } from "./suggest-criterion.ts";
import { oneLine, WORDS_OF } from "./words.ts";

/** Finds the cause by comparing what the model says of the jobs concerned, not their text. */
export function causeOf(weakening: Weakening, change: Change): Cause {
  const { before, after } = weakening;
  const ofTest = after ? testCause(before, after, change) : commented(before, change);
  return ofTest ?? pathCause(weakening, change) ?? triggerCause(before, after) ?? fallback(weakening, change);
}

function testCause(before: Evidence, after: Evidence, change: Change): Cause | undefined {
  if (after.cannotFail !== undefined && before.cannotFail !== after.cannotFail) {
    const { job, remedy, pipeline } = after;
    const what = `${nounOf(pipeline)} ${job.id} no longer fails when \`${oneLine(after.text)}\` does: ${after.cannotFail}`;
    const regained = regain(before, after, change);
    const fix = fixOf(remedy, before, after);
    return {
      what,
      fix,
      job,
      ...regained,
      ...(regained.at.path === after.at.path ? {} : { home: after.at.path }),
    };
  }
  return allowedCause(before, after) ?? conditionCause(before, after) ?? shellCause(before, after);
}

/** The script comes to the test only under a condition that it did not ask before. */
function shellCause(
  before: Evidence,
  { guards = [], job, pipeline, text: command, at }: Evidence,
): Cause | undefined {
  const known = new Set(before.guards?.map(({ guard }) => shownGuard(guard)));
  const found = guards.find(({ guard }) => !known.has(shownGuard(guard)));
  if (!found) return undefined;
  const { guard } = found;
  const runs = guard.when ? "only if" : "unless";
  const what = `${nounOf(pipeline)} ${job.id} now runs \`${oneLine(command)}\` ${runs} \`${oneLine(guard.text)}\``;
  const fix = `Run it whenever the deploy does. To pass a single broken test by, skip that test in its own file, with a date and a reason.`;
  const home = found.at.path === at.path ? {} : { home: at.path };
  return { at: found.at, what, fix, job, ...home };
}

function fixOf(remedy: Remedy | undefined, { text: command }: Evidence, { text: now }: Evidence): string {
  const [option] = / --no-thresholds\S*/.exec(now) ?? [];
  if (!remedy) return option ? `Remove \`${option.trim()}\`.` : "Let its exit status end the step.";
  if ("argument" in remedy) return `Set \`${remedy.argument}: true\` among its arguments.`;
  return `Set in ${remedy.file} again what \`${oneLine(command)}\` failed for.`;
}

function allowedCause(before: Evidence, { job, step, pipeline, text: command }: Evidence): Cause | undefined {
  const allowed = WORDS_OF[pipeline.provider].allowFailure;
  const fix = `Remove ${allowed}; if a known failure must pass, skip that one case in the tool itself.`;
  const ofJob = newly(before.job.allowFailure, job.allowFailure);
  if (ofJob && pipeline.provider === "gitlab" && ofJob.text.startsWith("when: manual"))
    return byHand(job, ofJob);
  if (ofJob) {
    return { at: ofJob.at, what: `${nounOf(pipeline)} ${job.id} now has ${allowed}`, fix, job };
  }
  const ofStep = newly(before.step?.allowFailure, step?.allowFailure);
  if (!step || !ofStep) return undefined;
  const what = `Step "${step.name || oneLine(command)}" of job ${job.id} now has ${allowed}`;
  return { at: ofStep.at, what, fix, job };
}

/** Nobody wrote that it may fail: https://docs.gitlab.com/ci/jobs/job_control/#types-of-manual-jobs */
function byHand(job: Job, { at, text }: Condition): Cause {
  const what = `Job ${job.id} now has \`${text}\`, and the jobs after it do not wait until somebody starts it`;
  const fix =
    text === "when: manual"
      ? `Remove \`when: manual\`, or write it in \`rules\`: then the jobs after ${job.id} wait for it.`
      : "Remove `allow_failure: true` from the rule: then the jobs after it wait for it.";
  return { at, what, fix, job };
}

function conditionCause(
  before: Evidence,
  { job, step, pipeline, text: command }: Evidence,
): Cause | undefined {
  const ofJob = newly(before.job.condition, job.condition);
  if (ofJob) {
    const what = `${nounOf(pipeline)} ${job.id} now runs only if \`${changed(before.job.condition, ofJob)}\``;
    return { at: ofJob.at, what, fix: `Let ${job.id} run whenever the deploy does.${ifOff(ofJob)}`, job };
  }
  const ofStep = newly(before.step?.condition, step?.condition);
  if (!step || !ofStep) return undefined;
  const name = `Step "${step.name || oneLine(command)}" of job ${job.id}`;
  const what = `${name} now runs only if \`${changed(before.step?.condition, ofStep)}\``;
  return { at: ofStep.at, what, fix: "Let it run whenever the deploy does.", job };
}

/** A test that is switched off as a whole is most often meant to come back. */
const ifOff = ({ expr }: Condition): string =>
  expr.kind === "literal" && expr.value === false
    ? " If it must stay off for a while, say until when: a waiver in nines.yml with `until` and a reason."
    : "";

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
