import { afterEach, expect, test } from "@jest/globals";
import { checks } from "../../src/checks/index.ts";
import type { Report, StageCell } from "../../src/engine/types.ts";
import type { Judge } from "../../src/github/services.ts";
import { render } from "../../src/renderers/index.ts";
import { review } from "../../src/review.ts";
import { createWorld, type World } from "./harness.ts";

let world: World | undefined;
let report: Report | undefined;

afterEach(async () => {
  await world?.github.close();
  world = undefined;
  report = undefined;
});

/** The real judgement, whose last report is kept. */
const judge: Judge = {
  checkIds: checks.map(({ id }) => id),
  review: async (base, head, policy) => (report = await review(base, head, policy, render)),
};
const workflow = (on: string, jobs: string): string => `on: ${on}\njobs:\n${jobs}`;
const job = (id: string, command: string, more = ""): string =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${more}    steps:\n      - run: ${command}\n`;
const CI = workflow("pull_request", job("test", "go test ./..."));
const RELEASE = workflow(
  "{ push: { branches: [main] } }",
  job("deploy-production", "helm upgrade --install shop ./chart"),
);
const FILES = { ".github/workflows/ci.yml": CI, ".github/workflows/release.yml": RELEASE };
const TOUCHED = { ".github/workflows/release.yml": `# Ships.\n${RELEASE}` };
const REQUIRES = {
  type: "required_status_checks",
  parameters: {
    strict_required_status_checks_policy: false,
    required_status_checks: [{ context: "test", integration_id: 15_368 }],
  },
};

const start = async (files: Record<string, string> = FILES, permissions = {}): Promise<World> => {
  const base = {
    checks: "write",
    contents: "read",
    issues: "read",
    metadata: "read",
    pull_requests: "write",
  };
  const options = {
    validate: true,
    permissions: { ...base, ...permissions } as Record<string, "read" | "write">,
  };
  return (world = await createWorld(files, options, { judge }));
};

async function judged(shop: World, changes: Record<string, string | null>, more = {}): Promise<Report> {
  const number = await shop.repository.openPullRequest({ changes, ...more });
  shop.github.calls.reset();
  await shop.review(number);
  if (!report) throw new Error("Nothing was judged.");
  return report;
}

const unit = ({ stages }: Report): StageCell | undefined =>
  stages[0]?.cells.find(({ stage }) => stage === "unit");
const said = ({ findings }: Report): string[] => findings.map(({ check }) => check);

test("a ruleset that requires the check links the test to the deploy, by its name", async () => {
  const shop = await start();
  expect(unit(await judged(shop, TOUCHED))?.verdict).toBe("unlinked");
  shop.services.cache.settings.clear();
  shop.repository.addRuleset("main", "main", [REQUIRES]);
  expect(unit(await judged(shop, TOUCHED, { head: "again" }))).toMatchObject({
    verdict: "required-external",
    reason: expect.stringContaining('is required by the ruleset "main" as check "test"'),
  });
});

test("a required check with a computed name is known by what ran on the head, whoever else could not have reported it", async () => {
  const named = CI.replace("    steps:", "    name: ${{ vars.NAME }} tests\n    steps:");
  const shop = await start({ ...FILES, ".github/workflows/ci.yml": named });
  const parameters = { ...REQUIRES.parameters, required_status_checks: [{ context: "unit tests" }] };
  shop.repository.addRuleset("main", "main", [{ ...REQUIRES, parameters }]);
  const number = await shop.repository.openPullRequest({ changes: TOUCHED });
  const judgedNow = async () => {
    await shop.review(number);
    return report && unit(report)?.verdict;
  };
  expect(await judgedNow()).toBe("unlinked");
  const { headSha } = shop.repository.pullRequest(number);
  shop.repository.reportCheck(headSha, "unit tests", 4_711);
  expect(await judgedNow()).toBe("unlinked");
  shop.repository.reportCheck(headSha, "unit tests");
  expect(await judgedNow()).toBe("required-external");
});

test("a deployment to staging that a merge needs is a rehearsal, and classic protection counts beside it", async () => {
  const shop = await start();
  const parameters = { required_deployment_environments: ["staging"] };
  shop.repository.addRuleset("main", "main", [{ type: "required_deployments", parameters }]);
  shop.repository.protect("main", ["test"]);
  const result = await judged(shop, TOUCHED);
  expect(unit(result)?.verdict).toBe("required-external");
  expect(result.stages[0]?.practices[0]).toEqual({
    practice: "staging-first",
    kept: "yes",
    reason: "a merge needs a deployment to staging (a ruleset of acme/shop)",
  });
});

test("a check that the policy names as a test counts by the ruleset that requires it", async () => {
  const shop = await start({
    ...FILES,
    ".github/nines.yml": 'version: 1\ntests: [{ stage: penetration, check: "zap / staging" }]\n',
  });
  const parameters = { required_status_checks: [{ context: "zap / staging" }] };
  shop.repository.addRuleset("main", "main", [
    { ...REQUIRES, parameters: { ...REQUIRES.parameters, ...parameters } },
  ]);
  const { stages } = await judged(shop, TOUCHED);
  expect(stages[0]?.cells.find(({ stage }) => stage === "penetration")).toMatchObject({
    verdict: "required-external",
    reason: 'the policy names the check "zap / staging", which is required by the ruleset "main"',
  });
});

test("classic protection counts too", async () => {
  const shop = await start();
  shop.repository.protect("main", ["test"]);
  expect(unit(await judged(shop, TOUCHED))).toMatchObject({
    verdict: "required-external",
    reason: expect.stringContaining("the protection of the branch main"),
  });
});

test("settings that may not be read are said once, and prove nothing", async () => {
  const shop = await start();
  shop.github.faults.add({
    match: { path: "/repos/{owner}/{repo}/rules/branches/{branch}" },
    respond: { status: 403, body: { message: "Upgrade to GitHub Pro or make this repository public" } },
  });
  const result = await judged(shop, TOUCHED);
  expect(unit(result)?.verdict).toBe("unlinked");
  expect(result.notes.filter(({ message }) => /GitHub answered 403/.test(message))).toHaveLength(1);
});

test("a required job that is renamed blocks every pull request", async () => {
  const shop = await start();
  shop.repository.addRuleset("main", "main", [REQUIRES]);
  const changes = { ".github/workflows/ci.yml": CI.replace("  test:", "  unit:") };
  const result = await judged(shop, changes);
  expect(said(result)).toEqual(["required-check-never-reports"]);
});

test("settings are asked for where pipelines change, or a stage is required, and not again at once", async () => {
  const shop = await start({ ...FILES, "k8s/app.yaml": "a: b\n" });
  await judged(shop, { "k8s/app.yaml": "a: c\n" }, { head: "one" });
  const asked = () =>
    shop.github.calls.all.filter(({ path }) => /rule|branches|environments/.test(path)).length;
  expect(asked()).toBe(0);
  await judged(shop, TOUCHED, { head: "two" });
  expect(asked()).toBe(2);
  await judged(shop, TOUCHED, { head: "three" });
  expect(asked()).toBe(0);
  await shop.repository.commit("main", { ".github/nines.yml": "version: 1\nstages: { unit: required }\n" });
  shop.services.cache.settings.clear();
  await judged(shop, { "k8s/app.yaml": "a: d\n" }, { head: "four" });
  expect(asked()).toBe(2);
});

test("the reviewers that a deploy would no longer ask are named, where the app may read them", async () => {
  const guarded = RELEASE.replace("    steps:", "    environment: production\n    steps:");
  const files = { ...FILES, ".github/workflows/release.yml": guarded };
  const shop = await start(files, { actions: "read" });
  shop.repository.addEnvironment("production", { reviewers: 2, waitMinutes: 30 });
  const changes = { ".github/workflows/release.yml": RELEASE };
  const message = ({ findings }: Report) =>
    findings.find(({ check }) => check === "environment-removed")?.message;
  expect(message(await judged(shop, changes))).toContain(
    "its 2 required reviewers, its wait of 30 minutes, its secrets no longer stand before this deploy",
  );
});

test("without the permission the environments are unread, which is said", async () => {
  const guarded = RELEASE.replace("    steps:", "    environment: production\n    steps:");
  const shop = await start({ ...FILES, ".github/workflows/release.yml": guarded });
  const { notes } = await judged(shop, { ".github/workflows/release.yml": `# Ships.\n${guarded}` });
  const message = expect.stringContaining(
    "the rules of the environments could not be read (GitHub answered 403)",
  );
  expect(notes).toEqual([expect.objectContaining({ message, run: "test-stages" })]);
});

const SHARED = workflow("workflow_call", job("unit", "go test ./..."));
const caller = (uses: string): Record<string, string> => ({
  ".github/workflows/release.yml": `on: { push: { branches: [main] } }
jobs:
  test:
    uses: ${uses}
${job("deploy-production", "helm upgrade --install shop ./chart", "    needs: test\n")}`,
});

test("a workflow of another repository is read at its ref, and counts", async () => {
  const shop = await start();
  await shop.github.createRepository("tools/ci", { ".github/workflows/test.yml": SHARED });
  const result = await judged(shop, caller("tools/ci/.github/workflows/test.yml@main"));
  expect(unit(result)).toMatchObject({
    verdict: "required",
    reason: expect.stringContaining("defined in tools/ci/.github/workflows/test.yml@main, which can change"),
    at: { path: ".github/workflows/release.yml", line: 4 },
  });
  expect(shop.github.calls.count({ operation: "nines_elsewhere" })).toBe(1);
  await judged(shop, caller("tools/ci/.github/workflows/test.yml@main"), { head: "again" });
  expect(shop.github.calls.count({ operation: "nines_elsewhere" })).toBe(0);
});

test("what such a workflow calls in its turn is read too, and actions of the same owner", async () => {
  const shop = await start();
  const middle = `on: workflow_call\njobs:\n  inner:\n    uses: ./.github/workflows/inner.yml\n`;
  const inner = workflow(
    "workflow_call",
    "  unit:\n    runs-on: x\n    steps:\n      - uses: acme/actions/test@v1\n",
  );
  await shop.github.createRepository("tools/ci", {
    ".github/workflows/test.yml": middle,
    ".github/workflows/inner.yml": inner,
  });
  const actions = await shop.github.createRepository("acme/actions", {
    "test/action.yml": "runs:\n  using: composite\n  steps:\n    - run: go test ./...\n      shell: bash\n",
  });
  await actions.commit("v1", {});
  const result = await judged(shop, caller("tools/ci/.github/workflows/test.yml@main"));
  expect(unit(result)?.verdict).toBe("required");
  expect(shop.github.calls.count({ operation: "nines_elsewhere" })).toBe(3);
});

test("a title that skips the workflows of the base branch is said", async () => {
  const shop = await start({ ...FILES, "k8s/app.yaml": "a: b\n" });
  const changes = { "k8s/app.yaml": "a: c\n" };
  const result = await judged(shop, changes, { title: "Bump the image [skip ci]" });
  expect(said(result)).toEqual(["merge-skips-pipelines"]);
  expect(said(await judged(shop, changes, { head: "other", title: "Bump the image" }))).toEqual([]);
});

test("what is private stays unread, in a public repository even that of the same owner", async () => {
  const shop = await start();
  await shop.github.createRepository(
    "acme/secret",
    { ".github/workflows/test.yml": SHARED },
    { private: true },
  );
  await shop.github.createRepository(
    "tools/hidden",
    { ".github/workflows/test.yml": SHARED },
    { private: true },
  );
  for (const name of ["acme/secret", "tools/hidden"]) {
    const changes = {
      ...caller(`${name}/.github/workflows/test.yml@main`),
      ".github/workflows/ci.yml": null,
    };
    const result = await judged(shop, changes, { head: name });
    expect(unit(result)?.verdict).toBe("unknown");
    expect(result.notes.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`${name}/.* was not read: ${name} is private`)),
    ]);
  }
});
