import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startGitHub, type GitHub, type Repository } from "./index.ts";
import { appClient, appToken, clientOf, installationClient, type Client } from "./testing.ts";

/** Every call here is checked against OpenAPI too: an answer that does not fit is a 500. */

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join("");
const BIG = numbered(60);

let now = Date.parse("2026-01-01T00:00:00Z");
let github: GitHub;
let repo: Repository;
let app: Client;
let client: Client;
const R = "/repos/octo/shop";

beforeAll(async () => {
  github = await startGitHub({ validate: true, clock: () => now, treeEntries: 50 });
  repo = await github.createRepository("octo/shop", {
    "a.yaml": BIG,
    "b.yaml": BIG,
    "dir/c.txt": "c\n",
    "old.txt": BIG,
  });
  await github.createRepository("octo/.github", { "nines.yml": "version: 1\n" }, { private: true });
  await github.createRepository("octo/hidden", {}, { installed: false });
  await github.createRepository("other/secret", {}, { private: true });
  app = appClient(github);
  client = await installationClient(github, "octo");
});
afterAll(() => github.close());

/** A pull request that changes lines 5 and 40 of a.yaml: two hunks. */
const twoHunks = () => BIG.replace("line 5\n", "five\n").replace("line 40\n", "forty\nmore\n");

describe("who may call", () => {
  test("an app speaks with a JWT of its own key", async () => {
    expect((await app.get("/app")).body).toMatchObject({ id: 1, slug: "nines" });
    expect((await app.get(`/app/installations/${github.installation("octo")}`)).status).toBe(200);
    expect((await app.get(`${R}/installation`)).at("id")).toBe(github.installation("octo"));
    expect((await app.get("/app/installations/1")).status).toBe(404);
    expect((await client.get("/app")).status).toBe(401);
  });

  const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;
  test.each([
    ["is of another app", { iss: 2 }],
    ["has expired", { exp: seconds(-1) }],
    ["lives longer than ten minutes", { exp: seconds(700) }],
    ["comes from the future", { iat: seconds(300) }],
  ])("a JWT that %s is refused", async (_, claims) => {
    expect((await clientOf(github, appToken(github, claims)).get("/app")).status).toBe(401);
  });

  test("a JWT of another key is refused", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const other = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const token = appToken({ ...github, privateKey: other });
    expect((await clientOf(github, token).get("/app")).status).toBe(401);
  });

  test("an installation token is long, and dies after an hour", async () => {
    const short = await installationClient(github, "octo");
    expect(short.token).toMatch(/^ghs_1_[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(short.token.length).toBeGreaterThan(400);
    now += 59 * 60_000;
    expect((await short.get(R)).status).toBe(200);
    now += 2 * 60_000;
    expect((await short.get(R)).status).toBe(401);
    client = await installationClient(github, "octo");
  });

  test("a forged token, a wrong one and none are refused", async () => {
    const [head, , tail] = client.token.split(".");
    const forged = Buffer.from(
      JSON.stringify({
        exp: now + 1e6,
        ins: github.installation("octo"),
        rep: null,
        per: { metadata: "read" },
      }),
    ).toString("base64url");
    expect((await clientOf(github, `${head!}.${forged}.${tail!}`).get(R)).status).toBe(401);
    expect((await clientOf(github, "nonsense").get(R)).status).toBe(401);
    expect((await fetch(github.url + R)).status).toBe(401);
  });

  test("an installation sees only its own repositories", async () => {
    expect((await client.get("/repos/octo/.github")).status).toBe(200);
    for (const name of ["octo/hidden", "other/secret", "octo/none"])
      expect((await client.get(`/repos/${name}`)).status).toBe(404);
    const names = (await client.get("/installation/repositories")).each("full_name", "repositories");
    expect(names).toEqual(["octo/shop", "octo/.github"]);
  });

  test("a token can be narrowed, not widened", async () => {
    const narrow = await installationClient(github, "octo", {
      repositories: ["shop"],
      permissions: { contents: "read", metadata: "read" },
    });
    expect((await narrow.get("/repos/octo/.github")).status).toBe(404);
    expect((await narrow.get(`${R}/git/trees/main`)).status).toBe(200);
    expect((await narrow.post(`${R}/check-runs`, { name: "x", head_sha: await repo.sha() })).status).toBe(
      403,
    );
    const path = `/app/installations/${github.installation("octo")}/access_tokens`;
    expect((await app.post(path, { permissions: { contents: "write" } })).status).toBe(422);
  });

  test("a user's token reads, but writes no check run", async () => {
    const user = clientOf(github, github.personalToken("ann"));
    expect((await user.get(R)).status).toBe(200);
    expect((await user.get("/repos/other/secret")).status).toBe(404);
    expect((await user.post(`${R}/check-runs`, { name: "x", head_sha: await repo.sha() })).status).toBe(403);
    // Not even someone who may write everything else.
    github.setPermission("octo/shop", "ann", "admin");
    expect((await user.post(`${R}/check-runs`, { name: "x", head_sha: await repo.sha() })).status).toBe(403);
    github.setPermission("octo/shop", "ann", "read");
  });

  test("a collaborator's permission is what was granted", async () => {
    github.setPermission("octo/shop", "bob", "write");
    const path = (user: string) => `${R}/collaborators/${user}/permission`;
    expect((await client.get(path("bob"))).at("permission")).toBe("write");
    expect((await client.get(path("ann"))).at("permission")).toBe("read");
    expect((await client.get(path("nobody-knows"))).status).toBe(404);
  });
});

describe("pull requests and what they change", () => {
  test("files have real patches, and a rename knows its old name", async () => {
    const changes = { "a.yaml": twoHunks(), "old.txt": null, "new.txt": BIG, bin: "\0" };
    const files = await client.get(`${R}/pulls/${await repo.openPullRequest({ changes })}/files`);
    expect(files.each("filename")).toEqual(["a.yaml", "bin", "new.txt"]);
    const [edited, binary, renamed] = files.body as Record<string, unknown>[];
    expect(edited).toMatchObject({ status: "modified", additions: 3, deletions: 2 });
    expect(edited!["patch"]).toContain("@@ -2,7 +2,7 @@ line 1\n line 2");
    expect(renamed).toMatchObject({ status: "renamed", previous_filename: "old.txt", changes: 0 });
    expect(binary).not.toHaveProperty("patch");
    const blob = `${R}/git/blobs/${String(edited!["sha"])}`;
    expect((await client.get(blob, { accept: "application/vnd.github.raw+json" })).text).toBe(twoHunks());
    expect((await client.get(blob)).at("encoding")).toBe("base64");
  });

  test("a large patch is left out", async () => {
    const changes = { "large.txt": numbered(20_001), "small.txt": numbered(20_000) };
    const files = await client.get(`${R}/pulls/${await repo.openPullRequest({ changes })}/files`);
    expect(files.each("additions")).toEqual([20_001, 20_000]);
    expect(files.each("patch")).toEqual([undefined, expect.any(String)]);
    const long = { "wide.txt": "x".repeat(500 * 1024) };
    const wide = await client.get(`${R}/pulls/${await repo.openPullRequest({ changes: long })}/files`);
    expect(wide.each("patch")).toEqual([undefined]);
  });

  test("compare starts at the merge base, takes names and hashes", async () => {
    const base = await repo.sha();
    const number = await repo.openPullRequest({ head: "topic/one", changes: { "a.yaml": twoHunks() } });
    await repo.commit("main", { "other.txt": "landed later\n" });
    const byName = await client.get(`${R}/compare/main...topic/one`);
    const expected = { status: "diverged", ahead_by: 1, behind_by: 1, merge_base_commit: { sha: base } };
    expect(byName.body).toMatchObject(expected);
    expect(byName.each("filename", "files")).toEqual(["a.yaml"]);
    const bySha = await client.get(`${R}/compare/${base}...${encodeURIComponent("octo:topic/one")}`);
    expect(bySha.each("sha", "commits")).toEqual([repo.pullRequest(number).headSha]);
    const commits = await client.get(`${R}/pulls/${number}/commits`);
    expect(commits.each("sha")).toEqual(bySha.each("sha", "commits"));
    expect((await client.get(`${R}/compare/${base}...${"0".repeat(40)}`)).status).toBe(404);
  });

  test("compare gives 300 files on its first page, pulls give 3,000 in pages of 100", async () => {
    const many = Object.fromEntries(Array.from({ length: 3005 }, (_, at) => [`many/${at}.txt`, `${at}\n`]));
    const number = await repo.openPullRequest({ head: "many", changes: many });
    const range = `${R}/compare/main...many`;
    expect((await client.get(range)).at("files")).toHaveLength(300);
    expect((await client.get(`${range}?page=2`)).at("files")).toEqual([]);
    const files = `${R}/pulls/${number}/files?per_page=500`;
    const first = await client.get(files);
    expect(first.body).toHaveLength(100);
    expect(first.headers.get("link")).toContain('page=30>; rel="last"');
    expect((await client.get(`${files}&page=31`)).body).toEqual([]);
  });

  test("mergeable is unknown at first", async () => {
    const number = await repo.openPullRequest({ changes: { "m.txt": "m" } });
    const mergeable = async () => (await client.get(`${R}/pulls/${number}`)).at("mergeable");
    expect([await mergeable(), await mergeable()]).toEqual([null, true]);
    await repo.push(number, { "m.txt": "n" });
    expect(await mergeable()).toBeNull();
  });

  test("lists are filtered, and a fork's commits belong to no pull request", async () => {
    const change = { head: "idea", author: "ann", fork: true, changes: { "f.txt": "f" } };
    const number = await repo.openPullRequest(change);
    const found = await client.get(`${R}/pulls?head=ann:idea&base=main`);
    expect([found.each("number"), found.each("head.repo.full_name")]).toEqual([[number], ["ann/shop"]]);
    const { headSha } = repo.pullRequest(number);
    expect((await client.get(`${R}/commits/${headSha}/pulls`)).body).toEqual([]);
    expect((await client.get(`${R}/git/trees/${headSha}`)).status).toBe(200);
    expect((await client.get(`${R}/contents/f.txt?ref=refs/pull/${number}/head`)).status).toBe(200);
    const own = await repo.openPullRequest({ changes: { "g.txt": "g" } });
    const ofCommit = `${R}/commits/${repo.pullRequest(own).headSha}/pulls`;
    expect((await client.get(ofCommit)).each("number")).toEqual([own]);
    await repo.closePullRequest(own);
    expect((await client.get(`${R}/pulls?state=closed`)).each("number")).toEqual([own]);
  });
});

describe("trees and contents", () => {
  test("a tree is read by commit, tree or name, and says when it is cut", async () => {
    const byName = await client.get(`${R}/git/trees/main?recursive=1`);
    expect(byName.at("truncated")).toBe(false);
    expect(byName.each("path", "tree")).toContain("dir/c.txt");
    const flat = await client.get(`${R}/git/trees/${String(byName.at("sha"))}`);
    expect(flat.each("path", "tree")).not.toContain("dir/c.txt");
    const cut = await client.get(`${R}/git/trees/many?recursive=1`);
    expect([cut.at("truncated"), cut.each("path", "tree").length]).toEqual([true, 50]);
  });

  test("contents above 1 MB come raw only", async () => {
    const text = "x".repeat(1024 * 1024 + 1);
    await repo.commit("large", { "large.txt": text });
    const path = `${R}/contents/large.txt?ref=large`;
    expect((await client.get(path)).body).toMatchObject({ content: "", encoding: "none", size: text.length });
    expect((await client.get(path, { accept: "application/vnd.github.raw" })).text).toHaveLength(text.length);
    const small = await client.get(`${R}/contents/dir%2Fc.txt`);
    expect(Buffer.from(String(small.at("content")), "base64").toString()).toBe("c\n");
    expect((await client.get(`${R}/contents/dir`)).each("path")).toEqual(["dir/c.txt"]);
    expect((await client.get(`${R}/contents/many?ref=many`)).body).toHaveLength(1000);
    expect((await client.get(`${R}/contents/nothing`)).status).toBe(404);
  });

  test("a commit or a repository that is gone says so", async () => {
    const doomed = await github.createRepository("octo/doomed", { "a.txt": "a" });
    const sha = await doomed.commit("main", { "a.txt": "b" });
    doomed.removeCommit(sha);
    expect((await client.get(`/repos/octo/doomed/git/trees/${sha}`)).status).toBe(404);
    const run = { name: "x", head_sha: sha };
    expect((await client.post("/repos/octo/doomed/check-runs", run)).status).toBe(422);
    doomed.remove(410);
    expect((await client.get("/repos/octo/doomed/pulls")).status).toBe(410);
  });

  test("an answer that the caller has is not sent again, and is free", async () => {
    const first = await client.get(R);
    const left = github.rateLimits.get("core").remaining;
    const again = await client.get(R, { "if-none-match": first.headers.get("etag")! });
    expect([again.status, again.text]).toEqual([304, ""]);
    expect(github.rateLimits.get("core").remaining).toBe(left);
  });
});
