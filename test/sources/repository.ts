import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What git needs so that commits are the same on every machine and nobody's settings matter. */
const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};

export type Files = Readonly<Record<string, string | Uint8Array | null>>;

export interface Repository extends Disposable {
  readonly dir: string;
  git(...args: string[]): string;
  /** Writes files (null deletes one), commits everything, and returns the commit. */
  commit(files: Files, message?: string): string;
}

/** An empty temporary folder that is removed at the end of its block. */
export function temporaryFolder(): { readonly dir: string } & Disposable {
  const dir = mkdtempSync(join(tmpdir(), "nines-"));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

export function run(dir: string, ...args: string[]): string {
  return execFileSync("git", args, {
    cwd: dir,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...ENVIRONMENT },
  }).trim();
}

/** A real git repository in a temporary folder, on branch `main`, removed at the end of its block. */
export function repository(): Repository {
  const folder = temporaryFolder();
  const { dir } = folder;
  const git = (...args: string[]) => run(dir, ...args);
  git("init", "--quiet", "--initial-branch=main");
  return {
    dir,
    git,
    commit(files, message = "change") {
      for (const [path, content] of Object.entries(files)) {
        if (content === null) {
          rmSync(join(dir, path));
          continue;
        }
        mkdirSync(join(dir, dirname(path)), { recursive: true });
        writeFileSync(join(dir, path), content);
      }
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
