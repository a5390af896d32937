import { execFile, spawn } from "node:child_process";
import { Unreadable } from "./unreadable.ts";

/**
 * What keeps a foreign repository from running anything: no hooks, no file system monitor, no ssh command, and no
 * transport at all, so that a partial clone cannot fetch (and with it start programs) behind our back.
 */
const GUARDS = [
  "--no-optional-locks",
  "--no-replace-objects",
  "--no-pager",
  ...[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.sshCommand=false",
    "protocol.allow=never",
  ].flatMap((setting) => ["-c", setting]),
];

/** Where a git hook starts us, these would point at the repository of the hook and not at the one that is asked for. */
const INHERITED = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_PREFIX",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
];

const MAX_OUTPUT = 256 * 1024 * 1024;

function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !INHERITED.includes(name));
  return {
    ...Object.fromEntries(own),
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    LC_ALL: "C",
  };
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const noGit = () => new Unreadable("git was not found: install git 2.29 or newer and put it on the PATH.");

/** Runs one plumbing command in a repository and waits for it. A code other than 0 is a result, not an error. */
export function git(dir: string, args: readonly string[]): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    execFile(
      "git",
      [...GUARDS, "-C", dir, ...args],
      { encoding: "buffer", env: environment(), maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") {
          reject(
            error.code === "ENOENT" ? noGit() : new Unreadable(`git could not be run: ${error.message}`),
          );
          return;
        }
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr: stderr.toString("utf8").trim() });
      },
    );
  });
}

/** Starts one plumbing command that is fed `input` and hands over its output in pieces, as they come. */
export async function* gitStream(
  dir: string,
  args: readonly string[],
  input: string,
): AsyncGenerator<Buffer, undefined> {
  const child = spawn("git", [...GUARDS, "-C", dir, ...args], {
    env: environment(),
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A child that dies early breaks the pipe; its exit code tells more than the broken pipe does.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    const code = await ended;
    if (code !== 0) throw new Unreadable(`git ${args[0] ?? ""} ended with code ${code ?? "none"} in ${dir}.`);
  } finally {
    child.kill();
  }
  return undefined;
}
