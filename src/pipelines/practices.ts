import type { Practice, PracticeCell } from "../engine/types.ts";
import { cancelling } from "./deploy-changes.ts";
import type { Deploy } from "./deploys.ts";
import type { Evidence } from "./evidence.ts";
import type { Standing } from "./gates.ts";
import { isGitOps } from "./gitops.ts";
import type { Job } from "./model.ts";
import { stepwiseBy } from "./stepwise.ts";
import { oneLine } from "./words.ts";

/** What the practices of a deploy are told from. */
export interface Surroundings {
  /** How tests and rehearsals stand before this deploy. */
  readonly gates: readonly { readonly evidence: Evidence; readonly worst: Standing }[];
  /** All deploys of the repository. */
  readonly deploys: readonly Deploy[];
  /** Jobs that make a cluster of their own and throw it away. */
  readonly throwAway: ReadonlySet<Job>;
  /** All jobs that end before a job starts, by key. */
  readonly ancestors: (job: Job, deploy: Deploy) => ReadonlySet<string>;
  /** What rolls the deploy's workloads out step by step, as `Rollout/shop`; undefined where its workloads are not known. */
  readonly gradual: string | undefined;
  /** A deployment to staging without which nothing comes onto the branch that deploys, in words. */
  readonly rehearsed?: string | undefined;
}

type Answer = Omit<PracticeCell, "practice">;

const yes = (reason: string): Answer => ({ kept: "yes", reason });
const no = (reason: string): Answer => ({ kept: "no", reason });
const unknown = (reason: string): Answer => ({ kept: "unknown", reason });

const ANSWERS: readonly (readonly [Practice, (deploy: Deploy, around: Surroundings) => Answer])[] = [
  ["staging-first", stagingFirst],
  ["gradual", gradual],
  ["tested-together", testedTogether],
  ["waits-for-rollout", waits],
  ["rolls-back", rollsBack],
  ["never-cancelled", neverCancelled],
];

/** How a production deploy is delivered, beside its tests. It is posture: a table shows it, and no finding is made of it. */
export function practicesOf(deploy: Deploy, around: Surroundings): PracticeCell[] {
  return ANSWERS.map(([practice, answer]) => ({ practice, ...answer(deploy, around) }));
}

function stagingFirst(deploy: Deploy, { gates, deploys, rehearsed }: Surroundings): Answer {
  if (rehearsed !== undefined) return yes(rehearsed);
  const rehearsals = gates.filter(({ evidence }) => evidence.purpose === "staging");
  const good = rehearsals.find(({ worst }) => worst.verdict === "required");
  if (good) return yes(`job ${good.evidence.job.id} must have deployed to staging`);
  const [other] = rehearsals;
  if (other) return no(`job ${other.evidence.job.id} deploys to staging, and ${other.worst.reason}`);
  const staging = deploys.find(({ tier }) => tier === "staging");
  if (!staging) return no("no deploy to staging was found");
  return isGitOps(deploy)
    ? unknown(`${staging.ref} goes to staging; that production follows it is not in the files`)
    : no(`${staging.ref} goes to staging, and nothing makes production wait for it`);
}

function gradual(deploy: Deploy, { gradual: by }: Surroundings): Answer {
  const command = stepwiseBy(deploy);
  if (command !== undefined) return yes(`\`${command}\``);
  if (by === undefined) return unknown("what it deploys could not be told from its commands");
  const [folder] = deploy.brings?.folders ?? [];
  const what = folder === undefined ? "what it deploys" : `what it deploys (${folder})`;
  return by === "" ? no(`${what} replaces its pods in place`) : yes(by);
}

function testedTogether(deploy: Deploy, { gates, deploys, throwAway, ancestors }: Surroundings): Answer {
  const tests = gates.filter(({ evidence }) => evidence.purpose === "acceptance");
  const own = tests.find(({ evidence }) => throwAway.has(evidence.job));
  if (own) return yes(`job ${own.evidence.job.id} tests it on a cluster of its own`);
  const staging = deploys.filter(({ tier, pipeline }) => tier === "staging" && pipeline === deploy.pipeline);
  const after = tests.find(({ evidence: { job, pipeline } }) => {
    if (pipeline !== deploy.pipeline) return false;
    const before = ancestors(job, deploy);
    return staging.some(({ points }) =>
      points.some((point) => point.job === job || before.has(point.job.key)),
    );
  });
  if (after) return yes(`job ${after.evidence.job.id} tests what was deployed to staging`);
  return no("no acceptance test runs against a cluster with this deploy in it");
}

function waits(deploy: Deploy): Answer {
  const [command] = deploy.waits;
  if (command !== undefined) return yes(`\`${oneLine(command)}\``);
  if (isGitOps(deploy))
    return no(`${deploy.points[0]?.mechanism ?? "it"} applies, and no job waits until it is healthy`);
  return isOpaque(deploy)
    ? unknown("the workflow that it calls was not read")
    : no("it ends once the manifests are applied");
}

function rollsBack(deploy: Deploy, { gradual: by }: Surroundings): Answer {
  const [command] = deploy.recovers;
  if (command !== undefined) return yes(`\`${oneLine(command)}\``);
  if (by !== undefined && by !== "") return yes(`${by} goes back when its analysis fails`);
  return isOpaque(deploy)
    ? unknown("the workflow that it calls was not read")
    : no("nothing goes back when it fails");
}

function neverCancelled(deploy: Deploy): Answer {
  const found = cancelling(deploy);
  return found
    ? no(`the next push cancels it half-way (${found.at.path}:${found.at.line})`)
    : yes("nothing cancels it half-way");
}

const isOpaque = ({ points }: Deploy): boolean => points.some(({ job }) => job.call?.opaque ?? false);
