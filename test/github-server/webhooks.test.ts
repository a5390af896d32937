import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { startGitHub, type GitHub, type Repository } from "./index.ts";
import { appClient, installationClient, startReceiver, type Received, type Receiver } from "./testing.ts";

const R = "/repos/octo/shop";

let receiver: Receiver;
let github: GitHub;
let repo: Repository;

beforeEach(async () => {
  receiver = await startReceiver();
  github = await startGitHub({ webhook: { url: receiver.url, secret: "secret" } });
  repo = await github.createRepository("octo/shop", { "a.yaml": "a\n" });
});
afterEach(async () => {
  await github.close();
  await receiver.close();
});

/** What the target received, once all of it has arrived: "event.action". */
async function arrived(): Promise<string[]> {
  await github.webhooks.idle();
  return receiver.received.map(
    (one) => `${String(one.headers["x-github-event"])}.${String(one.at("action"))}`,
  );
}

/** The only event of a kind that arrived. */
async function only(event: string): Promise<Received> {
  await github.webhooks.idle();
  const found = receiver.received.filter((one) => one.headers["x-github-event"] === event);
  expect(found).toHaveLength(1);
  return found[0]!;
}

const open = (extra: object = {}) =>
  repo.openPullRequest({ author: "ann", fork: true, changes: { "a.yaml": "b\n" }, ...extra });

describe("events", () => {
  test("are signed and say who they are for", async () => {
    await open();
    const { headers, raw } = await only("pull_request");
    const signature = createHmac("sha256", "secret").update(raw).digest("hex");
    expect(headers).toMatchObject({
      "x-hub-signature-256": `sha256=${signature}`,
      "x-github-hook-installation-target-id": "1",
      "x-github-hook-installation-target-type": "integration",
      "x-github-delivery": github.deliveries[0]!.guid,
    });
  });

  test("hold our repository and people, and nothing of the sample's", async () => {
    const number = await open({ title: "Mine", draft: true });
    const event = await only("pull_request");
    expect(event.payload).toMatchObject({
      action: "opened",
      number,
      repository: { full_name: "octo/shop" },
      installation: { id: github.installation("octo") },
      sender: { login: "ann" },
      pull_request: { title: "Mine", draft: true, head: { repo: { full_name: "ann/shop", fork: true } } },
    });
    expect(event.raw).not.toContain("Codertocat");
  });

  test("follow the life of a pull request", async () => {
    await repo.commit("next", { "n.txt": "n" });
    const number = await open({ draft: true });
    const before = repo.pullRequest(number).headSha;
    const after = await repo.push(number, { "a.yaml": "c\n" });
    await repo.markReady(number);
    await repo.changeBase(number, "next");
    await repo.closePullRequest(number);
    await repo.reopen(number);
    expect((await arrived()).slice(1)).toEqual(
      ["opened", "synchronize", "ready_for_review", "edited", "closed", "reopened"].map(
        (one) => `pull_request.${one}`,
      ),
    );
    expect(receiver.received[2]!.payload).toMatchObject({
      before,
      after,
      pull_request: { head: { sha: after } },
    });
    expect(receiver.received[4]!.at("changes.base")).toEqual({
      ref: { from: "main" },
      sha: { from: await repo.sha() },
    });
  });

  test("tell of a push to a branch, and of the files in it", async () => {
    const sha = await repo.commit("main", { "a.yaml": null, "z.yaml": "new\n" });
    const push = await only("push");
    expect(push.payload).toMatchObject({
      ref: "refs/heads/main",
      after: sha,
      commits: [{ added: ["z.yaml"], removed: ["a.yaml"] }],
    });
  });

  test("ask for checks of a merge group, whose commit holds both sides", async () => {
    const number = await open();
    await repo.commit("main", { "other.txt": "o\n" });
    const group = await repo.mergeGroup(number);
    const next = await repo.mergeGroup(await open({ changes: { "third.txt": "t\n" } }), group);
    await github.webhooks.idle();
    const [first, second] = receiver.received.filter(
      (one) => one.headers["x-github-event"] === "merge_group",
    );
    expect(first!.payload).toMatchObject({
      action: "checks_requested",
      merge_group: {
        head_sha: group.headSha,
        base_sha: await repo.sha(),
        head_ref: `refs/heads/gh-readonly-queue/main/pr-${number}-${await repo.sha()}`,
      },
    });
    expect([second!.at("merge_group.base_sha"), next.baseSha]).toEqual([group.headSha, group.headSha]);
    const client = await installationClient(github, "octo");
    const tree = await client.get(`${R}/git/trees/${group.headSha}`);
    expect(tree.each("path", "tree")).toEqual(["a.yaml", "other.txt"]);
  });

  test("tell of what people do: comments, replies, re-runs, buttons", async () => {
    const number = await open();
    const client = await installationClient(github, "octo");
    const sha = repo.pullRequest(number).headSha;
    const actions = [{ label: "Again", description: "d", identifier: "again" }];
    const run = await client.post(`${R}/check-runs`, {
      name: "n",
      head_sha: sha,
      conclusion: "failure",
      actions,
    });
    const comments = [{ path: "a.yaml", line: 1, body: "b" }];
    await client.post(`${R}/pulls/${number}/reviews`, { event: "COMMENT", comments });
    const id = Number(run.at("id"));
    repo.comment(number, "bob", "/nines help");
    repo.replyToReviewComment(repo.reviewComments(number)[0]!.id, "bob", "why?");
    repo.rerequestCheckRun(id, "bob");
    repo.rerequestSuite(sha, "bob");
    repo.requestAction(id, "again", "bob");
    expect((await arrived()).slice(1).toSorted()).toEqual([
      "check_run.requested_action",
      "check_run.rerequested",
      "check_suite.rerequested",
      "issue_comment.created",
      "pull_request_review_comment.created",
    ]);
    const button = receiver.received.find((one) => one.at("action") === "requested_action")!;
    expect(button.payload).toMatchObject({
      requested_action: { identifier: "again" },
      check_run: { id, pull_requests: [], check_suite: { head_branch: null } },
    });
    const comment = await only("issue_comment");
    expect(comment.payload).toMatchObject({
      comment: { body: "/nines help" },
      issue: { number, pull_request: {} },
    });
    expect(() => repo.requestAction(id, "unknown")).toThrow("no button");
  });

  test("of a repository that the app cannot see are not sent", async () => {
    repo.setInstalled(false);
    await open();
    expect(await arrived()).toEqual([]);
  });

  test("come back for the app's own writes when asked to echo", async () => {
    const echoing = await startGitHub({ webhook: { url: receiver.url, secret: "s" }, echo: true });
    const own = await echoing.createRepository("octo/shop", { "a.yaml": "a\n" });
    const number = await own.openPullRequest({ fork: true, changes: { "a.yaml": "b\n" } });
    const client = await installationClient(echoing, "octo");
    await client.post(`${R}/check-runs`, { name: "n", head_sha: own.pullRequest(number).headSha });
    await client.post(`${R}/issues/${number}/comments`, { body: "mine" });
    await echoing.webhooks.idle();
    await echoing.close();
    const senders = receiver.received.map(
      (one) => `${String(one.headers["x-github-event"])} ${String(one.at("sender.login"))}`,
    );
    expect(senders.toSorted()).toEqual([
      "check_run nines[bot]",
      "issue_comment nines[bot]",
      "pull_request octocat",
    ]);
  });
});

describe("deliveries", () => {
  const log = async (query = "") => appClient(github).get(`/app/hook/deliveries${query}`);

  test("that fail are recorded, and not sent again", async () => {
    receiver.status = 500;
    await open();
    await github.webhooks.idle();
    receiver.status = null;
    github.webhooks.timeoutMs = 50;
    await open();
    await github.webhooks.idle();
    github.webhooks.target = { url: "http://127.0.0.1:9/", secret: "s" };
    await open();
    await github.webhooks.idle();
    const all = await log();
    expect(all.each("status")).toEqual([
      "failed to connect to host",
      "timed out",
      "Invalid HTTP Response: 500",
    ]);
    expect(all.each("status_code")).toEqual([502, 0, 500]);
    // The filter looks at codes, so it misses the one that was never answered.
    expect((await log("?status=failure")).each("status_code")).toEqual([502, 500]);
    expect(receiver.received).toHaveLength(2);
  });

  test("can be sent again, with the same GUID", async () => {
    github.webhooks.lose();
    await open();
    expect(await arrived()).toEqual([]);
    const [lost] = github.deliveries;
    const again = await appClient(github).post(`/app/hook/deliveries/${lost!.id}/attempts`);
    expect([again.status, await arrived()]).toEqual([202, ["pull_request.opened"]]);
    expect(receiver.received[0]!.headers["x-github-delivery"]).toBe(lost!.guid);
    const all = await log();
    expect([all.each("guid"), all.each("redelivery")]).toEqual([
      [lost!.guid, lost!.guid],
      [true, false],
    ]);
    expect((await appClient(github).post("/app/hook/deliveries/1/attempts")).status).toBe(404);
  });

  test("are listed newest first, by cursor", async () => {
    for (let at = 0; at < 3; at++) await open();
    await github.webhooks.idle();
    const first = await log("?per_page=2");
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link")!)![1]!;
    const second = await appClient(github).get(next.slice(github.url.length));
    expect([...first.each("id"), ...second.each("id")]).toEqual(
      github.deliveries.map(({ id }) => id).toReversed(),
    );
    expect(second.headers.get("link")).toBeNull();
  });

  test("can be doubled, held back and put out of order", async () => {
    github.webhooks.double();
    const number = await open();
    expect(await arrived()).toEqual(["pull_request.opened", "pull_request.opened"]);
    expect(new Set(receiver.received.map((one) => one.headers["x-github-delivery"])).size).toBe(1);
    expect(github.deliveries).toHaveLength(1);
    receiver.received.splice(0);
    github.webhooks.hold();
    await repo.push(number, { "a.yaml": "c\n" });
    await repo.closePullRequest(number);
    expect(await arrived()).toEqual([]);
    github.webhooks.release({ reverse: true });
    expect(await arrived()).toEqual(["pull_request.closed", "pull_request.synchronize"]);
  });

  test("too large are never sent", async () => {
    await open({ body: "x".repeat(25 * 1024 * 1024) });
    expect(await arrived()).toEqual([]);
    expect(github.deliveries[0]!.status).not.toBe("OK");
  });
});
