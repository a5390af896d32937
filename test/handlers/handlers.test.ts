import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { makeExternalId } from "../../src/github/external-id.ts";
import { startGitHub } from "../github-server/index.ts";
import type { GitHub, Repository } from "../github-server/index.ts";
import { emptyStorage } from "../support/storage.ts";
import { post, startApp } from "../server/support.ts";
import type { App } from "../server/support.ts";

let github: GitHub;
let shop: Repository;
let app: App;
const data = await emptyStorage();

beforeAll(async () => {
  github = await startGitHub({ echo: true });
  shop = await github.createRepository("acme/shop", { "README.md": "shop\n" });
  shop.setPermission("writer", "write");
  shop.setPermission("reader", "read");
  app = await startApp(github, data.path);
}, 60_000);
beforeEach(() => {
  app.requests.splice(0);
  app.reasons.splice(0);
});
afterEach(() => {
  app.review = () => Promise.resolve();
  github.faults.clear();
});
afterAll(async () => {
  await app.stop(0);
  await github.close();
  await data[Symbol.asyncDispose]();
});

let branch = 0;
const open = (wanted = {}): Promise<number> =>
  shop.openPullRequest({ head: `change-${++branch}`, changes: { [`${branch}.yaml`]: "a: 1\n" }, ...wanted });

/** Everything that was sent has arrived and was worked. */
async function settled(): Promise<void> {
  await github.webhooks.idle();
  await app.quiet();
  await github.webhooks.idle();
  await app.quiet();
}

/** The requests that the actions led to, without what differs from run to run. */
async function requestsOf(act: () => unknown): Promise<object[]> {
  await settled();
  app.requests.splice(0);
  await act();
  await settled();
  return app.requests.map(({ owner, repo, pull, mergeGroup, attempt, comments }) => ({
    owner,
    repo,
    pull,
    mergeGroup,
    attempt,
    comments,
  }));
}

describe("a pull request", () => {
  test("is reviewed when it is opened, pushed to, reopened or made ready", async () => {
    const expected = (pull: number) => [{ owner: "acme", repo: "shop", pull }];
    let number = 0;
    expect(await requestsOf(async () => (number = await open({ draft: true })))).toEqual(expected(number));
    expect(await requestsOf(() => shop.push(number, { "b.yaml": "b: 1\n" }))).toEqual(expected(number));
    expect(await requestsOf(() => shop.markReady(number))).toEqual(expected(number));
    expect(await requestsOf(() => shop.closePullRequest(number))).toEqual([]);
    expect(await requestsOf(() => shop.reopen(number))).toEqual(expected(number));
  });

  test("is reviewed again when its base or its title changed, not when its text did", async () => {
    await shop.commit("next", { "next.yaml": "n: 1\n" });
    const number = await open();
    expect(await requestsOf(() => shop.editPullRequest(number, { body: "another" }))).toEqual([]);
    expect(await requestsOf(() => shop.editPullRequest(number, { title: "another" }))).toHaveLength(1);
    expect(await requestsOf(() => shop.changeBase(number, "next"))).toEqual([
      { owner: "acme", repo: "shop", pull: number },
    ]);
  });

  test("that is closed while it is reviewed aborts the review", async () => {
    const { promise: began, resolve } = Promise.withResolvers<AbortSignal>();
    app.review = (_request, _log, signal) => {
      resolve(signal);
      return new Promise((_done, fail) =>
        signal.addEventListener("abort", () => fail(signal.reason as Error)),
      );
    };
    const number = await open();
    const signal = await began;
    await shop.closePullRequest(number);
    await settled();
    expect(signal.aborted).toBe(true);
    expect(app.requests).toHaveLength(1);
    expect(app.reasons).toEqual([]);
  });
});

test("a merge group is reviewed with its own commits", async () => {
  const number = await open();
  const requests = await requestsOf(() => shop.mergeGroup(number));
  expect(requests).toEqual([
    {
      owner: "acme",
      repo: "shop",
      mergeGroup: {
        head: expect.stringMatching(/^[0-9a-f]{40}$/),
        base: await shop.sha(),
        ref: expect.stringMatching(/^refs\/heads\/gh-readonly-queue\/main\//),
      },
    },
  ]);
});

describe("check runs", () => {
  const installation = () => github.installation("acme");

  async function createRun(sha: string, externalId: string): Promise<number> {
    const token = await fetch(`${github.url}/app/installations/${installation()}/access_tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${await appToken()}` },
    });
    const { token: secret } = (await token.json()) as { token: string };
    const response = await fetch(`${github.url}/repos/acme/shop/check-runs`, {
      method: "POST",
      headers: { authorization: `token ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({
        name: "nines / zero-downtime",
        head_sha: sha,
        status: "completed",
        conclusion: "success",
        external_id: externalId,
        actions: ["recheck", "other"].map((identifier) => ({
          identifier,
          label: identifier,
          description: identifier,
        })),
      }),
    });
    return ((await response.json()) as { id: number }).id;
  }

  async function appToken(): Promise<string> {
    const { createAppAuth } = await import("@octokit/auth-app");
    const { token } = await createAppAuth({ appId: github.appId, privateKey: github.privateKey })({
      type: "app",
    });
    return token;
  }

  const idFor = (subject: number | { base: string }) =>
    makeExternalId({ subject, digest: "0123456789abcdef", borrowed: false });

  test("that are re-run ask for a new attempt, also on a fork's head, whose events name no pull request", async () => {
    const number = await open({ fork: true, author: "outsider" });
    const run = await createRun(shop.pullRequest(number).headSha, idFor(number));
    const requests = await requestsOf(() => shop.rerequestCheckRun(run));
    expect(requests).toEqual([{ owner: "acme", repo: "shop", pull: number, attempt: expect.any(String) }]);
  });

  test("whose button is pressed ask for a new attempt, and other buttons do not", async () => {
    const number = await open();
    const run = await createRun(shop.pullRequest(number).headSha, idFor(number));
    expect(await requestsOf(() => shop.requestAction(run, "recheck"))).toMatchObject([{ pull: number }]);
    expect(await requestsOf(() => shop.requestAction(run, "other"))).toEqual([]);
  });

  test("of a merge group are repeated for the group", async () => {
    const number = await open();
    const group = await shop.mergeGroup(number);
    const run = await createRun(group.headSha, idFor({ base: group.baseSha }));
    expect(await requestsOf(() => shop.rerequestCheckRun(run))).toMatchObject([
      { mergeGroup: { head: group.headSha, base: group.baseSha } },
    ]);
  });

  test("that are all re-run ask once for each pull request with that head", async () => {
    const number = await open({ fork: true, author: "outsider" });
    const sha = shop.pullRequest(number).headSha;
    await createRun(sha, idFor(number));
    await createRun(sha, idFor(number));
    const requests = await requestsOf(() => shop.rerequestSuite(sha));
    expect(requests).toEqual([{ owner: "acme", repo: "shop", pull: number, attempt: expect.any(String) }]);
  });

  test("of another app are none of ours", async () => {
    const payload = {
      action: "rerequested",
      installation: { id: installation() },
      repository: { name: "shop", owner: { login: "acme" } },
      check_run: {
        id: 1,
        app: { id: 999 },
        external_id: idFor(1),
        head_sha: "a",
        pull_requests: [],
        check_suite: { head_branch: null },
      },
    };
    const sent = { body: JSON.stringify(payload), headers: { "x-github-event": "check_run" } };
    expect(await requestsOf(() => post(app.address, sent))).toEqual([]);
  });
});

describe("a command", () => {
  const reactions = (number: number) =>
    shop.issueComments(number)[0]?.reactions.map(({ content }) => content);
  const answers = (number: number) =>
    shop.issueComments(number).filter(({ user }) => user === github.botLogin);

  test("to check again is seen at once, worked, and then answered", async () => {
    const number = await open();
    let seen: string[] | undefined;
    app.review = () => {
      seen = reactions(number);
      return Promise.resolve();
    };
    const requests = await requestsOf(() => shop.comment(number, "writer", "/nines recheck"));
    const [comment] = shop.issueComments(number);
    expect(requests).toEqual([
      {
        owner: "acme",
        repo: "shop",
        pull: number,
        attempt: `comment-${comment!.id}`,
        comments: [comment!.id],
      },
    ]);
    expect(seen).toEqual(["eyes"]);
    expect(reactions(number)).toEqual(["eyes", "+1"]);
    expect(answers(number)).toEqual([]);
  });

  test("of somebody without write permission is refused with the reason", async () => {
    const number = await open();
    expect(await requestsOf(() => shop.comment(number, "reader", "/recheck"))).toEqual([]);
    expect(reactions(number)).toEqual(["eyes", "confused"]);
    expect(answers(number)).toHaveLength(1);
    expect(answers(number)[0]!.body).toContain("needs write permission");
  });

  test("for help is answered once, however often it arrives", async () => {
    const number = await open();
    github.webhooks.double();
    await requestsOf(() => shop.comment(number, "writer", "/nines help"));
    const delivery = github.deliveries.findLast(({ event }) => event === "issue_comment")!;
    github.webhooks.redeliver(delivery);
    await settled();
    expect(answers(number)).toHaveLength(1);
    expect(answers(number)[0]!.body).toContain("/nines recheck");
  });

  test("that is none gets one answer with what was meant", async () => {
    const number = await open();
    await requestsOf(() => shop.comment(number, "writer", "/nines rechek\n/nines foo"));
    expect(answers(number)).toHaveLength(1);
    expect(answers(number)[0]!.body).toContain("Did you mean `/nines recheck`?");
  });

  test("in a quote or in code, or of a bot, ours too, is none", async () => {
    const number = await open();
    await requestsOf(() => {
      shop.comment(number, "writer", "> /nines recheck\n\n```\n/nines help\n```");
      shop.comment(number, github.botLogin, "/nines recheck");
      shop.comment(number, "other[bot]", "/nines help");
    });
    expect(app.requests).toEqual([]);
    expect(answers(number).filter(({ body }) => body !== "/nines recheck")).toEqual([]);
    expect(reactions(number)).toEqual([]);
  });

  test("whose reaction GitHub refuses is worked all the same", async () => {
    const number = await open();
    github.faults.add({
      match: { path: /reactions$/ },
      times: 9,
      respond: { status: 403, body: { message: "Resource not accessible by integration" } },
    });
    expect(await requestsOf(() => shop.comment(number, "writer", "/recheck"))).toHaveLength(1);
  });

  test("whose review cannot be made says so", async () => {
    const number = await open();
    await settled();
    app.review = () => Promise.reject(new Error("ghs_abcdefghijklmnop was no use"));
    await requestsOf(() => shop.comment(number, "writer", "/recheck"));
    expect(app.requests).toHaveLength(5);
    expect(app.reasons).toEqual(["[token] was no use"]);
    expect(reactions(number)).toEqual(["eyes", "confused"]);
    expect(answers(number)[0]!.body).toContain("could not be made");
  });

  test("on an issue that is no pull request is none of ours", async () => {
    const payload = {
      action: "created",
      installation: { id: github.installation("acme") },
      repository: { name: "shop", owner: { login: "acme" } },
      issue: { number: 1 },
      comment: { id: 1, body: "/recheck", user: { login: "writer", type: "User" } },
    };
    const sent = { body: JSON.stringify(payload), headers: { "x-github-event": "issue_comment" } };
    expect(await requestsOf(() => post(app.address, sent))).toEqual([]);
  });
});
