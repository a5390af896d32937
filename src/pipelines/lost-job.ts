import type { Change } from "./compare.ts";
import type { Delivery } from "./delivery.ts";
import type { Evidence } from "./evidence.ts";
import type { Job } from "./model.ts";

/** How sure the evidence of a command is, where it is more than a name. */
export const SEEN = 0.7;

/**
 * Whether the job of a test is gone for good: what is left of its kind is by other tools, or aims at something else, and
 * does what it did before. A job that is new, or a test of the kind that is written otherwise, may do its work.
 */
export function isLostJob(change: Change, lost: Evidence): boolean {
  const { before, after } = change;
  const { purpose, tool, job } = lost;
  if (lost.confidence < SEEN || has(after.pipelines, job)) return false;
  const isNew = after.pipelines.some(({ jobs }) => jobs.some((other) => !has(before.pipelines, other)));
  if (isNew) return false;
  const known = new Set(before.evidence.map((item) => `${item.purpose} ${item.text}`));
  const left = after.evidence.filter((item) => item.purpose === purpose);
  if (!left.every((item) => known.has(`${purpose} ${item.text}`))) return false;
  const alike = left.filter((item) => item.tool === tool);
  return alike.length === 0 || losesTarget(lost, alike, change);
}

const has = (pipelines: readonly { readonly jobs: readonly Job[] }[], { key }: Job): boolean =>
  pipelines.some(({ jobs }) => jobs.some((job) => job.key === key));

/** Whether only the lost test aimed at something that is deployed still: the others of its tool stay as they were. */
function losesTarget(lost: Evidence, left: readonly Evidence[], { before, after }: Change): boolean {
  const old = new Set(before.evidence.map(workOf));
  const aimed = targets(lost);
  const others = left.map(targets);
  // A run without a target of its own may be one of everything.
  const isApart = others.every((words) => [...words].some((word) => !aimed.has(word)));
  if (!isApart || !left.every((item) => old.has(workOf(item)))) return false;
  if (!filesOf(lost, before).every((path) => after.text(path) !== undefined)) return false;
  const own = [...aimed].filter((word) => !others.some((words) => words.has(word)));
  return own.length > 0 && isDeployed(own, after);
}

/** All that a test's job does, as far as it is written. */
const workOf = ({ text, job }: Evidence): string =>
  JSON.stringify([
    text,
    job.key,
    job.legs.map(({ values }) => values),
    job.steps.map(({ run, uses, arguments: given, environment, folder, variables }) => {
      return [run, uses, given, environment, folder, variables];
    }),
  ]);

/** Words that name no target. */
const COMMON =
  /^(run|test|tests|testing|spec|specs|e2e|load|perf|performance|smoke|stress|integration|acceptance|unit|config|project|grep|tag|tags|file|files|suite|out|json|html|yaml|yml|env|url|base|http|https|www|com|org|net|prod|production|live|staging|stage|main|master|src|lib|app|apps|service|services|packages|browser|chrome|chromium|firefox|webkit|headless|true|false|reporter|workers|retries|shard|vus|duration)$/;

/** What a test's command, its folder and its variables name. */
function targets({ text, step, tool }: Evidence): ReadonlySet<string> {
  const given = Object.values(step?.environment ?? {}).join(" ");
  const all = `${text} ${given} ${step?.folder ?? ""}`.toLowerCase().split(/[^a-z]+/);
  return new Set(all.filter((word) => word.length > 2 && !COMMON.test(word) && !tool.includes(word)));
}

/** The files of the repository that a test's command names. */
const filesOf = ({ text, step }: Evidence, { text: read }: Delivery): string[] =>
  text
    .split(/[\s=]+/)
    .flatMap((word) => [word, `${step?.folder ?? ""}/${word}`])
    .map((word) => word.replace(/^\.?\//, ""))
    .filter((path) => read(path) !== undefined);

/** So much of what a deploy brings is looked through. */
const FILES_AT_MOST = 300;

/** Whether one of the words names something that goes to production. */
function isDeployed(words: readonly string[], { production, paths, text }: Delivery): boolean {
  const names = new RegExp(String.raw`(^|[^a-z])(${words.join("|")})([^a-z]|$)`, "i");
  return production.some(({ points, brings }) => {
    if (points.some((point) => names.test(point.text))) return true;
    const folders = brings?.folders ?? [];
    const brought = paths.filter((path) =>
      folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
    );
    return brought.slice(0, FILES_AT_MOST).some((path) => names.test(path) || names.test(text(path) ?? ""));
  });
}
