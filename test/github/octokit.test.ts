import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import nock from "nock";
import { NinesOctokit } from "../../src/github/app-octokit.ts";
import { isAborted } from "../../src/github/errors.ts";
import { acknowledge, permissionOf, reply } from "../../src/github/comments-api.ts";
import { tokenOctokit, withSignal } from "../../src/github/octokit.ts";

const API = "https://github.example";
const repo = { owner: "acme", repo: "shop" };

beforeEach(() => nock.disableNetConnect());

afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

// The files after this one, in the same process, talk to real servers.
afterAll(() => nock.restore());

const clients = [
  ["the command line's client", () => tokenOctokit("secret", API)],
  ["the app's client", () => new NinesOctokit({ baseUrl: API, auth: { token: "secret" } })],
] as const;

test.each(clients)("%s pins the API version and says who it is", async (_, client) => {
  nock(API, { reqheaders: { "x-github-api-version": "2022-11-28", "user-agent": /^nines / } })
    .get("/repos/acme/shop")
    .reply(200, {});
  await client().request("GET /repos/{owner}/{repo}", repo);
});

test.each(clients)("%s asks again when a read fails on GitHub's side", async (_, client) => {
  nock(API).get("/repos/acme/shop").reply(502).get("/repos/acme/shop").reply(200, { id: 1 });
  nock(API)
    .post("/graphql")
    .reply(502)
    .post("/graphql")
    .reply(200, { data: { viewer: { login: "x" } } });
  await client().request("GET /repos/{owner}/{repo}", repo);
  await client().graphql("query q { viewer { login } }");
});

test.each(clients)("%s never repeats a write", async (_, client) => {
  nock(API).post("/repos/acme/shop/issues/1/comments").reply(502);
  nock(API).post("/graphql").reply(502);
  const write = client().request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    ...repo,
    issue_number: 1,
    body: "x",
  });
  await expect(write).rejects.toMatchObject({ status: 502 });
  await expect(client().graphql("mutation m { x }")).rejects.toMatchObject({ status: 502 });
});

test("a missing repository is not asked for twice", async () => {
  nock(API).get("/repos/acme/shop").reply(404);
  await expect(tokenOctokit("secret", API).request("GET /repos/{owner}/{repo}", repo)).rejects.toMatchObject({
    status: 404,
  });
});

test("a call ends when the work is called off, whatever the reason", async () => {
  nock(API).get("/repos/acme/shop").reply(200, {});
  const caller = new AbortController();
  const octokit = withSignal(tokenOctokit("secret", API), caller.signal);
  await octokit.request("GET /repos/{owner}/{repo}", repo);
  caller.abort(new Error("newer"));
  const error: unknown = await octokit
    .request("GET /repos/{owner}/{repo}", repo)
    .catch((thrown: unknown) => thrown);
  expect(isAborted(error)).toBe(true);
});

test.each([
  [200, { permission: "admin" }, "admin"],
  [200, { permission: "write", role_name: "maintain" }, "write"],
  [200, { permission: "read" }, "read"],
  [200, { permission: "none" }, "none"],
  [404, { message: "x is not a user" }, "none"],
])("a permission answered with %d %j is %s", async (status, body, expected) => {
  nock(API).get("/repos/acme/shop/collaborators/ann/permission").reply(status, body);
  expect(await permissionOf(tokenOctokit("secret", API), { ...repo, user: "ann" })).toBe(expected);
});

test("a permission that could not be read is an error, not a no", async () => {
  nock(API).get("/repos/acme/shop/collaborators/ann/permission").reply(403);
  await expect(permissionOf(tokenOctokit("secret", API), { ...repo, user: "ann" })).rejects.toMatchObject({
    status: 403,
  });
});

test("a comment is acknowledged with a reaction", async () => {
  nock(API).post("/repos/acme/shop/issues/comments/7/reactions", { content: "eyes" }).reply(201, {});
  await acknowledge(tokenOctokit("secret", API), { ...repo, comment: 7, reaction: "eyes" });
});

const answers = (nodes: object[]) => ({ data: { repository: { pullRequest: { comments: { nodes } } } } });
const answer = { ...repo, pull: 3, to: 7, body: "No." };

test("a reply is written under its marker", async () => {
  nock(API)
    .post("/graphql")
    .reply(200, answers([{ body: "<!-- nines:answer 7 -->", viewerDidAuthor: false }]));
  nock(API)
    .post("/repos/acme/shop/issues/3/comments", { body: "No.\n\n<!-- nines:answer 7 -->" })
    .reply(201, {});
  await reply(tokenOctokit("secret", API), answer);
});

test("a reply that is there already is not written again", async () => {
  nock(API)
    .post("/graphql")
    .reply(200, answers([{ body: "No.\n\n<!-- nines:answer 7 -->", viewerDidAuthor: true }]));
  await reply(tokenOctokit("secret", API), answer);
});
