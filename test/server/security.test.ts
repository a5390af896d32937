import { createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { startApp as startProcess } from "../../scripts/crash-test/app-process.ts";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub } from "../github-server/index.ts";
import { emptyStorage } from "../support/storage.ts";
import { until } from "../support/until.ts";
import { post, SECRET, startApp } from "./support.ts";
import type { App } from "./support.ts";

/** What somebody could try who can reach the port, or open a pull request. */

jest.setTimeout(60_000);

let github: GitHub;
let app: App;
const data = await emptyStorage();

beforeAll(async () => {
  github = await startGitHub();
  app = await startApp(github, data.path);
});
beforeEach(() => void app.requests.splice(0));
afterAll(async () => {
  await app.stop(0);
  await github.close();
  await data[Symbol.asyncDispose]();
});

const opened = (changes: object = {}): string =>
  JSON.stringify({
    action: "opened",
    installation: { id: 5 },
    repository: { name: "shop", owner: { login: "acme" } },
    pull_request: { number: 12 },
    ...changes,
  });
const signature = (body: string, secret: string, algorithm = "sha256") =>
  `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;

test.each([
  ["SHA-1", signature(opened(), SECRET, "sha1")],
  ["the name of SHA-1 before a good one", signature(opened(), SECRET).replace("sha256", "sha1")],
  ["no algorithm", signature(opened(), SECRET).slice("sha256=".length)],
  ["an empty secret", signature(opened(), "")],
  ["upper case", signature(opened(), SECRET).toUpperCase()],
  ["two, one of them good", `${signature(opened(), "guess")}, ${signature(opened(), SECRET)}`],
])("a signature with %s does not hold", async (_what, value) => {
  const headers = { "x-hub-signature-256": value, "x-hub-signature": signature(opened(), SECRET, "sha1") };
  expect((await post(app.address, { body: opened(), headers })).status).toBe(401);
  await app.quiet();
  expect(app.requests).toEqual([]);
});

/** A request as bytes: no client of ours would send it. */
function raw(head: readonly string[], body: string): Promise<string> {
  const { hostname, port } = new URL(app.address);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () =>
      socket.end(`${["POST /api/github/webhooks HTTP/1.1", "host: x", ...head].join("\r\n")}\r\n\r\n${body}`),
    );
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (answer += text));
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    // Refused before all of it was sent.
    socket.on("error", () => resolve(""));
  });
}

test("two signature headers are not one good one", async () => {
  const body = opened();
  const head = [
    "content-type: application/json",
    `content-length: ${body.length}`,
    "x-github-event: pull_request",
    `x-github-delivery: ${randomUUID()}`,
    `x-hub-signature-256: ${signature(body, "guess")}`,
    `x-hub-signature-256: ${signature(body, SECRET)}`,
  ];
  expect(await raw(head, body)).toMatch(/ 401 /);
});

test.each([
  ["a negative length", ["content-length: -5"]],
  ["two lengths", ["content-length: 5", "content-length: 500"]],
  ["a length and chunks", ["content-length: 5", "transfer-encoding: chunked"]],
  ["a header without end", [`x-long: ${"x".repeat(200_000)}`]],
])("%s is refused, and the next webhook is taken", async (_what, head) => {
  expect(await raw(["content-type: application/json", ...head], "{}")).toMatch(/^(HTTP\/1.1 4\d\d|$)/);
  expect((await post(app.address, { body: opened() })).status).toBe(202);
});

test("an id of any length and form is worked once, and is no part of any query", async () => {
  for (const id of ["x".repeat(10_000), "'; DROP TABLE pgboss.job; --", "../../etc/passwd", "${jndi:ldap}"]) {
    app.requests.splice(0);
    const headers = { "x-github-delivery": id };
    for (let times = 0; times < 2; times++)
      expect((await post(app.address, { body: opened(), headers })).status).toBe(202);
    await app.quiet();
    expect(app.requests.map(({ delivery }) => delivery)).toEqual([id]);
  }
});

test.each([
  ["no repository", { repository: undefined }],
  ["a repository without an owner", { repository: { name: "shop" } }],
  ["a pull request without a number", { pull_request: {} }],
  ["an installation with a name for an id", { installation: { id: "5" } }],
  ["a pull request of another form", { pull_request: [] }],
  ["keys of prototypes", { ["__proto__"]: { polluted: true }, constructor: { prototype: { polluted: 1 } } }],
])("a signed payload with %s hurts nobody", async (_what, changes) => {
  const body = opened(changes).replace('"__proto"', '"__proto__"');
  expect((await post(app.address, { body })).status).toBe(202);
  expect((await post(app.address, { body: opened() })).status).toBe(202);
  await until(() => app.requests.some(({ pull }) => pull === 12));
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("a payload nested a hundred thousand deep is answered", async () => {
  const body = opened({ deep: "DEEP" }).replace('"DEEP"', "[".repeat(100_000) + "]".repeat(100_000));
  expect([202, 400]).toContain((await post(app.address, { body })).status);
  expect((await fetch(`${app.address}/healthz`)).status).toBe(200);
});

test("only what is there is served", async () => {
  for (const path of ["/", "/../src/server.ts", "/probot", "/api/github/webhooks", "/metrics/../.env"])
    expect((await fetch(`${app.address}${path}`)).status).toBe(404);
});

test("at its most talkative the log shows no credential and no text of a pull request", async () => {
  await using own = await emptyStorage();
  await using other = {
    github: await startGitHub(),
    [Symbol.asyncDispose]() {
      return this.github.close();
    },
  };
  const shop = await other.github.createRepository("acme/shop", { "k8s/a.yaml": "a: 1\n" });
  const process = startProcess({
    APP_ID: String(other.github.appId),
    PRIVATE_KEY: other.github.privateKey,
    WEBHOOK_SECRET: "a-secret-of-webhooks",
    GITHUB_API_URL: other.github.url,
    DATA_DIR: own.path,
    PORT: "0",
    LOG_LEVEL: "trace",
    SWEEP_SECONDS: "1",
    RECOVERY_SECONDS: "1",
  });
  try {
    await process.ready;
    const address = /"address":"([^"]+)"/.exec(process.output())?.[1] ?? "";
    other.github.webhooks.target = {
      url: `${address}/api/github/webhooks`,
      secret: "a-secret-of-webhooks",
    };
    other.github.faults.add({ match: { operation: "nines_context" }, respond: { status: 500 }, times: 1 });
    other.github.faults.add({ match: { method: "POST", path: /check-runs$/ }, respond: { status: 422 } });
    const text = "kind: Deployment # TEXT-OF-THE-PULL-REQUEST\nspec: [\n";
    const number = await shop.openPullRequest({
      changes: { "k8s/b.yaml": text },
      title: "TITLE-OF-THE-PULL-REQUEST",
    });
    const { headSha } = shop.pullRequest(number);
    await until(
      () =>
        shop.checkRuns(headSha).filter(({ status }) => status === "completed").length >= 2 &&
        process.output().includes('"reviewed"'),
    );
    const found =
      /.{0,80}(OF-THE-PULL-REQUEST|a-secret-of-webhooks|PRIVATE KEY|\bgh[a-z]_\w|eyJ|authorization"?:).{0,80}/i;
    expect(found.exec(process.output())?.[0]).toBeUndefined();
  } finally {
    process.kill("SIGKILL");
    await process.ended;
  }
});
