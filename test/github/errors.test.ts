import { expect, test } from "@jest/globals";
import { isMissing, isSuspended, isUnknownOutcome, limitedUntil, orLater } from "../../src/github/errors.ts";
import { RetryLater } from "../../src/queue/retry-later.ts";

const NOW = new Date("2026-11-23T08:00:00Z");
const RESET = NOW.getTime() / 1000 + 600;

const failure = (status: number, headers: Record<string, string> = {}, message = "no"): Error =>
  Object.assign(new Error(message), { status, response: { headers } });

const until = (error: unknown): string | undefined => limitedUntil(error, NOW)?.toISOString().slice(11, 19);

test.each([
  [
    "a used up limit",
    failure(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(RESET) }),
    "08:10:00",
  ],
  [
    "a used up limit whose reset is over",
    failure(429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }),
    "08:00:00",
  ],
  ["a secondary limit with its wait", failure(403, { "retry-after": "30" }), "08:00:30"],
  ["a secondary limit without one", failure(403, {}, "You have exceeded a secondary rate limit"), "08:01:00"],
  [
    "too many requests",
    failure(429, { "x-ratelimit-remaining": "4000", "x-ratelimit-reset": String(RESET) }),
    "08:01:00",
  ],
  [
    "no permission",
    failure(403, { "x-ratelimit-remaining": "4000" }, "Resource not accessible by integration"),
    undefined,
  ],
  ["an outage", failure(502, { "x-ratelimit-remaining": "0" }), undefined],
])("%s is over at %s", (_, error, expected) => {
  expect(until(error)).toBe(expected);
});

test("GraphQL says its limits in an answer of status 200", () => {
  const error = Object.assign(new Error("limit"), {
    errors: [{ type: "RATE_LIMITED", message: "limit" }],
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(RESET) },
  });
  expect(until(error)).toBe("08:10:00");
});

test("limits come out as a date, everything else as it is", async () => {
  const other = failure(500);
  await expect(
    orLater(
      () => Promise.reject(other),
      () => NOW,
    ),
  ).rejects.toBe(other);
  const limit = failure(403, { "retry-after": "5" });
  await expect(
    orLater(
      () => Promise.reject(limit),
      () => NOW,
    ),
  ).rejects.toBeInstanceOf(RetryLater);
});

test("missing, suspended and unknown are told apart", () => {
  expect([404, 409, 410, 451, 403, 500].map((status) => isMissing(failure(status)))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isSuspended(failure(403, {}, "This installation has been suspended"))).toBe(true);
  expect([
    isUnknownOutcome(failure(502)),
    isUnknownOutcome(failure(422)),
    isUnknownOutcome(new Error("x")),
  ]).toEqual([true, false, false]);
});
