import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub } from "../github-server/index.ts";
import { emptyStorage } from "../support/storage.ts";
import { post, PREVIOUS, SECRET, startApp } from "./support.ts";
import type { App } from "./support.ts";

let github: GitHub;
let app: App;
const data = await emptyStorage();

beforeAll(async () => {
  github = await startGitHub();
  app = await startApp(github, data.path);
}, 60_000);
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

test("a signed webhook is accepted and worked once, however often it arrives", async () => {
  const headers = { "x-github-delivery": randomUUID() };
  expect((await post(app.address, { body: opened(), headers })).status).toBe(202);
  expect((await post(app.address, { body: opened(), headers })).status).toBe(202);
  await app.quiet();
  expect((await post(app.address, { body: opened(), headers })).status).toBe(202);
  await app.quiet();
  expect(app.requests).toEqual([
    { installation: 5, owner: "acme", repo: "shop", pull: 12, delivery: headers["x-github-delivery"] },
  ]);
});

test("the signature is over the bytes as they came", async () => {
  const body = Buffer.concat([
    Buffer.from(opened().replace("}", ' ,"title" : "é '), "utf8"),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  const spaced = Buffer.from(opened().replaceAll(",", " ,\n"));
  expect((await post(app.address, { body: spaced })).status).toBe(202);
  expect((await post(app.address, { body })).status).not.toBe(401);
});

test("the previous secret holds while it is being replaced", async () => {
  expect((await post(app.address, { body: opened(), secret: PREVIOUS })).status).toBe(202);
});

test.each([
  ["another secret", { secret: "guess" }],
  ["a signature of another length", { headers: { "x-hub-signature-256": "sha256=00" } }],
  ["a signature over something else", { headers: { "x-hub-signature-256": `sha256=${"0".repeat(64)}` } }],
])("%s is refused with 401 and nothing is worked", async (_what, sent) => {
  expect((await post(app.address, { body: opened(), ...sent })).status).toBe(401);
  await app.quiet();
  expect(app.requests).toEqual([]);
});

test.each(["x-github-event", "x-github-delivery", "x-hub-signature-256"])(
  "without %s it is no webhook: 400",
  async (name) => {
    const response = await post(app.address, { body: opened(), headers: { [name]: undefined } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message.toLowerCase()).toContain(name);
  },
);

test.each(["{", "[]", "null", "7", ""])("a signed body of %j is no payload: 400", async (body) => {
  expect((await post(app.address, { body })).status).toBe(400);
});

test("a form is refused with what to change", async () => {
  const response = await post(app.address, {
    body: opened(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(response.status).toBe(415);
  expect(await response.text()).toContain("application/json");
});

test("25 MB are taken, one byte more is refused with 413", async () => {
  const size = 25 * 1024 * 1024;
  const padded = (length: number) => {
    const body = opened({ padding: "" });
    return body.replace('"padding":""', `"padding":"${"x".repeat(length - body.length)}"`);
  };
  expect((await post(app.address, { body: padded(size) })).status).toBe(202);
  expect((await post(app.address, { body: padded(size + 1) })).status).toBe(413);
  await app.quiet();
  expect(app.requests).toHaveLength(1);
});

test.each([
  ["an unknown event", { headers: { "x-github-event": "cheese" } }],
  ["an event nothing is done about", { body: opened({ action: "labeled" }) }],
  ["a ping", { headers: { "x-github-event": "ping" } }],
  ["a payload without an installation", { body: opened({ installation: undefined }) }],
  ["a payload with an installation of nothing", { body: opened({ installation: null }) }],
])("%s is accepted and dropped", async (_what, sent) => {
  expect((await post(app.address, { body: opened(), ...sent })).status).toBe(202);
  await app.quiet();
  expect(app.requests).toEqual([]);
});

test("health, readiness and metrics answer", async () => {
  expect((await fetch(`${app.address}/healthz`)).status).toBe(200);
  expect((await fetch(`${app.address}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${app.address}/metrics`)).text();
  expect(metrics).toContain('nines_deliveries_total{event="pull_request",outcome="added"}');
  expect(metrics).toContain('nines_deliveries_total{event="other",outcome="dropped"}');
  expect(metrics).not.toContain("cheese");
  expect(metrics).toContain('nines_queue_jobs{queue="reviews",state="waiting"} 0');
  expect(metrics).toContain('nines_review_duration_seconds_count{outcome="published"}');
});

test("a webhook is answered quickly while reviews run", async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  app.review = () => promise;
  for (let number = 100; number < 104; number++)
    await post(app.address, { body: opened({ pull_request: { number } }) });
  const times: number[] = [];
  for (let number = 200; number < 260; number++) {
    const began = performance.now();
    await post(app.address, { body: opened({ pull_request: { number } }), secret: SECRET });
    times.push(performance.now() - began);
  }
  resolve(undefined);
  app.review = () => Promise.resolve();
  // A bound that a working one keeps on any machine; the bench measures.
  expect(times.toSorted((a, b) => a - b)[54]).toBeLessThan(250);
});
