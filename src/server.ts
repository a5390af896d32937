import { readFileSync } from "node:fs";
import { Probot } from "probot";
import { app, wanted } from "./app.ts";
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { NinesOctokit } from "./github/app-octokit.ts";
import { createBlobCache } from "./github/blob-cache.ts";
import { counted } from "./github/counted.ts";
import { clientOptions } from "./github/octokit.ts";
import { reportUnverified, reviewRequest } from "./github/review-request.ts";
import type { Services } from "./github/services.ts";
import { createHttp } from "./http/serve.ts";
import { createJudge, threadsFor } from "./judge/index.ts";
import { createLog, withoutPayloads } from "./log.ts";
import type { Logger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { openQueue } from "./queue/index.ts";
import type { Tries } from "./queue/index.ts";
import { keepRecovering } from "./recovery.ts";
import { keepSweeping } from "./sweep.ts";
import { handlers } from "./worker.ts";
import type { Reviews } from "./worker.ts";

/** Kubernetes kills after 30 s by default; what has not ended by then goes on in the next process. */
const DRAIN_MS = 25_000;

const reviewsWith = (services: Services): Reviews => ({
  review: (request, log, signal) => reviewRequest(request, { ...services, log }, signal),
  unverified: (request, log, reason) => reportUnverified(request, { ...services, log }, reason),
});

/** What tests replace. */
export interface Parts {
  readonly reviews?: (services: Services) => Reviews;
  readonly tries?: Tries;
  readonly now?: () => Date;
}

export interface Running {
  /** Such as `http://127.0.0.1:3000`. */
  readonly address: string;
  /** Lets running work end for at most that time; the rest stays in the queue. */
  stop(drainMs: number): Promise<void>;
}

/** Starts everything: queue, Probot, workers, HTTP, and the search for lost webhooks. */
export async function start(config: Config, log: Logger, parts: Parts = {}): Promise<Running> {
  const { reviews = reviewsWith, now = () => new Date(), ...tries } = parts;
  const queue = await openQueue({ store: config.store, concurrency: config.concurrency, log, ...tries });
  const judge = createJudge(threadsFor(config.concurrency), config.bounds);
  try {
    const metrics = createMetrics(() => queue.counts());
    const probot = createProbot(config, log, metrics);
    const octokit = (installation: number) => probot.auth(installation);
    const count = (kind: string) => metrics.failures.inc({ kind });
    const services = { appId: config.appId, octokit, log, cache: createBlobCache(), judge, now, count };
    await probot.load(app({ queue, appId: config.appId, log, now }));
    await queue.work(handlers({ probot, octokit, metrics, log, ...reviews(services) }));

    let draining = false;
    const http = createHttp({
      queue,
      secrets: config.secrets,
      wanted,
      metrics,
      log,
      draining: () => draining,
    });
    const address = await http.listen({ host: config.host, port: config.port });
    const asApp = await probot.auth();
    const lost = { octokit: asApp, wanted, now, metrics, log };
    const missed = { appId: config.appId, app: asApp, octokit, queue, metrics, now, log };
    const searches = [
      keepRecovering(lost, config.recoverySeconds),
      keepSweeping(missed, config.sweepSeconds),
    ];
    log.info({ address, store: config.store.kind }, "nines is ready");
    return {
      address,
      stop: async (drainMs) => {
        draining = true;
        for (const search of searches) search.stop();
        // What GitHub sends meanwhile is still stored: it would not send it again.
        await queue.drain(drainMs);
        await http.close();
        await queue.stop(0);
        await judge.close();
      },
    };
  } catch (error) {
    await queue.stop(0);
    await judge.close();
    throw error;
  }
}

function createProbot({ appId, privateKey, secrets, apiUrl }: Config, log: Logger, metrics: Metrics): Probot {
  return new Probot({
    appId,
    privateKey,
    secret: secrets[0],
    ...(apiUrl === undefined ? {} : { baseUrl: apiUrl }),
    Octokit: NinesOctokit.plugin(counted(metrics)),
    request: clientOptions.request,
    log: withoutPayloads(log),
  });
}

/** Ends the process well at the first signal, and at once at the second. */
function endOnSignal(running: Running, log: Logger): void {
  let asked = false;
  const end = (signal: NodeJS.Signals) => {
    if (asked) process.exit(1);
    asked = true;
    log.info({ signal }, "stopping");
    running.stop(DRAIN_MS).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "could not stop well; the next start goes on with the rest");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}

const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const result = readConfig(process.env, (path) => readFileSync(path, "utf8"));
  if (!result.ok) {
    say(`nines cannot start yet:\n\n${result.problems.map((problem) => `  - ${problem}`).join("\n")}`);
    say("\ndocs/operating.md goes through it step by step.");
    process.exitCode = 1;
    return;
  }
  const log = createLog(result.config.logLevel);
  try {
    endOnSignal(await start(result.config, log), log);
  } catch (error) {
    log.debug({ err: error }, "start failed");
    say(`nines could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

if (import.meta.main) await main();
