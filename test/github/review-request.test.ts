import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "@jest/globals";
import { digestOf } from "../../src/github/external-id.ts";
import { tokenOctokit } from "../../src/github/octokit.ts";
import { reviewRequest } from "../../src/github/review-request.ts";
import { marker } from "../../src/reporters/markdown.ts";
import { createWorld, MANIFEST, outcome, type World } from "./harness.ts";

let world: World | undefined;

afterEach(async () => {
  await world?.github.close();
  world = undefined;
});

const start = async (...args: Parameters<typeof createWorld>): Promise<World> =>
  (world = await createWorld(...args));

const marked = (...marks: string[]): Record<string, string> => ({
  "k8s/app.yaml": MANIFEST + marks.map((mark, index) => `  m${index}: d # <- ${mark}\n`).join(""),
});
const FAILED = ["nines / zero-downtime: failure", "nines / test-stages: success"];
const PASSED = ["nines / zero-downtime: success", "nines / test-stages: success"];

test("an error on a changed line fails the check run and is commented on that line with its fix", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha suggest   m0: e") });
  await shop.review(number);
  const { headSha } = shop.repository.pullRequest(number);
  expect(outcome(shop, headSha)).toEqual(FAILED);
  const [run] = shop.repository.checkRuns(headSha);
  expect(run).toMatchObject({
    external_id: expect.stringMatching(new RegExp(`^nines1:${number}:[0-9a-f]{16}$`)),
    annotations: [{ path: "k8s/app.yaml", start_line: 7, annotation_level: "failure" }],
    actions: [{ label: "Re-check", identifier: "recheck" }],
  });
  const comments = shop.repository.reviewComments(number);
  expect(comments).toMatchObject([{ path: "k8s/app.yaml", line: 7, side: "RIGHT", commit: headSha }]);
  expect(comments[0]?.body).toContain("```suggestion\n  m0: e\n```");
  expect(shop.repository.reviews(number)).toMatchObject([{ state: "COMMENTED", body: "" }]);
});

test("a review in which nothing changed since adds nothing", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha", "warning beta") });
  await shop.review(number);
  const before = [
    shop.repository.checkRuns(),
    shop.repository.reviewComments(number),
    shop.repository.reviews(number),
  ];
  await shop.review(number);
  await shop.review(number);
  expect([
    shop.repository.checkRuns(),
    shop.repository.reviewComments(number),
    shop.repository.reviews(number),
  ]).toEqual(before);
});

test("a re-run makes new check runs once, and no new comments", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  await shop.review(number);
  await shop.review(number, { attempt: "again" });
  await shop.review(number, { attempt: "again" });
  expect(shop.repository.checkRuns()).toHaveLength(4);
  expect(shop.repository.checkRuns()[2]?.external_id).toMatch(/:again$/);
  expect(shop.repository.reviewComments(number)).toHaveLength(1);
});

test("a result that comes back after another one is posted again, so that the newest run is right", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  const policy = (text: string) => shop.repository.commit("main", { ".github/nines.yml": text });
  const newest = () => outcome(shop, shop.repository.pullRequest(number).headSha).slice(-2);
  await shop.review(number);
  await policy("version: 1\nchecks:\n  marked: warning\n");
  await shop.review(number);
  expect(newest()).toContain("nines / zero-downtime: neutral");
  await shop.repository.commit("main", { ".github/nines.yml": null });
  await shop.review(number);
  expect(newest()).toContain("nines / zero-downtime: failure");
});

test("a push that fixes a finding removes its comment, and passes", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha", "error beta") });
  await shop.review(number);
  await shop.repository.push(number, marked("error beta"));
  await shop.review(number);
  const { headSha } = shop.repository.pullRequest(number);
  expect(outcome(shop, headSha)).toEqual(FAILED);
  expect(shop.repository.reviewComments(number).map(({ body }) => /beta/.test(body))).toEqual([true]);
  await shop.repository.push(number, { "k8s/app.yaml": `${MANIFEST}  n: o\n` });
  await shop.review(number);
  expect(shop.repository.reviewComments(number)).toEqual([]);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(PASSED);
});

test("a push that takes the whole change back removes the comments too", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  await shop.review(number);
  await shop.repository.push(number, { "k8s/app.yaml": MANIFEST, "README.md": "hello\n" });
  await shop.review(number);
  expect(shop.repository.reviewComments(number)).toEqual([]);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(PASSED);
});

test("a fixed finding that people answered keeps its thread, which says so; back again it is restored", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  await shop.review(number);
  const [comment] = shop.repository.reviewComments(number);
  shop.repository.replyToReviewComment(comment!.id, "ann", "Really?");
  await shop.repository.push(number, { "k8s/app.yaml": `${MANIFEST}  n: o\n` });
  await shop.review(number);
  await shop.review(number);
  const bodies = () => shop.repository.reviewComments(number).map(({ body }) => body);
  expect(bodies()).toEqual([expect.stringMatching(/^✅ \*\*Fixed[^]*alpha/), "Really?"]);
  await shop.repository.push(number, marked("error alpha"));
  await shop.review(number);
  expect(bodies()).toEqual([comment!.body, "Really?"]);
});

test("a thread that somebody resolved is neither written again nor touched", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  await shop.review(number);
  shop.repository.resolveThread(shop.repository.reviewComments(number)[0]!.id, "ann");
  await shop.repository.push(number, marked("error alpha", "error beta"));
  await shop.review(number);
  const bodies = shop.repository.reviewComments(number).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  expect(bodies.filter((body) => body.includes("alpha"))).toHaveLength(1);
});

test("somebody else's comment with our marker is not ours: it neither stands for a finding nor is removed", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  const mallory = tokenOctokit(shop.github.personalToken("mallory"), shop.github.url);
  await mallory.request("POST /repos/{owner}/{repo}/pulls/{pull_number}/comments", {
    ...{ owner: "acme", repo: "shop", path: "k8s/app.yaml", line: 7, side: "RIGHT" },
    pull_number: number,
    commit_id: shop.repository.pullRequest(number).headSha,
    body: `Nothing here\n\n${marker(digestOf("alpha"))}`,
  });
  const users = () => shop.repository.reviewComments(number).map(({ user }) => user);
  await shop.review(number);
  expect(users()).toEqual(["mallory", shop.github.botLogin]);
  await shop.repository.push(number, { "k8s/app.yaml": `${MANIFEST}  n: o\n` });
  await shop.review(number);
  expect(users()).toEqual(["mallory"]);
});

test("only errors are commented unless the policy says more", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST, ".github/nines.yml": "version: 1\n" });
  const number = await shop.repository.openPullRequest({ changes: marked("warning alpha") });
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)[0]).toBe(
    "nines / zero-downtime: neutral",
  );
  expect(shop.repository.reviewComments(number)).toEqual([]);
  await shop.repository.commit("main", { ".github/nines.yml": "version: 1\ncomments: warning\n" });
  await shop.review(number);
  expect(shop.repository.reviewComments(number)).toHaveLength(1);
});

test("what was there before is no comment and no failure", async () => {
  const shop = await start(marked("error alpha"));
  const number = await shop.repository.openPullRequest({ changes: { "k8s/other.yaml": MANIFEST } });
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(PASSED);
  expect(shop.repository.reviewComments(number)).toEqual([]);
});

test("a draft gets its check runs, and its comments once it is ready", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha"), draft: true });
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(FAILED);
  expect(shop.repository.reviewComments(number)).toEqual([]);
  await shop.repository.markReady(number);
  await shop.review(number);
  expect(shop.repository.reviewComments(number)).toHaveLength(1);
  expect(shop.repository.checkRuns()).toHaveLength(2);
});

test("a pull request from a fork is judged like any other", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const changes = marked("error alpha");
  const number = await shop.repository.openPullRequest({ changes, fork: true, author: "visitor" });
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(FAILED);
  expect(shop.repository.reviewComments(number)).toHaveLength(1);
});

test("commits that landed on the base branch meanwhile are not blamed on the pull request", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: { "k8s/mine.yaml": MANIFEST } });
  await shop.repository.commit("main", marked("error alpha"));
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(PASSED);
});

test("what the base branch has of the pull request by now is not new any more", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  const first = shop.repository.pullRequest(number).headSha;
  await shop.repository.push(number, marked("error alpha", "notice beta"));
  execFileSync("git", ["-C", shop.repository.directory, "update-ref", "refs/heads/main", first]);
  await shop.review(number);
  expect(outcome(shop, shop.repository.pullRequest(number).headSha)).toEqual(PASSED);
});

test("a merge group gets both check runs on its commit, and no comments", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: marked("error alpha") });
  const { headSha: head, baseSha: base, headRef: ref } = await shop.repository.mergeGroup(number);
  const request = shop.groupRequest({ head, base, ref });
  const { signal } = new AbortController();
  await reviewRequest(request, shop.services, signal);
  await reviewRequest(request, shop.services, signal);
  expect(outcome(shop, head)).toEqual(FAILED);
  expect(shop.repository.checkRuns(head)[0]?.external_id).toMatch(new RegExp(`^nines1:group\\.${base}:`));
  expect(shop.repository.reviewComments(number)).toEqual([]);
});

test("two pull requests with one head share the worse verdict, and it is said why", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  await shop.repository.commit("legacy", marked("error alpha"), "Old", { from: "main" });
  await shop.repository.commit("work", marked("error alpha", "notice beta"), "New", { from: "legacy" });
  const guarded = await shop.repository.openPullRequest({ head: "work" });
  const legacy = await shop.repository.openPullRequest({ head: "work", base: "legacy" });
  const { headSha } = shop.repository.pullRequest(guarded);
  await shop.review(guarded);
  await shop.review(legacy);
  await shop.review(guarded);
  await shop.review(legacy);
  const runs = shop.repository.checkRuns(headSha).filter(({ name }) => name === "nines / zero-downtime");
  expect(runs.map(({ conclusion }) => conclusion)).toEqual(["failure", "failure"]);
  expect(runs[1]?.output.summary).toContain(`Pull request #${guarded} has the same head commit`);
  expect(runs[1]?.external_id).toMatch(new RegExp(`^nines1:${legacy}:[0-9a-f]{16}b$`));
  await shop.repository.closePullRequest(guarded);
  await shop.review(legacy);
  expect(outcome(shop, headSha).at(-1)).toBe("nines / zero-downtime: success");
});
