import { spawn } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

const CLI = join(import.meta.dirname, "..", "..", "src", "cli.ts");

/** What would make the output depend on who runs the tests. */
const OWN = ["GITHUB_TOKEN", "GITHUB_API_URL", "FORCE_COLOR", "NO_COLOR", "COLUMNS"];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a process of its own, without a terminal and without anybody's token or colours. */
export async function nines(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN.includes(name));
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd,
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  const [stdout, stderr, code] = await Promise.all([collect(child.stdout), collect(child.stderr), ended]);
  return { code, stdout, stderr };
}

const collect = (stream: Readable) => text(stream);

/** Runs the command line with a reader that leaves after the first piece of output. */
export async function ninesIntoClosedPipe(args: readonly string[]): Promise<Pick<Ended, "code" | "stderr">> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  child.stdout.destroy();
  const [stderr, code] = await Promise.all([collect(child.stderr), ended]);
  return { code, stderr };
}
