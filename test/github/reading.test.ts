import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "@jest/globals";
import type { Tree } from "../../src/engine/types.ts";
import { loadChange, loadTrees } from "../../src/github/load-trees.ts";
import { loadPullRequest } from "../../src/github/load-pull-request.ts";
import { tokenOctokit } from "../../src/github/octokit.ts";
import { reviewRequest } from "../../src/github/review-request.ts";
import { createWorld, MANIFEST, outcome, type World } from "./harness.ts";

let world: World | undefined;

afterEach(async () => {
  await world?.github.close();
  world = undefined;
});

const start = async (...args: Parameters<typeof createWorld>): Promise<World> =>
  (world = await createWorld(...args));

const many = (count: number, folder = "k8s"): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `${folder}/app${at}.yaml`,
      `${MANIFEST}  n: "${folder}${at}"\n`,
    ]),
  );

async function sourceOf(shop: World) {
  const octokit = await shop.services.octokit(shop.github.installation("acme"));
  return { octokit, owner: "acme", repo: "shop", cache: shop.services.cache, reader: "1" };
}

/** Both trees of a pull request, read as a review reads them. */
async function treesOf(shop: World, number: number, limits?: { files: number; bytes: number }) {
  const source = await sourceOf(shop);
  const head = shop.repository.pullRequest(number).headSha;
  const change = await loadChange(source, { base: await shop.repository.sha("main"), head }, number);
  return loadTrees(source, change, limits);
}

const paths = ({ files }: Tree): string[] => [...files.keys()].toSorted();

test("an ordinary push costs at most 10 calls, and 5 where nothing relevant changed", async () => {
  const shop = await start({ ...many(60), "README.md": "hello\n" });
  const number = await shop.repository.openPullRequest({
    changes: { "k8s/app1.yaml": `${MANIFEST}  c: d # <- error alpha\n` },
  });
  await shop.review(number);
  expect(shop.github.calls.all.length).toBeLessThanOrEqual(10);
  const idle = await shop.repository.openPullRequest({ changes: { "README.md": "hi\n" } });
  shop.github.calls.reset();
  await shop.review(idle);
  expect(outcome(shop, shop.repository.pullRequest(idle).headSha)).toEqual([
    "nines / zero-downtime: success",
    "nines / test-stages: success",
  ]);
  expect(shop.repository.checkRuns().at(-1)?.output.title).toBe("Nothing to check");
  expect(shop.github.calls.all.length).toBeLessThanOrEqual(5);
});

test("a second push reads only what changed", async () => {
  const shop = await start(many(250));
  const number = await shop.repository.openPullRequest({
    changes: { "k8s/app1.yaml": `${MANIFEST}  x: y\n` },
  });
  await shop.review(number);
  expect(shop.github.calls.count({ operation: "nines_blobs" })).toBe(3);
  await shop.repository.push(number, { "k8s/app2.yaml": `${MANIFEST}  x: "1"\n` });
  shop.github.calls.reset();
  await shop.review(number);
  expect(shop.github.calls.summary()).toEqual({
    "POST /graphql nines_context": 1,
    "GET /repos/{owner}/{repo}/compare/{basehead}": 1,
    "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": 1,
    "POST /graphql nines_blobs": 1,
    "POST /graphql nines_head": 1,
    "POST /repos/{owner}/{repo}/check-runs": 2,
  });
});

test("what one repository's review read is not shown to another's", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const other = await shop.github.createRepository("acme/other", { "k8s/app.yaml": MANIFEST });
  const changes = { "k8s/app.yaml": `${MANIFEST}  x: y\n` };
  await shop.review(await shop.repository.openPullRequest({ changes }));
  shop.github.calls.reset();
  await shop.review(await other.openPullRequest({ changes }), { repo: "other" });
  expect(shop.github.calls.count({ operation: "nines_blobs" })).toBe(1);
});

test("both sides hold the relevant files, changed, added, removed and moved", async () => {
  const shop = await start({
    "k8s/a.yaml": MANIFEST,
    "k8s/b.yaml": "b: 1\n",
    "src/x.ts": "x",
    "k8s/m.yaml": "m: 1\n",
  });
  const number = await shop.repository.openPullRequest({
    changes: {
      "k8s/a.yaml": `${MANIFEST}  x: y\n`,
      "k8s/b.yaml": null,
      "k8s/m.yaml": null,
      "k8s/n.yaml": "m: 1\n",
    },
  });
  const { base, head } = await treesOf(shop, number);
  expect(paths(base)).toEqual(["k8s/a.yaml", "k8s/b.yaml", "k8s/m.yaml"]);
  expect(paths(head)).toEqual(["k8s/a.yaml", "k8s/n.yaml"]);
  expect(head.files.get("k8s/n.yaml")).toBe(base.files.get("k8s/m.yaml"));
});

test("links and moved submodules are not followed, and that is said", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: { "k8s/app.yaml": "a: 2\n" } });
  const git = (input: string, ...args: string[]) =>
    execFileSync("git", ["-C", shop.repository.directory, ...args], { input, encoding: "utf8" }).trim();
  const target = git("app.yaml", "hash-object", "-w", "--stdin");
  const folder = git(`120000 blob ${target}\tlink.yaml\n`, "mktree");
  const entries = `040000 tree ${folder}\tk8s\n160000 commit ${"1".repeat(40)}\tvendored\n`;
  const person = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"];
  const parent = shop.repository.pullRequest(number).headSha;
  const tree = git(entries, "mktree", "--missing");
  const head = git("", ...person, "commit-tree", tree, "-p", parent, "-m", "Link");
  const source = await sourceOf(shop);
  const change = await loadChange(source, { base: await shop.repository.sha("main"), head }, number);
  const trees = await loadTrees(source, change);
  expect(trees.head.notes.map(({ path }) => path)).toEqual(["k8s/link.yaml", "vendored"]);
  expect(paths(trees.head)).toEqual([]);
});

test("a change of more than 300 files is read whole", async () => {
  const shop = await start({ "a.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: many(350) });
  const { head, files } = await treesOf(shop, number);
  expect([head.files.size, files.length]).toEqual([351, 350]);
});

test("a merge group of more than 300 files is read whole", async () => {
  const shop = await start({ "a.yaml": MANIFEST, "b.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: { ...many(350), "b.yaml": null } });
  const { headSha, baseSha } = await shop.repository.mergeGroup(number);
  const source = await sourceOf(shop);
  const trees = await loadTrees(
    source,
    await loadChange(source, { base: baseSha, head: headSha }, undefined),
  );
  expect([trees.head.files.size, trees.files.length]).toEqual([351, 351]);
});

test("a repository that is not listed at once is read around the change", async () => {
  const files = {
    ...many(30, "apps/shop"),
    ...many(30, "apps/blog"),
    "apps/all.yaml": "a: 1\n",
    "z.yaml": "z: 1\n",
  };
  const shop = await start({ ...files, ".github/workflows/ci.yml": "on: push\n" }, { treeEntries: 40 });
  const number = await shop.repository.openPullRequest({ changes: { "apps/shop/app1.yaml": "a: 2\n" } });
  const { base, head } = await treesOf(shop, number);
  const expected = [
    ".github/workflows/ci.yml",
    "apps/all.yaml",
    ...Object.keys(many(30, "apps/shop")),
    "z.yaml",
  ];
  expect(paths(head)).toEqual(expected.toSorted());
  expect(paths(base)).toEqual(expected.toSorted());
});

test("too many relevant files are cut down to those around the change, alike on both sides, and it is said", async () => {
  const shop = await start({ ...many(30, "apps/shop/base"), ...many(30, "apps/blog") });
  const number = await shop.repository.openPullRequest({
    changes: { "apps/shop/overlays/prod/x.yaml": "a: 2\n" },
  });
  const { base, head } = await treesOf(shop, number, { files: 40, bytes: 1_000_000 });
  expect(paths(base)).toEqual(Object.keys(many(30, "apps/shop/base")).toSorted());
  expect(paths(head)).toEqual([...paths(base), "apps/shop/overlays/prod/x.yaml"]);
  expect(head.notes.map(({ message }) => message)).toEqual([
    expect.stringMatching(/61 relevant files.*Only what surrounds this change was: apps\/shop\./),
  ]);
});

test("a change that is too large is refused in words", async () => {
  const shop = await start({ "a.yaml": MANIFEST });
  const number = await shop.repository.openPullRequest({ changes: many(50) });
  await expect(treesOf(shop, number, { files: 20, bytes: 1_000_000 })).rejects.toThrow(/too large.*Split it/);
});

test("a change that GitHub cannot list is refused in the check runs at once", async () => {
  const shop = await start(many(20), { treeEntries: 10 });
  const number = await shop.repository.openPullRequest({ changes: { ...many(320, "new") } });
  const { headSha: head, baseSha: base, headRef: ref } = await shop.repository.mergeGroup(number);
  await reviewRequest(shop.groupRequest({ head, base, ref }), shop.services, new AbortController().signal);
  expect(outcome(shop, head)).toEqual(["nines / zero-downtime: failure", "nines / test-stages: failure"]);
  expect(shop.repository.checkRuns(head)[0]?.output.summary).toContain("The change is too large");
});

test("long texts come whole, byte order marks stay, and what is no text is noted", async () => {
  const long = `${MANIFEST}# ${"ä".repeat(300_000)}\n`;
  const shop = await start({ "k8s/a.yaml": MANIFEST });
  const changes = { "k8s/long.yaml": long, "k8s/bom.yaml": "\uFEFFa: 1\n", "k8s/binary.yaml": "a: \0\n" };
  const number = await shop.repository.openPullRequest({
    changes: { ...changes, "k8s/huge.yaml": "x".repeat(1_100_000) },
  });
  const { head } = await treesOf(shop, number);
  expect(head.files.get("k8s/long.yaml")?.text).toBe(long);
  expect(head.files.get("k8s/bom.yaml")?.text).toBe("\uFEFFa: 1\n");
  expect(head.notes.map(({ path }) => path).toSorted()).toEqual(["k8s/binary.yaml", "k8s/huge.yaml"]);
});

test("a request for files that takes GitHub too long is asked for in halves", async () => {
  const shop = await start(many(80));
  const number = await shop.repository.openPullRequest({ changes: { "k8s/app1.yaml": "a: 2\n" } });
  shop.github.faults.add({ match: { operation: "nines_blobs" }, respond: { status: 502 }, times: 2 });
  const { base, head } = await treesOf(shop, number);
  expect([base.files.size, head.files.size]).toEqual([80, 80]);
  expect(shop.github.calls.count({ operation: "nines_blobs" })).toBe(5);
});

test("files that GitHub leaves out of an answer are read one by one in the end", async () => {
  const shop = await start(many(2));
  const number = await shop.repository.openPullRequest({ changes: { "k8s/app1.yaml": "a: 2\n" } });
  const partial = {
    data: { repository: { b0: null, b1: null, b2: null } },
    errors: [{ type: "RESOURCE_LIMITS_EXCEEDED", message: "Resource limits for this query exceeded." }],
  };
  shop.github.faults.add({
    match: { operation: "nines_blobs" },
    respond: { status: 200, body: partial },
    times: 9,
  });
  const { base, head } = await treesOf(shop, number);
  expect([base.files.size, head.files.get("k8s/app1.yaml")?.text]).toEqual([2, "a: 2\n"]);
});

test("histories without a common commit are refused in words", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST });
  const respond = { status: 404, body: { message: "No common ancestor between main and x." } };
  const number = await shop.repository.openPullRequest({ changes: { "k8s/app.yaml": "a: 2\n" } });
  shop.github.faults.add({ match: { path: /compare/ }, respond, times: 3 });
  await shop.review(number);
  expect(shop.repository.checkRuns().map(({ conclusion }) => conclusion)).toEqual(["failure", "failure"]);
  expect(shop.repository.checkRuns()[0]?.output.summary).toContain("no common history");
});

test("a pull request is read with a person's token", async () => {
  const shop = await start({ "k8s/app.yaml": MANIFEST, ".github/nines.yml": "version: 1\n" });
  await shop.github.createRepository("acme/.github", { "nines.yml": "version: 1\ncomments: off\n" });
  const number = await shop.repository.openPullRequest({ changes: { "k8s/app.yaml": "a: 2\n" } });
  const octokit = tokenOctokit(shop.github.personalToken("ann"), shop.github.url);
  const loaded = await loadPullRequest(octokit, { owner: "acme", repo: "shop", number });
  expect(loaded.policies).toEqual({
    sources: [
      { origin: "organisation", path: "nines.yml", text: "version: 1\ncomments: off\n" },
      { origin: "repository", path: ".github/nines.yml", text: "version: 1\n" },
    ],
    unreadable: [],
  });
  expect(loaded.head.files.get("k8s/app.yaml")?.text).toBe("a: 2\n");
  expect([loaded.mergeBase, loaded.headSha]).toEqual([await shop.repository.sha("main"), loaded.head.commit]);
  await expect(loadPullRequest(octokit, { owner: "acme", repo: "shop", number: 99 })).rejects.toThrow(
    /no pull request 99/i,
  );
});
