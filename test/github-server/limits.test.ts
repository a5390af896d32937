import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startGitHub, type GitHub, type Repository } from "./index.ts";
import { clientOf, installationClient, type Client, type Reply } from "./testing.ts";

/** What GitHub refuses to store. Validation is off: the limits hold by themselves. */

const R = "/repos/octo/shop";
const BIG = Array.from({ length: 60 }, (_, at) => `line ${at + 1}\n`).join("");
const CHANGED = BIG.replace("line 5\n", "five\n").replace("line 40\n", "forty\nmore\n");

let github: GitHub;
let repo: Repository;
let client: Client;
let number: number;
let sha: string;

beforeAll(async () => {
  github = await startGitHub();
  repo = await github.createRepository("octo/shop", { "a.yaml": BIG, "b.yaml": BIG });
  client = await installationClient(github, "octo");
  number = await repo.openPullRequest({ changes: { "a.yaml": CHANGED } });
  sha = repo.pullRequest(number).headSha;
});
afterAll(() => github.close());

const note = (extra: object = {}) => ({
  path: "a.yaml",
  start_line: 1,
  end_line: 1,
  annotation_level: "warning",
  message: "m",
  ...extra,
});
const notes = (count: number) => Array.from({ length: count }, () => note());
const output = (extra: object = {}) => ({ title: "t", summary: "s", ...extra });
const action = (extra: object = {}) => ({ label: "l", description: "d", identifier: "i", ...extra });
const start = (body: object = {}) =>
  client.post(`${R}/check-runs`, { name: "nines", head_sha: sha, ...body });
const idOf = (reply: Reply) => Number(reply.at("id"));

describe("check runs", () => {
  const of = (length: number, character = "x") => character.repeat(length);
  test.each([
    [
      "50 annotations",
      { output: output({ annotations: notes(50) }) },
      { output: output({ annotations: notes(51) }) },
    ],
    [
      "a title of 255 characters",
      { output: output({ title: of(255) }) },
      { output: output({ title: of(256) }) },
    ],
    [
      "a summary of 65,535 characters",
      { output: output({ summary: of(65_535) }) },
      { output: output({ summary: of(65_536) }) },
    ],
    [
      "characters, not bytes or units",
      { output: output({ summary: of(65_535, "🙂") }) },
      { output: output({ summary: of(65_536, "🙂") }) },
    ],
    [
      "a text of 65,535 characters",
      { output: output({ text: of(65_535) }) },
      { output: output({ text: of(65_536) }) },
    ],
    [
      "an annotation's title of 255",
      { output: output({ annotations: [note({ title: of(255) })] }) },
      { output: output({ annotations: [note({ title: of(256) })] }) },
    ],
    [
      "an annotation's message of 64 KB",
      { output: output({ annotations: [note({ message: of(65_536) })] }) },
      { output: output({ annotations: [note({ message: of(65_537) })] }) },
    ],
    [
      "raw details of 64 KB",
      { output: output({ annotations: [note({ raw_details: of(65_536) })] }) },
      { output: output({ annotations: [note({ raw_details: of(65_537) })] }) },
    ],
    [
      "columns on one line",
      { output: output({ annotations: [note({ start_column: 1 })] }) },
      { output: output({ annotations: [note({ end_line: 2, start_column: 1 })] }) },
    ],
    ["an annotation's level", {}, { output: output({ annotations: [note({ annotation_level: "error" })] }) }],
    [
      "an annotation's range",
      {},
      { output: output({ annotations: [note({ start_line: 2, end_line: 1 })] }) },
    ],
    [
      "three actions",
      { actions: [action(), action(), action()] },
      { actions: [action(), action(), action(), action()] },
    ],
    ["a label of 20", { actions: [action({ label: of(20) })] }, { actions: [action({ label: of(21) })] }],
    [
      "a description of 40",
      { actions: [action({ description: of(40) })] },
      { actions: [action({ description: of(41) })] },
    ],
    [
      "an identifier of 20",
      { actions: [action({ identifier: of(20) })] },
      { actions: [action({ identifier: of(21) })] },
    ],
    ["a conclusion when completed", { conclusion: "success" }, { status: "completed" }],
    ["its own conclusions", { conclusion: "timed_out" }, { conclusion: "stale" }],
    ["its own statuses", { status: "in_progress" }, { status: "waiting" }],
    ["a summary in the output", {}, { output: { title: "t" } }],
    ["a commit that is known", {}, { head_sha: "0".repeat(40) }],
    ["a name", {}, { name: null }],
  ])("take %s, no more", async (_, fits, tooMuch) => {
    expect((await start(fits)).status).toBe(201);
    expect((await start(tooMuch)).status).toBe(422);
  });

  test("annotations of an update are added", async () => {
    const id = idOf(await start({ output: output({ annotations: notes(50) }) }));
    const updated = await client.patch(`${R}/check-runs/${id}`, {
      output: output({ summary: "new", annotations: notes(3) }),
    });
    expect(updated.at("output")).toMatchObject({ annotations_count: 53, summary: "new" });
    expect((await client.get(`${R}/check-runs/${id}/annotations?per_page=100`)).body).toHaveLength(53);
    expect(
      (await client.patch(`${R}/check-runs/${id}`, { output: output({ annotations: notes(51) }) })).status,
    ).toBe(422);
  });

  test("a completed run is not reopened, but its verdict may change", async () => {
    const path = `${R}/check-runs/${idOf(await start({ conclusion: "failure" }))}`;
    expect((await client.patch(path, { status: "in_progress" })).status).toBe(422);
    expect((await client.patch(path, { status: "queued" })).status).toBe(422);
    expect((await client.patch(path, { conclusion: "success" })).at("conclusion")).toBe("success");
    expect((await client.get(path)).at("status")).toBe("completed");
  });

  test("the newest run of a name counts, whichever was finished last; external_id is not a key", async () => {
    const commit = await repo.commit("runs", { "r.txt": "r" });
    const [older, newer] = [
      idOf(await start({ head_sha: commit, external_id: "one" })),
      idOf(await start({ head_sha: commit, external_id: "one" })),
    ];
    await client.patch(`${R}/check-runs/${newer}`, { conclusion: "failure" });
    await client.patch(`${R}/check-runs/${older}`, { conclusion: "success" });
    const list = `${R}/commits/${commit}/check-runs?check_name=nines&app_id=${github.appId}`;
    expect((await client.get(list)).each("id", "check_runs")).toEqual([newer]);
    expect((await client.get(`${list}&filter=all`)).each("id", "check_runs")).toEqual([newer, older]);
    expect((await client.get(list.replace("nines", "other"))).at("total_count")).toBe(0);
    expect((await client.get(`${R}/commits/${commit}/check-runs?app_id=99`)).at("total_count")).toBe(0);
    const suite = String((await client.get(`${R}/check-runs/${newer}`)).at("check_suite.id"));
    expect((await client.get(`${R}/check-suites/${suite}/check-runs`)).each("id", "check_runs")).toEqual([
      newer,
    ]);
  });

  test("a suite keeps 1,000 runs of a name", async () => {
    const commit = await repo.commit("crowd", { "c.txt": "c" });
    for (let at = 0; at < 1001; at += 50)
      await Promise.all(Array.from({ length: Math.min(50, 1001 - at) }, () => start({ head_sha: commit })));
    expect(repo.checkRuns(commit)).toHaveLength(1000);
  });

  test("a run knows the pull requests of its commit, except a fork's", async () => {
    expect((await start()).each("number", "pull_requests")).toEqual([number]);
    const fork = await repo.openPullRequest({ author: "ann", fork: true, changes: { "f.txt": "f" } });
    const run = await start({ head_sha: repo.pullRequest(fork).headSha });
    expect(run.at("pull_requests")).toEqual([]);
  });
});

describe("review comments", () => {
  const at = (extra: object = {}) => ({ path: "a.yaml", side: "RIGHT", line: 5, body: "b", ...extra });
  const review = (comments: object[], extra: object = {}) =>
    client.post(`${R}/pulls/${number}/reviews`, { event: "COMMENT", body: "r", comments, ...extra });

  test.each([
    ["a changed line", { line: 5 }],
    ["the first line of context", { line: 2 }],
    ["the last line of context", { line: 8 }],
    ["a removed line", { line: 40, side: "LEFT" }],
    ["an added line of the second hunk", { line: 41 }],
    ["a range inside a hunk", { start_line: 4, line: 6 }],
    ["a range from the left side to the right", { start_line: 5, start_side: "LEFT", line: 5 }],
  ])("go on %s", async (_, place) => {
    expect((await review([at(place)])).status).toBe(200);
  });

  test.each([
    ["above a hunk", { line: 1 }],
    ["below a hunk", { line: 9 }],
    ["that only the other side shows", { line: 44, side: "LEFT" }],
    ["of a file that did not change", { path: "b.yaml" }],
    ["that start after their end", { start_line: 6, line: 5 }],
    ["that start where they end", { start_line: 5, line: 5 }],
    ["whose start is outside the diff", { start_line: 1, line: 5 }],
    ["over two hunks", { start_line: 5, line: 40 }],
    ["without a line", { line: null }],
    ["without words", { body: null }],
    ["with more than 65,536 characters", { body: "x".repeat(65_537) }],
  ])("on lines %s refuse the whole review", async (_, place) => {
    const before = repo.reviewComments(number).length;
    const refused = await review([at(), at(place)]);
    expect(refused.status).toBe(422);
    expect(refused.text).not.toContain("a.yaml");
    expect(repo.reviewComments(number)).toHaveLength(before);
  });

  test("a body has at most 65,536 characters", async () => {
    expect((await review([], { body: "x".repeat(65_536) })).status).toBe(200);
    expect((await review([], { body: "x".repeat(65_537) })).status).toBe(422);
    expect((await review([], { body: "" })).status).toBe(422);
  });

  test("the refusal says what the real one says", async () => {
    expect((await review([at({ line: 1 })])).at("errors.0")).toBe(
      "pull_request_review_thread.line must be part of the diff",
    );
  });

  test("without an event a review stays pending, for its author only", async () => {
    const pending = await review([at()], { event: undefined });
    expect(pending.at("state")).toBe("PENDING");
    const reviews = `${R}/pulls/${number}/reviews?per_page=100`;
    expect((await client.get(reviews)).each("id")).toContain(idOf(pending));
    const user = clientOf(github, github.personalToken("ann"));
    expect((await user.get(reviews)).each("id")).not.toContain(idOf(pending));
    const comments = await client.get(`${R}/pulls/${number}/comments?per_page=100`);
    expect(comments.each("pull_request_review_id")).not.toContain(idOf(pending));
  });

  test("comments show their hunk, are by the bot, and can be edited, answered and deleted", async () => {
    await review([at({ line: 41, body: "look" })]);
    const id = repo.reviewComments(number).at(-1)!.id;
    const path = `${R}/pulls/comments/${id}`;
    const comment = await client.get(path);
    expect(comment.at("user")).toMatchObject({ login: "nines[bot]", type: "Bot" });
    expect(comment.at("diff_hunk")).toMatch(/^@@ -37,7 \+37,8 @@[^]*\n\+more$/);
    expect(comment.body).not.toHaveProperty("performed_via_github_app");
    expect((await client.patch(path, { body: "fixed" })).at("body")).toBe("fixed");
    const answer = await client.post(`${R}/pulls/${number}/comments/${id}/replies`, { body: "yes" });
    expect(answer.at("in_reply_to_id")).toBe(id);
    expect((await client.delete(path)).status).toBe(204);
    expect((await client.get(path)).status).toBe(404);
    expect((await client.patch(path, { body: "x" })).status).toBe(404);
  });

  test("one comment may be on a whole file, or on a position", async () => {
    const single = (extra: object) =>
      client.post(`${R}/pulls/${number}/comments`, { path: "a.yaml", body: "b", commit_id: sha, ...extra });
    expect((await single({ subject_type: "file" })).at("line")).toBeNull();
    expect((await single({ path: "b.yaml", subject_type: "file" })).status).toBe(422);
    expect((await single({ position: 4 })).body).toMatchObject({ line: 5, side: "LEFT" });
    expect((await single({ position: 5 })).body).toMatchObject({ line: 5, side: "RIGHT" });
    expect((await single({ position: 500 })).status).toBe(422);
  });

  test("comments follow their line, and go out of date with it", async () => {
    const own = await repo.openPullRequest({ changes: { "a.yaml": CHANGED } });
    const comments = [at({ line: 5 }), at({ line: 40 })];
    await client.post(`${R}/pulls/${own}/reviews`, { event: "COMMENT", comments });
    await repo.push(own, { "a.yaml": `new\n${CHANGED.replace("forty\n", "40\n")}` });
    const reply = await client.get(`${R}/pulls/${own}/comments`);
    expect(reply.each("line")).toEqual([6, null]);
    expect(reply.each("original_line")).toEqual([5, 40]);
    expect(reply.each("commit_id")[0]).toBe(repo.pullRequest(own).headSha);
  });
});

describe("comments in the conversation", () => {
  const comments = () => `${R}/issues/${number}/comments`;
  test("have at most 65,536 characters, and some", async () => {
    expect((await client.post(comments(), { body: "x".repeat(65_536) })).status).toBe(201);
    expect((await client.post(comments(), { body: "x".repeat(65_537) })).status).toBe(422);
    expect((await client.post(comments(), { body: " " })).status).toBe(422);
    expect((await client.post(`${R}/issues/999/comments`, { body: "x" })).status).toBe(404);
  });

  test("are edited, reacted to once in each way, and deleted", async () => {
    const comment = await client.post(comments(), { body: "hello" });
    expect(comment.at("performed_via_github_app.slug")).toBe("nines");
    const path = `${R}/issues/comments/${idOf(comment)}`;
    expect((await client.patch(path, { body: "x".repeat(65_537) })).status).toBe(422);
    expect((await client.patch(path, { body: "bye" })).at("body")).toBe("bye");
    const eyes = await client.post(`${path}/reactions`, { content: "eyes" });
    expect([eyes.status, (await client.post(`${path}/reactions`, { content: "eyes" })).status]).toEqual([
      201, 200,
    ]);
    expect((await client.post(`${path}/reactions`, { content: "wink" })).status).toBe(422);
    expect(repo.issueComments(number).at(-1)!.reactions).toMatchObject([
      { user: "nines[bot]", content: "eyes" },
    ]);
    expect((await client.delete(`${path}/reactions/${idOf(eyes)}`)).status).toBe(204);
    expect((await client.get(`${path}/reactions`)).body).toEqual([]);
    expect((await client.delete(path)).status).toBe(204);
    expect((await client.delete(path)).status).toBe(404);
  });

  test("need a permission to write", async () => {
    const reader = await installationClient(github, "octo", {
      permissions: { issues: "read", pull_requests: "read" },
    });
    expect((await reader.get(comments())).status).toBe(200);
    expect((await reader.post(comments(), { body: "x" })).status).toBe(403);
  });
});
