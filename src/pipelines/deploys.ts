import type { Location, Policy } from "../engine/types.ts";
import type { Placed, StepCommand } from "./commands.ts";
import { isDeclared } from "./declared.ts";
import {
  COMMIT_ACTIONS,
  DEPLOY_ACTIONS,
  DEPLOY_COMMANDS,
  GIT_PUSH,
  IMAGE_EDITS,
  THROW_AWAY_ACTIONS,
  THROW_AWAY_COMMANDS,
} from "./deploy-table.ts";
import { tierOf } from "./deploy-tiers.ts";
import type { DeployTier } from "./deploy-tiers.ts";
import type { Deployed } from "./deployed-folders.ts";
import { onlyOnFailure } from "./evidence.ts";
import type { JobCommands } from "./evidence.ts";
import type { Job, Pipeline, Step } from "./model.ts";

/** One place in a job that deploys. */
export interface DeployPoint {
  readonly job: Job;
  /** The index of the step; -1 where the whole job deploys, by a call or by its environment. */
  readonly step: number;
  readonly mechanism: string;
  /** What is run, for messages and for comparison. */
  readonly text: string;
  /** Where the command runs, once its script went there. */
  readonly folder?: string;
  /** The command whose output it applies. */
  readonly source?: string;
  /** Why its failure does not fail the step, where the shell hides it. */
  readonly swallowed?: string;
  /** What must hold in its script for it to run. */
  readonly guards?: readonly Placed[];
  readonly at: Location;
}

/** What deploys through one job of an entry file, with the jobs that it calls. */
export interface Deploy {
  /** `file#job`: the entry file, and the job through which it runs. */
  readonly ref: string;
  readonly pipeline: Pipeline;
  readonly root: Job;
  readonly tier: DeployTier;
  /** Whether a name says so, or the policy does, rather than its being the only deploy there is. */
  readonly named: boolean;
  readonly points: readonly DeployPoint[];
  /** Commands in its jobs that end only once the rollout has ended, or with a failure if it did not. */
  readonly waits: readonly string[];
  /** Commands that bring the last version back when it fails. */
  readonly recovers: readonly string[];
  /** What it brings to the cluster, once that was looked for. */
  readonly brings?: Deployed;
}

interface Found extends DeployPoint {
  readonly tier: DeployTier;
}

/** All deploys of a pipeline. Production is what is named so, or declared so by the policy. */
export function findDeploys(
  pipeline: Pipeline,
  jobs: readonly JobCommands[],
  declared: Policy["deploys"],
): Deploy[] {
  const found = jobs.flatMap((read) => {
    const isNamed = declared.some((entry) => isDeclared(pipeline, read.job, entry));
    const here = isNamed ? [wholeJob(read.job, "production")] : [];
    return here.length > 0 ? here : pointsOf(read, pipeline);
  });
  const repairs = jobs.flatMap(repairsOf);
  const groups = Map.groupBy(found, ({ job }) => job.root.toLowerCase());
  return [...groups.entries()].flatMap(([id, points]) => {
    const root = pipeline.jobs.find(({ key }) => key === id);
    const own = jobs.filter(({ job }) => job.root.toLowerCase() === id);
    const recovers = [
      ...own.flatMap((read) => textsOf(read).filter((text) => ATOMIC.test(text))),
      ...repairs,
    ];
    return root ? [{ ...deployOf(pipeline, root, points), waits: own.flatMap(waitsOf), recovers }] : [];
  });
}

const ATOMIC = /^helm\b.*( --atomic(?!=false)| --rollback-on-failure)\b/;
const BACK =
  /^(helm\b.* rollback\b|kubectl\b.* (rollout|rollouts) undo\b|oc\b.* rollback\b|argocd app rollback\b)/;

/** Commands that go back, and run only once something failed. */
function repairsOf({ job, steps }: JobCommands): string[] {
  const onFailure = onlyOnFailure(job);
  return steps.flatMap(({ step, commands }) =>
    onFailure || onlyOnFailure(step)
      ? commands.flatMap(({ texts }) => texts.filter((text) => BACK.test(text)).slice(0, 1))
      : [],
  );
}

const WAITS =
  /^helm\b.*( --wait(?!=false)| --atomic| --rollback-on-failure)\b|^(kubectl|oc)\b.* (rollout status|wait)\b|^argocd app (wait|sync)\b(?!.*--async)|^skaffold (run|deploy)\b.*--status-check|^flux reconcile\b(?!.*--no-wait)/;

const textsOf = ({ steps }: JobCommands): string[] =>
  steps.flatMap(({ commands }) => commands.flatMap((command) => command.texts[0] ?? []));

const waitsOf = (read: JobCommands): string[] => textsOf(read).filter((text) => WAITS.test(text));

const wholeJob = (job: Job, tier: DeployTier): Found => {
  return { job, step: -1, mechanism: "declared", text: job.id, at: job.at, tier };
};

const RANK: readonly DeployTier[] = ["production", "unknown", "staging", "development", "preview"];

function deployOf(
  pipeline: Pipeline,
  root: Job,
  points: readonly Found[],
): Omit<Deploy, "waits" | "recovers"> {
  const tier = RANK.find((rank) => points.some((point) => point.tier === rank)) ?? "unknown";
  const same = points.filter((point) => point.tier === tier);
  return {
    ref: `${pipeline.path}#${root.id}`,
    pipeline,
    root,
    tier,
    named: tier !== "unknown",
    points: same,
  };
}

function pointsOf(read: JobCommands, pipeline: Pipeline): Found[] {
  if (isThrowAway(read)) return [];
  const points = read.steps.flatMap((written) =>
    onlyOnFailure(written.step)
      ? []
      : (ofAction(read.job, written.step, pipeline) ?? ofCommands(read.job, written, pipeline)),
  );
  if (points.length > 0) return points;
  const committed = ofCommit(read, pipeline);
  return committed.length > 0 ? committed : ofWholeJob(read, pipeline);
}

function ofAction(job: Job, step: Step, pipeline: Pipeline): Found[] | undefined {
  const action = deployAction(step.uses);
  if (action === undefined) return undefined;
  const tier = tierOf(job, pipeline, targetArguments(step.arguments));
  return [{ job, step: step.index, mechanism: action, text: action, at: step.at, tier }];
}

function ofCommands(job: Job, { step, commands }: JobCommands["steps"][number], pipeline: Pipeline): Found[] {
  return commands.flatMap(({ texts, line, folder, swallowed, guards }, index): Found[] => {
    const found = deployCommand(texts);
    if (!found) return [];
    const { mechanism, text } = found;
    const tier = tierOf(job, pipeline, text);
    if (found.weak && tier === "unknown") return [];
    const source = sourceOf(text, commands.slice(0, index));
    return [
      {
        ...{ job, step: step.index, mechanism, text, at: onLine(step, line), tier, folder },
        ...(source === undefined ? {} : { source }),
        ...(swallowed === undefined ? {} : { swallowed }),
        ...(guards ? { guards } : {}),
      },
    ];
  });
}

const onLine = ({ at }: Step, line: number): Location => ({
  ...at,
  ...{ line, column: 1, endLine: line, endColumn: 1 },
});

/** `kustomize build x | kubectl apply -f -` applies what the command before it wrote. */
function sourceOf(text: string, before: readonly StepCommand[]): string | undefined {
  if (!/ (-f|--filename)[ =]-( |$)/.test(text)) return undefined;
  const last = before.findLast(({ texts }) =>
    /^(kustomize build|(kubectl|oc) kustomize)\b/.test(texts[0] ?? ""),
  );
  return last?.texts[0];
}

/** How it deploys (`strategy: canary`) does not say where. */
const targetArguments = (given: Readonly<Record<string, string>>): string =>
  Object.entries(given)
    .flatMap(([name, value]) => (name === "strategy" ? [] : [value]))
    .join(" ");

/** A job that writes an image into manifests and pushes them: a controller that watches them deploys it. */
function ofCommit({ job, steps }: JobCommands, pipeline: Pipeline): Found[] {
  const run = steps.flatMap(({ step, commands }) =>
    onlyOnFailure(step) ? [] : commands.map(({ texts, line }) => ({ step, line, text: texts[0] ?? "" })),
  );
  const pushes = run.findLastIndex(({ text }) => GIT_PUSH.test(text));
  const byAction = steps.some(({ step }) => COMMIT_ACTIONS.test(step.uses ?? ""));
  return run.flatMap(({ step, line, text }, index): Found[] => {
    const rule = IMAGE_EDITS.find(({ is }) => is.test(text));
    if (!rule || !(byAction || index < pushes)) return [];
    const tier = tierOf(job, pipeline, `${step.folder} ${text}`);
    if (rule.weak && tier === "unknown") return [];
    return [{ job, step: step.index, mechanism: "GitOps commit", text, at: onLine(step, line), tier }];
  });
}

function deployAction(uses: string | undefined): string | undefined {
  const name = (uses ?? "")
    .replace(/@.*$/s, "")
    .replace(/^docker:\/\//, "")
    .toLowerCase();
  return DEPLOY_ACTIONS.some((action) => action.test(name)) ? name : undefined;
}

function deployCommand(
  texts: readonly string[],
): { mechanism: string; text: string; weak: boolean } | undefined {
  for (const text of texts) {
    const rule = DEPLOY_COMMANDS.find(({ is, not }) => is.test(text) && !(not?.test(text) ?? false));
    if (rule) return { mechanism: rule.mechanism, text, weak: rule.weak ?? false };
  }
  return undefined;
}

/** Whether a job makes a cluster of its own that lives as long as itself. */
export function isThrowAway({ steps }: JobCommands): boolean {
  return steps.some(
    ({ step, commands }) =>
      THROW_AWAY_ACTIONS.test((step.uses ?? "").toLowerCase()) ||
      commands.some(({ texts }) => texts.some((text) => THROW_AWAY_COMMANDS.test(text))),
  );
}

const DEPLOYS = /(deploy|promote|rollout|roll-out|ship|release)/i;
const DEPLOYS_NOT =
  /(notify|notification|comment|approv|cleanup|clean-up|label|check|status|report|changelog|notes|draft|lint|test|scan|plan|diff|publish|undeploy|destroy|teardown)/i;

/** A job deploys as a whole where it calls a deploy workflow, or where its environment and its name both say so. */
function ofWholeJob({ job, steps }: JobCommands, pipeline: Pipeline): Found[] {
  const name = `${job.id} ${job.name}`;
  if (job.call?.opaque) {
    const file = job.call.target.replace(/@.*$/s, "").split("/").at(-1) ?? "";
    if (!DEPLOYS.test(`${file} ${job.id}`) || DEPLOYS_NOT.test(`${file} ${job.id}`)) return [];
    const tier = tierOf(job, pipeline, Object.values(job.call.arguments).join(" "));
    return [{ ...wholeJob(job, tier), mechanism: "called workflow", text: job.call.target }];
  }
  const tier = job.environment ? tierOf(job, pipeline, "") : "unknown";
  const works = steps.some(({ step, commands }) => acts(step.uses, commands));
  if (tier !== "production" || !works || !DEPLOYS.test(name) || DEPLOYS_NOT.test(name)) return [];
  return [{ ...wholeJob(job, tier), mechanism: "environment" }];
}

/** A job that only prints, or only checks out, waits for an approval or keeps secrets. */
function acts(uses: string | undefined, commands: readonly StepCommand[]): boolean {
  if (uses !== undefined && !/^actions\/(checkout|cache|setup-|download-artifact|upload-artifact)/.test(uses))
    return true;
  return commands.some(({ texts }) => !/^(echo|printf|sleep|true|:|exit)\b/.test(texts[0] ?? ""));
}
