import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Probot } from "probot";
import { NinesOctokit } from "../../src/github/app-octokit.ts";
import { makeExternalId } from "../../src/github/external-id.ts";
import { createMetrics } from "../../src/metrics.ts";
import type { ReviewRequest } from "../../src/queue/index.ts";
import { sweep } from "../../src/sweep.ts";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub, Repository } from "../github-server/index.ts";
import { silent } from "../queue/support.ts";
import { emptyStorage } from "../support/storage.ts";
import { until } from "../support/until.ts";
import { configFor } from "./support.ts";
import { start } from "../../src/server.ts";

const NAMES = ["nines / zero-downtime", "nines / test-stages"];
const HOUR = 60 * 60 * 1_000;

let github: GitHub;
let shop: Repository;
let probot: Probot;
beforeEach(async () => {
  github = await startGitHub();
  shop = await github.createRepository("acme/shop", { "README.md": "shop\n" });
  probot = new Probot({
    appId: github.appId,
    privateKey: github.privateKey,
    secret: "for the tests",
    baseUrl: github.url,
    Octokit: NinesOctokit,
    logLevel: "fatal",
  });
});
afterEach(() => github.close());

let branch = 0;
const open = (repository = shop) =>
  repository.openPullRequest({ head: `change-${++branch}`, changes: { "a.md": `${branch}\n` } });

/** Makes a check run as a review does. */
async function conclude(
  pull: number,
  name: string,
  { of = pull, conclusion = "success" } = {},
): Promise<void> {
  const octokit = await probot.auth(github.installation("acme"));
  await octokit.request("POST /repos/{owner}/{repo}/check-runs", {
    ...{ owner: "acme", repo: "shop", name, status: "completed" },
    head_sha: shop.pullRequest(pull).headSha,
    external_id: makeExternalId({ subject: of, digest: "0".repeat(16), borrowed: false }),
    conclusion: conclusion as "success",
    output: { title: "t", summary: "s" },
  });
}

/** The pull requests that a sweep adds, an hour from now. */
async function swept(known: readonly number[] = [], later = HOUR): Promise<string[]> {
  const added: ReviewRequest[] = [];
  const metrics = createMetrics(() => Promise.resolve([]));
  await sweep({
    appId: github.appId,
    app: await probot.auth(),
    octokit: (installation) => probot.auth(installation),
    queue: {
      addMissing: (request) => {
        if (known.includes(request.pull ?? 0)) return Promise.resolve("known");
        added.push(request);
        return Promise.resolve("added");
      },
    },
    metrics,
    now: () => new Date(Date.now() + later),
    log: silent,
  });
  return added.map(({ owner, repo, pull }) => `${owner}/${repo}#${pull ?? 0}`).toSorted();
}

test("an open pull request without both verdicts is found; one with both, a closed one and a fresh one are not", async () => {
  const [none, half, both, closed] = [await open(), await open(), await open(), await open()];
  await conclude(half, NAMES[0]!);
  for (const name of NAMES) await conclude(both, name);
  await shop.closePullRequest(closed);
  expect(await swept()).toEqual([`acme/shop#${none}`, `acme/shop#${half}`]);
  expect(await swept([none])).toEqual([`acme/shop#${half}`]);
  expect(await swept([], 0)).toEqual([]);
});

test("a verdict for another pull request, or one that was called off, is none", async () => {
  const [other, cancelled] = [await open(), await open()];
  for (const name of NAMES) {
    await conclude(other, name, { of: other + 1_000 });
    await conclude(cancelled, name, { conclusion: "cancelled" });
  }
  expect(await swept()).toEqual([`acme/shop#${other}`, `acme/shop#${cancelled}`]);
});

test("many repositories cost one request for ten of them, and one that is gone does not hide the others", async () => {
  const all = [shop];
  for (let number = 1; number <= 12; number++)
    all.push(await github.createRepository(`acme/repo-${number}`, { "a.md": "a\n" }));
  for (const repository of all) await open(repository);
  github.calls.reset();
  expect(await swept()).toHaveLength(13);
  expect(github.calls.count({ operation: "nines_open" })).toBe(2);
  github.faults.add({ match: { operation: "nines_open" }, respond: { status: 502 }, times: 9 });
  expect(await swept()).toEqual([]);
});

test("a pull request whose webhook got lost and is in no list either gets its verdict", async () => {
  const number = await open();
  await github.webhooks.idle();
  github.faults.add({
    match: { path: "/app/hook/deliveries" },
    respond: { status: 200, body: [] },
    times: 1_000,
  });
  await using data = await emptyStorage();
  const config = { ...configFor(github, data.path), sweepSeconds: 1 };
  const running = await start(config, silent, { now: () => new Date(Date.now() + HOUR) });
  const { headSha } = shop.pullRequest(number);
  const concluded = () => shop.checkRuns(headSha).filter(({ status }) => status === "completed");
  await until(() => concluded().length >= 2);
  expect(concluded().map(({ name, conclusion }) => [name, conclusion])).toEqual(
    NAMES.map((name) => [name, "success"]),
  );
  const metrics = await (await fetch(`${running.address}/metrics`)).text();
  expect(metrics).toMatch(/^nines_missed_total 1$/m);
  await running.stop(0);
}, 60_000);
