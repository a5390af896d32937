import { createHmac, randomUUID } from "node:crypto";
import type { Config } from "../../src/config.ts";
import type { ReviewRequest } from "../../src/queue/index.ts";
import { start } from "../../src/server.ts";
import type { Running } from "../../src/server.ts";
import type { Reviews } from "../../src/worker.ts";
import type { GitHub } from "../github-server/index.ts";
import { silent } from "../queue/support.ts";

export const SECRET = "current-secret";
export const PREVIOUS = "previous-secret";

export function configFor(github: GitHub, folder: string): Config {
  return {
    appId: github.appId,
    privateKey: github.privateKey,
    secrets: [SECRET, PREVIOUS],
    apiUrl: github.url,
    host: "127.0.0.1",
    port: 0,
    store: { kind: "embedded", folder },
    logLevel: "silent",
    concurrency: 4,
    bounds: { seconds: 60, memoryMB: 1_024 },
    recoverySeconds: 3_600,
    sweepSeconds: 0,
  };
}

export interface App extends Running {
  /** What was asked to be reviewed, in order. */
  readonly requests: ReviewRequest[];
  /** The reasons that were reported. */
  readonly reasons: string[];
  /** What a review does; it succeeds at once unless a test says otherwise. */
  review: Reviews["review"];
  /** Resolves when nothing waits or runs in the queue. */
  quiet(): Promise<void>;
}

/** The real app, with a review that the test decides. */
export async function startApp(github: GitHub, folder: string): Promise<App> {
  const app: Omit<App, keyof Running | "quiet"> = {
    requests: [],
    reasons: [],
    review: () => Promise.resolve(),
  };
  const reviews = (): Reviews => ({
    review: (...parameters) => {
      app.requests.push(parameters[0]);
      return app.review(...parameters);
    },
    unverified: (_request, _log, reason) => {
      app.reasons.push(reason);
      return Promise.resolve();
    },
  });
  const tries = { told: 5, all: 6, pause: 0 };
  const running = await start(configFor(github, folder), silent, { reviews, tries });
  github.webhooks.target = { url: `${running.address}/api/github/webhooks`, secret: SECRET };
  return Object.assign(app, running, { quiet: () => quiet(running.address) });
}

async function quiet(address: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${address}/metrics`)).text();
    const busy = text.matchAll(/^nines_queue_jobs\{.*state="(?:waiting|running)"\} (\d+)$/gm);
    if ([...busy].every(([, count]) => count === "0")) return;
  }
}

export interface Sent {
  readonly body?: string | Buffer;
  readonly secret?: string;
  /** A value of undefined leaves the header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Posts a webhook as GitHub does, except for what the test changes. */
export async function post(
  address: string,
  { body = "{}", secret = SECRET, headers = {} }: Sent = {},
): Promise<Response> {
  const all: Record<string, string | undefined> = {
    "content-type": "application/json",
    "x-github-event": "pull_request",
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(`${address}/api/github/webhooks`, {
    method: "POST",
    headers: Object.fromEntries(sent),
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
}
