import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startGitHub, type GitHub } from "./index.ts";
import { installationClient } from "./testing.ts";

/** Every call here is checked against OpenAPI too: an answer that does not fit is a 500. */

let github: GitHub;
beforeAll(async () => {
  github = await startGitHub({
    validate: true,
    permissions: { metadata: "read", contents: "read", actions: "read" },
  });
});
afterAll(() => github.close());

const REQUIRES = {
  type: "required_status_checks",
  parameters: {
    strict_required_status_checks_policy: true,
    required_status_checks: [{ context: "test", integration_id: 15_368 }],
  },
};

test("rules are those of one branch, and name their ruleset by a number", async () => {
  const repo = await github.createRepository("octo/shop", { "a.txt": "a" });
  repo.addRuleset("main", "main", [REQUIRES, { type: "deletion" }]);
  const client = await installationClient(github, "octo");
  const rules = await client.get("/repos/octo/shop/rules/branches/main");
  expect(rules.each("type")).toEqual(["required_status_checks", "deletion"]);
  const sets = await client.get("/repos/octo/shop/rulesets");
  expect(sets.each("name")).toEqual(["main"]);
  expect(new Set(rules.each("ruleset_id"))).toEqual(new Set(sets.each("id")));
  expect((await client.get("/repos/octo/shop/rules/branches/feature/x")).body).toEqual([]);
});

test("a branch shows what classic protection requires", async () => {
  const repo = await github.createRepository("octo/old", { "a.txt": "a" });
  const client = await installationClient(github, "octo");
  expect((await client.get("/repos/octo/old/branches/main")).at("protected")).toBe(false);
  repo.protect("main", ["test"]);
  const branch = await client.get("/repos/octo/old/branches/main");
  expect(branch.at("protection.required_status_checks.contexts")).toEqual(["test"]);
  expect((await client.get("/repos/octo/old/branches/none")).status).toBe(404);
});

test("environments show their reviewers and waits", async () => {
  const repo = await github.createRepository("octo/env", { "a.txt": "a" });
  repo.addEnvironment("production", { reviewers: 2, waitMinutes: 30 });
  const client = await installationClient(github, "octo");
  const { body } = await client.get("/repos/octo/env/environments");
  expect(body).toMatchObject({
    total_count: 1,
    environments: [
      { name: "production", protection_rules: [{ wait_timer: 30 }, { type: "required_reviewers" }] },
    ],
  });
});

test("of other accounts an installation reads what is public, and writes nothing", async () => {
  await github.createRepository("tools/ci", { "a.txt": "a" });
  await github.createRepository("tools/hidden", { "a.txt": "a" }, { private: true });
  const client = await installationClient(github, "octo");
  expect((await client.get("/repos/tools/ci/contents/a.txt")).status).toBe(200);
  expect((await client.get("/repos/tools/hidden/contents/a.txt")).status).toBe(404);
});
