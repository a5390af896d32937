import type { Logger } from "pino";
import type { Octokit } from "./github/octokit.ts";
import type { Metrics } from "./metrics.ts";

/** One entry of GitHub's list of what it tried to deliver. */
interface Attempt {
  readonly id: number | bigint;
  readonly guid: string;
  readonly delivered_at: string;
  readonly status: string;
  readonly event: string;
  readonly action: string | null;
}

export interface RecoveryOptions {
  /** Authenticated as the app: deliveries belong to it, not to an installation. */
  readonly octokit: Octokit;
  /** `event.action` or `event`, as the intake knows them. */
  readonly wanted: ReadonlySet<string>;
  readonly now: () => Date;
}

/** Redelivery is possible this long (docs: redelivering webhooks; 7 days on Enterprise Server). */
const REACH_MS = 3 * 24 * 60 * 60 * 1_000;
/** A webhook that was refused this often will be refused again. */
const MOST_ATTEMPTS = 10;
/** 20,000 attempts; whoever has more in three days polls often enough not to need them all. */
const MOST_PAGES = 200;

/**
 * Asks GitHub to send again what never arrived: GitHub itself does not (docs: handling failed webhook deliveries).
 * Safe to repeat: a redelivery has the same id, and the queue works each id once.
 * @param since attempts before this are not looked at; the whole reach where absent
 * @returns how many were asked for
 */
export async function recover({ octokit, wanted, now }: RecoveryOptions, since?: Date): Promise<number> {
  const oldest = Math.max(now().getTime() - REACH_MS, since?.getTime() ?? 0);
  const lost = lostOf(await attemptsSince(octokit, oldest), wanted);
  for (const attempt of lost)
    await octokit.request("POST /app/hook/deliveries/{delivery_id}/attempts", {
      delivery_id: Number(attempt.id),
    });
  return lost.length;
}

/** All attempts not older than that, newest first. */
async function attemptsSince(octokit: Octokit, oldest: number): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data, headers } = await octokit.request("GET /app/hook/deliveries", {
      per_page: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const recent = data.filter(({ delivered_at }) => Date.parse(delivered_at) >= oldest);
    attempts.push(...recent);
    cursor = /[?&]cursor=([^&>]+)(?:&[^>]*)?>;\s*rel="next"/.exec(headers.link ?? "")?.[1];
    if (cursor === undefined || recent.length < data.length) break;
    cursor = decodeURIComponent(cursor);
  }
  return attempts;
}

/** The newest attempt of every wanted delivery that never got a good answer, oldest first. */
function lostOf(attempts: readonly Attempt[], wanted: ReadonlySet<string>): Attempt[] {
  const byGuid = Map.groupBy(attempts, ({ guid }) => guid);
  return [...byGuid.values()]
    .filter((all) => all.length < MOST_ATTEMPTS && all.every(({ status }) => status !== "OK"))
    .flatMap((all) => all.slice(0, 1))
    .filter(({ event, action }) => wanted.has(event) || wanted.has(`${event}.${action ?? ""}`))
    .reverse();
}

/** Polls look back a little further than to the last one, for what GitHub listed late. */
const OVERLAP_MS = 15 * 60 * 1_000;

/** Recovers at once, over the whole reach, and again and again after that. */
export function keepRecovering(
  {
    metrics,
    log,
    ...options
  }: RecoveryOptions & { readonly metrics: Pick<Metrics, "failures" | "redeliveries">; readonly log: Logger },
  everySeconds: number,
): { stop: () => void } {
  let since: Date | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async () => {
    const began = options.now();
    try {
      const redelivered = await recover(options, since);
      metrics.redeliveries.inc(redelivered);
      if (redelivered > 0) log.info({ redelivered }, "asked GitHub to send lost webhooks again");
      since = new Date(began.getTime() - OVERLAP_MS);
    } catch (error) {
      metrics.failures.inc({ kind: "recovery" });
      log.warn({ err: error }, "lost webhooks could not be looked for");
    }
    if (!stopped) timer = setTimeout(() => void run(), everySeconds * 1_000).unref();
  };
  void run();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
