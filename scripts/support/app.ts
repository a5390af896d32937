import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { GitHub } from "../../test/github-server/index.ts";

const SERVER = join(import.meta.dirname, "..", "..", "src", "server.ts");
const SECRET = "a secret of the benchmark";
/** The poll for lost webhooks is not what a push costs; it runs once at the start and then not before a day is over. */
const NO_POLLING_SECONDS = "86400";
const STOP_MS = 30_000;

export interface RunningApp extends AsyncDisposable {
  /** Resolves once the app wrote a line of log with this message after the call. */
  readonly logged: (message: string) => Promise<void>;
}

/** Starts the real app, with a queue of its own, on a GitHub of this machine. */
export async function startApp(github: GitHub): Promise<RunningApp> {
  const folder = mkdtempSync(join(tmpdir(), "nines-bench-"));
  const child = spawn(process.execPath, ["--max-semi-space-size=4", SERVER], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      APP_ID: String(github.appId),
      PRIVATE_KEY: github.privateKey,
      WEBHOOK_SECRET: SECRET,
      GITHUB_API_URL: github.url,
      DATA_DIR: folder,
      PORT: "0",
      RECOVERY_SECONDS: NO_POLLING_SECONDS,
    },
  });
  // Whatever ends this process ends the app.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const waiting: { message: string; resolve: (line: Record<string, unknown>) => void }[] = [];
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`The app ended with code ${code ?? "none"}.`)));
  });
  failed.catch(() => undefined);
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    for (const one of waiting.filter(({ message }) => message === line["msg"])) {
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve(line);
    }
  });
  const next = (message: string) =>
    Promise.race([
      failed,
      new Promise<Record<string, unknown>>((resolve) => waiting.push({ message, resolve })),
    ]);
  const { address } = await next("nines is ready");
  github.webhooks.target = { url: `${String(address)}/api/github/webhooks`, secret: SECRET };
  return {
    logged: async (message) => {
      await next(message);
    },
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}
