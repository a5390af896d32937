import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { freePort, startApp } from "../../scripts/crash-test/app-process.ts";
import type { AppProcess } from "../../scripts/crash-test/app-process.ts";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub, Repository } from "../github-server/index.ts";
import { folder } from "../queue/support.ts";
import { emptyStorage } from "../support/storage.ts";

/** The app as a process of its own: what only a process can show. */

// Several start-ups, each of some seconds where the storage is new.
jest.setTimeout(120_000);
const POLL_MS = 20;

let github: GitHub;
let shop: Repository;
let port: number;
// The first start makes the storage, as at an installation.
const data = await folder();
const running = new Set<AppProcess>();

beforeAll(async () => {
  github = await startGitHub();
  shop = await github.createRepository("acme/shop", { "README.md": "shop\n" });
  port = await freePort();
  github.webhooks.target = { url: `http://127.0.0.1:${port}/api/github/webhooks`, secret: "s3cret" };
});
afterEach(async () => {
  for (const app of running) app.kill("SIGKILL");
  await Promise.all([...running].map(({ ended }) => ended));
  running.clear();
  github.faults.clear();
});
afterAll(async () => {
  await github.close();
  await data[Symbol.asyncDispose]();
});

function start(changes: Record<string, string> = {}): AppProcess {
  const app = startApp({
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: "s3cret",
    GITHUB_API_URL: github.url,
    DATA_DIR: data.path,
    PORT: String(port),
    RECOVERY_SECONDS: "1",
    ...changes,
  });
  running.add(app);
  return app;
}

let branch = 0;
const open = () =>
  shop.openPullRequest({ head: `change-${++branch}`, changes: { [`docs/${branch}.md`]: "text\n" } });

/** The conclusions on a pull request's head, once both check runs have one. */
async function verdicts(number: number): Promise<(string | null)[]> {
  for (;;) {
    const runs = shop.checkRuns(shop.pullRequest(number).headSha);
    if (runs.length >= 2 && runs.every(({ status }) => status === "completed"))
      return runs.map(({ conclusion }) => conclusion);
    await wait(POLL_MS);
  }
}

/** Resolves when a review is running. */
async function reviewing(): Promise<void> {
  const running = 'nines_queue_jobs{queue="reviews",state="running"} 1';
  while (!(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes(running))
    await wait(POLL_MS);
}

/** Resolves when GitHub has answered this. */
async function answered(path: RegExp): Promise<void> {
  while (!github.calls.all.some((call) => path.test(call.url))) await wait(POLL_MS);
}

test("without configuration it says everything that is missing, without a stack trace, and ends with 1", async () => {
  const app = startApp({});
  running.add(app);
  expect(await app.ended).toBe(1);
  expect(app.output()).toMatch(
    /cannot start yet[^]*APP_ID is missing[^]*private key is missing[^]*WEBHOOK_SECRET is missing/,
  );
  expect(app.output()).not.toMatch(/^\s+at /m);
});

test("a push gets its verdict; SIGTERM ends it with 0, and a port in use is said in words", async () => {
  const app = start();
  await app.ready;
  expect(await verdicts(await open())).toEqual(["success", "success"]);
  await using second = await emptyStorage();
  const late = start({ DATA_DIR: second.path });
  expect(await late.ended).toBe(1);
  expect(late.output()).toMatch(/nines could not start: .*EADDRINUSE|in use/);
  app.kill("SIGTERM");
  expect(await app.ended).toBe(0);
});

test("SIGTERM lets a running review end, and answers not ready meanwhile", async () => {
  const app = start();
  await app.ready;
  github.calls.reset();
  github.faults.add({ match: { path: /check-runs$/, method: "POST" }, respond: { delayMs: 3_000 } });
  const number = await open();
  await reviewing();
  app.kill("SIGTERM");
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 503) await wait(POLL_MS);
  expect(await app.ended).toBe(0);
  expect(shop.checkRuns(shop.pullRequest(number).headSha).map(({ status }) => status)).toEqual([
    "completed",
    "completed",
  ]);
});

test("a process killed in the middle of a review goes on at the next start, and posts nothing twice", async () => {
  const first = start();
  await first.ready;
  github.calls.reset();
  github.faults.add({
    match: { path: /check-runs$/, method: "POST" },
    after: 1,
    respond: { delayMs: 60_000 },
  });
  const number = await open();
  await answered(/check-runs/);
  first.kill("SIGKILL");
  await first.ended;
  github.faults.clear();
  await start().ready;
  expect(await verdicts(number)).toEqual(["success", "success"]);
});

test("a webhook that was sent while it was away is asked for again", async () => {
  const number = await open();
  await github.webhooks.idle();
  await start().ready;
  expect(await verdicts(number)).toEqual(["success", "success"]);
});
