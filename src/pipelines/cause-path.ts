import { changed, newly, nounOf, textOf } from "./cause-parts.ts";
import type { Cause } from "./cause-parts.ts";
import type { Change, Weakening } from "./compare.ts";
import { isStage } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import type { Job, Pipeline } from "./model.ts";
import { suggestNeed } from "./suggest-need.ts";
import { suggestResult } from "./suggest-result.ts";
import { oneLine, WORDS_OF } from "./words.ts";

/** The jobs between a test and the deploy, the deploy first: one that lost a need, or whose condition changed. */
export function pathCause(weakening: Weakening, change: Change): Cause | undefined {
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
  const context = { weakening, change, old, present };
  if (direct && present.path === old.path) return needCause(direct, before.job.id, context);
  for (const [was, is] of pairs) {
    const lost = was.needs.find(
      (need) => leadsTo(need.key, before.job, old) && !stillNeeds(is, need.key, present),
    );
    if (lost && present.path === old.path) return needCause([was, is], lost.id, context);
    const condition = newly(was.condition, is.condition);
    if (condition) {
      const what = `${nounOf(present)} ${is.id} now runs if \`${changed(was.condition, condition)}\``;
      const wanted = wantedResults(is, context);
      const cause = { at: condition.at, what, fix: overrideFix(is, wanted, before), job: is };
      const suggestion =
        present.provider === "github-actions" ? suggestResult(is, wanted, change.after.text) : undefined;
      return suggestion ? { ...cause, suggestion } : cause;
    }
    if (was.condition && !is.condition) {
      return {
        at: is.at,
        what: `${nounOf(present)} ${is.id} no longer has its condition \`${oneLine(textOf(was.condition))}\``,
        job: is,
      };
    }
  }
  return undefined;
}

/** The needs whose results a job with a status function of its own must ask for: those by which a test stopped the deploy. */
function wantedResults(job: Job, { weakening, change, present }: Context): string[] {
  const tests = change.before.gates.filter(
    ({ deploy, worst }) => deploy === weakening.deploy?.before && worst.verdict === "required",
  );
  return job.needs
    .filter(({ key }) => tests.some(({ evidence }) => leadsTo(key, evidence.job, present)))
    .map(({ id }) => id);
}

const needs = (job: Job, wanted: string): boolean => job.needs.some(({ key }) => key === wanted);

function overrideFix(job: Job, wanted: readonly string[], before: Evidence): string {
  const direct = job.needs.some(({ key }) => key === before.job.key);
  const need = direct ? before.job.id : (job.needs[0]?.id ?? before.job.id);
  const needs = wanted.length > 0 ? wanted : [need];
  if (before.pipeline.provider !== "github-actions")
    return `Let ${job.id} run only if ${inWords(needs)} succeeded.`;
  const results = needs.map((id) => ` && needs.${id}.result == 'success'`).join("");
  return `Remove the status function (such as \`always()\`) from the condition of ${job.id}, or add \`${results.trim()}\` to it.`;
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
  readonly old: Pipeline;
  readonly present: Pipeline;
}

function needCause([was, job]: [Job, Job], id: string, context: Context): Cause {
  const { weakening, present } = context;
  const at = job.needsAt ?? job.at;
  const jobs = new Set(present.jobs.map(({ key }) => key));
  const isHere = jobs.has(id.toLowerCase());
  const ids = isHere ? [...new Set([...lostNeeds([was, job], context), id])] : [id];
  if (present.provider === "gitlab" && isHere && !was.needsAt && !job.needsAt) return stageCause(job, ids);
  const lost = isHere ? inWords(ids) : `${id}, which is gone`;
  const what = `${nounOf(present)} ${job.id} no longer needs ${lost}`;
  const left = isHere ? ids : [weakening.after?.job.id ?? id];
  return { at, what, job, ...wayBack(job, { id, left }, context) };
}

/** How a job comes to wait again: for jobs that are there, or for one that must come back first. */
function wayBack(
  job: Job,
  { id, left }: { readonly id: string; readonly left: readonly string[] },
  { change, present }: Context,
): Pick<Cause, "fix" | "suggestion"> {
  const { provider, jobs } = present;
  const key = WORDS_OF[provider].needs;
  const isHere = (need: string): boolean => jobs.some((other) => other.key === need.toLowerCase());
  const byStage = provider === "gitlab" && !job.needsAt;
  if (!left.every(isHere))
    return { fix: `Bring the job ${id} back${byStage ? "" : `, and add it to ${key} of ${job.id}`}.` };
  const fix = `Add ${left.map((need) => `\`${need}\``).join(", ")} to ${key} of ${job.id}.`;
  const suggestion = suggestNeed(job, left, { provider, tree: change.after });
  return suggestion ? { fix, suggestion } : { fix };
}

/** All that a job no longer waits for, and is still there, by which tests of the same sort stopped the deploy: one line to mend. */
function lostNeeds([was, is]: [Job, Job], { weakening, change, old, present }: Context): string[] {
  const sort = ({ purpose }: Evidence): string => (isStage(purpose) ? "stage" : purpose);
  const tests = change.before.gates.filter(
    ({ deploy, worst, evidence }) =>
      deploy === weakening.deploy?.before &&
      worst.verdict === "required" &&
      sort(evidence) === sort(weakening.before),
  );
  const jobs = new Set(present.jobs.map(({ key }) => key));
  return was.needs
    .filter(({ key }) => jobs.has(key) && !stillNeeds(is, key, present))
    .filter(({ key }) => tests.some(({ evidence }) => leadsTo(key, evidence.job, old)))
    .map(({ id }) => id);
}

/** Without `needs`, a job of GitLab waits for the stages before its own: https://docs.gitlab.com/ci/yaml/#stages */
function stageCause(job: Job, ids: readonly string[]): Cause {
  const all = inWords(ids);
  const what = `Job ${job.id} no longer waits for ${all}: by the order of the stages, its own no longer comes later`;
  const fix = `Put the stage of ${all} before the stage of ${job.id} again.`;
  return { at: job.at, what, fix, job };
}

const inWords = (ids: readonly string[]): string =>
  [ids.slice(0, -1).join(", "), ...ids.slice(-1)].filter((part) => part !== "").join(" and ");
