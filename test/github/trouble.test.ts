import { afterEach, expect, test } from "@jest/globals";
import { reportUnverified, reviewRequest } from "../../src/github/review-request.ts";
import { RetryLater } from "../../src/queue/retry-later.ts";
import type { Fault } from "../github-server/index.ts";
import { createWorld, MANIFEST, markJudge, outcome, type World } from "./harness.ts";

let world: World | undefined;

afterEach(async () => {
  await world?.github.close();
  world = undefined;
});

const ONE_ERROR = { "k8s/app.yaml": `${MANIFEST}  c: d # <- error alpha\n` };
const CREATE = { method: "POST", path: "/repos/{owner}/{repo}/check-runs" };
const UPDATE = { method: "PATCH", path: "/repos/{owner}/{repo}/check-runs/{check_run_id}" };
const REVIEW = { method: "POST", path: "/repos/{owner}/{repo}/pulls/{pull_number}/reviews" };

/** A pull request with one error on one line. */
async function open(
  changes: Record<string, string> = ONE_ERROR,
  ...rest: [Parameters<typeof createWorld>[1]?, Parameters<typeof createWorld>[2]?]
): Promise<World & { number: number; head: string }> {
  world = await createWorld({ "k8s/app.yaml": MANIFEST }, ...rest);
  const number = await world.repository.openPullRequest({ changes });
  return { ...world, number, head: world.repository.pullRequest(number).headSha };
}

const errors = (count: number): Record<string, string> => ({
  "k8s/app.yaml":
    MANIFEST + Array.from({ length: count }, (_, at) => `  m${at}: d # <- error m${at}\n`).join(""),
});

const linesOf = (shop: World): (number | undefined)[] =>
  shop.repository.checkRuns()[0]?.annotations.map(({ start_line }) => start_line) ?? [];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => 7 + at);

test("more than 50 annotations go out in batches, and the last one carries the conclusion", async () => {
  const shop = await open(errors(120));
  await shop.review(shop.number);
  expect(linesOf(shop)).toEqual(upTo(120));
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: failure",
    "nines / test-stages: success",
  ]);
  expect(shop.github.calls.count(UPDATE)).toBe(2);
});

test("at most 200 annotations and 25 comments are written", async () => {
  const shop = await open(errors(230));
  await shop.review(shop.number);
  expect(linesOf(shop)).toEqual(upTo(200));
  expect(shop.repository.reviewComments(shop.number)).toHaveLength(25);
});

test.each<[string, Fault["respond"]]>([
  ["never arrived", "drop-connection-before"],
  ["arrived, and its answer was lost", "drop-connection-after"],
  ["failed on GitHub's side", { status: 502 }],
])("a batch that %s is sent neither twice nor never", async (_, respond) => {
  const shop = await open(errors(120));
  shop.github.faults.add({ match: UPDATE, respond });
  shop.github.faults.add({ match: UPDATE, respond, after: 1 });
  await shop.review(shop.number);
  expect(linesOf(shop)).toEqual(upTo(120));
  expect(outcome(shop, shop.head)[0]).toBe("nines / zero-downtime: failure");
});

test.each<[string, Fault["respond"]]>([
  ["never arrived", "drop-connection-before"],
  ["arrived, and its answer was lost", "drop-connection-after"],
])("a check run whose creation %s is there once", async (_, respond) => {
  const shop = await open();
  shop.github.faults.add({ match: CREATE, respond });
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: failure",
    "nines / test-stages: success",
  ]);
});

test.each<[string, Fault["respond"]]>([
  ["never arrived", "drop-connection-before"],
  ["arrived, and its answer was lost", "drop-connection-after"],
])("a review that %s is there once", async (_, respond) => {
  const shop = await open();
  shop.github.faults.add({ match: REVIEW, respond });
  await shop.review(shop.number);
  expect(shop.repository.reviewComments(shop.number)).toHaveLength(1);
});

test("a run that a crash left half sent is finished, not doubled", async () => {
  const shop = await open(errors(120));
  shop.github.faults.add({ match: UPDATE, respond: { status: 502 }, after: 1, times: 3 });
  await expect(shop.review(shop.number)).rejects.toThrow();
  expect(outcome(shop, shop.head)).toEqual(["nines / zero-downtime: in_progress"]);
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: failure",
    "nines / test-stages: success",
  ]);
  expect(linesOf(shop)).toEqual(upTo(120));
});

test("a half sent run whose result changed meanwhile is closed, and the new result posted", async () => {
  const shop = await open(errors(120));
  shop.github.faults.add({ match: UPDATE, respond: { status: 502 }, times: 3 });
  await expect(shop.review(shop.number)).rejects.toThrow();
  await shop.repository.commit("main", { ".github/nines.yml": "version: 1\nchecks:\n  marked: warning\n" });
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: cancelled",
    "nines / zero-downtime: neutral",
    "nines / test-stages: success",
  ]);
});

test("a review that GitHub refuses costs no verdict, and is counted", async () => {
  const shop = await open();
  shop.github.faults.add({
    match: REVIEW,
    respond: { status: 422, body: { message: "Unprocessable Entity" } },
  });
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)[0]).toBe("nines / zero-downtime: failure");
  expect([shop.counted, shop.repository.reviewComments(shop.number)]).toEqual([["review-refused"], []]);
});

test("a finding outside the diff is an annotation and no comment", async () => {
  const far = MANIFEST + Array.from({ length: 40 }, (_, at) => `  k${at}: v\n`).join("");
  world = await createWorld({ "k8s/app.yaml": far });
  const number = await world.repository.openPullRequest({ changes: { "k8s/app.yaml": `${far}  z: z\n` } });
  const judge = {
    ...markJudge,
    review: async (...given: Parameters<typeof markJudge.review>) => {
      const [base, head, policy, signal] = given;
      const blob = { sha: "x", text: `${MANIFEST}  a: b # <- error alpha\n` };
      return markJudge.review(base, { ...head, files: new Map([["k8s/app.yaml", blob]]) }, policy, signal);
    },
  };
  await reviewRequest(world.request(number), { ...world.services, judge }, new AbortController().signal);
  expect(linesOf(world)).toEqual([7]);
  expect(world.repository.reviews(number)).toEqual([]);
  expect(world.counted).toEqual([]);
});

test("a secondary limit says when to come back, and nothing is lost or doubled", async () => {
  const now = new Date("2026-11-23T08:00:00Z");
  const shop = await open(ONE_ERROR, {}, { now: () => now });
  shop.github.faults.secondaryLimit({ match: REVIEW, retryAfter: 90 });
  const failure = await shop.review(shop.number).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RetryLater);
  expect((failure as RetryLater).at).toEqual(new Date("2026-11-23T08:01:30Z"));
  await shop.review(shop.number);
  expect(shop.repository.checkRuns()).toHaveLength(2);
  expect(shop.repository.reviewComments(shop.number)).toHaveLength(1);
});

test.each(["core", "graphql"] as const)(
  "a used up %s limit says to come back at its reset",
  async (resource) => {
    const shop = await open();
    const reset = Math.floor(Date.now() / 1000) + 1800;
    await shop.services.octokit(shop.github.installation("acme"));
    shop.github.rateLimits.set(resource, { remaining: resource === "core" ? 1 : 0, reset });
    const failure = await shop.review(shop.number).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RetryLater);
    expect((failure as RetryLater).at).toEqual(new Date(reset * 1000));
  },
);

test("what is not everywhere yet is asked for again", async () => {
  const shop = await open();
  shop.github.faults.eventually({ git: 2 });
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)[0]).toBe("nines / zero-downtime: failure");
});

test("an answer that GitHub fails to give once costs nothing", async () => {
  const shop = await open();
  shop.github.faults.add({ match: { operation: "nines_context" }, respond: { status: 502 } });
  shop.github.faults.add({ match: { path: /compare/ }, respond: "drop-connection-before" });
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)[0]).toBe("nines / zero-downtime: failure");
});

test("an outage is left to the queue", async () => {
  const shop = await open();
  shop.github.faults.add({ match: { path: /compare/ }, respond: { status: 503 }, times: 3 });
  await expect(shop.review(shop.number)).rejects.toMatchObject({ status: 503 });
  expect(shop.repository.checkRuns()).toEqual([]);
});

test.each([404, 410, 451] as const)("a repository that answers %d ends the job quietly", async (status) => {
  const shop = await open();
  shop.repository.remove(status);
  await shop.review(shop.number);
  await reportUnverified(shop.request(shop.number), shop.services, "It did not work.");
  expect(shop.lines.map(({ message }) => message)).toEqual([
    "Nothing to review any more",
    "Nothing to report on any more",
  ]);
});

test("a pull request that is not there, or closed, ends the job quietly", async () => {
  const shop = await open();
  await shop.review(99);
  await shop.repository.closePullRequest(shop.number);
  await shop.review(shop.number);
  expect(shop.lines).toHaveLength(2);
  expect(shop.repository.checkRuns()).toEqual([]);
});

test("an app that was removed or suspended meanwhile ends the job quietly", async () => {
  const shop = await open();
  const token = { method: "POST", path: /access_tokens/ };
  const suspended = { message: "This installation has been suspended" };
  shop.github.faults.add({ match: token, respond: { status: 403, body: suspended }, times: 2 });
  await shop.review(shop.number);
  await shop.review(shop.number, { installation: 1 });
  expect(shop.lines.map(({ message }) => message)).toEqual(Array(2).fill("Nothing to review any more"));
});

test("a merge group that was dissolved ends the job quietly", async () => {
  const shop = await open();
  const { headSha: head, baseSha: base, headRef: ref } = await shop.repository.mergeGroup(shop.number);
  shop.repository.removeCommit(head);
  await reviewRequest(shop.groupRequest({ head, base, ref }), shop.services, new AbortController().signal);
  expect(shop.lines.map(({ message }) => message)).toEqual(["Nothing to review any more"]);
});

/** Runs `during` while the judgement is under way. */
const meanwhile = (during: () => Promise<unknown>): Partial<World["services"]> => ({
  judge: {
    ...markJudge,
    review: async (...given) => {
      await during();
      return markJudge.review(...given);
    },
  },
});

test("a push during the review leaves the verdict to the review of the new head", async () => {
  let during = (): Promise<unknown> => Promise.resolve();
  const shop = await open(
    ONE_ERROR,
    {},
    meanwhile(() => during()),
  );
  during = () => shop.repository.push(shop.number, { "k8s/app.yaml": MANIFEST });
  await shop.review(shop.number);
  expect(shop.repository.checkRuns()).toEqual([]);
  expect(shop.repository.reviewComments(shop.number)).toEqual([]);
});

test("a push during the review cancels what an earlier try left open on the old head", async () => {
  let during = (): Promise<unknown> => Promise.resolve();
  const shop = await open(
    errors(120),
    {},
    meanwhile(() => during()),
  );
  shop.github.faults.add({ match: UPDATE, respond: { status: 502 }, times: 3 });
  await expect(shop.review(shop.number)).rejects.toThrow();
  during = () => shop.repository.push(shop.number, ONE_ERROR);
  await shop.review(shop.number);
  expect(outcome(shop, shop.head)).toEqual(["nines / zero-downtime: cancelled"]);
});

test("a review that is called off stops, and says so to the queue", async () => {
  const caller = new AbortController();
  const shop = await open(
    ONE_ERROR,
    {},
    meanwhile(() => {
      caller.abort(new Error("newer"));
      return Promise.resolve();
    }),
  );
  await expect(reviewRequest(shop.request(shop.number), shop.services, caller.signal)).rejects.toThrow(
    "newer",
  );
  expect(shop.repository.checkRuns()).toEqual([]);
});

test("what could not be verified is said in both runs, with the request id and a button", async () => {
  const shop = await open();
  await reportUnverified(shop.request(shop.number), shop.services, "It did not work, @octocat.");
  await reportUnverified(shop.request(shop.number), shop.services, "It did not work, @octocat.");
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: failure",
    "nines / test-stages: failure",
  ]);
  const [run] = shop.repository.checkRuns();
  expect(run?.output.summary).toContain("00000000-0000-4000-8000-000000000001");
  expect(run?.output.summary).not.toMatch(/@octocat/);
  expect(run?.actions).toMatchObject([{ identifier: "recheck" }]);
});

test("an organisation may let what could not be verified pass", async () => {
  const shop = await open();
  await shop.github.createRepository("acme/.github", { "nines.yml": "version: 1\nunverified: neutral\n" });
  await reportUnverified(shop.request(shop.number), shop.services, "It did not work.");
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: neutral",
    "nines / test-stages: neutral",
  ]);
});

test("what could not be verified closes a run that was left open", async () => {
  const shop = await open(errors(120));
  shop.github.faults.add({ match: UPDATE, respond: { status: 502 }, times: 3 });
  await expect(shop.review(shop.number)).rejects.toThrow();
  await reportUnverified(shop.request(shop.number), shop.services, "It did not work.");
  expect(outcome(shop, shop.head)).toEqual([
    "nines / zero-downtime: cancelled",
    "nines / zero-downtime: failure",
    "nines / test-stages: failure",
  ]);
});
