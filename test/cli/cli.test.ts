import { expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "../../src/checks/index.ts";
import { repository, temporaryFolder } from "../sources/repository.ts";
import { nines, ninesIntoClosedPipe } from "./run-cli.ts";

const web = ({ minAvailable = 1, image = "web:1" } = {}) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: shop }
spec:
  minAvailable: ${minAvailable}
  selector: { matchLabels: { app: web } }
`;

/** Line of `minAvailable` in `web()`. */
const BUDGET_LINE =
  web()
    .split("\n")
    .findIndex((line) => line.includes("minAvailable")) + 1;

/** A repository whose last commit lets a budget block every node drain. */
function withDeadlock() {
  const repo = repository();
  repo.commit({ "deploy/web.yaml": web() });
  repo.commit({ "deploy/web.yaml": web({ minAvailable: 3 }) });
  return repo;
}

const oneLine = /^nines: [^\n]+\n$/;

test("says its version", async () => {
  const { code, stdout } = await nines(["--version"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test("passes a harmless change: exit 0, a report on stdout, nothing on stderr", async () => {
  using repo = repository();
  repo.commit({ "deploy/web.yaml": web() });
  repo.commit({ "deploy/web.yaml": web({ image: "web:2" }) });
  const { code, stdout, stderr } = await nines(["review", "--repo", repo.dir, "--base", "HEAD~1"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).not.toBe("");
});

test("fails a dangerous change: exit 1, the check and its line on stdout, no colours in a pipe", async () => {
  using repo = withDeadlock();
  const { code, stdout, stderr } = await nines(["review", "--base", "HEAD~1"], { cwd: repo.dir });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toContain("pdb-deadlock");
  expect(stdout).toContain(`deploy/web.yaml:${BUDGET_LINE}`);
  expect(stdout).not.toContain("\u001b[");
});

test("FORCE_COLOR colours the same report, and NO_COLOR does not", async () => {
  using repo = withDeadlock();
  const args = ["review", "--repo", repo.dir, "--base", "HEAD~1"];
  const plain = await nines(args, { env: { NO_COLOR: "1" } });
  const coloured = await nines(args, { env: { FORCE_COLOR: "1" } });
  expect(plain.stdout).not.toContain("\u001b[");
  expect(coloured.stdout).toContain("\u001b[");
});

test("finds the base by itself on a branch", async () => {
  using repo = repository();
  repo.commit({ "deploy/web.yaml": web() });
  repo.git("checkout", "--quiet", "-b", "feature");
  repo.commit({ "deploy/web.yaml": web({ minAvailable: 3 }) });
  expect((await nines(["review"], { cwd: repo.dir })).code).toBe(1);
});

test("prints JSON, SARIF and Markdown, with the same exit code", async () => {
  using repo = withDeadlock();
  const as = (format: string) =>
    nines(["review", "--repo", repo.dir, "--base", "HEAD~1", "--format", format]);
  const [json, sarif, markdown] = await Promise.all([as("json"), as("sarif"), as("markdown")]);
  expect([json.code, sarif.code, markdown.code]).toEqual([1, 1, 1]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    version: 1,
    verdicts: { "zero-downtime": "fail", "test-stages": "pass" },
    findings: expect.arrayContaining([
      expect.objectContaining({
        check: "pdb-deadlock",
        standing: "introduced",
        at: expect.objectContaining({ path: "deploy/web.yaml", line: BUDGET_LINE }),
      }),
    ]),
  });
  expect(JSON.parse(sarif.stdout)).toMatchObject({
    version: "2.1.0",
    runs: [{ results: expect.arrayContaining([expect.objectContaining({ ruleId: "pdb-deadlock" })]) }],
  });
  expect(markdown.stdout).toContain("pdb-deadlock");
});

test("says the same, byte for byte, each time", async () => {
  using repo = withDeadlock();
  const run = () => nines(["review", "--repo", repo.dir, "--base", "HEAD~1", "--format", "json"]);
  const [one, other] = await Promise.all([run(), run()]);
  expect(one.stdout).toBe(other.stdout);
});

const OFF = "version: 1\nchecks:\n  pdb-deadlock: off\n";

test("judges by the policy of the base, which a change cannot switch off for itself", async () => {
  using repo = repository();
  repo.commit({ "deploy/web.yaml": web() });
  repo.commit({ "deploy/web.yaml": web({ minAvailable: 3 }), ".github/nines.yml": OFF });
  const inChange = await nines(["review", "--repo", repo.dir, "--base", "HEAD~1"]);

  using agreed = repository();
  agreed.commit({ "deploy/web.yaml": web(), ".github/nines.yml": OFF });
  agreed.commit({ "deploy/web.yaml": web({ minAvailable: 3 }) });
  const inBase = await nines(["review", "--repo", agreed.dir, "--base", "HEAD~1"]);

  expect([inChange.code, inBase.code]).toEqual([1, 0]);
});

test("--policy is used in place of the repository's", async () => {
  using repo = withDeadlock();
  const file = join(repo.dir, "mine.yml");
  writeFileSync(file, OFF);
  expect((await nines(["review", "--repo", repo.dir, "--base", "HEAD~1", "--policy", file])).code).toBe(0);
});

test("a change that makes the policy invalid fails, with the place", async () => {
  using repo = repository();
  repo.commit({ "deploy/web.yaml": web() });
  repo.commit({ ".github/nines.yml": "version: 1\nchekcs: {}\n" });
  const { code, stderr } = await nines(["review", "--repo", repo.dir, "--base", "HEAD~1"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\.github\/nines\.yml:2:1: .*checks/);
});

test.each([
  ["no repository", (dir: string) => ["--repo", join(dir, "..")], /is not a git repository.*--repo DIR/],
  ["an unknown base", (dir: string) => ["--repo", dir, "--base", "nowhere"], /no commit "nowhere"/],
  ["an unknown head", (dir: string) => ["--repo", dir, "--head", "nowhere"], /no commit "nowhere"/],
  ["unrelated histories", (dir: string) => ["--repo", dir, "--base", "island"], /no merge base/],
  [
    "a policy that is not there",
    (dir: string) => ["--repo", dir, "--base", "HEAD~1", "--policy", "gone.yml"],
    /gone\.yml cannot be read/,
  ],
])("%s: exit 2 and one line that names the way out", async (_, args, message) => {
  using repo = withDeadlock();
  repo.git("checkout", "--quiet", "--orphan", "island");
  repo.commit({ "a.yaml": "a: 1\n" });
  repo.git("checkout", "--quiet", "main");
  const { code, stdout, stderr } = await nines(["review", ...args(repo.dir)]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(oneLine);
  expect(stderr).toMatch(message);
});

test("an invalid policy of the base: exit 2 and its places", async () => {
  using repo = repository();
  repo.commit({ "deploy/web.yaml": web(), ".github/nines.yml": "version: 1\nchecks:\n  pdb-dedlock: off\n" });
  repo.commit({ "deploy/web.yaml": web({ minAvailable: 3 }) });
  const { code, stdout, stderr } = await nines(["review", "--repo", repo.dir, "--base", "HEAD~1"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/\.github\/nines\.yml:3:\d+: .*pdb-deadlock/);
});

test("a pull request without a token, or by a wrong name: exit 2 and one line", async () => {
  const [token, name] = await Promise.all([nines(["review", "acme/shop#12"]), nines(["review", "shop"])]);
  expect([token.code, name.code]).toEqual([2, 2]);
  expect(token.stderr).toMatch(oneLine);
  expect(token.stderr).toContain("GITHUB_TOKEN");
  expect(name.stderr).toMatch(oneLine);
  expect(name.stderr).toContain("owner/name#12");
});

test.each([["review", "--format", "xml"], ["reviwe"], ["explain"], ["review", "--bse", "main"]])(
  "a call that cannot be understood: exit 2 and help (%s %s)",
  async (...args) => {
    const { code, stdout, stderr } = await nines(args.filter((arg) => typeof arg === "string"));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--help");
  },
);

test("lists every check", async () => {
  const { code, stdout } = await nines(["checks"]);
  expect(code).toBe(0);
  for (const { id, title } of checks) expect(stdout).toMatch(new RegExp(`${id} .*${title.slice(0, 10)}`));
});

test("explains every check that there is", async () => {
  const { code, stdout } = await nines(["explain", "pdb-deadlock"]);
  const check = checks.find(({ id }) => id === "pdb-deadlock")!;
  expect(code).toBe(0);
  for (const part of ["critical ", "Why", "What to do", "Flagged", "Left alone", ...check.references]) {
    expect(stdout).toContain(part);
  }
});

test("knows what a mistyped check was meant to be", async () => {
  const [near, far] = await Promise.all([
    nines(["explain", "pdb-dedlock"]),
    nines(["explain", "xyzzyxyzzy"]),
  ]);
  expect(near).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/did you mean pdb-deadlock\?/),
  });
  expect(far).toMatchObject({ code: 2, stderr: expect.stringMatching(/nines checks lists all/) });
});

test("validates policy files one by one", async () => {
  using folder = temporaryFolder();
  const [good, bad] = [join(folder.dir, "good.yml"), join(folder.dir, "bad.yml")];
  writeFileSync(good, OFF);
  writeFileSync(bad, "version: 1\nstages:\n  unti: required\n");
  const valid = await nines(["policy", "validate", good]);
  const both = await nines(["policy", "validate", good, bad]);
  const gone = await nines(["policy", "validate", join(folder.dir, "gone.yml")]);
  expect(valid).toEqual({ code: 0, stdout: `${good}: valid\n`, stderr: "" });
  expect(both.code).toBe(1);
  expect(both.stdout).toMatch(/good\.yml: valid\n.*bad\.yml:3:\d+: .*unit/);
  expect(gone.code).toBe(2);
  expect(gone.stderr).toMatch(oneLine);
});

test("a reader that leaves early is no failure", async () => {
  expect(await ninesIntoClosedPipe(["checks"])).toEqual({ code: 0, stderr: "" });
});
