import { spawn } from "node:child_process";

/** No configuration of the machine or of its user may change what git does here. */
const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  LC_ALL: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "octocat",
  GIT_AUTHOR_EMAIL: "octocat@example.com",
  GIT_COMMITTER_NAME: "octocat",
  GIT_COMMITTER_EMAIL: "octocat@example.com",
};

/** Starts git in a folder: a bare repository of ours, or any repository to copy from. */
export function start(directory: string, args: readonly string[]) {
  return spawn("git", ["-c", "core.fsync=none", "-c", "gc.auto=0", "-c", "safe.directory=*", ...args], {
    cwd: directory,
    env: ENVIRONMENT,
    stdio: ["pipe", "pipe", "pipe"],
  });
}

export interface Ran {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs git to its end, whatever its exit code. */
export function attempt(directory: string, args: readonly string[], input?: Buffer | string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = start(directory, args);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // The pipe breaks when git refuses early: its exit code says why.
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.end(input);
  });
}

/** Runs git and gives its output; a failure is an error that quotes git. */
export async function run(
  directory: string,
  args: readonly string[],
  input?: Buffer | string,
): Promise<Buffer> {
  const { code, stdout, stderr } = await attempt(directory, args, input);
  if (code !== 0) throw new Error(`git ${args.join(" ")}: exit ${code}: ${stderr.trim()}`);
  return stdout;
}
