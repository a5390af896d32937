import { afterEach, expect, test } from "@jest/globals";
import { createWorld, MANIFEST, outcome, type World } from "./harness.ts";

let world: World | undefined;

afterEach(async () => {
  await world?.github.close();
  world = undefined;
});

const POLICY = ".github/nines.yml";
const ONE_ERROR = { "k8s/app.yaml": `${MANIFEST}  c: d # <- error alpha\n` };

interface Files {
  readonly base?: Record<string, string>;
  readonly organisation?: Record<string, string>;
  readonly changes: Record<string, string | null>;
}

/** Reviews a pull request, and gives back what its first check run says. */
async function reviewed({ base = {}, organisation, changes }: Files) {
  world = await createWorld({ "k8s/app.yaml": MANIFEST, ...base });
  if (organisation) await world.github.createRepository("acme/.github", organisation);
  const number = await world.repository.openPullRequest({ changes });
  await world.review(number);
  const { headSha } = world.repository.pullRequest(number);
  const [run] = world.repository.checkRuns(headSha);
  return {
    outcome: outcome(world, headSha),
    title: run?.output.title,
    summary: run?.output.summary ?? "",
    annotations: run?.annotations ?? [],
    comments: world.repository.reviewComments(number),
  };
}

const result = (zeroDowntime: string, testStages = zeroDowntime): string[] => [
  `nines / zero-downtime: ${zeroDowntime}`,
  `nines / test-stages: ${testStages}`,
];

test("the policy comes from the base branch: a change cannot switch its own judge off", async () => {
  const off = "version: 1\nchecks:\n  marked: off\n";
  const said = await reviewed({ changes: { ...ONE_ERROR, [POLICY]: off } });
  expect(said.outcome).toEqual(result("failure", "success"));
  expect(said.summary).toContain("This change touches the policy");
  expect(said.summary).toContain("`nines / zero-downtime`: fail → pass");
  expect(said.summary).toContain("`marked` on `Deployment/alpha`: error → off");
  expect(said.comments).toHaveLength(1);
});

test("the base branch's newest policy holds, also where the pull request is older", async () => {
  world = await createWorld({ "k8s/app.yaml": MANIFEST });
  const number = await world.repository.openPullRequest({ changes: ONE_ERROR });
  await world.repository.commit("main", { [POLICY]: "version: 1\nchecks:\n  marked: notice\n" });
  await world.review(number);
  expect(outcome(world, world.repository.pullRequest(number).headSha)).toEqual(result("success"));
});

test("a policy that becomes invalid fails the change, on the policy's lines and without comments", async () => {
  const said = await reviewed({
    changes: { ...ONE_ERROR, [POLICY]: "version: 1\nchekcs:\n  marked: off\n" },
  });
  expect(said.outcome).toEqual(result("failure", "success"));
  expect(said.title).toBe("The policy in this change is invalid");
  expect(said.annotations).toMatchObject([
    { path: POLICY, start_line: 2, annotation_level: "failure" },
    { path: "k8s/app.yaml", start_line: 7 },
  ]);
  expect(said.annotations[0]?.message).toContain("checks");
  expect(said.comments).toEqual([]);
});

test("an invalid policy on the base branch is not guessed at", async () => {
  const said = await reviewed({ base: { [POLICY]: "version: 1\nchekcs: {}\n" }, changes: ONE_ERROR });
  expect(said.outcome).toEqual(result("action_required"));
  expect(said.summary).toContain("`.github/nines.yml:2`");
  expect(said.comments).toEqual([]);
});

test.each([
  ["mends", "version: 1\nchecks:\n  marked: off\n"],
  ["removes", null],
])("a change that %s an invalid policy is judged without it", async (_, text) => {
  const said = await reviewed({
    base: { [POLICY]: "version: 1\nchekcs: {}\n" },
    changes: { ...ONE_ERROR, [POLICY]: text },
  });
  expect(said.outcome).toEqual(result("failure", "success"));
  expect(said.summary).toContain("was judged without it");
});

test("the organisation's policy holds, and what it locked cannot be loosened", async () => {
  const said = await reviewed({
    organisation: { "nines.yml": "version: 1\nchecks:\n  marked: error\nlocked: [checks.marked]\n" },
    base: { [POLICY]: "version: 1\nchecks:\n  marked: notice\n" },
    changes: ONE_ERROR,
  });
  expect(said.outcome).toEqual(result("failure", "success"));
  expect(said.summary).toContain("About the policy");
  expect(said.summary).toContain("`.github/nines.yml:3`");
});

test("loosening in a change what is locked is said on its line", async () => {
  const said = await reviewed({
    organisation: { "nines.yml": "version: 1\nchecks:\n  marked: error\nlocked: [checks.marked]\n" },
    changes: { ...ONE_ERROR, [POLICY]: "version: 1\nchecks:\n  marked: notice\n" },
  });
  expect(said.annotations).toMatchObject([
    { path: "k8s/app.yaml" },
    { path: POLICY, start_line: 3, annotation_level: "warning" },
  ]);
});

test("an organisation without a policy has none; one that cannot be read is no such organisation", async () => {
  world = await createWorld({ "k8s/app.yaml": MANIFEST });
  const organisation = await world.github.createRepository("acme/.github", { "README.md": "hello\n" });
  const number = await world.repository.openPullRequest({ changes: ONE_ERROR });
  await world.review(number);
  const { headSha } = world.repository.pullRequest(number);
  expect(outcome(world, headSha)).toEqual(result("failure", "success"));
  await organisation.commit("main", { "nines.yml": `version: 1\n# ${"x".repeat(600_000)}\n` });
  await world.review(number);
  expect(outcome(world, headSha).slice(2)).toEqual(result("action_required"));
});

test("the organisation's own policy is validated in its own repository", async () => {
  world = await createWorld();
  const organisation = await world.github.createRepository("acme/.github", { "nines.yml": "version: 1\n" });
  const number = await organisation.openPullRequest({
    changes: { "nines.yml": "version: 1\nlocked: [chekcs.marked]\n" },
  });
  await world.review(number, { repo: ".github" });
  const [run] = organisation.checkRuns();
  expect(run).toMatchObject({ conclusion: "failure", annotations: [{ path: "nines.yml", start_line: 2 }] });
});

test("text of a policy file can neither mention people nor break the summary", async () => {
  const said = await reviewed({ changes: { [POLICY]: 'version: 1\n"@octocat `](http://x)": 1\n' } });
  expect(said.title).toBe("The policy in this change is invalid");
  expect(said.summary).not.toMatch(/(^|[^`\w])@octocat/m);
});
