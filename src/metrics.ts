import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { JobCount } from "./queue/index.ts";

/** What is measured. docs/operating.md says which of it deserves an alert. */
export type Metrics = ReturnType<typeof createMetrics>;

/** @param counts asked at every scrape */
export function createMetrics(counts: () => Promise<readonly JobCount[]>) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  queueGauges(registry, counts);
  return {
    registry,
    deliveries: new Counter({
      name: "nines_deliveries_total",
      help: "Webhooks received, by what became of them: added, known, dropped, or refused with a reason.",
      labelNames: ["event", "outcome"],
      registers,
    }),
    reviews: new Histogram({
      name: "nines_review_duration_seconds",
      help: "Time from the start of a review to its published result, by outcome: published, superseded, postponed, failed, unverified.",
      labelNames: ["outcome"],
      buckets: [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
      registers,
    }),
    githubRequests: new Counter({
      name: "nines_github_requests_total",
      help: "Requests to GitHub, by route and status; status 0 means that no answer came.",
      labelNames: ["route", "status"],
      registers,
    }),
    rateLimits: rateLimits(registry),
    failures: new Counter({
      name: "nines_failures_total",
      help: "What went wrong, by kind: delivery, review, unverified, recovery, sweep, acknowledge, comments-lost, review-refused.",
      labelNames: ["kind"],
      registers,
    }),
    missed: new Counter({
      name: "nines_missed_total",
      help: "Pull requests without a verdict of which no webhook told, and which were reviewed after all.",
      registers,
    }),
    redeliveries: new Counter({
      name: "nines_redeliveries_total",
      help: "Lost webhooks that GitHub was asked to send again.",
      registers,
    }),
  };
}

const QUEUES = ["deliveries", "reviews"] as const;
const STATES = ["waiting", "running", "failed"] as const;

function queueGauges(registry: Registry, counts: () => Promise<readonly JobCount[]>): void {
  const oldest = new Gauge({
    name: "nines_queue_oldest_seconds",
    help: "Age of the oldest job, by queue and state.",
    labelNames: ["queue", "state"],
    registers: [registry],
  });
  new Gauge({
    name: "nines_queue_jobs",
    help: "Jobs in the queue, by queue and state.",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      const now = await counts();
      for (const queue of QUEUES)
        for (const state of STATES) {
          const job = now.find((one) => one.queue === queue && one.state === state);
          this.set({ queue, state }, job?.count ?? 0);
          oldest.set({ queue, state }, job?.oldest ?? 0);
        }
    },
  });
}

/** The least that any installation had left, since the last scrape: a label for each installation would be too many. */
function rateLimits(registry: Registry): { note: (resource: string, left: number) => void } {
  const least = new Map<string, number>();
  new Gauge({
    name: "nines_github_rate_limit_remaining",
    help: "What was left of GitHub's rate limit, by resource: the least of all installations since the last scrape.",
    labelNames: ["resource"],
    registers: [registry],
    collect() {
      for (const [resource, left] of least) this.set({ resource }, left);
      least.clear();
    },
  });
  return { note: (resource, left) => least.set(resource, Math.min(left, least.get(resource) ?? Infinity)) };
}
