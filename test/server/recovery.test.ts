import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { recover } from "../../src/recovery.ts";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub, Repository } from "../github-server/index.ts";

const DAY = 24 * 60 * 60 * 1_000;
const wanted = new Set(["pull_request.opened", "pull_request.synchronize", "issue_comment"]);

let github: GitHub;
let shop: Repository;
let octokit: Octokit;
let clock = Date.parse("2026-06-01T12:00:00Z");
const now = () => new Date(clock);

beforeEach(async () => {
  clock = Date.now();
  github = await startGitHub({ clock: () => clock });
  shop = await github.createRepository("acme/shop", { "a.yaml": "a: 1\n" });
  octokit = new Octokit({
    baseUrl: github.url,
    authStrategy: createAppAuth,
    auth: { appId: github.appId, privateKey: github.privateKey },
  });
});
afterEach(() => github.close());

const again = () => github.deliveries.filter(({ redelivery }) => redelivery);
let branch = 0;

async function open(): Promise<void> {
  await shop.openPullRequest({ head: `change-${++branch}`, changes: { "b.yaml": `b: ${branch}\n` } });
  await github.webhooks.idle();
}

test("only what never arrived and is wanted is asked for again, oldest first", async () => {
  await open();
  clock += 60_000;
  await open();
  // The pushes and the check suites got lost too, and nothing is done about those.
  expect(new Set(github.deliveries.map(({ event }) => event)).size).toBeGreaterThan(1);
  expect(await recover({ octokit, wanted, now })).toBe(2);
  expect(again().map(({ event, payload }) => [event, payload["number"]])).toEqual([
    ["pull_request", 1],
    ["pull_request", 2],
  ]);
});

test("what arrived at any attempt is left alone", async () => {
  await open();
  const server = await startTarget(202);
  github.webhooks.target = { url: server.url, secret: "s" };
  expect(await recover({ octokit, wanted, now })).toBe(1);
  await github.webhooks.idle();
  expect(await recover({ octokit, wanted, now })).toBe(0);
  await server.close();
});

test("what is refused again and again is given up after ten attempts", async () => {
  await open();
  const counts: number[] = [];
  for (let round = 0; round < 12; round++) {
    counts.push(await recover({ octokit, wanted, now }));
    await github.webhooks.idle();
  }
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(9);
  expect(counts.at(-1)).toBe(0);
});

test("what is older than GitHub can send again, or than what was looked at, is not looked at", async () => {
  await open();
  const since = new Date(clock + 1_000);
  expect(await recover({ octokit, wanted, now }, since)).toBe(0);
  clock += 3 * DAY + 60_000;
  expect(await recover({ octokit, wanted, now })).toBe(0);
});

test("a list of many pages is read to its end", async () => {
  for (let number = 0; number < 60; number++) await open();
  expect(github.deliveries.length).toBeGreaterThan(100);
  expect(await recover({ octokit, wanted, now })).toBe(60);
});

async function startTarget(status: number): Promise<{ url: string; close: () => Promise<void> }> {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
