import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Octokit } from "./github/octokit.ts";
import { repositoriesOf, unjudged } from "./github/unjudged.ts";
import type { Metrics } from "./metrics.ts";
import type { Queue } from "./queue/index.ts";

export interface SweepOptions {
  readonly appId: number;
  /** Authenticated as the app: the list of installations is its own. */
  readonly app: Octokit;
  readonly octokit: (installation: number) => Promise<Octokit>;
  readonly queue: Pick<Queue, "addMissing">;
  readonly metrics: Pick<Metrics, "failures" | "missed">;
  readonly now: () => Date;
  readonly log: Logger;
}

/** A push whose webhook is on its way, or whose review is, must not be taken for a lost one. */
const QUIET_MS = 5 * 60 * 1_000;
/** Of an installation in one sweep: about 200 points of the 5,000 that it has an hour. The next sweep takes the next ones. */
const REPOSITORIES = 200;
/** Of an installation in one sweep: a newly installed app must not spend the rate limit on old pull requests at once. */
const REVIEWS = 20;

/**
 * Looks for open pull requests without a verdict and has them reviewed: the last resort where a webhook got lost and
 * GitHub does not list it (any more) either. Safe to repeat, also by several processes.
 * @param round which part of large installations is looked at
 * @returns how many reviews were added
 */
export async function sweep(options: SweepOptions, round = 0): Promise<number> {
  let added = 0;
  for (const installation of await installationsOf(options.app)) {
    try {
      added += await sweepOne(options, installation, round);
    } catch (error) {
      // One that is suspended, removed or at its limit must not keep the others from being looked at.
      options.metrics.failures.inc({ kind: "sweep" });
      options.log.warn(
        { err: error, installation },
        "pull requests without a verdict could not be looked for",
      );
    }
  }
  return added;
}

async function installationsOf(app: Octokit): Promise<number[]> {
  const ids: number[] = [];
  for (let page = 1; ; page++) {
    const { data } = await app.request("GET /app/installations", { per_page: 100, page });
    ids.push(...data.filter(({ suspended_at }) => !suspended_at).map(({ id }) => id));
    if (data.length < 100) return ids;
  }
}

async function sweepOne(
  { appId, octokit: octokitFor, queue, now, log }: SweepOptions,
  installation: number,
  round: number,
): Promise<number> {
  const octokit = await octokitFor(installation);
  const all = await repositoriesOf(octokit);
  const first = all.length > REPOSITORIES ? (round * REPOSITORIES) % all.length : 0;
  const part = all.slice(first, first + REPOSITORIES);
  const quiet = new Date(now().getTime() - QUIET_MS);
  let added = 0;
  for (const pull of await unjudged(octokit, part, { app: appId, quiet })) {
    if (added >= REVIEWS) break;
    const delivery = `sweep-${randomUUID()}`;
    if ((await queue.addMissing({ installation, ...pull, delivery })) === "known") continue;
    log.info({ delivery, repository: `${pull.owner}/${pull.repo}`, pull: pull.pull }, "had no verdict");
    added++;
  }
  return added;
}

/** The first sweep waits so long: what the search for lost webhooks finds comes in by itself. */
const FIRST_MS = 60_000;

/** Sweeps again and again, at times that differ from process to process. */
export function keepSweeping(options: SweepOptions, everySeconds: number): { stop: () => void } {
  const { log, metrics } = options;
  let round = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number) => {
    if (!stopped) timer = setTimeout(() => void run(), ms * (0.75 + Math.random() / 2)).unref();
  };
  const run = async () => {
    try {
      metrics.missed.inc(await sweep(options, round++));
    } catch (error) {
      metrics.failures.inc({ kind: "sweep" });
      log.warn({ err: error }, "pull requests without a verdict could not be looked for");
    }
    later(everySeconds * 1_000);
  };
  if (everySeconds > 0) later(Math.min(FIRST_MS, everySeconds * 1_000));
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
