import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startGitHub, type GitHub, type Repository } from "./index.ts";
import { installationClient, type Client } from "./testing.ts";

const R = "/repos/octo/shop";
const LARGE = "é".repeat(300_000);

let github: GitHub;
let repo: Repository;
let client: Client;
let number: number;
let sha: string;

beforeAll(async () => {
  github = await startGitHub();
  const files = { "k8s/a.yaml": "one\ntwo\n", "k8s/b.yaml": "b\n" };
  repo = await github.createRepository("octo/shop", { ...files, "large.txt": LARGE, bin: "\0\u0001" });
  client = await installationClient(github, "octo");
  number = await repo.openPullRequest({ title: "T", head: "topic", changes: { "k8s/a.yaml": "one\n2\n" } });
  sha = repo.pullRequest(number).headSha;
});
afterAll(() => github.close());

const ask = (fields: string) =>
  client.query(`query Q { repository(owner: "octo", name: "shop") { ${fields} } }`);
const BLOB = "... on Blob { oid text byteSize isBinary isTruncated }";

test("many objects are read in one call", async () => {
  const b = `b: object(expression: "main:k8s/b.yaml") { ${BLOB} }`;
  const commit = `c: object(oid: "${sha}") { ... on Commit { oid file(path: "k8s/a.yaml") { object { ${BLOB} } } } }`;
  const reply = await ask(
    `a: object(expression: "${sha}:k8s/a.yaml") { ${BLOB} } ${b} ${commit} none: object(expression: "main:nope") { id }`,
  );
  const changed = { text: "one\n2\n", byteSize: 6, isBinary: false, isTruncated: false };
  expect(reply.at("data.repository")).toMatchObject({
    a: changed,
    b: { text: "b\n" },
    c: { oid: sha, file: { object: changed } },
    none: null,
  });
  const again = await ask(`object(oid: "${String(reply.at("data.repository.a.oid"))}") { ${BLOB} }`);
  expect(again.at("data.repository.object.text")).toBe("one\n2\n");
});

test("a large text is cut and says so; binary has none", async () => {
  const reply = await ask(
    `l: object(expression: "main:large.txt") { ${BLOB} } b: object(expression: "main:bin") { ${BLOB} }`,
  );
  expect(reply.at("data.repository.l")).toMatchObject({ isTruncated: true, byteSize: 600_000 });
  expect(Buffer.byteLength(String(reply.at("data.repository.l.text")))).toBe(512_000);
  expect(reply.at("data.repository.b")).toMatchObject({ isBinary: true, text: null });
});

test("trees and refs", async () => {
  const reply = await ask(
    `defaultBranchRef { name target { oid } } ref(qualifiedName: "refs/heads/topic") { name target { oid } }
     object(expression: "main:k8s") { ... on Tree { entries { name path type } } }`,
  );
  expect(reply.at("data.repository")).toEqual({
    defaultBranchRef: { name: "main", target: { oid: await repo.sha() } },
    ref: { name: "topic", target: { oid: sha } },
    object: {
      entries: ["a", "b"].map((one) => ({ name: `${one}.yaml`, path: `k8s/${one}.yaml`, type: "blob" })),
    },
  });
});

test("a repository that is unknown or hidden is null, with an error", async () => {
  await github.createRepository("octo/hidden", {}, { installed: false });
  for (const name of ["none", "hidden"]) {
    const reply = await client.query(`{ repository(owner: "octo", name: "${name}") { id } }`);
    expect(reply.body).toMatchObject({
      data: { repository: null },
      errors: [{ type: "NOT_FOUND", path: ["repository"] }],
    });
  }
  const pull = await ask("name pullRequest(number: 999) { id }");
  expect(pull.body).toMatchObject({
    data: { repository: { name: "shop", pullRequest: null } },
    errors: [{ type: "NOT_FOUND" }],
  });
});

test("pages have 1 to 100 items", async () => {
  const files = (args: string) => ask(`pullRequest(number: ${number}) { files${args} { nodes { path } } }`);
  expect((await files("(first: 100)")).at("data.repository.pullRequest.files.nodes")).toEqual([
    { path: "k8s/a.yaml" },
  ]);
  expect((await files("(first: 101)")).at("errors.0.type")).toBe("EXCESSIVE_PAGINATION");
  expect((await files("(first: 0)")).at("errors.0.type")).toBe("EXCESSIVE_PAGINATION");
  expect((await files("")).at("errors.0.type")).toBe("MISSING_PAGINATION_BOUNDARIES");
});

test("an unknown field is refused", async () => {
  expect((await ask("nonsense")).at("errors.0.message")).toContain("Cannot query field");
  expect((await client.query("{ not graphql")).at("errors.0.message")).toContain("Syntax Error");
});

const THREADS = `reviewThreads(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { id isResolved isOutdated path line
  comments(first: 5) { totalCount nodes { id databaseId body author { login __typename } viewerDidAuthor isMinimized } } } }`;

test("a pull request with its threads and check runs, as one query", async () => {
  const comments = [1, 2, 2].map((line) => ({ path: "k8s/a.yaml", line, body: `on ${line}` }));
  await client.post(`${R}/pulls/${number}/reviews`, { event: "COMMENT", comments });
  const [first] = repo.reviewComments(number);
  repo.replyToReviewComment(first!.id, "ann", "why?");
  repo.resolveThread(first!.id, "ann");
  for (const conclusion of ["failure", "success"])
    await client.post(`${R}/check-runs`, {
      name: "nines",
      head_sha: sha,
      conclusion,
      external_id: conclusion,
    });
  const runs =
    'checkRuns(first: 5, filterBy: { checkName: "nines", appId: 1, checkType: LATEST }) { nodes { name status conclusion externalId annotations(first: 1) { totalCount } } }';
  const reply =
    await ask(`pullRequest(number: ${number}) { number title state isDraft headRefOid baseRefName author { login } headRepository { nameWithOwner }
    ${THREADS} commits(last: 1) { nodes { commit { oid checkSuites(first: 5, filterBy: { appId: 1 }) { nodes { ${runs} } } } } } }`);
  expect(reply.at("errors")).toBeUndefined();
  expect(reply.at("data.repository.pullRequest")).toMatchObject({
    number,
    title: "T",
    state: "OPEN",
    headRefOid: sha,
    headRepository: { nameWithOwner: "octo/shop" },
    reviewThreads: { totalCount: 3, pageInfo: { hasNextPage: true } },
  });
  const thread = reply.at("data.repository.pullRequest.reviewThreads.nodes.0");
  expect(thread).toMatchObject({
    isResolved: true,
    isOutdated: false,
    path: "k8s/a.yaml",
    line: 1,
    comments: { totalCount: 2 },
  });
  const said = reply.at("data.repository.pullRequest.reviewThreads.nodes.0.comments.nodes");
  // REST says nines[bot], GraphQL does not.
  expect(said).toMatchObject([
    { databaseId: first!.id, author: { login: "nines", __typename: "Bot" }, viewerDidAuthor: true },
    { author: { login: "ann", __typename: "User" }, viewerDidAuthor: false },
  ]);
  const suite = "data.repository.pullRequest.commits.nodes.0.commit.checkSuites.nodes.0.checkRuns.nodes";
  expect(reply.at(suite)).toMatchObject([
    { status: "COMPLETED", conclusion: "SUCCESS", externalId: "success" },
  ]);
  const cursor = String(reply.at("data.repository.pullRequest.reviewThreads.pageInfo.endCursor"));
  const rest = await ask(
    `pullRequest(number: ${number}) { reviewThreads(first: 2, after: "${cursor}") { nodes { line } } }`,
  );
  expect(rest.at("data.repository.pullRequest.reviewThreads.nodes")).toEqual([{ line: 2 }]);
});

test("a thread whose line changed is out of date", async () => {
  await repo.push(number, { "k8s/a.yaml": "one\nthree\n" });
  const reply = await ask(`pullRequest(number: ${number}) { ${THREADS} }`);
  const nodes = reply.at("data.repository.pullRequest.reviewThreads.nodes");
  expect(nodes).toMatchObject([
    { isOutdated: false, line: 1 },
    { isOutdated: true, line: null },
  ]);
});

test("comments are minimized and reacted to; threads are not the app's to resolve", async () => {
  const comment = await client.post(`${R}/issues/${number}/comments`, { body: "x" });
  const id = String(comment.at("node_id"));
  const done = await client.query(
    `mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized minimizedReason } }
       addReaction(input: { subjectId: $id, content: THUMBS_UP }) { reaction { content } } }`,
    { id },
  );
  expect(done.at("data.minimizeComment.minimizedComment")).toEqual({
    isMinimized: true,
    minimizedReason: "outdated",
  });
  expect(repo.issueComments(number).at(-1)).toMatchObject({
    minimized: "OUTDATED",
    reactions: [{ content: "+1" }],
  });
  const threads = await ask(`pullRequest(number: ${number}) { ${THREADS} }`);
  const threadId = String(threads.at("data.repository.pullRequest.reviewThreads.nodes.0.id"));
  const refused = await client.query(
    `mutation { resolveReviewThread(input: { threadId: "${threadId}" }) { thread { id } } }`,
  );
  expect(refused.at("errors.0.type")).toBe("FORBIDDEN");
});
