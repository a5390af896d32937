import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openQueue, RetryLater } from "../../src/queue/index.ts";
import type { Queue } from "../../src/queue/index.ts";
import { emptyStorage } from "../support/storage.ts";
import { until } from "../support/until.ts";
import { manual, request, silent } from "./support.ts";

const data = await emptyStorage();
let queue: Queue;
const { handlers, nextDelivery, nextReview, waiting } = manual();

beforeAll(async () => {
  queue = await openQueue({ store: { kind: "embedded", folder: data.path }, concurrency: 2, log: silent });
  await queue.work(handlers);
}, 60_000);

afterAll(async () => {
  await queue.stop(0);
  await data[Symbol.asyncDispose]();
});

const guid = () => crypto.randomUUID();

describe("deliveries", () => {
  test("a delivery reaches the handler with its payload as it came, odd characters included", async () => {
    const delivery = { id: guid(), name: "pull_request", payload: '{"title":"\\u0000 \\ud800 é\u2028"}' };
    expect(await queue.addDelivery(delivery)).toBe("added");
    const call = await nextDelivery();
    expect(call.input).toEqual(delivery);
    call.end();
  });

  test("a delivery whose work waits, runs or is done is known", async () => {
    const delivery = { id: guid(), name: "ping", payload: "{}" };
    await queue.addDelivery(delivery);
    const call = await nextDelivery();
    expect(await queue.addDelivery(delivery)).toBe("known");
    call.end();
    await quiet(queue);
    expect(await queue.addDelivery({ ...delivery, payload: '{"again":1}' })).toBe("known");
  });

  test("a delivery that fails is worked again", async () => {
    await queue.addDelivery({ id: guid(), name: "ping", payload: "{}" });
    const first = await nextDelivery();
    first.end(new Error("no"));
    const second = await nextDelivery();
    expect(second.input).toEqual(first.input);
    second.end();
  });

  test("an id that is no UUID is told apart from others", async () => {
    const one = { id: "not-a-uuid", name: "ping", payload: "{}" };
    expect(await queue.addDelivery(one)).toBe("added");
    expect(await queue.addDelivery(one)).toBe("known");
    expect(await queue.addDelivery({ ...one, id: "not-a-uuid-2" })).toBe("added");
    (await nextDelivery()).end();
    (await nextDelivery()).end();
  });
});

describe("reviews", () => {
  test("what waits for a pull request is replaced by the newest, what runs is aborted", async () => {
    const first = request({ delivery: "1" });
    await queue.addReview(first);
    const running = await nextReview();
    await queue.addReview({ ...first, delivery: "2" });
    await queue.addReview({ ...first, delivery: "3" });
    expect(running.signal.aborted).toBe(true);
    const next = await nextReview();
    expect(next.input.delivery).toBe("3");
    next.end();
    await quiet(queue);
    expect(waiting()).toBe(0);
  });

  test("the request that replaces another takes over its comments and its attempt", async () => {
    const first = request({ attempt: "comment-1", comments: [1] });
    await queue.addReview(first);
    const running = await nextReview();
    const { installation, owner, repo, delivery } = first;
    const push = { installation, owner, repo, delivery, pull: first.pull! };
    await queue.addReview({ ...push, comments: [2] });
    await queue.addReview({ ...push, comments: [3] });
    const next = await nextReview();
    expect(running.signal.aborted).toBe(true);
    expect(next.input).toMatchObject({ attempt: "comment-1", comments: [1, 2, 3] });
    next.end();
  });

  test("pull requests do not wait for each other, and names differ by case only for people", async () => {
    const one = request();
    await queue.addReview(one);
    await queue.addReview(request());
    const [a, b] = [await nextReview(), await nextReview()];
    await queue.addReview({ ...one, owner: "ACME" });
    expect(a.signal.aborted).toBe(true);
    const again = await nextReview();
    b.end();
    again.end();
  });

  test("a merge group is not its pull request", async () => {
    const mergeGroup = {
      head: "a".repeat(40),
      base: "b".repeat(40),
      ref: "refs/heads/gh-readonly-queue/main/pr-1",
    };
    await queue.addReview({ installation: 7, owner: "acme", repo: "shop", mergeGroup, delivery: "d" });
    const running = await nextReview();
    await queue.addReview(request());
    (await nextReview()).end();
    expect(running.signal.aborted).toBe(false);
    running.end();
  });

  test("a cancelled review is aborted and not tried again", async () => {
    const one = request();
    await queue.addReview(one);
    const running = await nextReview();
    await queue.cancelReviews(one);
    expect(running.signal.aborted).toBe(true);
    await quiet(queue);
    expect(waiting()).toBe(0);
  });

  test("a review that is to come back later does, and that is not a try", async () => {
    await queue.addReview(request());
    for (let times = 0; times < 6; times++) {
      const call = await nextReview();
      expect(call.lastTry).toBe(false);
      call.end(new Error("wrapped", { cause: new RetryLater(new Date(), "rate limit") }));
    }
    (await nextReview()).end();
  });

  test("ten requests are worked by two workers without pause", async () => {
    const began = performance.now();
    for (let i = 0; i < 10; i++) await queue.addReview(request());
    for (let i = 0; i < 10; i++) (await nextReview()).end();
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

test("counts say what waits and what runs", async () => {
  await queue.addReview(request());
  const call = await nextReview();
  expect(await queue.counts()).toContainEqual(
    expect.objectContaining({ queue: "reviews", state: "running", count: 1 }),
  );
  call.end();
});

test("a second process is told that the folder is in use", async () => {
  const second = openQueue({ store: { kind: "embedded", folder: data.path }, concurrency: 1, log: silent });
  await expect(second).rejects.toThrow(/in use by another nines \(process \d+\).*DATA_DIR/);
});

test("it is ready until it stops", async () => {
  expect(await queue.ready()).toBe(true);
});

/** Resolves when nothing waits or runs. */
async function quiet(of: Queue): Promise<void> {
  await until(async () => (await of.counts()).every(({ state }) => state === "failed"));
}
