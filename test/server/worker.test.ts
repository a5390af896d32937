import { expect, test } from "@jest/globals";
import type { Octokit } from "../../src/github/octokit.ts";
import { createMetrics } from "../../src/metrics.ts";
import { RetryLater } from "../../src/queue/index.ts";
import { handlers } from "../../src/worker.ts";
import type { Reviews } from "../../src/worker.ts";
import { request, silent } from "../queue/support.ts";

/** The worker alone, with a review and a report that each test decides. */
function worker(reviews: Partial<Reviews>) {
  const reasons: string[] = [];
  const metrics = createMetrics(() => Promise.resolve([]));
  const { review, delivery } = handlers({
    probot: { receive: () => Promise.reject(new AggregateError([new RetryLater(new Date(0), "limit")])) },
    octokit: () => Promise.reject<Octokit>(new Error("GitHub does not answer")),
    metrics,
    log: silent,
    review: () => Promise.reject(new Error("no")),
    unverified: (_request, _log, reason) => {
      reasons.push(reason);
      return Promise.resolve();
    },
    ...reviews,
  });
  const outcomes = async () =>
    (await metrics.reviews.get()).values
      .filter(({ metricName }) => metricName?.endsWith("_count"))
      .map(({ labels }) => labels.outcome);
  return { review, delivery, reasons, outcomes };
}

const running = () => new AbortController().signal;

test("a review that fails is tried again, and the author is told at the last try", async () => {
  const { review, reasons, outcomes } = worker({});
  await expect(review(request(), running(), false)).rejects.toThrow("no");
  expect(reasons).toEqual([]);
  await review(request(), running(), true);
  expect(reasons).toEqual(["no"]);
  expect(await outcomes()).toEqual(["failed", "unverified"]);
});

test("when the author cannot be told either, it is tried again", async () => {
  const { review } = worker({ unverified: () => Promise.reject(new Error("GitHub is down")) });
  await expect(review(request(), running(), true)).rejects.toThrow("GitHub is down");
});

test("a rate limit at the last try is waited for, not reported", async () => {
  const { review, reasons, outcomes } = worker({
    review: () => Promise.reject(new RetryLater(new Date(0), "limit")),
  });
  await expect(review(request(), running(), true)).rejects.toBeInstanceOf(RetryLater);
  expect(reasons).toEqual([]);
  expect(await outcomes()).toEqual(["postponed"]);
});

test("a review that was superseded at its last try is not reported", async () => {
  const { review, reasons } = worker({});
  await expect(review(request(), AbortSignal.abort(), true)).rejects.toThrow();
  expect(reasons).toEqual([]);
});

test("a request during which the process died ten times is reported without another try", async () => {
  let tried = false;
  const { review, reasons } = worker({
    review: () => {
      tried = true;
      return Promise.resolve();
    },
  });
  await review(request({ crashes: 10 }), running(), false);
  expect(tried).toBe(false);
  expect(reasons).toEqual([expect.stringContaining("stopped 10 times")]);
});

test("a comment that cannot be answered does not undo the review", async () => {
  const { review, outcomes } = worker({ review: () => Promise.resolve() });
  await review(request({ comments: [1, 2] }), running(), false);
  expect(await outcomes()).toEqual(["published"]);
});

test("a rate limit inside a handler reaches the queue", async () => {
  const { delivery } = worker({});
  await expect(delivery({ id: "1", name: "issue_comment", payload: "{}" }, running())).rejects.toBeInstanceOf(
    AggregateError,
  );
});
