import { expect, test } from "@jest/globals";
import { chmodSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadGitChange } from "../../src/sources/git.ts";
import { MAX_FILE_BYTES } from "../../src/sources/relevant.ts";
import { repository, run, temporaryFolder } from "./repository.ts";

const service = (port: number) => `kind: Service\nport: ${port}\n`;
const texts = (files: ReadonlyMap<string, { text: string }>) =>
  Object.fromEntries([...files].map(([path, { text }]) => [path, text]));

test("reads the relevant files of both sides, from the merge base and not from the tip of the base branch", async () => {
  using repo = repository();
  const fork = repo.commit({
    "deploy/web.yaml": service(80),
    "README.md": "hello",
    "deploy/same.yaml": "a: 1\n",
  });
  repo.git("checkout", "--quiet", "-b", "feature");
  const head = repo.commit({ "deploy/web.yaml": service(8080), "deploy/new.yaml": "b: ü\n" });
  repo.git("checkout", "--quiet", "main");
  repo.commit({ "deploy/web.yaml": service(443) });

  const change = await loadGitChange(repo.dir, { base: "main", head: "feature" });

  expect(change.base.commit).toBe(fork);
  expect(change.head.commit).toBe(head);
  expect(texts(change.base.files)).toEqual({ "deploy/web.yaml": service(80), "deploy/same.yaml": "a: 1\n" });
  expect(texts(change.head.files)).toEqual({
    "deploy/new.yaml": "b: ü\n",
    "deploy/same.yaml": "a: 1\n",
    "deploy/web.yaml": service(8080),
  });
  expect(change.head.files.get("deploy/same.yaml")).toBe(change.base.files.get("deploy/same.yaml"));
  expect([...change.base.notes, ...change.head.notes]).toEqual([]);
});

test("takes HEAD, and its merge base with the default branch, where nothing is named", async () => {
  using repo = repository();
  const fork = repo.commit({ "a.yaml": "a: 1\n" });
  repo.git("checkout", "--quiet", "-b", "feature");
  const head = repo.commit({ "a.yaml": "a: 2\n" });

  const change = await loadGitChange(repo.dir, {});

  expect([change.base.commit, change.head.commit]).toEqual([fork, head]);
});

test("prefers the branch that origin/HEAD names over a local main", async () => {
  using origin = repository();
  origin.commit({ "a.yaml": "a: 1\n" });
  origin.git("branch", "--move", "trunk");
  using folder = temporaryFolder();
  const clone = join(folder.dir, "clone");
  run(folder.dir, "clone", "--quiet", origin.dir, clone);
  writeFileSync(join(clone, "a.yaml"), "a: 2\n");
  run(clone, "commit", "--quiet", "-am", "ahead");

  const change = await loadGitChange(clone, {});

  expect(change.base.commit).toBe(run(clone, "rev-parse", "origin/trunk"));
  expect(texts(change.head.files)).toEqual({ "a.yaml": "a: 2\n" });
});

test("reads bare repositories, worktrees and folders inside a repository alike", async () => {
  using repo = repository();
  repo.commit({ "deploy/a.yaml": "a: 1\n" });
  repo.git("checkout", "--quiet", "-b", "feature");
  repo.commit({ "deploy/a.yaml": "a: 2\n" });
  using folder = temporaryFolder();
  run(folder.dir, "clone", "--quiet", "--bare", repo.dir, "bare.git");
  repo.git("worktree", "add", "--quiet", "--detach", join(folder.dir, "tree"));

  for (const dir of [join(folder.dir, "bare.git"), join(folder.dir, "tree"), join(repo.dir, "deploy")]) {
    const { head } = await loadGitChange(dir, { base: "main" });
    expect(texts(head.files)).toEqual({ "deploy/a.yaml": "a: 2\n" });
  }
});

test("keeps paths with spaces, umlauts, quotes and newlines as they are", async () => {
  using repo = repository();
  const odd = ["a b.yaml", "ü/ö.yaml", "q\"uo'te.yaml", "new\nline.yaml", "tab\there.yaml"];
  repo.commit(Object.fromEntries(odd.map((path) => [path, "a: 1\n"])));

  const { head } = await loadGitChange(repo.dir, { base: "HEAD" });

  expect([...head.files.keys()].sort()).toEqual([...odd].sort());
});

test("notes what it cannot read, and leaves it out on both sides", async () => {
  using repo = repository();
  repo.commit({ "big.yaml": "a: 1\n", "latin.yaml": "a: 1\n", "link.yaml": "a: 1\n", "ok.yaml": "a: 1\n" });
  symlinkSync("ok.yaml", join(repo.dir, "other.yaml"));
  repo.commit({
    "big.yaml": "#".repeat(MAX_FILE_BYTES + 1),
    "latin.yaml": new Uint8Array([0x61, 0x3a, 0x20, 0xfc]),
    "binary.yaml": "a\0b",
    "secret.yaml": new Uint8Array([...Buffer.from("\0GITCRYPT\0"), 0xff, 0x00]),
    "lfs.yaml": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
  });

  const { base, head } = await loadGitChange(repo.dir, { base: "HEAD~1" });

  expect([...base.files.keys()]).toEqual(["link.yaml", "ok.yaml"]);
  expect([...head.files.keys()]).toEqual(["link.yaml", "ok.yaml"]);
  expect(Object.fromEntries(head.notes.map(({ path, message }) => [path, message]))).toEqual({
    "big.yaml": expect.stringContaining("1,000,001 bytes"),
    "binary.yaml": expect.stringContaining("binary"),
    "latin.yaml": expect.stringContaining("UTF-8"),
    "lfs.yaml": expect.stringContaining("Git LFS"),
    "secret.yaml": expect.stringContaining("git-crypt"),
    "other.yaml": expect.stringContaining("symbolic link"),
  });
});

test("notes a submodule that the change moves", async () => {
  using repo = repository();
  const first = repo.commit({ "a.yaml": "a: 1\n" });
  repo.git("update-index", "--add", "--cacheinfo", `160000,${first},platform`);
  repo.git("commit", "--quiet", "-m", "submodule");

  const moved = await loadGitChange(repo.dir, { base: "HEAD~1" });
  const kept = await loadGitChange(repo.dir, { base: "HEAD" });

  expect(moved.head.notes).toEqual([{ path: "platform", message: expect.stringContaining("submodule") }]);
  expect(kept.head.notes).toEqual([]);
});

test("runs nothing that the repository configures", async () => {
  using repo = repository();
  repo.commit({ "a.yaml": "a: 1\n", ".gitattributes": "* filter=evil diff=evil\n" });
  const trap = join(repo.dir, ".git", "trap.sh");
  const sprung = join(repo.dir, ".git", "sprung");
  writeFileSync(trap, `#!/bin/sh\ntouch '${sprung}'\ncat\n`);
  chmodSync(trap, 0o755);
  for (const key of [
    "core.fsmonitor",
    "core.pager",
    "filter.evil.smudge",
    "diff.evil.textconv",
    "core.sshCommand",
  ]) {
    repo.git("config", key, trap);
  }

  const { head } = await loadGitChange(repo.dir, { base: "HEAD" });

  expect(texts(head.files)).toEqual({ "a.yaml": "a: 1\n" });
  expect(existsSync(sprung)).toBe(false);
});

test("is not led astray by the variables that git sets for its hooks", async () => {
  using repo = repository();
  repo.commit({ "a.yaml": "a: 1\n" });
  using other = repository();
  const head = other.commit({ "b.yaml": "b: 1\n" });
  process.env["GIT_DIR"] = join(repo.dir, ".git");
  try {
    expect((await loadGitChange(other.dir, { base: "HEAD" })).head.commit).toBe(head);
  } finally {
    delete process.env["GIT_DIR"];
  }
});

test.each([
  ["a name that is not there", "nowhere", /There is no commit "nowhere".*git fetch it first\.$/],
  ["a name that looks like an option", "--all", /There is no commit "--all"/],
  ["a file instead of a commit", "HEAD:a.yaml", /There is no commit "HEAD:a.yaml"/],
])("refuses %s", async (_, base, message) => {
  using repo = repository();
  repo.commit({ "a.yaml": "a: 1\n" });
  await expect(loadGitChange(repo.dir, { base })).rejects.toThrow(message);
});

test("says how to name the base where it cannot be told", async () => {
  using repo = repository();
  repo.commit({ "a.yaml": "a: 1\n" });
  repo.git("branch", "--move", "topic");
  await expect(loadGitChange(repo.dir, {})).rejects.toThrow(/--base REV\.$/);
});

test("tells unrelated histories from a shallow clone where there is no merge base", async () => {
  using repo = repository();
  repo.commit({ "a.yaml": "a: 1\n" });
  repo.git("checkout", "--quiet", "-b", "feature");
  repo.commit({ "a.yaml": "a: 2\n" });
  repo.git("checkout", "--quiet", "main");
  repo.commit({ "a.yaml": "a: 3\n" });
  using folder = temporaryFolder();
  const clone = join(folder.dir, "clone");
  run(folder.dir, "clone", "--quiet", "--depth=1", "--no-single-branch", `file://${repo.dir}`, clone);
  repo.git("checkout", "--quiet", "--orphan", "island");
  repo.commit({ "a.yaml": "a: 4\n" });

  await expect(loadGitChange(repo.dir, { base: "main", head: "island" })).rejects.toThrow(
    /no merge base: their histories are not related/,
  );
  await expect(loadGitChange(clone, { base: "origin/feature" })).rejects.toThrow(/git fetch --unshallow/);
  await expect(loadGitChange(clone, { base: "HEAD~1" })).rejects.toThrow(/fetch-depth: 0/);
});

test("refuses a partial clone in words, and fetches nothing", async () => {
  using repo = repository();
  repo.git("config", "uploadpack.allowFilter", "true");
  repo.commit({ "a.yaml": "a: 1\n" });
  repo.commit({ "a.yaml": "a: 2\n" });
  using folder = temporaryFolder();
  const clone = join(folder.dir, "clone");
  run(folder.dir, "clone", "--quiet", "--filter=blob:none", "--no-checkout", `file://${repo.dir}`, clone);
  await expect(loadGitChange(clone, { base: "HEAD~1" })).rejects.toThrow(/partial clone.*--refetch/);
});

test("refuses what is no repository", async () => {
  using folder = temporaryFolder();
  await expect(loadGitChange(folder.dir, {})).rejects.toThrow(/is not a git repository.*--repo DIR/);
  await expect(loadGitChange(join(folder.dir, "gone"), {})).rejects.toThrow(/is not a git repository/);
});
