import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { startGitHub, type GitHub, type Repository } from "./index.ts";
import { installationClient, type Client } from "./testing.ts";

const R = "/repos/octo/shop";

let now = Date.parse("2026-01-01T00:00:00Z");
let github: GitHub;
let repo: Repository;
let client: Client;
let number: number;

beforeAll(async () => {
  github = await startGitHub({ clock: () => now });
  repo = await github.createRepository("octo/shop", { "a.yaml": "a\n" });
  number = await repo.openPullRequest({ changes: { "a.yaml": "b\n" } });
  client = await installationClient(github, "octo");
});
afterEach(() => github.faults.clear());
afterAll(() => github.close());

const comment = () => client.post(`${R}/issues/${number}/comments`, { body: "x" });

test("a fault answers as it was told, as often as it was told", async () => {
  const match = { method: "get", path: "/repos/{owner}/{repo}/pulls/{pull_number}" };
  github.faults.add({ match, times: 2, after: 1, respond: { status: 502, headers: { "x-why": "test" } } });
  const path = `${R}/pulls/${number}`;
  const replies = [
    await client.get(path),
    await client.get(path),
    await client.get(path),
    await client.get(path),
  ];
  expect(replies.map(({ status }) => status)).toEqual([200, 502, 502, 200]);
  expect(replies[1]!.headers.get("x-why")).toBe("test");
  expect((await client.get(`${path}/files`)).status).toBe(200);
});

test("a dropped connection hides whether the call was carried out", async () => {
  const path = /\/issues\/\d+\/comments$/;
  github.faults.add({ match: { method: "POST", path }, respond: "drop-connection-before" });
  await expect(comment()).rejects.toThrow();
  expect(repo.issueComments(number)).toHaveLength(0);
  github.faults.add({ match: { method: "POST", path }, respond: "drop-connection-after" });
  await expect(comment()).rejects.toThrow();
  expect(repo.issueComments(number)).toHaveLength(1);
  expect(github.calls.all.slice(-2).map(({ status }) => status)).toEqual([0, 0]);
});

test("an answer can be late, and a GraphQL operation can fail by its name", async () => {
  github.faults.add({ match: { operation: "Slow" }, respond: { delayMs: 30 } });
  const started = performance.now();
  expect((await client.query("query Slow { viewer { login } }")).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(25);
  github.faults.add({ match: { operation: "Slow" }, respond: { status: 504 } });
  expect((await client.query("query Other { viewer { login } }")).status).toBe(200);
  expect((await client.query("query Slow { viewer { login } }")).status).toBe(504);
});

test("new content is there only after a while", async () => {
  github.faults.eventually({ files: 1, git: 2 });
  const files = async () => (await client.get(`${R}/pulls/${number}/files`)).status;
  const tree = async () => (await client.get(`${R}/git/trees/main`)).status;
  expect([await files(), await files()]).toEqual([404, 200]);
  expect([await tree(), await tree(), await tree()]).toEqual([404, 404, 200]);
});

test("every answer says what is left; beyond it there is none until the reset", async () => {
  const reset = Math.floor(now / 1000) + 600;
  github.rateLimits.set("core", { remaining: 1, reset });
  const last = await client.get(R);
  expect([last.status, last.headers.get("x-ratelimit-remaining")]).toEqual([200, "0"]);
  const refused = await client.get(R);
  expect([refused.status, refused.headers.get("x-ratelimit-reset")]).toEqual([403, String(reset)]);
  github.rateLimits.set("core", { exceededStatus: 429 });
  expect((await client.get(R)).status).toBe(429);
  expect((await client.get("/rate_limit")).at("resources.core.remaining")).toBe(0);
  now += 601_000;
  expect((await client.get(R)).headers.get("x-ratelimit-remaining")).toBe("4999");
});

test("GraphQL has its own limit, and says it with status 200", async () => {
  github.rateLimits.set("graphql", { remaining: 0 });
  const refused = await client.query("{ viewer { login } }");
  expect([refused.status, refused.at("errors.0.type")]).toEqual([200, "RATE_LIMITED"]);
  expect((await client.get(R)).status).toBe(200);
  github.rateLimits.set("graphql", { remaining: 5000 });
});

test("a secondary limit comes unannounced, with the time to wait", async () => {
  github.faults.secondaryLimit({ match: { method: "POST" }, retryAfter: 7 });
  const refused = await comment();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([403, "7"]);
  expect(Number(refused.headers.get("x-ratelimit-remaining"))).toBeGreaterThan(0);
  expect((await comment()).status).toBe(201);
});

test("calls are counted by what they are", async () => {
  github.calls.reset();
  await client.get(`${R}/pulls/${number}`);
  await client.get("/api/v3" + R);
  await client.query("query Named { viewer { login } }");
  await client.get("/nowhere");
  expect(github.calls.summary()).toEqual({
    "GET /repos/{owner}/{repo}/pulls/{pull_number}": 1,
    "GET /repos/{owner}/{repo}": 1,
    "POST /graphql Named": 1,
    "GET /nowhere": 1,
  });
  expect(github.calls.count({ status: 404 })).toBe(1);
  github.calls.reset();
  expect(github.calls.count()).toBe(0);
});

test("every call takes as long as was asked for", async () => {
  const slow = await startGitHub({ latencyMs: 30 });
  const started = performance.now();
  await fetch(`${slow.url}/rate_limit`);
  const took = performance.now() - started;
  await slow.close();
  expect(took).toBeGreaterThan(25);
});
