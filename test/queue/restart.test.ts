import { afterEach, expect, jest, test } from "@jest/globals";
import { openQueue } from "../../src/queue/index.ts";
import type { Queue, QueueOptions } from "../../src/queue/index.ts";
import { emptyStorage } from "../support/storage.ts";
import { until } from "../support/until.ts";
import { manual, request, silent } from "./support.ts";

/** What a queue leaves behind, and how its author is told: each test has a storage of its own. */

jest.setTimeout(60_000);

const open: Queue[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.stop(0)));
});

async function start(path: string, options: Partial<QueueOptions> = {}): Promise<Queue> {
  const queue = await openQueue({
    store: { kind: "embedded", folder: path },
    concurrency: 2,
    log: silent,
    ...options,
  });
  open.push(queue);
  return queue;
}

test("what a stopped queue was working on waits for the next one, with its tries", async () => {
  await using data = await emptyStorage();
  const tries = { told: 2, all: 3, pause: 0 };
  const first = await start(data.path, { tries });
  const before = manual();
  await first.work(before.handlers);
  const asked = request({ comments: [5], attempt: "a" });
  await first.addReview(asked);
  const delivery = { id: crypto.randomUUID(), name: "ping", payload: "{}" };
  await first.addDelivery(delivery);
  const [review] = [await before.nextReview(), await before.nextDelivery()];
  await first.stop(10);
  expect(review.signal.aborted).toBe(true);

  const second = await start(data.path, { tries });
  const after = manual();
  await second.work(after.handlers);
  const again = await after.nextReview();
  expect(again.input).toEqual(asked);
  expect(again.lastTry).toBe(false);
  expect((await after.nextDelivery()).input).toEqual(delivery);
});

test("a stopping queue lets running work end, and stores what comes in meanwhile", async () => {
  await using data = await emptyStorage();
  const queue = await start(data.path);
  const work = manual();
  await queue.work(work.handlers);
  await queue.addReview(request());
  const running = await work.nextReview();
  const drained = queue.drain(60_000);
  expect(await queue.addDelivery({ id: crypto.randomUUID(), name: "ping", payload: "{}" })).toBe("added");
  expect(running.signal.aborted).toBe(false);
  running.end();
  await drained;
  await queue.stop(0);
  expect(await queue.ready()).toBe(false);

  const next = await start(data.path);
  const after = manual();
  await next.work(after.handlers);
  await after.nextDelivery();
  expect(after.waiting()).toBe(0);
});

test("the author is told after the tries for that, and trying goes on until somebody could be told", async () => {
  await using data = await emptyStorage();
  const queue = await start(data.path, { tries: { told: 2, all: 4, pause: 0 } });
  const { handlers, nextReview } = manual();
  await queue.work(handlers);
  await queue.addReview(request());
  const told: boolean[] = [];
  for (let tries = 0; tries < 4; tries++) {
    const call = await nextReview();
    told.push(call.lastTry);
    call.end(new Error("no"));
  }
  expect(told).toEqual([false, true, true, true]);
});

test("a request that comes while one waits for its next try replaces it, with all tries", async () => {
  await using data = await emptyStorage();
  const queue = await start(data.path, { tries: { told: 2, all: 3, pause: 1_000 } });
  const { handlers, nextReview } = manual();
  await queue.work(handlers);
  const asked = request({ comments: [1] });
  await queue.addReview(asked);
  (await nextReview()).end(new Error("no"));
  await until(async () => (await queue.counts()).every(({ state }) => state !== "running"));
  await queue.addReview({ ...asked, delivery: "newer", comments: [2] });
  const call = await nextReview();
  expect(call.lastTry).toBe(false);
  expect(call.input).toMatchObject({ delivery: "newer", comments: [1, 2] });
});

test("a delivery whose tries are used up is worked again when GitHub sends it again", async () => {
  await using data = await emptyStorage();
  const queue = await start(data.path);
  const delivery = { id: crypto.randomUUID(), name: "ping", payload: "{}" };
  // Thirteen failures with their pauses would take an hour: the storage is told instead.
  const { PGlite } = await import("@electric-sql/pglite");
  await queue.addDelivery(delivery);
  await queue.stop(0);
  const database = await PGlite.create(`${data.path}/queue`);
  await database.query(
    "UPDATE pgboss.job SET state = 'failed', completed_on = now() WHERE name = 'deliveries'",
  );
  await database.close();

  const next = await start(data.path);
  const { handlers, nextDelivery } = manual();
  expect(await next.addDelivery(delivery)).toBe("added");
  await next.work(handlers);
  expect((await nextDelivery()).input).toEqual(delivery);
});
