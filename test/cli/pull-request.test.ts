import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parsePullRequest } from "../../src/cli/pull-request.ts";
import { startGitHub, type GitHub } from "../github-server/index.ts";
import { nines } from "./run-cli.ts";

let github: GitHub;
beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.close());

const service = (selector: string) => `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { ${selector} }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`;

const withToken = (token: string) => ({ env: { GITHUB_TOKEN: token, GITHUB_API_URL: github.url } });

test("judges a pull request with a person's token", async () => {
  const repo = await github.createRepository("acme/shop", { "deploy/web.yaml": service("app: web") });
  const number = await repo.openPullRequest({
    head: "flip",
    changes: { "deploy/web.yaml": service("app: wbe") },
  });

  const { code, stdout, stderr } = await nines(
    ["review", `acme/shop#${number}`, "--format", "json"],
    withToken(github.personalToken("ada")),
  );

  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    head: await repo.sha("flip"),
    verdicts: { "zero-downtime": "fail" },
    findings: expect.arrayContaining([
      expect.objectContaining({ at: expect.objectContaining({ path: "deploy/web.yaml" }) }),
    ]),
  });
});

test("uses the repository's and the organisation's policies of the base branch", async () => {
  await github.createRepository("umbrella/.github", {
    "nines.yml": "version: 1\nchecks: { service-selects-nothing: off }\n",
  });
  const repo = await github.createRepository("umbrella/shop", {
    "deploy/web.yaml": service("app: web"),
    ".github/nines.yml": "version: 1\nchecks: { service-selector-flip: off }\n",
  });
  const number = await repo.openPullRequest({
    head: "flip",
    changes: { "deploy/web.yaml": service("app: wbe") },
  });
  const { stdout } = await nines(
    ["review", `umbrella/shop#${number}`, "--format", "json"],
    withToken(github.personalToken("ada")),
  );
  const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
  expect(findings.map(({ check }) => check)).not.toContain("service-selects-nothing");
  expect(findings.map(({ check }) => check)).not.toContain("service-selector-flip");
});

test("says in one line what GitHub does not give", async () => {
  await github.createRepository("acme/empty", { "README.md": "hello" });
  const gone = await nines(["review", "acme/empty#99"], withToken(github.personalToken("ada")));
  const refused = await nines(["review", "acme/empty#99"], withToken("wrong"));
  expect(gone).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^nines: acme\/empty#99 was not found[^\n]*\n$/),
  });
  expect(refused).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^nines: GitHub does not accept the token[^\n]*\n$/),
  });
});

test("an address from the browser names a pull request too", () => {
  const expected = { owner: "acme", repo: "shop.web", number: 12 };
  expect(parsePullRequest("acme/shop.web#12")).toEqual(expected);
  expect(parsePullRequest("https://github.com/acme/shop.web/pull/12/files#diff")).toEqual(expected);
  expect(() => parsePullRequest("acme#12")).toThrow(/owner\/name#12/);
  expect(() => parsePullRequest("acme/shop#0")).toThrow(/owner\/name#12/);
});
